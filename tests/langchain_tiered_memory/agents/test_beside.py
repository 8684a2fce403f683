"""`TieredMemoryMiddleware` beside other middleware: retries, fallbacks, injected and changed messages, cancellation."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain.agents.middleware import (
    AgentMiddleware,
    ContextEditingMiddleware,
    ModelFallbackMiddleware,
    ModelRetryMiddleware,
    ToolRetryMiddleware,
    after_model,
    before_model,
    hook_config,
    wrap_model_call,
)
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import (
    Scripted,
    agent,
    ask,
    assert_valid,
    call,
    read_page,
    reading,
    thread,
    tiered,
    tokens,
)
from tiermem.errors import BudgetTooSmall

LIMIT = 4_000


def texts(model: Scripted) -> list[str]:
    return [message.text for message in model.prompts[-1]]


def roles(middleware: TieredMemoryMiddleware, name: str = "t") -> list[str]:
    return [message.role for message in middleware.memory.session(name).messages()]


# --- what others put in, change or make anew


@wrap_model_call
def starring(request: Any, handler: Any) -> Any:
    """Hides a pin from the model, in copies of the messages."""
    stars = [one.model_copy(update={"content": one.text.replace("1234", "****")}) for one in request.messages]
    return handler(request.override(messages=stars))


def test_a_changed_message_stands_in_its_own_place_where_the_assistant_speaks_first(tmp_path: Path) -> None:
    model = Scripted()
    one = agent(model, starring, tiered(tmp_path), checkpointer=InMemorySaver())
    one.invoke({"messages": [AIMessage("Hello, I am Max."), HumanMessage("My pin is 1234.")]}, thread())
    assert texts(model) == ["[The assistant speaks first.]", "Hello, I am Max.", "My pin is ****."]


def test_a_changed_message_that_was_stored_once_more_is_shown_changed(tmp_path: Path) -> None:
    model = Scripted()
    one = agent(model, starring, tiered(tmp_path), checkpointer=InMemorySaver())
    state = ask(one, "one")
    ask(one, "My pin is 1234.")
    one.update_state(thread(), {"messages": [HumanMessage("eins", id=state["messages"][0].id)]})
    ask(one, "Go on.")
    assert texts(model) == ["eins", "answer 1", "My pin is ****.", "answer 2", "Go on."]


def test_a_prompt_that_other_middleware_makes_all_by_itself_is_sent_as_it_is(tmp_path: Path) -> None:
    @wrap_model_call
    def shouting(request: Any, handler: Any) -> Any:
        return handler(request.override(messages=[type(one)(one.text.upper()) for one in request.messages]))

    model, middleware = Scripted(), tiered(tmp_path)
    one = agent(model, shouting, middleware, checkpointer=InMemorySaver())
    ask(one, "one")
    ask(one, "two")
    assert texts(model) == ["ONE", "ANSWER 1", "TWO"]
    assert [message.text for message in middleware.memory.session("t").messages()][::2] == ["one", "two"]


@pytest.mark.parametrize("way", ["message", "longer question"])
def test_what_other_middleware_puts_in_counts_towards_the_limit(tmp_path: Path, way: str) -> None:
    found = "a passage of a document " * 300

    @wrap_model_call
    def finding(request: Any, handler: Any) -> Any:
        if way == "message":
            return handler(request.override(messages=[*request.messages, HumanMessage(found)]))
        first = request.messages[0].model_copy(update={"content": request.messages[0].text + found})
        return handler(request.override(messages=[first, *request.messages[1:]]))

    model, middleware = Scripted(script=reading(8)), tiered(tmp_path, max_tokens=LIMIT)
    ask(agent(model, finding, middleware, checkpointer=InMemorySaver()))
    assert len(model.prompts) == 9
    assert max(tokens(prompt, middleware.memory.counter) for prompt in model.prompts) < LIMIT
    assert all(found in "".join(message.text for message in prompt) for prompt in model.prompts[:2])


def test_more_than_the_limit_put_in_is_a_typed_error(tmp_path: Path) -> None:
    @wrap_model_call
    def finding(request: Any, handler: Any) -> Any:
        return handler(request.override(messages=[*request.messages, HumanMessage("a passage " * 4_000)]))

    with pytest.raises(BudgetTooSmall):
        ask(agent(Scripted(), finding, tiered(tmp_path, max_tokens=LIMIT)))


@pytest.mark.parametrize("outside", [True, False])
def test_beside_context_editing_prompts_are_whole(tmp_path: Path, outside: bool) -> None:
    model, middleware = Scripted(script=reading(12)), tiered(tmp_path, max_tokens=LIMIT)
    editing = ContextEditingMiddleware()
    both = (editing, middleware) if outside else (middleware, editing)
    ask(agent(model, *both, checkpointer=InMemorySaver()))
    assert len(model.prompts) == 13
    for prompt in model.prompts:
        assert_valid(prompt)
        assert tokens(prompt, middleware.memory.counter) < LIMIT


# --- calls that are made again


def failing(times: int, script: Any) -> Any:
    """Every call fails *times* times before *script* answers it."""
    tried = [0, 0]

    def answer(messages: list[Any], turn: int) -> AIMessage | None:
        tried[0] += 1
        if tried[0] % (times + 1):
            raise ConnectionError("the line is down")
        tried[1] += 1
        return script(messages, tried[1])

    return answer


@pytest.mark.parametrize("outside", [True, False])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_calls_that_are_tried_again_store_nothing_twice(tmp_path: Path, outside: bool, kind: str) -> None:
    model, middleware = Scripted(script=failing(2, reading(4))), tiered(tmp_path, max_tokens=LIMIT)
    again = ModelRetryMiddleware(max_retries=3, initial_delay=0, jitter=False)
    one = agent(model, *((again, middleware) if outside else (middleware, again)), checkpointer=InMemorySaver())
    given = {"messages": [HumanMessage("Read the guide book.")]}
    await one.ainvoke(given, thread()) if kind == "async" else one.invoke(given, thread())
    assert len(model.prompts) == 15
    assert roles(middleware) == ["user", *["assistant", "tool"] * 4, "assistant"]
    assert model.prompts[0] == model.prompts[1] == model.prompts[2]


@pytest.mark.parametrize("outside", [True, False])
def test_a_model_that_stands_in_gets_the_view_for_its_own_window(tmp_path: Path, outside: bool) -> None:
    def down(messages: list[Any], turn: int) -> None:
        raise ConnectionError("the line is down")

    small = Scripted(script=reading(8), profile={"max_input_tokens": 3_000})
    middleware = tiered(tmp_path)
    instead = ModelFallbackMiddleware(small)
    both = (instead, middleware) if outside else (middleware, instead)
    ask(agent(Scripted(script=down), *both, checkpointer=InMemorySaver()))
    assert roles(middleware) == ["user", *["assistant", "tool"] * 8, "assistant"]
    for prompt in small.prompts:
        assert_valid(prompt)
        if outside:  # inside, this memory never hears of the other model
            assert tokens(prompt, middleware.memory.counter) < 3_000


def test_a_tool_that_is_tried_again_has_one_result(tmp_path: Path) -> None:
    tried = []

    @tool("read_page")
    def shaky(number: int) -> str:
        """Read one page of the guide book."""
        tried.append(number)
        if len(tried) % 2:
            raise ConnectionError("the line is down")
        return str(read_page.invoke({"number": number}))

    model, middleware = Scripted(script=reading(3)), tiered(tmp_path)
    again = ToolRetryMiddleware(max_retries=2, initial_delay=0, jitter=False)
    ask(agent(model, again, middleware, tools=[shaky], checkpointer=InMemorySaver()))
    assert len(tried) == 6
    assert roles(middleware) == ["user", *["assistant", "tool"] * 3, "assistant"]


def test_two_in_one_agent_both_keep_what_came_before_a_failure(tmp_path: Path) -> None:
    def down(messages: list[Any], turn: int) -> None:
        raise ConnectionError("the line is down")

    first, second = tiered(tmp_path), TieredMemoryMiddleware(tmp_path / "b.db", name="other", tools=False)
    with pytest.raises(ConnectionError):
        ask(agent(Scripted(script=down), first, second))
    assert roles(first) == roles(second) == ["user"]


async def test_a_run_that_is_cancelled_in_the_middle_of_a_call_goes_on(tmp_path: Path) -> None:
    asked = asyncio.Event()

    class Slow(Scripted):
        async def _agenerate(self, messages: Any, stop: Any = None, run_manager: Any = None, **more: Any) -> Any:
            if len(self.prompts) == 3:
                self.prompts.append(list(messages))
                asked.set()
                await asyncio.Event().wait()
            return self._generate(messages, stop, None, **more)

    model, middleware = Slow(script=reading(6)), tiered(tmp_path, max_tokens=LIMIT)
    one = agent(model, middleware, checkpointer=InMemorySaver())
    running = asyncio.ensure_future(one.ainvoke({"messages": [HumanMessage("Read the guide book.")]}, thread()))
    await asked.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert roles(middleware) == ["user", *["assistant", "tool"] * 3]
    await one.ainvoke(None, thread())
    assert roles(middleware) == ["user", *["assistant", "tool"] * 5, "assistant"]
    assert_valid(model.prompts[-1])
    assert middleware.memory.session("t").verify().ok


# --- ways round the model


class Leaving(AgentMiddleware):
    """Ends a run before or behind its first model call."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        return {"jump_to": "end", "messages": [AIMessage("no")]} if self.where == "before" else None

    @hook_config(can_jump_to=["end"])
    def after_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        return {"jump_to": "end"} if self.where == "after" else None


@pytest.mark.parametrize(("where", "stored"), [("before", ["user", "assistant"]), ("after", ["user", "assistant"])])
def test_a_run_that_jumps_to_its_end_is_stored(tmp_path: Path, where: str, stored: list[str]) -> None:
    middleware, model = tiered(tmp_path), Scripted(script=reading(1))
    one = agent(model, Leaving(where), middleware, checkpointer=InMemorySaver())
    ask(one)
    assert roles(middleware) == stored
    ask(agent(Scripted(), middleware), "Go on.")
    assert roles(middleware)[-2:] == ["user", "assistant"]


def test_an_answer_that_other_middleware_changes_in_the_state_is_stored_as_changed(tmp_path: Path) -> None:
    @after_model
    def polite(state: Any, runtime: Any) -> dict[str, Any]:
        last = state["messages"][-1]
        return {"messages": [last.model_copy(update={"content": f"Please: {last.text}"})]}

    @before_model
    def noting(state: Any, runtime: Any) -> dict[str, Any] | None:
        last = state["messages"][-1]
        return {"messages": [HumanMessage(last.text.replace("1234", "****"), id=last.id)]}

    model, middleware = Scripted(), tiered(tmp_path)
    one = agent(model, noting, polite, middleware, checkpointer=InMemorySaver())
    ask(one, "My pin is 1234.")
    ask(one, "And?")
    assert texts(model) == ["My pin is ****.", "Please: answer 1", "And?"]
    said = [message.text for message in middleware.memory.session("t").messages()]
    assert said == ["My pin is ****.", "Please: answer 1", "And?", "Please: answer 2"]


def test_an_agent_inside_of_another_one_s_model_call_has_a_view_of_its_own(tmp_path: Path) -> None:
    inner_model = Scripted()
    inner = agent(inner_model, tiered(tmp_path, session_id=lambda runtime: "inner"), tools=[])

    @wrap_model_call
    def asking(request: Any, handler: Any) -> Any:
        inner.invoke({"messages": [HumanMessage("A question to the other agent.")]})
        return handler(request)

    middleware = TieredMemoryMiddleware(tmp_path / "outer.db", name="outer", session_id="outer")
    one = agent(Scripted(), middleware, asking, tools=[])
    for _ in range(3):
        one.invoke({"messages": [HumanMessage("Hello!")]})
    assert len(inner_model.prompts[-1]) == 5  # what it was asked before too, which only a view has


def test_a_name_for_each_call_of_a_tool_stays_with_its_result(tmp_path: Path) -> None:
    """Parallel calls of one message, answered in another order than they were made."""
    script = lambda messages, turn: (  # noqa: E731
        AIMessage("", tool_calls=[call(number).tool_calls[0] for number in (3, 1, 2)]) if turn == 1 else None
    )
    model, middleware = Scripted(script=script), tiered(tmp_path)
    ask(agent(model, middleware, checkpointer=InMemorySaver()))
    shown = {one.tool_call_id: one.text[:36] for one in model.prompts[-1] if one.type == "tool"}
    assert shown == {f"call-{number}": f"The secret figure of page {number} is 700{number}." for number in (1, 2, 3)}
