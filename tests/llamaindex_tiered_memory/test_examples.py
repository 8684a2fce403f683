import re
from functools import cache
from pathlib import Path

import pytest

from tests.programs import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXPECTED = {
    "llamaindex_chat_engine.py": [
        "10 connections",
        "in log:    304 messages",
        "source:    The production pool has 10 connections and the timeout is 30 seconds.",
    ],
    "llamaindex_agent.py": ["8,213 ms", "['user', 'assistant', 'tool', 'assistant']", "Which query on orders is slow?"],
    "llamaindex_context.py": ["I see: We fly to Lisbon.\n", "I see: We fly to Lisbon. On the 3rd of May.\n"],
    "llamaindex_function_agent.py": [
        "of day 1 the model sees: [COMPACTED: read_log result",
        "answer: pump 7 was changed",
        "tokens in 28 messages",
    ],
    "llamaindex_user.py": [
        "LlamaIndex, anna, session 3\n  anna: Where do I live?\n    it knows: name: Anna [anna-1/m1]\n",
        "    it knows: home: Bergen",
        "  agent: In Bergen.\n",
        "never suggest nuts. [anna-1/m3]\n  agent: Apple slices.\n",
        "  agent: 在广州。\n",
        "别推荐坚果。 [小林-1/m3]\n  agent: 苹果片。\n",
    ],
    "llamaindex_workflow_context.py": [
        "Approve a pump?\nWe need a pump. The human says yes.\n",
        "['user', 'assistant', 'tool', 'assistant']",
    ],
    "llamaindex_memory_block.py": [
        "Of 121 messages Memory shows 73,",
        "User: The production pool has 10 connections.",
        "The block keeps the other 48, the first: 'The production pool has 10 connections.'",
    ],
}


@cache
def printed(name):
    """In a process of its own, because examples use asyncio.run."""
    done = run(EXAMPLES / name)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", EXPECTED)
def test_the_example_runs_and_shows_what_it_promises(name):
    output = printed(name)
    assert [part for part in EXPECTED[name] if part not in output] == []


def test_the_agent_of_the_example_stays_under_its_limit_while_its_results_do_not():
    output = printed("llamaindex_function_agent.py")
    sent = [int(one.replace(",", "")) for one in re.findall(r"\[([\d,]+) tokens\]", output)]
    kept = int(re.search(r"kept: ([\d,]+) tokens", output)[1].replace(",", ""))
    assert len(sent) == 14
    assert max(sent) <= 8_000 < kept


def test_the_chat_engine_of_the_example_stays_under_its_limit_while_its_log_does_not():
    output = printed("llamaindex_chat_engine.py")
    shown, kept = (int(one) for one in re.findall(r"messages, (\d+) tokens", output))
    assert shown <= 1_500 < kept
