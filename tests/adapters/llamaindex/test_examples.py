import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
EXPECTED = {
    "llamaindex_chat_engine.py": ["10 connections", "in log:    304 messages", "source:    m1 -", "verified:  True"],
    "llamaindex_agent.py": ["8,213 ms", "['user', 'assistant', 'tool', 'assistant']", "Which query on orders is slow?"],
    "llamaindex_context.py": [
        "I see 2 of",
        "I see 3 of",
        "'On the 3rd of May.', 'With two bags.'",
    ],
    "llamaindex_function_agent.py": ["answer:  pump 7 was changed", "tokens at most", "28 messages"],
    "llamaindex_workflow_context.py": [
        "Order pump?",
        "I have 5 messages, and the human said yes.",
        "['user', 'assistant', 'tool', 'assistant', 'tool', 'assistant']",
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_runs_and_shows_what_it_promises(name):
    done = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for part in EXPECTED[name]:
        assert part in done.stdout
