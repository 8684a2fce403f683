"""A chat model as a summariser: of the core, of the classic memory, and of LangChain's own middleware."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableLambda

from langchain_tiered_memory import ChatModelSummarizer, ConversationTieredMemory
from tests.langchain_tiered_memory.summarizer_fakes import CALL, NOTES, USED, WRITTEN, Calling, Plain, Streaming, echo
from tests.waiting import PATIENCE
from tiermem import Memory, Message, StructuredSummary
from tiermem.errors import InvalidSettings, SummaryRejected

TALK = [
    Message(role="user", content="Please fix the database timeout of the shop.", sequence=1),
    Message(role="assistant", content="The pool is raised from 10 to 50. Next: test under load.", sequence=2),
]
SHOWN = [HumanMessage(TALK[0].text), AIMessage(TALK[1].text)]
TEXT = "Goal: Fix the database timeout\nDecision: The pool is raised from 10 to 50\nLast step: Test under load"
SMALL: dict[str, Any] = {"pre_rot_threshold": 800, "keep_recent_count": 3, "counter": lambda text: len(text) // 4}

TAKES_ONE = pytest.mark.skipif(
    "summarizer" not in inspect.signature(SummarizationMiddleware).parameters,
    reason="LangChain's middleware takes a summariser from 1.4 on",
)


def assert_noted(summary: Any) -> None:
    assert isinstance(summary, StructuredSummary)
    assert summary.key_decisions == ["The pool is raised from 10 to 50"]
    assert summary.sources["user_goal"] == [1]


WAYS: dict[str, tuple[Plain, int]] = {
    "a tool call": (Calling(), 1),
    "a tool call, in text": (Calling(answers=[WRITTEN]), 1),
    "a tool call that breaks the schema": (
        Calling(answers=[AIMessage("", tool_calls=[CALL.tool_calls[0] | {"args": NOTES | {"key_decisions": 5}}])]),
        1,
    ),
    "no tools": (Plain(), 1),
    "a schema that the provider refuses": (Calling(answers=[ValueError("no schema"), WRITTEN]), 2),
    "prose, then repaired": (Plain(answers=["It is about the pool.", WRITTEN]), 2),
    "empty, then repaired": (Plain(answers=["", WRITTEN]), 2),
    "blocks of text": (Plain(answers=[AIMessage([{"type": "text", "text": WRITTEN}])]), 1),
}  # fmt: skip


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_every_way_to_answer_gives_a_summary(how: str, asynchronous: bool) -> None:
    model, calls = WAYS[how]
    model = model.model_copy(update={"answers": list(model.answers), "asked": []})
    summarize = ChatModelSummarizer(model)
    summary = await summarize.acall(TALK) if asynchronous else await asyncio.to_thread(summarize, TALK)
    assert isinstance(summary, StructuredSummary)
    assert summary.user_goal == "Fix the database timeout"
    assert len(model.asked) == calls == summarize.usage.calls
    if "breaks" not in how:
        assert_noted(summary)


@pytest.mark.parametrize(
    "bad", ["garbage", "", "null", "I'm sorry, but I can't help with that.", ConnectionError("down")]
)
async def test_a_model_that_fails_raises_for_core_messages_and_helps_itself_for_langchains(bad: Any) -> None:
    expected = ConnectionError if isinstance(bad, ConnectionError) else SummaryRejected
    summarize = ChatModelSummarizer(Calling(answers=[bad]))
    with pytest.raises(expected):
        summarize(TALK)
    with pytest.raises(expected):
        await summarize.acall(TALK)
    for text in (summarize(SHOWN), await summarize.ainvoke(SHOWN)):
        assert "fix the database timeout" in text
    assert summarize.usage.fallbacks == 2


def test_langchain_messages_of_every_kind_give_text() -> None:
    messages = [
        SystemMessage("be brief"),
        *SHOWN,
        HumanMessage("so far", additional_kwargs={"lc_source": "summarization"}),
        AIMessage("", tool_calls=[{"name": "read", "args": {"path": "a.py"}, "id": "c"}]),
        ToolMessage("print(1)", tool_call_id="c", artifact=object()),
        HumanMessage([{"type": "image", "base64": "QUJD"}, {"type": "text", "text": "see {this}"}], id="ID-77"),
        ("human", "a tuple"),
    ]
    model = Plain()
    assert ChatModelSummarizer(model).invoke(messages) == TEXT
    prompt = model.seen[0]
    for said in ("be brief", "so far", '[calls read {"path": "a.py"}]', "print(1)", "[image]", "see {this}", "a tuple"):
        assert said in prompt
    assert 'from="summary"' in prompt
    assert "QUJD" not in prompt
    assert "ID-77" not in prompt


def test_calls_are_counted_with_the_tokens_that_the_model_reports() -> None:
    summarize = ChatModelSummarizer(Calling(answers=[CALL.model_copy(update={"usage_metadata": USED})]))
    summarize(TALK)
    assert summarize.usage.as_dict() == dict.fromkeys(summarize.usage.as_dict(), 0) | {
        "summaries": 1, "calls": 1, "input_tokens": 900, "output_tokens": 80,
    }  # fmt: skip


def test_the_window_is_that_of_the_profile_and_long_spans_are_read_whole() -> None:
    model = Plain(profile={"max_input_tokens": 4_000})
    summarize = ChatModelSummarizer(model)
    assert summarize.max_input_tokens == 4_000
    assert ChatModelSummarizer(Plain()).max_input_tokens == 16_000
    assert ChatModelSummarizer(model, max_input_tokens=9_000).max_input_tokens == 9_000
    messages = [*SHOWN, *(HumanMessage(f"fact{n} is {n * 7919}. {'more talk ' * 200}") for n in range(40))]
    assert summarize.invoke(messages) == TEXT
    assert len(model.asked) > 3
    assert all(any(f"fact{n} is {n * 7919}." in prompt for prompt in model.seen) for n in range(40))


def test_any_runnable_may_be_the_model_and_nothing_else() -> None:
    assert_noted(ChatModelSummarizer(RunnableLambda(lambda _: WRITTEN))(TALK))
    assert_noted(ChatModelSummarizer(Calling().with_retry(stop_after_attempt=2))(TALK))
    with pytest.raises(InvalidSettings):
        ChatModelSummarizer(lambda _: WRITTEN)  # type: ignore[arg-type]


def test_a_name_is_a_model_of_langchain(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Plain()
    monkeypatch.setattr("langchain.chat_models.init_chat_model", lambda name: {"fake:small": model}[name])
    assert ChatModelSummarizer("fake:small").model is model


def test_a_copy_goes_on_by_itself_with_the_same_model_and_settings() -> None:
    summarize = ChatModelSummarizer(Calling(), max_input_tokens=9_000)
    summarize(TALK)
    for made in (copy.deepcopy(summarize), pickle.loads(pickle.dumps(summarize))):
        assert_noted(made(TALK))
        assert (made.usage.calls, made.max_input_tokens) == (2, 9_000)
    assert summarize.usage.calls == 1


class Runs(BaseCallbackHandler):
    def __init__(self) -> None:
        self.found: list[tuple[Any, Any, Any]] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **given: Any) -> None:
        self.found.append((given.get("name"), given.get("tags"), given.get("metadata")))


def test_calls_carry_the_callers_config_and_the_mark_that_keeps_them_out_of_streams() -> None:
    seen = Runs()
    ChatModelSummarizer(Plain()).invoke(SHOWN, {"callbacks": [seen], "tags": ["mine"], "metadata": {"lc_x": 1}})
    (name, tags, metadata) = seen.found[0]
    assert name == "tiered_memory_summary"
    assert {"mine", "nostream"} <= set(tags)
    assert metadata["lc_x"] == 1
    assert metadata["lc_source"] == "summarization"


def test_it_works_in_a_thread_that_knows_no_run() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(ChatModelSummarizer(Calling())(TALK)))
    thread.start()
    thread.join(PATIENCE)
    assert_noted(found[0])


def agent(summarizing: Any, **options: Any) -> Any:
    middleware = SummarizationMiddleware(
        model=Plain(),
        trigger=("messages", 6),
        keep=("messages", 2),
        trim_tokens_to_summarize=None,
        summarizer=ChatModelSummarizer(summarizing, **options),
    )
    return create_agent(Streaming(answers=[echo(3)]), middleware=[middleware])


LONG = [*SHOWN, *(HumanMessage(f"fact{n} is {n * 7919}. {'more talk ' * 200}") for n in range(9))]


def assert_summarised(state: dict[str, Any], model: Plain) -> None:
    first = state["messages"][0]
    assert TEXT in first.text
    assert len(state["messages"]) == 4
    assert all(any(f"fact{n} is {n * 7919}." in prompt for prompt in model.seen) for n in range(7))


@TAKES_ONE
async def test_it_is_the_summariser_of_langchains_middleware_sync_and_async() -> None:
    for run in (lambda one, state: asyncio.to_thread(one.invoke, state), lambda one, state: one.ainvoke(state)):
        model = Streaming()
        assert_summarised(await run(agent(model, max_input_tokens=3_000), {"messages": LONG}), model)
        assert len(model.asked) > 1


@TAKES_ONE
def test_langchains_middleware_goes_on_when_the_model_is_down() -> None:
    state = agent(Plain(answers=[ConnectionError("down")])).invoke({"messages": LONG})
    assert "fix the database timeout" in state["messages"][0].text
    assert state["messages"][-1].text.startswith("answer")


def streamed(chunks: Any) -> str:
    """The words that models streamed; whole messages, such as a node's new state, are no words of a model."""
    return "".join(message.text for message, _ in chunks if type(message).__name__ == "AIMessageChunk")


@TAKES_ONE
async def test_nothing_of_a_summary_leaks_into_the_stream_of_messages() -> None:
    for model in (Streaming(), Calling(answers=["prose", WRITTEN])):
        found = streamed(agent(model).stream({"messages": LONG}, stream_mode="messages"))
        assert found.split() == ["answer"] * 3
        chunks = [one async for one in agent(model).astream({"messages": LONG}, stream_mode="messages")]
        assert streamed(chunks).split() == ["answer"] * 3


def test_a_summary_inside_a_memory_that_an_agents_node_writes_does_not_leak_either(tmp_path: Path) -> None:
    from langgraph.graph import START, MessagesState, StateGraph

    notes, chat = Streaming(), Streaming(answers=[echo(3)])
    with Memory.open(tmp_path / "chat.db", **SMALL, summarizer=ChatModelSummarizer(notes)) as memory:

        def remember(state: MessagesState) -> dict[str, Any]:
            for n in range(60):
                memory.session("s").add(f"We decided to raise the pool from 10 to 50 for service {n}. " * 3)
            return {"messages": [chat.invoke(state["messages"])]}

        graph = StateGraph(MessagesState).add_node("remember", remember).add_edge(START, "remember").compile()
        found = list(graph.stream({"messages": [HumanMessage("hi")]}, stream_mode="messages"))
        assert notes.asked
        assert streamed(found).split() == ["answer"] * 3
        assert memory.session("s").stats().summarizer_failures == 0


def chat(memory: ConversationTieredMemory, turns: int = 40) -> None:
    for n in range(turns):
        question = f"Please fix the database timeout of service {n}. {'It is slow. ' * 8}"
        memory.save_context({"input": question}, {"output": f"The pool is raised from 10 to 50 for service {n}."})


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_summary_by_the_model_is_in_the_window_and_its_lines_point_to_messages(
    tmp_path: Path, asynchronous: bool
) -> None:
    summarize = ChatModelSummarizer(Calling())
    memory = ConversationTieredMemory("s", path=tmp_path / "chat.db", **SMALL, summarizer=summarize)
    if asynchronous:
        for n in range(40):
            question = {"input": f"Please fix the database timeout of service {n}. {'It is slow. ' * 8}"}
            await memory.asave_context(question, {"output": f"The pool is raised from 10 to 50 for service {n}."})
    else:
        await asyncio.to_thread(chat, memory)
    session = memory.chat_memory.session
    summaries = [one for one in session.view().summaries if one.strategy == "summarizer"]
    assert summaries
    assert summarize.usage.calls >= len(summaries)
    assert session.stats().summarizer_failures == 0
    for one in summaries:
        assert one.structure.key_decisions == ["The pool is raised from 10 to 50"]
        sources = one.structure.sources["key_decisions.0"]
        assert sources
        assert all("raised from 10 to 50" in session.expand(f"m{n}").messages[0].text for n in sources)
    shown = "\n".join(message.text for message in memory.load_memory_variables({"input": "And now?"})["chat_history"])
    assert "The pool is raised from 10 to 50 (m" in shown


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_a_model_that_hangs_costs_its_timeout_and_no_message(asynchronous: bool) -> None:
    ended = threading.Event()
    summarize = ChatModelSummarizer(Plain(answers=[lambda _: ended.wait(PATIENCE) or WRITTEN]))
    with Memory.open(":memory:", **SMALL, summarizer=summarize, summarizer_timeout=0.1) as memory:
        session = memory.session("s")
        for n in range(40):
            text = f"Please fix the database timeout of service {n}. {'It is slow. ' * 8}"
            await (session.as_async().add(text) if asynchronous else asyncio.to_thread(session.add, text))
        ended.set()
        stats = session.stats()
        assert "no answer within 0.1 s" in stats.last_error
        assert stats.covered > 0
        assert session.verify().ok
        assert len(session.messages()) == 40


def test_a_failing_model_changes_nothing_but_the_stats(tmp_path: Path) -> None:
    shown = []
    for name, model in (("down", Plain(answers=[ConnectionError("down")])), ("odd", Plain(answers=["garbage"]))):
        summarize = ChatModelSummarizer(model)
        memory = ConversationTieredMemory("s", path=tmp_path / f"{name}.db", **SMALL, summarizer=summarize)
        chat(memory)
        session = memory.chat_memory.session
        assert session.stats().summarizer_failures >= 1
        assert any("summarizer" in line for line in session.stats().degraded)
        assert session.verify().ok
        assert len(session.messages()) == 80
        shown.append(
            [one.structure.model_dump(exclude={"timestamp", "time_range"}) for one in session.view().summaries]
        )
    without = ConversationTieredMemory("s", path=tmp_path / "without.db", **SMALL)
    chat(without)
    view = without.chat_memory.session.view()
    shown.append([one.structure.model_dump(exclude={"timestamp", "time_range"}) for one in view.summaries])
    assert shown[0] == shown[1] == shown[2]


def test_a_conversation_is_compressed_in_a_chat_models_words() -> None:
    walk = "We walked through the old town and looked at many houses with green doors, all day long. " * 6
    model = Plain(answers=['{"user_goal": "A walk through the old town", "last_step": "They looked at houses"}'])
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        session.add([("user", "The pool has 10 connections."), ("user", walk)])
        short = session.compress(ratio=0.5, least=0.0, summarizer=ChatModelSummarizer(model))
    assert short.degraded == ""
    assert "summary: A walk through the old town They looked at houses" in short.text
    assert "The pool has 10 connections." in short.text
