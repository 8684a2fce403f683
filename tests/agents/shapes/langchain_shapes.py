"""The shapes of applications of LangChain and LangGraph, each played to its end: `play`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from deepagents import create_deep_agent
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, InjectedToolCallId, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint, task
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState
from langgraph.types import Command

from langchain_tiered_memory import TieredMemoryMiddleware, close_all
from tests.agents.shapes.cell import RESTART, TURNS, Cell, Heard, cells, filler, question
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, assert_valid, thread, tokens
from tiermem.providers.tokenizers import encoding_counter

LIMIT = 4_000
DEEP = 16_000  # a deep agent brings thousands of tokens of its own
Turn = Callable[[HumanMessage], None]


class World:
    """One process: a memory on the disk, the models and agents made in it, and the state that the framework keeps."""

    def __init__(self, cell: Cell, heard: Heard, folder: Path, saver: Any) -> None:
        self.cell = cell
        self.heard = heard
        self.saver = saver
        self.middleware = TieredMemoryMiddleware(folder / "agent.db", max_tokens=heard.limit, tools=False)
        self.talk: list[BaseMessage] = []

    def model(self, *, calls: str = "look", answers: bool = True) -> Scripted:
        """A model that calls a tool for each question where the cell has tools, and answers in words of its own."""
        heard, count = self.heard, encoding_counter("o200k_base")

        def script(messages: list[BaseMessage], _: int) -> AIMessage:
            assert_valid(messages)
            heard.prompts.append([message.text for message in messages])
            heard.tokens.append(tokens(messages, count))
            number = len(heard.prompts)
            if calls and not isinstance(messages[-1], ToolMessage):
                return AIMessage("", tool_calls=[{"name": calls, "args": arguments(calls, number), "id": f"c{number}"}])
            return AIMessage(heard.tell(f"Answer {number}. {filler(f'a{number}', heard.limit)}") if answers else "")

        return Scripted(script=script)

    def look(self) -> BaseTool:
        @tool
        def look(number: int) -> str:
            """Look something up."""
            return self.heard.tell(f"Page {number}. {filler(f'p{number}', self.heard.limit)}")

        return look

    def agent(self, *tools: BaseTool, model: Scripted | None = None, **options: Any) -> Any:
        """An agent with our memory; with the tools of the cell unless others are given."""
        if not tools and self.cell.tools:
            tools = (self.look(),)
        made = model or self.model(calls=tools[0].name if tools else "")
        return create_agent(made, list(tools), middleware=[self.middleware], **options)

    def run(self, graph: Any, messages: list[BaseMessage]) -> list[BaseMessage]:
        """The messages of the state after *graph* ran."""
        if not self.cell.streamed:
            return list(graph.invoke({"messages": messages}, thread())["messages"])
        states = list(graph.stream({"messages": messages}, thread(), stream_mode="values"))
        return list(states[-1]["messages"])


def arguments(name: str, number: int) -> dict[str, Any]:
    return {"look": {"number": number}, "ask": {"subject": f"Subject {number}."}, "to_worker": {}}[name]


def agent(world: World) -> Turn:
    one = world.agent(checkpointer=world.saver)
    return lambda asked: world.run(one, [asked]) and None


def graph(world: World, *nodes: tuple[str, Any]) -> Any:
    built = StateGraph(MessagesState)
    built.add_sequence(list(nodes))
    built.add_edge(START, nodes[0][0])
    return built.compile(checkpointer=world.saver)


def node(world: World) -> Turn:
    made = graph(world, ("inner", world.agent()))
    return lambda asked: world.run(made, [asked]) and None


def node_function(world: World) -> Turn:
    inner = world.agent()

    def ask(state: MessagesState) -> dict[str, Any]:
        return {"messages": inner.invoke({"messages": state["messages"][-1:]})["messages"][-1:]}

    made = graph(world, ("inner", ask))
    return lambda asked: world.run(made, [asked]) and None


def retrieval_graph(world: World) -> Turn:
    inner = world.agent()

    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": inner.invoke({"messages": state["messages"]})["messages"][-1:]}

    made = graph(world, ("retrieve", lambda _: {"messages": []}), ("answer", answer))
    return lambda asked: world.run(made, [asked]) and None


def flow(world: World, body: Callable[[HumanMessage], str]) -> Turn:
    @entrypoint(checkpointer=world.saver)
    def main(asked: HumanMessage) -> str:
        return body(asked)

    def turn(asked: HumanMessage) -> None:
        if world.cell.streamed:
            list(main.stream(asked, thread()))
        else:
            main.invoke(asked, thread())

    return turn


def in_entrypoint(world: World) -> Turn:
    inner = world.agent()
    return flow(world, lambda asked: str(inner.invoke({"messages": [asked]})["messages"][-1].text))


def in_task(world: World) -> Turn:
    inner = world.agent()

    @task
    def ask(asked: HumanMessage) -> str:
        return str(inner.invoke({"messages": [asked]})["messages"][-1].text)

    return flow(world, lambda asked: ask(asked).result())


def sub_agent_as_tool(world: World) -> Turn:
    inner = world.agent()

    @tool
    def ask(subject: str) -> str:
        """Ask another agent."""
        out = inner.invoke({"messages": [HumanMessage(world.heard.tell(subject))]})
        return str(out["messages"][-1].text)

    one = world.agent(ask, checkpointer=world.saver)
    return lambda asked: world.run(one, [asked]) and None


def supervisor(world: World) -> Turn:
    @tool
    def to_worker(state: Annotated[Any, InjectedState], tool_call_id: Annotated[str, InjectedToolCallId]) -> Command:
        """Hand over to the worker."""
        done = ToolMessage(world.heard.tell(f"Handed over by {tool_call_id}."), tool_call_id=tool_call_id)
        return Command(goto="worker", graph=Command.PARENT, update={"messages": [*state["messages"], done]})

    built = StateGraph(MessagesState)
    built.add_node("supervisor", world.agent(to_worker), destinations=("worker",))
    built.add_node("worker", world.agent(model=None))
    built.add_edge(START, "supervisor")
    made = built.compile(checkpointer=world.saver)
    return lambda asked: world.run(made, [asked]) and None


def deep_agent(world: World) -> Turn:
    tools = [world.look()] if world.cell.tools else []
    model = world.model(calls="look" if tools else "")
    one = create_deep_agent(model=model, tools=tools, middleware=[world.middleware], checkpointer=world.saver)
    return lambda asked: world.run(one, [asked]) and None


def client(world: World, shown: Callable[[BaseMessage], BaseMessage | None]) -> Turn:
    one = world.agent(checkpointer=world.saver)

    def turn(asked: HumanMessage) -> None:
        given = [form for message in world.talk if (form := shown(message))]
        out = world.run(one, [*given, asked])
        places = [place for place, message in enumerate(out) if message.text == asked.text]
        world.talk += [asked, *out[places[-1] + 1 :]]

    return turn


def client_of_texts(world: World) -> Turn:
    def shown(message: BaseMessage) -> BaseMessage | None:
        if isinstance(message, ToolMessage) or not message.text:
            return None
        return type(message)(message.text, id=message.id if world.cell.ids else None)

    return client(world, shown)


def client_of_all(world: World) -> Turn:
    return client(world, lambda one: one if world.cell.ids else one.model_copy(update={"id": None}))


SHAPES: dict[str, Callable[[World], Turn]] = {
    "agent": agent,
    "node of a graph": node,
    "node function": node_function,
    "entrypoint": in_entrypoint,
    "task": in_task,
    "sub-agent as tool": sub_agent_as_tool,
    "supervisor": supervisor,
    "deepagents": deep_agent,
    "chat UI, texts": client_of_texts,
    "chat UI, all": client_of_all,
    "RAG graph": retrieval_graph,
}
CELLS = cells("LangChain", SHAPES)


def play(cell: Cell) -> Heard:
    """What is heard in *cell*, whose process ends before one of the turns."""
    heard = Heard(DEEP if cell.shape == "deepagents" else LIMIT)
    saver, talk = InMemorySaver() if cell.saved != "none" else None, list[BaseMessage]()
    with tempfile.TemporaryDirectory(prefix="tm-shape-") as folder:
        for turns in (range(RESTART), range(RESTART, TURNS)):
            if turns.start and cell.saved == "lost":
                saver = InMemorySaver()
            world = World(cell, heard, Path(folder), saver)
            world.talk = talk
            _run(world, turns)
            memory = world.middleware.memory
            heard.stored = {name: [one.text for one in memory.session(name).messages()] for name in memory.sessions()}
            close_all()
    return heard


def _run(world: World, turns: range) -> None:
    turn = SHAPES[world.cell.shape](world)
    for number in turns:
        world.heard.last = len(world.heard.prompts)
        text = world.heard.tell(question(number, world.heard.limit))
        turn(HumanMessage(text, id=f"q{number}" if world.cell.ids else None))
