"""The examples run as they stand, offline."""

import runpy
import warnings
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("langchain_retrieval_chain.py", ["From 10 to 50.", "user: The database times out"]),
        ("langchain_message_history.py", ["AI: answer to 'question 4'", "problems=()"]),
        ("custom_summarizer.py", ["Goal: The database times out", "Decision: Pool raised from 10 to 50 (m2)"]),
        ("langchain_modern_chain.py", ["50, as we said.", "max_connections is 100", "<quoted m"]),
    ],
)
def test_example_runs(name: str, printed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    output = capsys.readouterr().out
    assert [text for text in printed if text not in output] == []
