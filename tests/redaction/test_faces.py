"""The faces of both frameworks hand messages over again and again; with a redactor too each is stored once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import TieredChatMessageHistory, TieredMemoryStore
from llamaindex_tiered_memory import TieredChatMemory
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, tiered
from tests.llamaindex_tiered_memory.agents.agent_fakes import WatchedLLM, agent_of, many_calls
from tests.llamaindex_tiered_memory.helpers import user
from tests.redaction.private import SECRET, redactor

TURNS = 3
WORDS = f"Reach me at {SECRET}, please."


def call(messages: list[Any], turn: int) -> AIMessage:
    if isinstance(messages[-1], HumanMessage):
        return AIMessage("", tool_calls=[{"id": f"c{turn}", "name": "read_page", "args": {"page": turn, "by": SECRET}}])
    return AIMessage(f"I told {SECRET}.")


def langchain_agent(folder: Path, **options: Any) -> int:
    middleware = tiered(folder, **options)
    one = agent(Scripted(script=call), middleware, checkpointer=InMemorySaver())
    for _ in range(TURNS):
        ask(one, WORDS)
    return len(middleware.memory.session("t").messages())


def langchain_history(folder: Path, **options: Any) -> int:
    history = TieredChatMessageHistory(session_id="s", path=folder / "agent.db", **options)
    for _ in range(TURNS):
        history.add_messages([HumanMessage(WORDS, id="same"), AIMessage(f"I told {SECRET}", id="again")])
    TieredMemoryStore(folder / "agent.db", **options).put(("mail",), "own", {"text": WORDS})
    return len(history.messages)


def langchain_client(folder: Path, **options: Any) -> int:
    """Without a checkpointer a client hands over the whole talk."""
    middleware = tiered(folder, **options)
    said: list[Any] = []
    for _ in range(TURNS):
        said.append(HumanMessage(WORDS))
        one = agent(Scripted(script=lambda _, turn: AIMessage(f"I told {SECRET} {turn} times.")), middleware)
        said.append(one.invoke({"messages": said}, {"configurable": {"thread_id": "t"}})["messages"][-1])
        said = [type(message)(message.content) for message in said]
    return len(middleware.memory.session("t").messages())


def langchain_setter(folder: Path, **options: Any) -> int:
    history = TieredChatMessageHistory(session_id="s", path=folder / "agent.db", **options)
    said = [HumanMessage(WORDS, id="a"), AIMessage(f"I told {SECRET}", id="b")]
    for number in range(TURNS):
        said.append(HumanMessage(f"{WORDS} {number}", id=f"c{number}"))
        history.messages = said
    return len(history.messages) * 100 + history.session.stats().hidden


def llamaindex_agent(folder: Path, **options: Any) -> int:
    memory = TieredChatMemory(path=folder / "agent.db", session_id="s", **options)
    for _ in range(TURNS):
        asyncio.run(run(agent_of(WatchedLLM(*many_calls(2))), memory))
    return len(memory.get_all())


async def run(one: Any, memory: TieredChatMemory) -> None:
    await one.run(user_msg=WORDS, memory=memory)


def llamaindex_memory(folder: Path, **options: Any) -> int:
    memory = TieredChatMemory(path=folder / "agent.db", session_id="s", **options)
    for _ in range(TURNS):
        memory.put(user(WORDS))
    memory.set([user(WORDS)] * (TURNS + 1))
    return len(memory.get_all())


FACES = [langchain_agent, langchain_history, langchain_client, langchain_setter, llamaindex_agent, llamaindex_memory]


@pytest.mark.parametrize("face", FACES)
def test_it_is_stored_as_often_as_without_and_in_no_byte(face: Any, tmp_path: Path) -> None:
    plain, private = tmp_path / "plain", tmp_path / "private"
    plain.mkdir(), private.mkdir()
    assert face(private, redactor=redactor) == face(plain)
    assert any(b"quux" in file.read_bytes() for file in plain.iterdir())
    assert not any(b"quux" in file.read_bytes() for file in private.iterdir())
