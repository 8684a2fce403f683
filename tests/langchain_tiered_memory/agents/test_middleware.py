"""`TieredMemoryMiddleware` in real agents: what the model sees, within which limit, and what the state keeps."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import AgentMiddleware
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import (
    Scripted,
    agent,
    ask,
    assert_valid,
    call,
    reading,
    thread,
    tiered,
    tokens,
)
from tiermem import Memory
from tiermem.errors import BudgetTooSmall, InvalidSettings

LIMIT = 4_000
PAGES = 20


def same_beginning(one: str, other: str) -> int:
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def told(tmp_path: Path, **options: Any) -> tuple[Any, Scripted, TieredMemoryMiddleware]:
    """An agent that reads twenty pages of 900 words under a limit of 4,000 tokens."""
    model, middleware = Scripted(script=reading(PAGES)), tiered(tmp_path, max_tokens=LIMIT, **options)
    return agent(model, middleware, checkpointer=InMemorySaver(), system_prompt="You know a town."), model, middleware


# --- the view


def test_every_prompt_stays_below_the_limit_and_keeps_calls_with_their_results(tmp_path: Path) -> None:
    one, model, middleware = told(tmp_path)
    ask(one)
    assert len(model.prompts) == PAGES + 1
    for prompt in model.prompts:
        assert_valid(prompt)
        assert tokens(prompt, middleware.memory.counter) < LIMIT
        assert prompt[0] == SystemMessage("You know a town.")
        assert any(message.text == "Read the guide book." for message in prompt)


def test_the_state_keeps_every_message_as_it_was(tmp_path: Path) -> None:
    one, _, _ = told(tmp_path)
    plain = agent(Scripted(script=reading(PAGES)), checkpointer=InMemorySaver(), system_prompt="You know a town.")
    ours, raw = ask(one)["messages"], ask(plain)["messages"]
    assert [(m.type, m.content) for m in ours] == [(m.type, m.content) for m in raw]
    assert [m.id for m in ours] == [m.id for m in one.get_state(thread()).values["messages"]]


def test_neither_input_nor_output_shows_the_notes_which_are_small_and_plain(tmp_path: Path) -> None:
    one, _, _ = told(tmp_path)
    assert ask(one).keys() == {"messages"}
    notes = one.get_state(thread()).values["tiered_memory"]
    assert json.loads(json.dumps(notes)) == notes
    assert len(json.dumps(notes)) < 1_000


def test_what_the_view_left_out_is_quoted_when_it_is_asked_for(tmp_path: Path) -> None:
    one, model, _ = told(tmp_path)
    ask(one)
    ask(one, "What is the secret figure of page 3?")
    assert any("secret figure of page 3 is 7003" in message.text for message in model.prompts[-1])
    assert_valid(model.prompts[-1])


def test_the_agent_can_expand_a_stub_by_its_reference(tmp_path: Path) -> None:
    def script(messages: list[Any], turn: int) -> AIMessage:
        if turn <= PAGES:
            return call(turn)
        return call(99, "expand_memory", ref="m3") if turn == PAGES + 1 else AIMessage("done")

    model = Scripted(script=script)
    ask(agent(model, tiered(tmp_path, max_tokens=LIMIT)))
    opened = model.prompts[-1][-1]
    assert isinstance(opened, ToolMessage)
    assert "secret figure of page 1 is 7001" in opened.text


def test_a_prompt_mostly_begins_with_the_one_before(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path, max_tokens=2_500)
    one = agent(model, middleware, checkpointer=InMemorySaver())
    for number in range(100):
        ask(one, f"Question {number} about the {['bridge', 'tower', 'garden'][number % 3]} of our town, please.")
    shown = ["\0".join(message.text for message in prompt) for prompt in model.prompts]
    kept = [same_beginning(*pair) / len(pair[0]) for pair in pairwise(shown)]
    assert middleware.memory.session("t").journal()
    assert sum(kept) / len(kept) > 0.9
    assert kept.count(1.0) > 75


def test_a_block_recalled_for_a_question_stays_where_it_stood(tmp_path: Path) -> None:
    one, model, _ = told(tmp_path)
    ask(one)
    ask(one, "What is the secret figure of page 3?")
    first = list(model.prompts[-1])
    ask(one, "Thank you!")
    assert [m.text for m in model.prompts[-1][: len(first)]] == [m.text for m in first]


def test_a_result_longer_than_the_limit_is_clipped_and_names_the_whole(tmp_path: Path) -> None:
    from langchain_core.tools import tool

    @tool
    def dump() -> str:
        """Everything."""
        return "a line of a very long dump\n" * 3_000

    model = Scripted(script=lambda messages, turn: call(1, "dump") if turn == 1 else None)
    middleware = tiered(tmp_path, max_tokens=2_000)
    one = agent(model, middleware, tools=[dump])
    ask(one)
    result = model.prompts[-1][-1]
    assert isinstance(result, ToolMessage)
    assert "is m3" in result.text
    assert tokens(model.prompts[-1], middleware.memory.counter) < 2_000
    assert middleware.memory.session("t").expand("m3").messages[0].text == "a line of a very long dump\n" * 3_000


# --- limits


def test_system_prompt_and_tools_count(tmp_path: Path) -> None:
    model, middleware = Scripted(), tiered(tmp_path, max_tokens=3_000)
    one = agent(model, middleware, tools=[], system_prompt="A rule. " * 450, checkpointer=InMemorySaver())
    for number in range(60):
        ask(one, f"Tell me number {number} again, with every word of it: " + "the long way round. " * 12)
    assert all(tokens(prompt, middleware.memory.counter) < 3_000 for prompt in model.prompts)


def test_a_limit_below_system_prompt_and_tools_is_a_typed_error(tmp_path: Path) -> None:
    one = agent(Scripted(), tiered(tmp_path, max_tokens=100), system_prompt="A rule. " * 450)
    with pytest.raises(BudgetTooSmall, match="system prompt") as error:
        ask(one)
    assert error.value.budget == 100
    assert error.value.needed > 1_350


def test_the_window_that_a_model_declares_is_the_limit(tmp_path: Path) -> None:
    model, middleware = Scripted(script=reading(8), profile={"max_input_tokens": 3_000}), tiered(tmp_path)
    ask(agent(model, middleware))
    assert max(tokens(prompt, middleware.memory.counter) for prompt in model.prompts) < 3_000
    assert middleware.memory.session("t").stats().compacted > 0


def test_what_a_provider_reports_corrects_the_count(tmp_path: Path) -> None:
    def script(messages: list[Any], turn: int) -> AIMessage:
        sent = 3 * sum(len(message.text) for message in messages) // 4
        usage = {"input_tokens": sent, "output_tokens": 5, "total_tokens": sent + 5}
        return AIMessage("Yes. " * 40, usage_metadata=usage)

    def most(**usage: Any) -> int:
        model, middleware = Scripted(**usage), tiered(tmp_path, max_tokens=2_000, tools=False)
        one = agent(model, middleware, tools=[], checkpointer=InMemorySaver())
        for number in range(40):
            ask(one, f"Number {number}: " + "what about it then? " * 12, str(usage.keys()))
        return max(tokens(prompt, middleware.memory.counter) for prompt in model.prompts)

    assert most(script=script) < 0.75 * most(script=lambda messages, turn: AIMessage("Yes. " * 40))


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_an_overflow_is_answered_once_with_less_and_remembered(tmp_path: Path, kind: str) -> None:
    def script(messages: list[Any], turn: int) -> AIMessage | None:
        if sum(len(message.text) for message in messages) > 6_000:
            raise ContextOverflowError("prompt is too long")
        return None

    model = Scripted(script=script)
    one = agent(model, tiered(tmp_path, max_tokens=3_000, tools=False), tools=[], checkpointer=InMemorySaver())
    for number in range(40):
        given = {"messages": [HumanMessage(f"Number {number}: " + "what about it then? " * 20)]}
        await one.ainvoke(given, thread()) if kind == "async" else one.invoke(given, thread())
    assert 40 < len(model.prompts) <= 43


def test_an_overflow_that_nothing_mends_is_raised(tmp_path: Path) -> None:
    def script(messages: list[Any], turn: int) -> None:
        raise ContextOverflowError("prompt is too long")

    model, middleware = Scripted(script=script), tiered(tmp_path, max_tokens=3_000)
    with pytest.raises(ContextOverflowError):
        ask(agent(model, middleware), "Where is the bridge? " * 99)
    assert len(model.prompts) == 2
    assert middleware.memory.session("t").messages()[0].text == "Where is the bridge? " * 99


# --- streams


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_progress_is_told_as_custom_and_nothing_leaks_into_messages(tmp_path: Path, kind: str) -> None:
    one, _, _ = told(tmp_path)
    given, modes = {"messages": [HumanMessage("Read the guide book.")]}, ["messages", "custom"]
    if kind == "async":
        seen = [part async for part in one.astream(given, thread(), stream_mode=modes)]
    else:
        seen = list(one.stream(given, thread(), stream_mode=modes))
    streamed = {part[1][0].id for part in seen if part[0] == "messages"}
    state = {message.id for message in one.get_state(thread()).values["messages"]}
    assert streamed <= state
    names = {part[1]["name"] for part in seen if part[0] == "custom"}
    assert {"tiermem.added", "tiermem.compacted"} <= names


async def test_async_shows_what_sync_shows(tmp_path: Path) -> None:
    shown = []
    for kind in ("sync", "async"):
        model = Scripted(script=reading(PAGES))
        one = agent(model, tiered(tmp_path, max_tokens=LIMIT), checkpointer=InMemorySaver())
        given = {"messages": [HumanMessage("Read the guide book.")]}
        await one.ainvoke(given, thread(kind)) if kind == "async" else one.invoke(given, thread(kind))
        shown.append([[(m.type, m.text) for m in prompt] for prompt in model.prompts])
    assert shown[0] == shown[1]


# --- failing


def test_a_run_that_a_model_or_a_tool_ends_has_stored_what_came_before(tmp_path: Path) -> None:
    def script(messages: list[Any], turn: int) -> AIMessage:
        if turn == 3:
            raise ConnectionError("the line is down")
        return call(turn)

    middleware = tiered(tmp_path)
    with pytest.raises(ConnectionError):
        ask(agent(Scripted(script=script), middleware))
    stored = middleware.memory.session("t").messages()
    assert [message.role for message in stored] == ["user", "assistant", "tool", "assistant", "tool"]


@pytest.mark.parametrize(
    "options",
    [{"max_tokens": 0}, {"max_tokens": True}, {"namespace": 7}, {"session_id": 7}, {"within": "all"}, {"nonsense": 1}],
    ids=str,
)
def test_nonsense_is_refused_where_it_is_said(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        TieredMemoryMiddleware(**options)


def test_an_open_memory_brings_its_own_path_and_settings(tmp_path: Path) -> None:
    for options in ({"path": tmp_path / "a.db"}, {"pre_rot_threshold": 9_000}):
        with pytest.raises(InvalidSettings):
            TieredMemoryMiddleware(memory=Memory.open(":memory:"), **options)


def test_it_is_the_middleware_that_agents_demand(tmp_path: Path) -> None:
    one = tiered(tmp_path)
    assert isinstance(one, AgentMiddleware)
    assert {each.name for each in one.tools} == {"search_memory", "expand_memory", "remember", "forget_memory"}
