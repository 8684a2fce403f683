"""Events reach LangChain's callbacks, `astream_events` and LangGraph's custom stream, each once, by themselves."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_classic.chains import ConversationalRetrievalChain, ConversationChain
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import HumanMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
from langgraph.config import get_stream_writer
from langgraph.graph import START, MessagesState, StateGraph

from langchain_tiered_memory import (
    ConversationTieredMemory,
    TieredArchiveRetriever,
    TieredChatMessageHistory,
    TieredKnowledgeRetriever,
)
from langchain_tiered_memory.events import telling
from langchain_tiered_memory.tools import memory_tools
from tests.langchain_tiered_memory.langchain_fakes import Listening
from tiermem import Memory

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SMALL: dict[str, Any] = {"counter": lambda text: len(text) // 4 + 1, "pre_rot_threshold": 400, "keep_recent_count": 2}


class Heard(BaseCallbackHandler):
    """Keeps the custom events, and which runs have begun."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any], UUID]] = []
        self.runs: set[UUID] = set()

    def on_chain_start(self, *_: Any, run_id: UUID, **__: Any) -> None:
        self.runs.add(run_id)

    def on_retriever_start(self, *_: Any, run_id: UUID, **__: Any) -> None:
        self.runs.add(run_id)

    def on_custom_event(self, name: str, data: Any, *, run_id: UUID, **_: Any) -> None:
        self.events.append((name, data, run_id))

    @property
    def data(self) -> list[dict[str, Any]]:
        return [data for _, data, _ in self.events]


class HeardAsync(AsyncCallbackHandler):
    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []
        self.loops: set[int] = set()

    async def on_custom_event(self, name: str, data: Any, **_: Any) -> None:
        await asyncio.sleep(0)
        self.loops.add(id(asyncio.get_running_loop()))
        self.data.append(data)


class Core:
    """All that the core tells."""

    def __init__(self, memory: Memory) -> None:
        self.data: list[dict[str, Any]] = []
        memory.subscribe(lambda event: self.data.append(event.as_dict()))


@pytest.fixture
def opened(tmp_path: Path) -> Any:
    with Memory.open(tmp_path / "chat.db", **SMALL) as memory:
        yield memory


def with_history(memory: Memory, *, keyed: bool) -> Any:
    def history(session_id: str) -> TieredChatMessageHistory:
        return TieredChatMessageHistory(session_id, memory=memory)

    model = FakeListChatModel(responses=["we decided to raise the pool to 50, as you asked. " * 3])
    if not keyed:
        return RunnableWithMessageHistory(model, history)
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("past"), ("human", "{question}")])
    return RunnableWithMessageHistory(
        prompt | model, history, input_messages_key="question", history_messages_key="past"
    )


def asked(number: int, *, keyed: bool) -> Any:
    text = f"question {number} about the pool of service {number}? " * 2
    return {"question": text} if keyed else [HumanMessage(text)]


@pytest.mark.parametrize("keyed", [True, False])
def test_a_chain_with_history_tells_all_that_its_history_does(opened: Memory, keyed: bool) -> None:
    chain, heard, core = with_history(opened, keyed=keyed), Heard(), Core(opened)
    for number in range(10):
        chain.invoke(asked(number, keyed=keyed), {"configurable": {"session_id": "s"}, "callbacks": [heard]})
    assert heard.data == core.data
    assert {"added", "compacted", "summarised"} <= {one["kind"] for one in heard.data}
    assert all(name == f"tiermem.{data['kind']}" for name, data, _ in heard.events)
    assert {run for _, _, run in heard.events} <= heard.runs
    json.dumps(heard.data)


@pytest.mark.parametrize("keyed", [True, False])
async def test_a_chain_with_history_tells_async_handlers_on_their_loop(opened: Memory, keyed: bool) -> None:
    chain, heard, core = with_history(opened, keyed=keyed), HeardAsync(), Core(opened)
    for number in range(10):
        await chain.ainvoke(asked(number, keyed=keyed), {"configurable": {"session_id": "s"}, "callbacks": [heard]})
    assert heard.data == core.data
    assert {"added", "compacted", "summarised"} <= {one["kind"] for one in heard.data}
    assert heard.loops == {id(asyncio.get_running_loop())}


@pytest.mark.parametrize("keyed", [True, False])
async def test_astream_events_shows_them(opened: Memory, keyed: bool) -> None:
    chain, core = with_history(opened, keyed=keyed), Core(opened)
    seen: list[Any] = []
    for number in range(8):
        config: Any = {"configurable": {"session_id": "s"}}
        events = chain.astream_events(asked(number, keyed=keyed), config, version="v2")
        seen += [event async for event in events if event["event"] == "on_custom_event"]
    assert [one["data"] for one in seen] == core.data
    assert {"tiermem.added", "tiermem.compacted"} <= {one["name"] for one in seen}
    assert all(one["parent_ids"] for one in seen)


def test_parallel_calls_hear_of_their_own_sessions(opened: Memory) -> None:
    chain, handlers = with_history(opened, keyed=True), [Heard() for _ in range(6)]
    configs: Any = [{"configurable": {"session_id": f"s{n}"}, "callbacks": [one]} for n, one in enumerate(handlers)]
    for number in range(4):
        chain.batch([asked(number, keyed=True)] * 6, configs)
    for number, one in enumerate(handlers):
        assert {data["session"] for data in one.data} == {f"s{number}"}
        assert [data["last"] for data in one.data if data["kind"] == "added"] == [2, 4, 6, 8]


def conversation(memory: Memory, **options: Any) -> ConversationChain:
    return ConversationChain(
        llm=Listening(says="we decided to raise the pool to 50, as you asked. " * 3),
        memory=ConversationTieredMemory("s", memory=memory, memory_key="history", max_token_limit=250, **options),
    )


@pytest.mark.parametrize("return_messages", [True, False])
def test_a_classic_chain_tells_what_its_memory_recalls_and_stores(opened: Memory, return_messages: bool) -> None:
    heard, core = Heard(), Core(opened)
    chain = conversation(opened, return_messages=return_messages)
    for number in range(10):
        chain.invoke({"input": f"question {number} about the pool of service {number}? "}, {"callbacks": [heard]})
    assert heard.data == core.data
    assert {"added", "compacted", "summarised", "recalled"} <= {one["kind"] for one in heard.data}
    assert {run for _, _, run in heard.events} <= heard.runs


async def test_a_classic_chain_tells_the_same_when_awaited(opened: Memory) -> None:
    heard, core, chain = HeardAsync(), Core(opened), conversation(opened)
    for number in range(10):
        config: Any = {"callbacks": [heard]}
        await chain.ainvoke({"input": f"question {number} about the pool of service {number}? "}, config)
    assert heard.data == core.data
    assert {"added", "compacted", "summarised", "recalled"} <= {one["kind"] for one in heard.data}


def test_a_classic_chain_inside_another_run_tells_too(opened: Memory) -> None:
    heard, core, chain = Heard(), Core(opened), conversation(opened)
    outer = RunnableLambda(lambda text: chain.invoke({"input": text})) | RunnableLambda(lambda one: one["response"])
    for number in range(10):
        outer.invoke(f"question {number} about the pool of service {number}? ", {"callbacks": [heard]})
    assert heard.data == core.data
    assert heard.runs >= {run for _, _, run in heard.events}


def test_a_failed_chain_leaves_nothing_to_be_told_with_the_next_one(opened: Memory) -> None:
    class Down(Listening):
        def _call(self, prompt: str, *_: Any, **__: Any) -> str:
            raise RuntimeError("down")

    chain = conversation(opened)
    for number in range(10):
        chain.invoke({"input": f"question {number} about the pool of service {number}? "})
    broken, heard, core = chain.model_copy(update={"llm": Down()}), Heard(), Core(opened)
    with pytest.raises(RuntimeError):
        broken.invoke({"input": "which pool of service 3?"})
    assert [one["kind"] for one in core.data] == ["recalled"]
    core.data.clear()
    chain.invoke({"input": "which pool of service 4?"}, {"callbacks": [heard]})
    assert heard.data == core.data


def test_retrievers_tell_in_their_own_run(opened: Memory) -> None:
    opened.session("s").add(["the pool of billing is raised to 50", "the valve of service 3 is shut"])
    archive, heard, core = TieredArchiveRetriever("s", memory=opened), Heard(), Core(opened)
    knowledge = TieredKnowledgeRetriever(memory=opened, session_id="s", conversation=True)
    chain = ConversationalRetrievalChain.from_llm(
        Listening(), retriever=archive, memory=ConversationTieredMemory("s", memory=opened)
    )
    archive.invoke("which pool of billing?", {"callbacks": [heard]})
    knowledge.invoke("which pool of billing?", {"callbacks": [heard]})
    chain.invoke({"question": "which pool of billing?"}, {"callbacks": [heard]})
    assert heard.data == core.data
    assert [one["kind"] for one in heard.data] == ["recalled"] * 5 + ["added"]  # notes are looked for, too
    assert heard.runs >= {run for _, _, run in heard.events}


async def test_retrievers_tell_async_handlers(opened: Memory) -> None:
    opened.session("s").add(["the pool of billing is raised to 50", "the valve of service 3 is shut"])
    heard, core = HeardAsync(), Core(opened)
    knowledge = TieredKnowledgeRetriever(memory=opened, session_id="s", within="everything")
    await TieredArchiveRetriever("s", memory=opened, max_token_limit=500).ainvoke(
        "which pool of billing?", {"callbacks": [heard]}
    )
    await knowledge.ainvoke("which pool of billing?", {"callbacks": [heard]})
    assert heard.data == core.data
    assert len(heard.data) == 2


async def test_tools_tell_in_their_own_run(opened: Memory) -> None:
    opened.session("s").add("the pool of billing is raised to 50")
    heard, awaited, core = Heard(), HeardAsync(), Core(opened)
    search = next(one for one in memory_tools("s", memory=opened) if one.name == "search_memory")
    search.invoke({"query": "pool of billing"}, {"callbacks": [heard]})
    told = list(core.data)
    assert [one["kind"] for one in told] == ["recalled"]
    assert heard.data == told
    await search.ainvoke({"query": "pool of billing"}, {"callbacks": [awaited]})
    assert awaited.data == core.data[1:]
    assert len(awaited.data) == 1


def test_where_nothing_runs_nobody_is_told_and_nothing_fails(opened: Memory, caplog: Any) -> None:
    history = TieredChatMessageHistory("s", memory=opened)
    history.add_user_message("hello")
    memory = ConversationTieredMemory("s", memory=opened)
    memory.load_memory_variables({"input": "hello"})
    memory.save_context({"input": "hello"}, {"output": "hi"})
    with telling():
        history.session.add("again")
    assert [one.text for one in history.session.messages()] == ["hello", "hello", "hi", "again"]
    assert not caplog.records


class Broken(Heard):
    raise_error = True

    def on_custom_event(self, *_: Any, **__: Any) -> None:
        raise ValueError("no such panel")


def test_a_handler_that_fails_breaks_nothing(opened: Memory, caplog: Any) -> None:
    chain = with_history(opened, keyed=True)
    for number in range(3):
        config: Any = {"configurable": {"session_id": "s"}, "callbacks": [Broken()]}
        chain.invoke(asked(number, keyed=True), config)
    assert opened.session("s").stats().messages == 6
    assert "not told: added" in caplog.text


def graph(memory: Memory) -> Any:
    def node(state: MessagesState) -> Any:
        session = memory.session("s")
        with telling(writer=get_stream_writer()):
            session.add(state["messages"][-1].text)
            session.search("pool")
        return {"messages": [("ai", "answer")]}

    async def anode(state: MessagesState) -> Any:
        session = memory.session("s").as_async()
        async with telling(writer=get_stream_writer()):
            await session.add(state["messages"][-1].text)
            await session.search("pool")
        return {"messages": [("ai", "answer")]}

    return StateGraph(MessagesState).add_node("n", RunnableLambda(node, anode)).add_edge(START, "n").compile()


def test_a_graph_streams_them_as_custom_and_never_as_messages(opened: Memory) -> None:
    compiled, heard, core = graph(opened), Heard(), Core(opened)
    given: Any = {"messages": [HumanMessage("the pool is raised")]}
    parts = list(compiled.stream(given, {"callbacks": [heard]}, stream_mode=["custom", "messages"]))
    told = [part for mode, part in parts if mode == "custom"]
    assert [one["data"] for one in told] == core.data == heard.data
    assert [one["name"] for one in told] == ["tiermem.added", "tiermem.recalled"]
    assert "tiermem" not in repr([part for mode, part in parts if mode == "messages"])


async def test_an_async_graph_streams_them_too(opened: Memory) -> None:
    compiled, core = graph(opened), Core(opened)
    given: Any = {"messages": [HumanMessage("the pool is raised")]}
    told = [part async for part in compiled.astream(given, stream_mode="custom")]
    assert [one["data"] for one in told] == core.data
    events = [one async for one in compiled.astream_events(given, version="v2")]
    shown = [one["data"] for one in events if one["event"] == "on_custom_event"]
    assert shown == core.data[len(told) :]
    assert len(shown) == 2


def test_a_writer_alone_is_told_and_may_fail(opened: Memory, caplog: Any) -> None:
    told: list[Any] = []
    with telling(writer=told.append):
        opened.session("s").add("hello")
    assert [one["name"] for one in told] == ["tiermem.added"]

    def broken(_: Any) -> None:
        raise ValueError("closed")

    with telling(writer=broken), telling(writer=told.append):
        opened.session("s").add("again")
    assert opened.session("s").stats().messages == 2
    assert len(told) == 1
    assert "not told: added" in caplog.text


def test_what_was_done_before_an_error_is_told(opened: Memory) -> None:
    told: list[Any] = []

    def two() -> None:
        with telling(writer=told.append):
            opened.session("s").add("hello")
            raise KeyError("mine")

    with pytest.raises(KeyError):
        two()
    assert [one["data"]["kind"] for one in told] == ["added"]


def test_what_was_asked_for_by_hand_is_not_told_in_the_next_run_of_somebody_else(opened: Memory) -> None:
    ConversationTieredMemory("of-ann", memory=opened).load_memory_variables({"input": "which pool?"})
    heard = Heard()
    conversation(opened).invoke({"input": "hello"}, {"callbacks": [heard]})
    assert {one["session"] for one in heard.data} == {"s"}
