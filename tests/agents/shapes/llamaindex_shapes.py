"""The shapes of applications of LlamaIndex, each played to its end: `play`."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.chat_engine import ContextChatEngine
from llama_index.core.schema import NodeWithScore, TextNode
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context, StartEvent, StopEvent, Workflow, step

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent
from tests.agents.shapes.cell import RESTART, TURNS, Cell, Heard, cells, filler, question
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called

LIMIT = 4_000
HANDED = "Agent worker is now handling"  # what LlamaIndex answers a call that hands over
Turn = Callable[[str], Awaitable[None]]


class Pages(BaseRetriever):
    def _retrieve(self, query: Any) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(text="A page of a guide book."), score=1.0)]


class World:
    """One process: a memory on the disk, and the models and agents made in it."""

    def __init__(self, cell: Cell, heard: Heard, folder: Path) -> None:
        self.cell = cell
        self.heard = heard
        self.folder = folder
        self.memory = self.remembering("s")
        self.state: dict[str, Any] | None = None
        self.talk: list[ChatMessage] = []

    def remembering(self, session: str) -> TieredChatMemory:
        path = str(self.folder / "agent.db")
        return TieredChatMemory.from_defaults(session_id=session, path=path, token_limit=self.heard.limit)

    def model(self, calls: str = "") -> ScriptedLLM:
        """A model that calls a tool for each question, where there is one, and answers in words of its own."""
        heard = self.heard

        def script(messages: list[ChatMessage]) -> ChatMessage | str:
            heard.prompts.append([message.content or "" for message in messages])
            heard.tokens.append(self.memory.tally.messages(messages))
            number = len(heard.prompts)
            heard.said += [one.content for one in messages[-1:] if (one.content or "").startswith(HANDED)]
            if calls and messages[-1].role != "tool":
                return called(calls, f"c{number}", **arguments(calls, number))
            return heard.tell(f"Answer {number}. {filler(f'a{number}', heard.limit)}")

        return ScriptedLLM(script)

    def look(self) -> FunctionTool:
        def look(number: int) -> str:
            """Look something up."""
            return self.heard.tell(f"Page {number}. {filler(f'p{number}', self.heard.limit)}")

        return FunctionTool.from_defaults(look, name="look")

    def agent(
        self, *tools: FunctionTool, calls: str = "", kind: type[FunctionAgent] = TieredFunctionAgent, **options: Any
    ) -> Any:
        """An agent; with the tools of the cell unless others are given, or it *calls* one that LlamaIndex brings."""
        if not tools and not calls and self.cell.tools:
            tools = (self.look(),)
        llm = self.model(calls or (str(tools[0].metadata.name) if tools else ""))
        return kind(llm=llm, tools=list(tools), streaming=self.cell.streamed, **options)

    async def run(self, one: Any, text: str, **options: Any) -> None:
        """One turn, with the framework's own state where the cell keeps it."""
        context = None
        if self.cell.saved != "none":
            context = Context(one) if self.state is None else Context.from_dict(one, self.state)
        handler = one.run(text, memory=self.memory, **({"ctx": context} if context else {}), **options)
        if self.cell.streamed:
            async for _ in handler.stream_events():
                pass
        await handler
        self.state = context.to_dict() if context else None


def arguments(name: str, number: int) -> dict[str, Any]:
    handoff = {"to_agent": "worker", "reason": f"Reason {number}."}
    return {"look": {"number": number}, "ask": {"subject": f"Subject {number}."}, "handoff": handoff}[name]


def agent(world: World) -> Turn:
    one = world.agent()
    return lambda text: world.run(one, text)


def stock_agent(world: World) -> Turn:
    one = world.agent(kind=FunctionAgent)
    return lambda text: world.run(one, text)


def sub_agent_as_tool(world: World) -> Turn:
    inner, own = world.agent(), world.remembering("s|sub")

    async def ask(subject: str) -> str:
        """Ask another agent."""
        return str(await inner.run(world.heard.tell(subject), memory=own))

    one = world.agent(FunctionTool.from_defaults(async_fn=ask, name="ask"))
    return lambda text: world.run(one, text)


def several_agents(world: World) -> Turn:
    first = world.agent(calls="handoff", name="first", description="Answers.", can_handoff_to=["worker"])
    worker = world.agent(name="worker", description="Works.")
    flow = AgentWorkflow(agents=[first, worker], root_agent="first")
    return lambda text: world.run(flow, text)


def workflow_step(world: World) -> Turn:
    inner = world.agent()

    class Steps(Workflow):
        @step
        async def ask(self, event: StartEvent) -> StopEvent:
            return StopEvent(result=str(await inner.run(event.text, memory=world.memory)))

    async def turn(text: str) -> None:
        await Steps(timeout=60).run(text=text)

    return turn


def client(world: World, shown: Callable[[ChatMessage], ChatMessage | None]) -> Turn:
    one = world.agent()

    async def turn(text: str) -> None:
        given = [form for message in world.talk if (form := shown(message))]
        await world.run(one, text, **({"chat_history": given} if given else {}))
        world.talk = world.memory.get_all()

    return turn


def client_of_texts(world: World) -> Turn:
    def shown(message: ChatMessage) -> ChatMessage | None:
        visible = message.role in ("user", "assistant") and message.content
        return ChatMessage(role=message.role, content=message.content) if visible else None

    return client(world, shown)


def client_of_all(world: World) -> Turn:
    return client(world, lambda message: message)


def engine(world: World, kind: Any, *, history: bool) -> Turn:
    one = kind.from_defaults(retriever=Pages(), llm=world.model(), memory=world.memory)

    async def turn(text: str) -> None:
        given = {"chat_history": world.memory.get_all()} if history and world.memory.get_all() else {}
        if world.cell.streamed:
            answer = await one.astream_chat(text, **given)
            async for _ in answer.async_response_gen():
                pass
            await asyncio.sleep(0)
        else:
            await one.achat(text, **given)

    return turn


SHAPES: dict[str, Callable[[World], Turn]] = {
    "agent": agent,
    "FunctionAgent": stock_agent,
    "workflow step": workflow_step,
    "sub-agent as tool": sub_agent_as_tool,
    "AgentWorkflow": several_agents,
    "chat UI, texts": client_of_texts,
    "chat UI, all": client_of_all,
    "engine": lambda world: engine(world, ContextChatEngine, history=False),
    "engine, chat_history=": lambda world: engine(world, ContextChatEngine, history=True),
}
CELLS = [
    cell
    for cell in cells("LlamaIndex", SHAPES, ids=(False,))
    if not (cell.shape.startswith("engine") and (cell.tools or cell.saved != "none"))
]


def play(cell: Cell) -> Heard:
    """What is heard in *cell*, whose process ends before one of the turns."""
    return asyncio.run(_played(cell))


async def _played(cell: Cell) -> Heard:
    heard, state, talk = Heard(LIMIT), None, list[ChatMessage]()
    with tempfile.TemporaryDirectory(prefix="tm-shape-") as folder:
        for turns in (range(RESTART), range(RESTART, TURNS)):
            world = World(cell, heard, Path(folder))
            world.state = state if cell.saved == "kept" else None
            world.talk = talk
            turn = SHAPES[cell.shape](world)
            for number in turns:
                heard.last = len(heard.prompts)
                await turn(heard.tell(question(number, heard.limit)))
            state, talk = world.state, world.talk
            memory = world.memory.session.memory
            heard.stored = {name: [one.text for one in memory.session(name).messages()] for name in memory.sessions()}
            memory.close()
    return heard
