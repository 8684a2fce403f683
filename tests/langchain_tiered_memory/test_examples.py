"""The examples run as they stand, offline, and print what they promise."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.programs import run

EXAMPLES = Path(__file__).parents[2] / "examples"
EXPECTED = {
    "langchain_retrieval_chain.py": ["From 10 to 50.", "User: The database times out"],
    "langchain_message_history.py": ["AI: answer to 'question 4'", "problems=()"],
    "langchain_modern_chain.py": ["50, as we said.", "max_connections is 100", "<quoted m"],
    "langchain_agent.py": [
        "last of 12 days? pump 84 was changed",
        "of day 1 the model sees: [COMPACTED: read_log result",
        "And on day 1? pump 7 was changed",
    ],
    "langchain_user.py": [
        "LangChain, anna, thread 1\n  anna: Hi, I'm Anna. I live in Oslo.\n",
        "LangChain, anna, thread 3\n  anna: Where do I live?\n    it knows: name: Anna [anna-1/m1]\n",
        "    it knows: home: Bergen",
        "  agent: In Bergen.\n  anna: Suggest a snack, please.\n",
        "never suggest nuts. [anna-1/m3]\n  agent: Apple slices.\n",
        "  agent: 在广州。\n",
        "别推荐坚果。 [小林-1/m3]\n  agent: 苹果片。\n",
    ],
    "langchain_retrieval_agent.py": [
        "On which port does Kestrel run?\n  I found: Kestrel runs on port 8080.",
        "User: We launch Kestrel on 3 May.\n</quoted>",
    ],
    "langgraph_store.py": [
        "anna: What is my boat called?\n  My boat is called Kestrel.",
        "ben: What is my boat called?\n  I know nothing of that.",
    ],
    "custom_summarizer.py": ["Goal: The database times out", "Decision: Pool raised from 10 to 50 (m2)"],
    "custom_compaction.py": [
        "[COMPACTED m1]\ndef raise_pool(places: int, spare: int=5): …",
        "compact by code_compression+extract",
        "the original is kept: True",
    ],
    "watching_events.py": [
        "log: compacted session=",
        "log: summarised session=",
        "callback: recall found",
        "'added': 61,",
        "'restored': 1}",
    ],
}


@cache
def printed(name: str) -> str:
    """In a process of its own: an example may set up logging, and imports what is beside it."""
    done = run(EXAMPLES / name)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("name", EXPECTED)
def test_example_prints_what_it_promises(name: str) -> None:
    output = printed(name)
    assert [text for text in EXPECTED[name] if text not in output] == []


def test_agent_example_stays_under_its_limit_while_its_results_do_not() -> None:
    output = printed("langchain_agent.py")
    sent = [int(one.replace(",", "")) for one in re.findall(r"\[([\d,]+) tokens\]", output)]
    assert len(sent) == 15
    assert max(sent) < 6_000 < 12 * 1_600
    assert "The state keeps 54," in output


def test_every_example_is_short_and_listed() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    lines = {name: len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) for name in names}
    assert {name: count for name, count in lines.items() if not 15 <= count <= 40} == {}
    listed = set(re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text(encoding="utf-8")))
    assert listed == names
