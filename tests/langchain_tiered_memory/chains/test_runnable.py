"""RunnableWithMessageHistory: stored = sent, nothing twice, answers beside their questions, however calls overlap."""

import asyncio
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.chat_history import BaseChatMessageHistory
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory

from langchain_tiered_memory import TieredChatMessageHistory
from langchain_tiered_memory.chains.runnable import Readings, asked_by
from tiermem.errors import StorageFull

CALLS = 12
Factory = Callable[[str], BaseChatMessageHistory]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="RunnableWithMessageHistory is deprecated")
        yield


@pytest.fixture(params=["an object a call", "one cached object", "one object behind a wrapper"])
def factory(request: pytest.FixtureRequest, tmp_path: Path) -> Factory:
    path = tmp_path / "chat.db"
    if request.param == "an object a call":
        return lambda session_id: TieredChatMessageHistory(session_id, path=path)
    made: dict[str, BaseChatMessageHistory] = {}
    wrap = Wrapper if request.param == "one object behind a wrapper" else (lambda one: one)

    def cached(session_id: str) -> BaseChatMessageHistory:
        if session_id not in made:
            made[session_id] = wrap(TieredChatMessageHistory(session_id, path=path))
        return made[session_id]

    return cached


class Wrapper(BaseChatMessageHistory):
    """What applications write around a history to add a log or a check."""

    def __init__(self, inner: TieredChatMessageHistory) -> None:
        self.inner = inner

    @property
    def messages(self) -> list[BaseMessage]:  # type: ignore[override]
        return self.inner.messages

    async def aget_messages(self) -> list[BaseMessage]:
        return await self.inner.aget_messages()

    def add_messages(self, messages: Any) -> None:
        self.inner.add_messages(messages)

    async def aadd_messages(self, messages: Any) -> None:
        await self.inner.aadd_messages(messages)

    def clear(self) -> None:
        self.inner.clear()


def answer(messages: list[BaseMessage]) -> AIMessage:
    return AIMessage(f"answer to {messages[-1].content}")


def listing(model: Callable[..., Any], factory: Factory) -> Runnable[Any, Any]:
    return RunnableWithMessageHistory(RunnableLambda(model), factory)


def by_key(model: Callable[..., Any], factory: Factory) -> Runnable[Any, Any]:
    prompt = ChatPromptTemplate.from_messages([MessagesPlaceholder("past"), ("human", "{question}")])
    chain = prompt | RunnableLambda(lambda value: model(value.to_messages()))
    return RunnableWithMessageHistory(chain, factory, input_messages_key="question", history_messages_key="past")


def whole_list_by_key(model: Callable[..., Any], factory: Factory) -> Runnable[Any, Any]:
    chain = RunnableLambda(lambda value: model(value["messages"]))
    return RunnableWithMessageHistory(chain, factory, input_messages_key="messages")


MODES: list[tuple[Any, Callable[[str], Any]]] = [
    (listing, lambda text: [HumanMessage(text)]),
    (by_key, lambda text: {"question": text}),
    (whole_list_by_key, lambda text: {"messages": [HumanMessage(text)]}),
]
SESSION: RunnableConfig = {"configurable": {"session_id": "s"}}


def assert_all_stored_once(tmp_path: Path, questions: list[str]) -> None:
    said = [m.text for m in TieredChatMessageHistory("s", path=tmp_path / "chat.db").originals()]
    assert sorted(said[::2]) == sorted(questions)
    assert said[1::2] == [f"answer to {question}" for question in said[::2]]


@pytest.mark.parametrize(("build", "value"), MODES, ids=["list", "history key", "input key"])
def test_turns_one_after_another(factory: Factory, tmp_path: Path, build: Any, value: Any) -> None:
    seen: list[int] = []

    def counting(messages: list[BaseMessage]) -> AIMessage:
        seen.append(len(messages))
        return answer(messages)

    chain = build(counting, factory)
    for turn in range(4):
        assert chain.invoke(value(f"q{turn}"), SESSION).content == f"answer to q{turn}"
    assert seen == [1, 3, 5, 7]
    assert_all_stored_once(tmp_path, [f"q{turn}" for turn in range(4)])


@pytest.mark.parametrize(("build", "value"), MODES, ids=["list", "history key", "input key"])
def test_parallel_batch(factory: Factory, tmp_path: Path, build: Any, value: Any) -> None:
    factory("s").add_messages([HumanMessage("first"), AIMessage("answer to first")])
    chain = build(answer, factory)
    questions = [f"q{turn}" for turn in range(CALLS)]
    chain.batch([value(text) for text in questions], [SESSION] * CALLS)
    assert_all_stored_once(tmp_path, ["first", *questions])


@pytest.mark.parametrize(("build", "value"), MODES, ids=["list", "history key", "input key"])
def test_threads_that_all_read_before_any_writes(factory: Factory, tmp_path: Path, build: Any, value: Any) -> None:
    together = threading.Barrier(CALLS, timeout=60)
    chain = build(lambda messages: (together.wait(), answer(messages))[1], factory)
    threads = [
        threading.Thread(target=chain.invoke, args=(value(f"q{turn}"), {"configurable": {"session_id": "s"}}))
        for turn in range(CALLS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_all_stored_once(tmp_path, [f"q{turn}" for turn in range(CALLS)])


@pytest.mark.parametrize(("build", "value"), MODES, ids=["list", "history key", "input key"])
async def test_tasks_that_overlap_at_random(factory: Factory, tmp_path: Path, build: Any, value: Any) -> None:
    def slowly(messages: list[BaseMessage]) -> AIMessage:
        threading.Event().wait((hash(messages[-1].text) % 7) / 200)
        return answer(messages)

    chain = build(slowly, factory)
    questions = [f"q{turn}" for turn in range(CALLS)]
    await asyncio.gather(*(chain.ainvoke(value(text), SESSION) for text in questions))
    await asyncio.gather(*(chain.ainvoke(value(f"again {text}"), SESSION) for text in questions))
    assert_all_stored_once(tmp_path, [*questions, *(f"again {text}" for text in questions)])


@pytest.mark.parametrize(("build", "value"), MODES, ids=["list", "history key", "input key"])
async def test_the_same_words_asked_many_times_at_once(
    factory: Factory, tmp_path: Path, build: Any, value: Any
) -> None:
    chain = build(answer, factory)
    for _ in range(3):
        await asyncio.gather(*(chain.ainvoke(value("hi"), SESSION) for _ in range(4)))
    chain.batch([value("hi")] * 4, [SESSION] * 4)
    assert_all_stored_once(tmp_path, ["hi"] * 16)


async def test_streams(factory: Factory, tmp_path: Path) -> None:
    model = GenericFakeChatModel(messages=iter([AIMessage(f"answer to q{turn}") for turn in range(3)]))
    chain = RunnableWithMessageHistory(model, factory)
    assert "".join(chunk.text for chunk in chain.stream([HumanMessage("q0")], SESSION)) == "answer to q0"
    assert "".join([c.text async for c in chain.astream([HumanMessage("q1")], SESSION)]) == "answer to q1"
    chain.invoke([HumanMessage("q2")], SESSION)
    assert_all_stored_once(tmp_path, ["q0", "q1", "q2"])


def test_images_pass_through_a_chat_model(factory: Factory) -> None:
    """LangChain rewrites image blocks in what it reports of a call; the text must be enough to know the messages."""
    image = {"type": "image", "base64": "aGk=", "mime_type": "image/png"}
    factory("s").add_messages([HumanMessage([{"type": "text", "text": "look"}, image]), AIMessage("answer to look")])
    chain = RunnableWithMessageHistory(GenericFakeChatModel(messages=iter([AIMessage("fine")])), factory)
    chain.invoke([HumanMessage("and now?")], SESSION)
    assert [m.text for m in factory("s").messages] == ["look", "answer to look", "and now?", "fine"]


@pytest.mark.parametrize("cached", [False, True])
async def test_compaction_and_summaries_between_reading_and_writing(tmp_path: Path, cached: bool) -> None:
    options: dict[str, Any] = {"pre_rot_threshold": 900, "keep_recent_count": 2}

    def make(session_id: str) -> TieredChatMessageHistory:
        return TieredChatMessageHistory(session_id, path=tmp_path / "chat.db", **options)

    one = make("s")
    chain = listing(answer, (lambda _: one) if cached else make)
    long = "The connection pool of the database is exhausted, and the query of the report takes long. " * 4
    questions = [f"q{turn} {long}" for turn in range(40)]
    for start in range(0, 40, 4):
        await asyncio.gather(*(chain.ainvoke([HumanMessage(q)], SESSION) for q in questions[start : start + 4]))
    assert one.session.stats().summaries > 0
    said = [m.text for m in one.originals()]
    assert sorted(said[::2]) == sorted(questions)
    assert said[1::2] == [f"answer to {question}" for question in said[::2]]


def test_a_model_that_raises_stores_nothing_and_spoils_no_later_turn(factory: Factory, tmp_path: Path) -> None:
    def failing(messages: list[BaseMessage]) -> AIMessage:
        if "bad" in messages[-1].text:
            raise ConnectionError("no model")
        return answer(messages)

    chain = listing(failing, factory)
    for turn in range(3):
        with pytest.raises(ConnectionError):
            chain.invoke([HumanMessage(f"bad {turn}")], SESSION)
        chain.invoke([HumanMessage(f"q{turn}")], SESSION)
    assert_all_stored_once(tmp_path, ["q0", "q1", "q2"])


def test_several_messages_in_and_out(factory: Factory) -> None:
    chain = listing(lambda messages: [AIMessage("one"), AIMessage("two")], factory)
    chain.invoke([SystemMessage("be brief"), HumanMessage("q")], SESSION)
    chain.invoke([HumanMessage("q"), HumanMessage("q")], SESSION)
    assert [m.text for m in factory("s").messages] == ["be brief", "q", "one", "two", "q", "q", "one", "two"]


@pytest.mark.parametrize("ids", [False, True])
def test_an_agent_that_returns_its_whole_state(factory: Factory, ids: bool) -> None:
    """LangChain's own history doubles with every such turn."""

    def agent(value: dict[str, Any]) -> dict[str, Any]:
        for place, message in enumerate(value["messages"]):
            message.id = message.id or (f"{message.text}-{place}" if ids else None)
        return {"messages": [*value["messages"], answer(value["messages"])]}

    factory("s").add_messages([HumanMessage("earlier"), AIMessage("answer to earlier")])
    chain = RunnableWithMessageHistory(
        RunnableLambda(agent), factory, input_messages_key="messages", output_messages_key="messages"
    )
    for text in ("q0", "q1", "q1"):
        chain.invoke({"messages": [HumanMessage(text)]}, SESSION)
    said = ["earlier", "answer to earlier", "q0", "answer to q0", "q1", "answer to q1", "q1", "answer to q1"]
    assert [m.text for m in factory("s").messages] == said


def test_a_chain_that_changes_what_it_was_given(factory: Factory) -> None:
    """Rewriting the history in place is the caller's right; the turn is stored all the same."""

    def rewriting(messages: list[BaseMessage]) -> AIMessage:
        for message in messages[:-1]:
            message.content = "rewritten"
        return answer(messages)

    chain = listing(rewriting, factory)
    for turn in range(3):
        chain.invoke([HumanMessage(f"q{turn}")], SESSION)
    assert [m.text for m in factory("s").messages][::2] == ["q0", "q1", "q2"]


def test_an_error_at_the_end_is_kept_and_the_turn_follows_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = TieredChatMessageHistory("s", path=tmp_path / "chat.db")
    chain = listing(answer, lambda _: one)
    with monkeypatch.context() as patched:
        patched.setattr(type(one.session), "add", refuse)
        assert chain.invoke([HumanMessage("q0")], SESSION).content == "answer to q0"
    assert isinstance(one.last_error, StorageFull)
    chain.invoke([HumanMessage("q1")], SESSION)
    assert one.last_error is None
    assert_all_stored_once(tmp_path, ["q0", "q1"])


def refuse(*_: object) -> None:
    raise StorageFull("no room")


def test_the_readings_of_calls_that_never_end_are_bounded() -> None:
    readings = Readings()
    for number in range(3000):
        readings.opened([HumanMessage(str(number))])
    assert len(readings._open) == 1024


def test_ordinary_callers_are_not_taken_for_langchain(tmp_path: Path) -> None:
    def _exit_history() -> str:
        return method()

    def method() -> str:
        return asked_by()

    assert _exit_history() == ""
    one = TieredChatMessageHistory("s", path=tmp_path / "chat.db")
    one.add_user_message("hi")
    assert one.messages == [HumanMessage("hi")]
