"""Two processes, many tasks, one session: stored = sent, nothing twice, every answer behind its question."""

from pathlib import Path

import pytest

from langchain_tiered_memory import TieredChatMessageHistory
from tests.programs import Program

TASKS = 24

TALK = """
import asyncio, sys, warnings
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_tiered_memory import TieredChatMessageHistory
warnings.simplefilter("ignore")
path, name, tasks, cached = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "cached"
make = lambda session_id: TieredChatMessageHistory(session_id, path=path, pre_rot_threshold=2000, keep_recent_count=4)
one = make("s")
chain = RunnableWithMessageHistory(
    RunnableLambda(lambda messages: AIMessage("answer to " + messages[-1].text)),
    (lambda session_id: one) if cached else make,
)
async def talk():
    config = {"configurable": {"session_id": "s"}}
    await asyncio.gather(*(chain.ainvoke([HumanMessage(f"{name}{n} about pools")], config) for n in range(tasks)))
asyncio.run(talk())
"""


@pytest.mark.parametrize("kind", ["cached", "an object a call"])
def test_two_processes_on_one_session(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "chat.db"
    TieredChatMessageHistory("s", path=path).session.stats()
    program = tmp_path / "talk.py"
    program.write_text(TALK)
    talkers = [Program(program, path, name, TASKS, kind) for name in ("a", "b")]
    assert [(talker.stderr, talker.returncode) for talker in (one.ended() for one in talkers)] == [("", 0)] * 2
    history = TieredChatMessageHistory("s", path=path)
    said = [message.text for message in history.originals()]
    assert sorted(said[::2]) == sorted(f"{name}{n} about pools" for name in "ab" for n in range(TASKS))
    assert said[1::2] == [f"answer to {question}" for question in said[::2]]
    assert history.session.verify().ok
