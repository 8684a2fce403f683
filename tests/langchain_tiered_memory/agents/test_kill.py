"""An agent killed in the middle of a run and started again on the same database: it remembers, and nothing is twice."""

import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from langchain_tiered_memory import TieredMemoryMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, assert_valid, call, thread, tokens
from tests.langchain_tiered_memory.agents.killed_agent import LIMIT, TASK, FileSaver
from tests.programs import run
from tests.properties.thinned import thinned
from tiermem import Session

POINTS = [
    ("tool", 1),
    ("tool", 9),
    ("model", 1),
    ("model", 9),
    ("stored", 1),
    ("commit", 16),
    ("commit", 35),
    ("commit", 50),
]
MORE = 3  # pages that the new process reads


def kill(tmp_path: Path, point: str, number: int, durability: str = "") -> None:
    """Runs the agent until it kills itself at the *number*-th *point*; with a checkpointer if *durability* is named."""
    checkpoints = str(tmp_path / "checkpoints") if durability else ""
    program = Path(__file__).with_name("killed_agent.py")
    ended = run(program, tmp_path / "agent.db", checkpoints, durability, point, number)
    assert ended.returncode == -signal.SIGKILL, ended.stderr


def restarted(tmp_path: Path, script: Any = None, **options: Any) -> tuple[Any, Scripted, TieredMemoryMiddleware]:
    model, middleware = Scripted(script=script), TieredMemoryMiddleware(tmp_path / "agent.db", max_tokens=LIMIT)
    return agent(model, middleware, **options), model, middleware


def going_on(messages: list[BaseMessage], turn: int) -> AIMessage | None:
    return call(100 + turn) if turn <= MORE else None


def results(session: Session) -> list[int]:
    """The pages whose text the session has, in order."""
    said = (message.text for message in session.messages() if message.role == "tool")
    return [int(text.split("page ")[1].split(" ")[0]) for text in said]


def assert_nothing_twice(session: Session) -> None:
    stored = session.messages()
    calls = Counter(one.id for message in stored for one in message.tool_calls)
    answers = Counter(message.tool_call_id for message in stored if message.role == "tool")
    assert max([*calls.values(), *answers.values()], default=1) == 1
    assert sum(message.text == TASK for message in stored) <= 1
    assert session.verify().ok


def knows(prompt: list[BaseMessage], page: int) -> bool:
    return any(f"secret figure of page {page} is {7000 + page}" in message.text for message in prompt)


@pytest.mark.parametrize(("point", "number"), thinned(POINTS, 2))
def test_without_a_checkpointer_a_new_process_remembers(tmp_path: Path, point: str, number: int) -> None:
    kill(tmp_path, point, number)
    one, model, middleware = restarted(tmp_path)
    session = middleware.memory.session("t")
    read, stored = results(session), len(session.messages())
    assert read == list(range(1, len(read) + 1))
    if point in {"tool", "model"}:  # all but what the last step did, which nobody was told of
        assert len(read) >= number - (2 if point == "tool" else 1)
    if point == "stored":
        assert len(read) == number - 1
    for page in read[:1] + read[-1:]:
        ask(one, f"What is the secret figure of page {page}?")
        assert knows(model.prompts[-1], page)
    ask(one, "Thank you!")
    for prompt in model.prompts:
        assert_valid(prompt)
        assert tokens(prompt, middleware.memory.counter) < LIMIT
    assert len(session.messages()) == stored + 2 * len(model.prompts)
    assert_nothing_twice(session)


@pytest.mark.parametrize(("point", "number"), [("tool", 6), ("model", 6), ("commit", 35)])
def test_the_same_question_again_goes_on_with_the_run(tmp_path: Path, point: str, number: int) -> None:
    kill(tmp_path, point, number)
    one, model, middleware = restarted(tmp_path, going_on)
    read = results(middleware.memory.session("t"))
    ask(one, TASK)
    assert read
    assert knows(model.prompts[0], read[-1])
    assert results(middleware.memory.session("t")) == [*read, *(100 + turn for turn in range(1, MORE + 1))]
    assert_nothing_twice(middleware.memory.session("t"))


def test_an_early_result_is_one_call_of_a_tool_away(tmp_path: Path) -> None:
    kill(tmp_path, "tool", 14)
    searching = lambda messages, turn: call(1, "search_memory", query="secret figure of page 2") if turn == 1 else None  # noqa: E731
    one, model, _ = restarted(tmp_path, searching)
    ask(one, "Let us go on.")
    assert isinstance(model.prompts[-1][-1], ToolMessage)
    assert knows(model.prompts[-1][-1:], 2)


@pytest.mark.parametrize(
    ("durability", "point", "number"),
    thinned(
        [
            ("sync", "tool", 9),
            ("sync", "model", 1),
            ("sync", "model", 9),
            ("sync", "commit", 35),
            ("async", "tool", 9),
            ("async", "model", 9),
            ("async", "stored", 6),
            ("exit", "model", 9),
            ("exit", "commit", 50),
        ],
        2,
    ),
)
def test_with_a_checkpointer_it_resumes_and_view_and_state_agree(
    tmp_path: Path, durability: str, point: str, number: int
) -> None:
    kill(tmp_path, point, number, durability)
    one, model, middleware = restarted(tmp_path, going_on, checkpointer=FileSaver(tmp_path / "checkpoints"))
    session = middleware.memory.session("t")
    read = results(session)
    left = one.get_state(thread())
    if left.next:
        one.invoke(None, thread())
    elif left.values:  # killed between a checkpoint and what it leads to: LangGraph knows no next step
        ask(one, "Go on.")
    else:  # durability="exit", or killed before the first checkpoint: the thread knows nothing, the session does
        one.invoke({"messages": [HumanMessage(TASK)]}, thread())
    assert set(results(session)) >= {*read, *(100 + turn for turn in range(1, MORE + 1))}
    assert_nothing_twice(session)
    for prompt in model.prompts:
        assert_valid(prompt)
        assert tokens(prompt, middleware.memory.counter) < LIMIT
    state = one.get_state(thread()).values["messages"]
    shown = [message.text for message in session.messages()]
    places = [shown.index(message.text) for message in state if message.text]
    assert places == sorted(places)  # all of the state, in its order
    if durability == "sync":
        assert len(shown) == len(state)
    if read:
        ask(one, f"What is the secret figure of page {read[0]}?")
        assert knows(model.prompts[-1], read[0])
