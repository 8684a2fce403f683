"""`timezone=` in every class of both adapters: each user's own days, on one memory that all of them share."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import HumanMessage
from llama_index.core.base.llms.types import ChatMessage

import langchain_tiered_memory as langchain
import llamaindex_tiered_memory as llamaindex
from langchain_tiered_memory import TieredMemoryMiddleware
from llamaindex_tiered_memory import TieredChatMemory, TieredMemoryBlock
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, thread
from tiermem import Memory
from tiermem.errors import InvalidSettings

SAID = datetime(2026, 4, 30, 23, 30, tzinfo=UTC)  # 07:30 of the next day in Shanghai
QUESTION = "What about Kestrel?"
SHANGHAI = {"timezone": "Asia/Shanghai"}


def _block(memory: Memory, zone: dict[str, Any]) -> str:
    shown = asyncio.run(TieredMemoryBlock(memory=memory, **zone).aget([ChatMessage(QUESTION)], session_id="s"))
    return str(shown[0].content) if shown else ""


def _middleware(memory: Memory, zone: dict[str, Any]) -> str:
    return TieredMemoryMiddleware(memory=memory, **zone).session(thread_id="s").recall(QUESTION, 300).text


def _node(memory: Memory, zone: dict[str, Any]) -> str:
    found = llamaindex.TieredArchiveRetriever(TieredChatMemory(session_id="s", memory=memory, **zone), neighbours=0)
    return str(found.retrieve(QUESTION)[0].node.get_content())


FACES: dict[str, Callable[[Memory, dict[str, Any]], str]] = {
    "history": lambda memory, zone: (
        langchain.TieredChatMessageHistory("s", memory=memory, **zone).session.recall(QUESTION, 300).text
    ),
    "classic memory": lambda memory, zone: str(
        langchain.ConversationTieredMemory("s", memory=memory, max_token_limit=500, **zone).load_memory_variables(
            {"input": QUESTION}
        )
    ),
    "LangChain's retriever": lambda memory, zone: (
        langchain.TieredArchiveRetriever("s", memory=memory, neighbours=0, **zone).invoke(QUESTION)[0].page_content
    ),
    "LangChain's tools": lambda memory, zone: str(
        langchain.memory_tools("s", memory=memory, **zone)[0].invoke({"query": QUESTION})
    ),
    "middleware": _middleware,
    "chat memory": lambda memory, zone: str(
        TieredChatMemory(session_id="s", memory=memory, token_limit=500, **zone).get(QUESTION)
    ),
    "LlamaIndex's retriever": _node,
    "LlamaIndex's tools": lambda memory, zone: str(
        llamaindex.memory_tools(TieredChatMemory(session_id="s", memory=memory, **zone))[0].call(query=QUESTION)
    ),
    "memory block": _block,
}


@pytest.fixture
def memory() -> Memory:
    """Of a server that has users everywhere."""
    made = Memory.open(":memory:", clock=lambda: SAID)
    made.session("s").add("Kestrel goes live with the new billing.")
    made.session("s").add([f"Small talk number {number} about the weather. " * 4 for number in range(60)])
    return made


@pytest.mark.parametrize("face", FACES)
def test_every_face_quotes_the_day_of_its_user(face: str, memory: Memory) -> None:
    assert "2026-05-01" in FACES[face](memory, SHANGHAI)
    text = FACES[face](memory, {})
    assert "2026-04-30" in text
    assert "UTC" in text


@pytest.mark.parametrize("face", FACES)
def test_every_face_refuses_a_zone_that_is_none(face: str, memory: Memory) -> None:
    with pytest.raises(InvalidSettings, match="no IANA name"):
        FACES[face](memory, {"timezone": "Nowhere"})


def test_classes_that_open_a_file_share_its_memory_among_zones(tmp_path: Path) -> None:
    """A memory of its own for each zone would be a pool of connections and an index in RAM for each."""
    path = tmp_path / "chat.db"
    histories = [
        langchain.TieredChatMessageHistory("s", path=path, timezone=zone) for zone in ("Asia/Shanghai", "Asia/Tokyo")
    ]
    assert histories[0].memory is histories[1].memory
    chats = [TieredChatMemory(session_id="s", path=path, timezone=zone) for zone in ("Asia/Shanghai", "Asia/Tokyo")]
    assert chats[0].session.memory is chats[1].session.memory
    assert [str(chat.session.core.zone) for chat in chats] == ["Asia/Shanghai", "Asia/Tokyo"]


def test_copies_and_dumps_keep_the_zone(tmp_path: Path) -> None:
    history = langchain.TieredChatMessageHistory("s", path=tmp_path / "chat.db", timezone="Asia/Shanghai")
    for other in (copy.copy(history), pickle.loads(pickle.dumps(history)), history.session_factory("t")):
        assert other.session.core.zone == ZoneInfo("Asia/Shanghai")
    chat = TieredChatMemory(session_id="s", path=tmp_path / "chat.db", timezone="Asia/Shanghai")
    dump = chat.to_dict() | {"object": "of another process"}
    assert TieredChatMemory.from_dict(dump).session.core.zone == ZoneInfo("Asia/Shanghai")
    block = TieredMemoryBlock(tmp_path / "chat.db", timezone="Asia/Shanghai")
    assert pickle.loads(pickle.dumps(block))._zone == "Asia/Shanghai"


def test_the_middleware_asks_whose_zone_it_is(memory: Memory) -> None:
    zones = {"ann": "Asia/Shanghai", "bob": "America/New_York"}
    asking = TieredMemoryMiddleware(memory=memory, timezone_of=lambda runtime: zones[runtime])
    assert str(asking.session("ann", thread_id="s").core.zone) == "Asia/Shanghai"
    assert str(asking.session("bob", thread_id="s").core.zone) == "America/New_York"
    for wrong in ({"timezone_of": "Asia/Shanghai"}, {"timezone_of": str, "timezone": "Asia/Tokyo"}):
        with pytest.raises(InvalidSettings, match="timezone_of must be a function of the runtime"):
            TieredMemoryMiddleware(memory=memory, **wrong)  # type: ignore[arg-type]


def _no_zone(_: Any) -> Any:
    raise KeyError("the profile of a user who has none")


@pytest.mark.parametrize("asked", [_no_zone, lambda _: "UTC+8", lambda _: 8, lambda _: "Mars/Base"])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_run_goes_on_by_the_zone_of_the_memory_where_nobody_knows_that_of_its_user(
    asked: Callable[[Any], Any], is_async: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with Memory.open(":memory:", clock=lambda: SAID, timezone="Asia/Shanghai") as memory:
        told = list[Any]()
        memory.subscribe(told.append)
        middleware = TieredMemoryMiddleware(memory=memory, timezone_of=asked)
        one = agent(Scripted(), middleware)
        given, config = {"messages": [HumanMessage("Kestrel goes live.")]}, thread("s")
        answer = asyncio.run(one.ainvoke(given, config)) if is_async else one.invoke(given, config)
        assert answer["messages"][-1].text
        session = middleware.session(thread_id="s")
        assert session.messages()[0].text == "Kestrel goes live."
        assert session.core.zone == ZoneInfo("Asia/Shanghai")
        modes = [event.fields["mode"] for event in told if event.kind == "degraded"]
        assert "timezone" in modes
        assert "days are by the memory's own zone" in caplog.text


def test_a_run_by_the_zone_of_the_memory_is_no_fault_where_that_is_what_was_said(memory: Memory) -> None:
    told = list[Any]()
    memory.subscribe(told.append)
    assert TieredMemoryMiddleware(memory=memory, timezone_of=lambda _: None).session(thread_id="s").core.zone is None
    assert not told
