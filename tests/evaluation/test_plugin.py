"""The pytest plugin, in a pytest of its own: what it measures, what it fails, what it costs those who do not ask."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.evaluation.chats import QUESTIONS, records, write
from tiermem.evaluation import plugin

PLUGINS = ("hypothesispytest", "langsmith_plugin", "anyio", "benchmark", "asyncio", "xdist")
NOT_OURS = [part for name in PLUGINS for part in ("-p", f"no:{name}")]
TESTS = """
import pytest

@pytest.mark.tiermem_eval("chat.jsonl", questions="questions.jsonl", require={"recall@512": 0.9}, **OPTIONS)
def test_reached(tiermem_evaluation):
    assert tiermem_evaluation.messages == 16

@pytest.mark.tiermem_eval("chat.jsonl", questions="questions.jsonl", require={"saved": 1.0}, **OPTIONS)
def test_missed(tiermem_evaluation):
    raise AssertionError("not reached")

@pytest.mark.tiermem_eval("chat.jsonl", questions="questions.jsonl", require={"saved": 1.0}, **OPTIONS)
def test_missed_without_the_fixture():
    raise AssertionError("not reached")

def test_no_marker(tiermem_evaluation):
    raise AssertionError("not reached")

def test_by_hand_and_once(tiermem_eval):
    first = tiermem_eval("chat.jsonl", "questions.jsonl", **OPTIONS)
    assert tiermem_eval("chat.jsonl", "questions.jsonl", **OPTIONS) is first
"""


def _pytest(folder: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *NOT_OURS, "-q", *options, str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120).stdout


def test_the_fixtures_measure_once_and_fail_what_is_missed(tmp_path: Path) -> None:
    write(tmp_path / "chat.jsonl", records(5))
    write(tmp_path / "questions.jsonl", QUESTIONS)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = "OPTIONS = {'budgets': [512], 'ways': ['recall'], 'foreign': 2}\n"
    (tmp_path / "test_chat.py").write_text(options + textwrap.dedent(TESTS))
    said = _pytest(tmp_path, "--strict-markers")
    assert "1 failed" not in said
    assert "2 passed, 3 errors" in said
    assert "missed_without_the_fixture" in said
    assert "saved is 0." in said
    assert "and at least 1.000 is required" in said
    assert "needs a marker" in said


def test_those_who_do_not_ask_load_nothing_and_nothing_of_ours_is_rewritten(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_other.py").write_text(
        "import sys\n"
        "def test_other(pytestconfig):\n"
        "    loaded = {name for name in sys.modules if name.startswith('tiermem')}\n"
        "    assert 'tiermem.evaluation.plugin' in loaded\n"
        "    assert len(loaded) == 5, loaded\n"
        "    assert not {'numpy', 'pydantic', 'sqlalchemy'} & set(sys.modules)\n"
        "    assert 'tiermem' not in pytestconfig.pluginmanager.rewrite_hook._must_rewrite\n"
    )
    assert "1 passed" in _pytest(tmp_path)


def test_what_pytest_marks_of_ours_is_taken_back_and_of_others_stays() -> None:
    class Hook:
        _must_rewrite = {"tiermem", "langchain_tiered_memory", "other"}  # noqa: RUF012

    class Config:
        stash = pytest.Stash()
        pluginmanager = type("Manager", (), {"rewrite_hook": Hook})
        added: list[tuple[str, str]] = []  # noqa: RUF012

        def addinivalue_line(self, *line: str) -> None:
            self.added.append(line)  # type: ignore[arg-type]

    plugin.pytest_configure(Config())  # type: ignore[arg-type]
    assert Hook._must_rewrite == {"other"}
    assert Config.added[0][0] == "markers"
