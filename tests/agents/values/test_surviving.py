"""An agent's run does not die of its archive: it goes on, that is told, and what was not stored is stored later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from llama_index.core.agent.workflow import AgentWorkflow
from llama_index.core.tools import FunctionTool

from langchain_tiered_memory import TieredMemoryMiddleware
from langchain_tiered_memory.tools import memory_tools
from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, bounded_tools
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, ask, read_page, reading, thread
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.properties.thinned import thinned
from tiermem import Memory, Session
from tiermem.agents.view import OpenedSession
from tiermem.errors import (
    BudgetTooSmall,
    Closed,
    IdConflict,
    InvalidMessage,
    MissingNamespace,
    StorageBusy,
    StorageCorrupt,
    StorageForeign,
    StorageFull,
    StorageUnavailable,
)
from tiermem.session import AsyncSession

Open = Callable[..., Memory]
FAILURES = [InvalidMessage("no"), IdConflict("taken"), StorageFull("full"), StorageCorrupt("bad"), RuntimeError("odd")]
VERBS = ["add", "context", "manage_context"]
# Each error at one verb at least, and at each verb two errors or more; `make soak` has them all.
FAILING = thinned(
    [(error, verb) for error in FAILURES for verb in VERBS], 2, always=[(FAILURES[0], verb) for verb in VERBS]
)
QUESTION = "Read the guide book."


@contextmanager
def failing(error: Exception, *verbs: str) -> Iterator[None]:
    """The *verbs* of every session raise *error*."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        for verb, face in product(verbs, (Session, AsyncSession, OpenedSession)):
            patched.setattr(face, verb, refuse, raising=False)
        yield


def agent_of(memory: Memory, model: Scripted, **options: Any) -> Any:
    middleware = TieredMemoryMiddleware(memory=memory, tools=False, **options)
    return create_agent(model, [read_page], middleware=[middleware])


def said(memory: Memory, session: str = "t") -> list[str]:
    return [message.text[:20] for message in memory.session(session).messages()]


# --- LangChain


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("error", "verb"), FAILING)
def test_an_agent_is_asked_with_its_own_messages_where_the_archive_fails(
    store: Open, error: Exception, verb: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory, model, told = store(), Scripted(script=reading(2)), []
    memory.subscribe(lambda event: told.append(dict(event.fields)) if event.kind == "degraded" else None)
    one = create_agent(
        model, [read_page], middleware=[TieredMemoryMiddleware(memory=memory)], checkpointer=InMemorySaver()
    )
    caplog.set_level(logging.WARNING, "tiermem")
    with failing(error, verb):
        state = ask(one)
    assert [message.type for message in model.prompts[-1]] == ["human", "ai", "tool", "ai", "tool"]
    assert {"mode": "agent", "reason": type(error).__name__} in told
    assert "goes on without its archive" in caplog.text
    ask(one, "And now?")
    texts = [message.text[:20] for message in state["messages"]]
    assert said(memory) == [*texts, "And now?", "answer 4"]
    assert [message.text[:20] for message in model.prompts[-1]] == [*texts, "And now?"]
    assert memory.session("t").verify().ok


async def test_the_same_without_blocking(store: Open) -> None:
    memory, model = store(), Scripted(script=reading(1))
    one = agent_of(memory, model, session_id="t")
    with failing(StorageUnavailable("gone"), "add"):
        await one.ainvoke({"messages": [HumanMessage(QUESTION, id="1")]}, thread())
    assert said(memory) == []
    await one.ainvoke({"messages": [HumanMessage("And now?", id="2")]}, thread())
    assert [text[:8] for text in said(memory)] == ["Read the", "", "The secr", "answer 2", "And now?", "answer 3"]


def test_without_a_checkpointer_the_next_run_stores_the_end_of_the_one_before(store: Open) -> None:
    memory, model = store(), Scripted()
    one = agent_of(memory, model, session_id="t")
    one.invoke({"messages": [HumanMessage("one")]})
    with failing(StorageBusy("busy"), "add"):
        one.invoke({"messages": [HumanMessage("two")]})
    one.invoke({"messages": [HumanMessage("three")]})
    assert said(memory) == ["one", "answer 1", "two", "answer 2", "three", "answer 3"]
    assert [message.text for message in model.prompts[-1]] == ["one", "answer 1", "two", "answer 2", "three"]


def test_a_client_that_hands_all_over_again_has_nothing_twice(store: Open) -> None:
    memory, model = store(), Scripted()
    one = agent_of(memory, model, session_id="t")
    with failing(StorageBusy("busy"), "add"):
        state = one.invoke({"messages": [HumanMessage("one")]})
    state = one.invoke({"messages": [*state["messages"], HumanMessage("two")]})
    assert said(memory) == ["one", "answer 1", "two", "answer 2"]
    with failing(StorageBusy("busy"), "add"):
        one.invoke({"messages": [*state["messages"], HumanMessage("three")]})
    texts = [("user" if message.type == "human" else "assistant", message.text) for message in state["messages"]]
    one.invoke({"messages": [*texts, ("user", "three"), ("assistant", "answer 3"), ("user", "four")]})
    assert said(memory) == ["one", "answer 1", "two", "answer 2", "three", "answer 3", "four", "answer 4"]


def test_a_message_that_is_none_of_langchains_keeps_no_other_from_being_stored(store: Open) -> None:
    memory, model = store(), Scripted()
    odd = AIMessage.model_construct(content="odd", name=5, id="2", tool_calls=[], invalid_tool_calls=[])
    one = agent_of(memory, model, session_id="t")
    one.invoke({"messages": [HumanMessage("one", id="1"), odd, HumanMessage("two", id="3")]})
    assert [text for text in said(memory) if "odd" not in text and '"' not in text] == ["one", "two", "answer 1"]
    assert len(said(memory)) == 4


@pytest.mark.parametrize("error", [BudgetTooSmall(2, 1, "it"), Closed("closed"), MissingNamespace("whose?")])
def test_what_a_person_must_mend_is_raised(store: Open, error: Exception) -> None:
    with failing(error, "context"), pytest.raises(type(error)):
        ask(agent_of(store(), Scripted()))


def test_a_database_that_may_be_there_later_ends_no_run_and_a_wrong_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = create_agent(Scripted(), [], middleware=[TieredMemoryMiddleware(tmp_path / "a.db")])
    for error in (StorageUnavailable("gone"), StorageForeign("another's")):
        with monkeypatch.context() as patched:
            patched.setattr(Memory, "shared", classmethod(lambda *_, error=error, **__: throw(error)))
            patched.setattr(Memory, "open", classmethod(lambda *_, error=error, **__: throw(error)))
            if error.retryable:
                assert ask(one)["messages"][-1].text == "answer 1"
            else:
                with pytest.raises(StorageForeign):
                    ask(one)
    assert ask(one)["messages"][-1].text == "answer 2"


def throw(error: Exception) -> Any:
    raise error


def test_a_memory_tool_answers_in_words_where_the_database_does_not(store: Open) -> None:
    memory = store()
    (tool,) = memory_tools(memory.session("t"), names=["search_memory"])
    memory.session("t").add("The code is 4711.")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Memory, "drive", lambda *_: throw(StorageUnavailable("gone")))
        patched.setattr(Memory, "drive_async", lambda *_: throw(StorageUnavailable("gone")))
        assert "cannot be reached now (StorageUnavailable)" in tool.invoke({"query": "code"})
        assert "cannot be reached now" in asyncio.run(tool.ainvoke({"query": "code"}))
    assert "4711" in tool.invoke({"query": "code"})


# --- LlamaIndex


def report(number: int) -> str:
    """Read the report of that number."""
    return f"Report {number}: the checksum is {7000 + number}."


def steps(count: int) -> list[Any]:
    return [*(called("report", f"c{number}", number=number) for number in range(count)), "done"]


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("error", "verb"), FAILING)
@pytest.mark.parametrize("workflow", [False, True])
async def test_a_run_of_llamaindex_goes_on_and_is_stored_later(
    store: Open, error: Exception, verb: str, workflow: bool
) -> None:
    memory = TieredChatMemory(memory=store(), session_id="t", token_limit=8_000)
    llm, told = ScriptedLLM(*steps(3)), []
    memory.session.subscribe(lambda event: told.append(event.fields.get("mode")))
    broken: list[Any] = []

    def breaking(number: int) -> str:
        """Read the report of that number."""
        if not broken:
            broken.append(failing(error, verb))
            broken[0].__enter__()
        return report(number)

    agent = TieredFunctionAgent(llm=llm, tools=[FunctionTool.from_defaults(breaking, name="report")], name="a")
    runner: Any = AgentWorkflow(agents=[agent], root_agent="a") if workflow else agent
    try:
        await runner.run(QUESTION, memory=memory)
    finally:
        broken[0].__exit__(None, None, None)
    assert [message.role.value for message in llm.sent[-1]] == ["user", *["assistant", "tool"] * 3]
    assert "agent" in told
    llm2 = ScriptedLLM("hello")
    await TieredFunctionAgent(llm=llm2, tools=[], name="b").run("And now?", memory=memory)
    kept = [message.text[:9] for message in memory.session.messages()]
    expected = [QUESTION[:9], "", "Report 0:", "", "Report 1:", "", "Report 2:", "done", "And now?", "hello"]
    assert kept == expected
    assert memory.session.verify().ok


def test_an_output_stays_whole_where_it_could_not_be_kept(store: Open) -> None:
    memory = TieredChatMemory(memory=store(), session_id="t")
    (tool,) = bounded_tools([FunctionTool.from_defaults(lambda: "word " * 5_000, name="look")], memory)
    with failing(StorageFull("full"), "add"):
        assert tool.call().content == "word " * 5_000  # type: ignore[operator]
    assert "expand_memory" in str(tool.call().content)  # type: ignore[operator]
