"""Agents inside of graphs, tasks and entrypoints: one conversation a node, in every turn and after a restart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AnyMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import Send

from langchain_tiered_memory import TieredMemoryMiddleware, close_all
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, call, reading, thread, tiered
from tiermem.settings import MAX_NAME_BYTES

Turn = Callable[[str], None]


def graph(saver: Any, *nodes: Any, **compiling: Any) -> Any:
    """A graph of *nodes*, one after the other."""
    built = StateGraph(MessagesState)
    built.add_sequence(list(nodes))
    built.add_edge(START, nodes[0][0])
    return built.compile(checkpointer=saver, **compiling)


def asking(run: Any) -> Turn:
    return lambda text: run.invoke({"messages": [HumanMessage(text)]}, thread())


def as_node(inner: Any, saver: Any) -> Turn:
    return asking(graph(saver, ("inner", inner)))


def as_last_node(inner: Any, saver: Any) -> Turn:
    retrieve = lambda state: {"messages": []}  # noqa: E731
    return asking(graph(saver, ("retrieve", retrieve), ("inner", inner)))


def in_node_with_all(inner: Any, saver: Any) -> Turn:
    node = lambda state: {"messages": inner.invoke({"messages": state["messages"]})["messages"][-1:]}  # noqa: E731
    return asking(graph(saver, ("inner", node)))


def in_node_with_the_newest(inner: Any, saver: Any) -> Turn:
    node = lambda state: {"messages": inner.invoke({"messages": state["messages"][-1:]})["messages"][-1:]}  # noqa: E731
    return asking(graph(saver, ("inner", node)))


def in_a_graph_in_a_graph(inner: Any, saver: Any) -> Turn:
    return asking(graph(saver, ("middle", graph(None, ("inner", inner)))))


def in_entrypoint(inner: Any, saver: Any) -> Turn:
    @entrypoint(checkpointer=saver)
    def flow(text: str) -> str:
        answer: str = inner.invoke({"messages": [HumanMessage(text)]})["messages"][-1].text
        return answer

    return lambda text: flow.invoke(text, thread())


def in_task(inner: Any, saver: Any) -> Turn:
    @task
    def ask(text: str) -> str:
        answer: str = inner.invoke({"messages": [HumanMessage(text)]})["messages"][-1].text
        return answer

    @entrypoint(checkpointer=saver)
    def flow(text: str) -> str:
        return ask(text).result()

    return lambda text: flow.invoke(text, thread())


SHAPES = [
    as_node,
    as_last_node,
    in_node_with_all,
    in_node_with_the_newest,
    in_a_graph_in_a_graph,
    in_entrypoint,
    in_task,
]


def sessions(middleware: TieredMemoryMiddleware) -> dict[str, list[str]]:
    memory = middleware.memory
    return {name: [message.text for message in memory.session(name).messages()] for name in memory.sessions()}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("saved", [True, False], ids=["checkpointer", "none"])
@pytest.mark.parametrize("shape", SHAPES)
def test_one_conversation_goes_on_in_every_turn_and_after_a_restart(tmp_path: Path, shape: Any, saved: bool) -> None:
    said: list[str] = []
    for _ in range(2):
        model, middleware = Scripted(), tiered(tmp_path)
        turn = shape(agent(model, middleware, tools=[]), InMemorySaver() if saved else None)
        for _ in range(3):
            said += [f"question {len(said)}", f"answer {len(model.prompts) + 1}"]
            turn(said[-2])
            assert [message.text for message in model.prompts[-1]] == said[:-1]
        close_all()
    assert list(sessions(tiered(tmp_path)).values()) == [said]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_name_given_as_text_stands_as_it_is(tmp_path: Path, shape: Any) -> None:
    middleware = tiered(tmp_path, session_id="ann-1")
    turn = shape(agent(Scripted(), middleware, tools=[]), InMemorySaver())
    turn("one")
    turn("two")
    assert sessions(middleware) == {"ann-1": ["one", "answer 1", "two", "answer 2"]}


def test_a_node_that_reads_pages_goes_on_where_it_was(tmp_path: Path) -> None:
    model, middleware = Scripted(script=reading(4)), tiered(tmp_path, max_tokens=4_000)
    turn = as_node(agent(model, middleware), InMemorySaver())
    turn("Read four pages.")
    turn("Thanks.")
    assert {name: len(texts) for name, texts in sessions(middleware).items()} == {"t|inner": 12}


def test_two_agents_of_one_graph_have_their_own(tmp_path: Path) -> None:
    middleware = tiered(tmp_path)
    one, two = agent(Scripted(), middleware, tools=[]), agent(Scripted(), middleware, tools=[])
    newest: Callable[[Any], Any] = lambda inner: lambda state: inner.invoke({"messages": state["messages"][-1:]})  # noqa: E731
    turn = asking(graph(InMemorySaver(), ("one", newest(one)), ("two", newest(two))))
    turn("hello")
    assert sessions(middleware).keys() == {"t|one", "t|two"}


def test_a_node_that_asks_twice_has_two_conversations(tmp_path: Path) -> None:
    middleware = tiered(tmp_path)
    inner = agent(Scripted(), middleware, tools=[])

    def node(state: MessagesState) -> dict[str, list[AnyMessage]]:
        for which in ("first", "second"):
            inner.invoke({"messages": [HumanMessage(f"{which}: {state['messages'][-1].text}")]})
        return {"messages": []}

    turn = asking(graph(InMemorySaver(), ("inner", node)))
    turn("a")
    turn("b")
    stored = sessions(middleware)
    assert stored["t|inner"] == ["first: a", "answer 1", "first: b", "answer 3"]
    assert stored["t|inner|1"] == ["second: a", "answer 2", "second: b", "answer 4"]


def test_tasks_of_one_node_in_one_step_are_not_mixed(tmp_path: Path) -> None:
    middleware = tiered(tmp_path)
    built = StateGraph(MessagesState)
    built.add_node("inner", agent(Scripted(), middleware, tools=[]))
    cities = ("Oslo", "Rome", "Cairo")
    spread = lambda state: [Send("inner", {"messages": [HumanMessage(city)]}) for city in cities]  # noqa: E731
    built.add_conditional_edges(START, spread, ["inner"])
    asking(built.compile(checkpointer=InMemorySaver()))("go")
    stored = sessions(middleware)
    assert sorted(texts[0] for texts in stored.values()) == sorted(cities)
    assert [len(texts) for texts in stored.values()] == [2, 2, 2]
    assert "t|inner" in stored


def test_a_sub_agent_of_a_tool_has_a_session_for_each_call_even_beside_a_given_name(tmp_path: Path) -> None:
    from langchain_core.tools import tool

    middleware = tiered(tmp_path, session_id="ann-1")
    inner = agent(Scripted(), middleware, tools=[])

    @tool
    def research(question: str) -> str:
        """Ask another agent."""
        return str(inner.invoke({"messages": [HumanMessage(question)]})["messages"][-1].text)

    script = lambda messages, turn: call(turn, "research", question=f"sub {turn}") if turn < 3 else None  # noqa: E731
    asking(agent(Scripted(script=script), middleware, tools=[research]))("main")
    names = sorted(sessions(middleware))
    assert names[0] == "ann-1"
    assert [name.startswith("ann-1|tools:") for name in names[1:]] == [True, True]


def test_a_name_too_long_for_a_session_ends_in_a_digest_that_stays(tmp_path: Path) -> None:
    middleware = tiered(tmp_path)
    run = graph(InMemorySaver(), ("i" * MAX_NAME_BYTES, agent(Scripted(), middleware, tools=[])))
    for text in ("one", "two"):
        asking(run)(text)
    (name,) = sessions(middleware)
    assert name.startswith("t|")
    assert len(name.encode()) <= MAX_NAME_BYTES
