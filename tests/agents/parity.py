"""Both frameworks' agents on the same memory, talk, tools and limit, and what their models are sent: `parity_of`.

`python -m tests.agents.parity` prints the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.tools import StructuredTool
from langgraph.checkpoint.memory import InMemorySaver
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock
from llama_index.core.tools import FunctionTool
from workflows import Context as RunContext

from langchain_tiered_memory import TieredMemoryMiddleware
from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tiermem import Context, Memory
from tiermem.agents.view import OpenedSession
from tiermem.flows.effects import Flow
from tiermem.tools.tools import memory_tools

NAMES = ("LangChain", "LlamaIndex")
SYSTEM = "You know a town and its harbour."
NOTE = "Anna parks her bicycle in cellar 14 of the harbour house."
PLACES = ["harbour", "bridge", "museum", "tower", "garden", "market", "station", "library", "bakery", "theatre"]
ISLANDS = ["Ven", "Hven", "Ljung", "Rena", "Orust", "Tjorn", "Saro", "Donso", "Vrango", "Styrso"]
FACTS = [
    "Hello, I am Ann, customer 4711.",
    "My order is 99-AX-12.",
    "Please answer in German from now on.",
    "从现在起请叫我小安。",
    "Do not call me before noon.",
]
MAIL = " ".join(f"Line {number} of the mail is about lamps." for number in range(900))
Part = tuple[str, str]  # role and text, as a model reads them


def read_page(number: int) -> str:
    """Read one page of the guide book."""
    words = [PLACES[(number * 7 + place * 3) % len(PLACES)] for place in range(700)]
    return f"The secret figure of page {number} is {7000 + number}.\n" + " ".join(words)


@dataclass(frozen=True)
class Turn:
    """What is asked, how many pages the model then reads, and what it says."""

    question: str
    pages: int = 0
    answer: str = "Noted."


@dataclass(frozen=True)
class Talk:
    """A conversation under a limit, of a user who has notes and documents."""

    turns: Sequence[Turn]
    limit: int
    notes: Sequence[str] = ()
    documents: Sequence[str] = ()
    options: dict[str, Any] = field(default_factory=dict)  # of the agents, by the name that both have


@dataclass
class Sent:
    """What one model was sent, call by call, and what the session was asked and answered for it."""

    prompts: list[list[Part]]
    contexts: list[Context]
    asked: list[dict[str, Any]]
    count: Callable[[str], int]

    def blocks(self) -> list[list[str]]:
        """The recalled blocks of each call."""
        return [[piece.message.text for piece in one.pieces if piece.kind == "recalled"] for one in self.contexts]

    def tokens(self) -> int:
        """Of all recalled blocks of all calls."""
        return sum(self.count(text) for blocks in self.blocks() for text in blocks)

    def holding(self, words: str) -> int:
        """Calls whose prompt has *words*."""
        return sum(any(words in text for _, text in prompt) for prompt in self.prompts)


def town(turns: int) -> list[Turn]:
    """Small talk of many turns; every tenth goes back to something said before."""
    made = []
    for number in range(turns):
        place = PLACES[number % len(PLACES)]
        said = f"Number {number}: at the {place} I met Mr. {place.title()}{number}, who sells lamps. " * 3
        asked = f"Who sells lamps at the {place}, and what was number {number - 8}?" if number % 10 == 9 else said
        made.append(Turn(asked, answer=f"Near the {place} there is more to see, and number {number} is far."))
    return made


TALKS = {
    "a note": Talk([Turn("Hello!"), Turn("Where does Anna park her bicycle?"), Turn("Thanks.")], 4_000, [NOTE]),
    "documents": Talk(
        [Turn("Good morning."), Turn("From which pier does the ferry to Hven leave, and when?"), Turn("Fine.")],
        4_000,
        documents=[f"The ferry to {name} leaves from pier {n + 3} at {n}:15." for n, name in enumerate(ISLANDS)],
    ),
    "pages": Talk(
        [
            Turn("Read the guide book.", pages=12),
            Turn("What is the secret figure of page 3?"),
            Turn("Read on, please.", pages=3),
            Turn("Where does Anna park her bicycle?"),
            Turn("Thank you."),
        ],
        4_000,
        [NOTE],
    ),
    "long talk": Talk([*town(44), Turn("Where does Anna park her bicycle?"), Turn("Good.")], 2_500, [NOTE]),
    "a long page": Talk([*map(Turn, FACTS), Turn("Read the first page.", pages=1), Turn("And now?")], 900),
    "a long mail": Talk([*map(Turn, FACTS), Turn(f"Sum this mail up: {MAIL}"), Turn("And now?")], 2_500),
    "own wishes": Talk(
        [Turn("Read the guide book.", pages=8), Turn("What is the secret figure of page 2?")],
        4_000,
        [NOTE],
        options={"recall_tokens": 150, "within": "conversation"},
    ),
    "no recall": Talk(
        [Turn("Read the guide book.", pages=8), Turn("Where does Anna park her bicycle?")],
        4_000,
        [NOTE],
        options={"recall": False},
    ),
}


def parity_of(talk: Talk) -> dict[str, Sent]:
    """*talk* held with either framework's agent, on memories that are alike, in equal room for messages.

    The frameworks write the schema of a tool in a few more or less tokens; that much the limits differ.
    """
    theirs = _with_langchain(talk)
    probe = asyncio.run(_with_llamaindex(replace(talk, turns=[Turn("Hello!")])))
    limit = talk.limit + theirs.asked[0]["budget"] - probe.asked[0]["budget"]
    return {"LangChain": theirs, "LlamaIndex": asyncio.run(_with_llamaindex(replace(talk, limit=limit)))}


def _memory(talk: Talk) -> Memory:
    memory = Memory.open(":memory:", clock=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC))
    remember = memory_tools(memory.session("before"))["remember"]
    for note in talk.notes:
        remember.call(note=note)
    if talk.documents:
        memory.knowledge().add_documents(list(talk.documents))
    return memory


@contextmanager
def _watched(contexts: list[Context], asked: list[dict[str, Any]]) -> Iterator[None]:
    """Keeps what agents ask their sessions for, and the answers."""
    own = OpenedSession.context

    def context(self: OpenedSession, query: str | None, budget: int, **wanted: Any) -> Flow[Context]:
        asked.append({"budget": budget, **wanted})
        contexts.append((yield from own(self, query, budget, **wanted)))
        return contexts[-1]

    with mock.patch.object(OpenedSession, "context", context):
        yield


def _calls(talk: Talk) -> list[tuple[int, str]]:
    """What the model does, one call after the other: reads a page, or (0) says something."""
    script: list[tuple[int, str]] = []
    page = 0
    for turn in talk.turns:
        for _ in range(turn.pages):
            page += 1
            script.append((page, ""))
        script.append((0, turn.answer))
    return script


def _with_langchain(talk: Talk) -> Sent:
    script, memory = _calls(talk), _memory(talk)

    def answer(messages: list[BaseMessage], number: int) -> AIMessage:
        page, words = script[number - 1]
        calls = [{"name": "read_page", "args": {"number": page}, "id": f"call-{page}"}] if page else []
        return AIMessage(words, tool_calls=calls)

    model = Scripted(script=answer)
    middleware = TieredMemoryMiddleware(memory=memory, max_tokens=talk.limit, tools=False, **talk.options)
    tool = StructuredTool.from_function(read_page, description=read_page.__doc__)
    agent: Any = create_agent(
        model, [tool], middleware=[middleware], system_prompt=SYSTEM, checkpointer=InMemorySaver()
    )
    sent = Sent([], [], [], memory.counter)
    with _watched(sent.contexts, sent.asked):
        for turn in talk.turns:
            config = {"configurable": {"thread_id": "t"}, "recursion_limit": 500}
            agent.invoke({"messages": [HumanMessage(turn.question)]}, config)
    sent.prompts = [[part for message in prompt for part in _of_langchain(message)] for prompt in model.prompts]
    return sent


def _of_langchain(message: BaseMessage) -> list[Part]:
    role = {"human": "user", "ai": "assistant"}.get(message.type, message.type)
    calls = [(role, f"{call['name']} {call['args']}") for call in getattr(message, "tool_calls", ())]
    return [*([(role, message.text)] if message.text else []), *calls]


async def _with_llamaindex(talk: Talk) -> Sent:
    def answer(page: int, words: str) -> ChatMessage:
        if not page:
            return ChatMessage(role="assistant", content=words)
        block = ToolCallBlock(tool_call_id=f"call-{page}", tool_name="read_page", tool_kwargs={"number": page})
        return ChatMessage(role="assistant", blocks=[block])

    core = _memory(talk)
    llm = ScriptedLLM(*(answer(*step) for step in _calls(talk)))
    memory = TieredChatMemory(memory=core, session_id="t", token_limit=talk.limit)
    tool = FunctionTool.from_defaults(read_page, description=read_page.__doc__)
    agent = TieredFunctionAgent(
        llm=llm, tools=[tool], system_prompt=SYSTEM, max_tokens=talk.limit, streaming=False, **talk.options
    )
    sent, ctx = Sent([], [], [], core.counter), RunContext(agent)
    with _watched(sent.contexts, sent.asked):
        for turn in talk.turns:
            await agent.run(turn.question, memory=memory, ctx=ctx, max_iterations=50)
    sent.prompts = [[part for message in prompt for part in _of_llamaindex(message)] for prompt in llm.sent]
    return sent


def _of_llamaindex(message: ChatMessage) -> list[Part]:
    role = message.role.value
    texts = [(role, block.text) for block in message.blocks if isinstance(block, TextBlock) and block.text]
    calls = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    return [*texts, *((role, f"{call.tool_name} {call.tool_kwargs}") for call in calls)]


def table() -> str:
    """A row a talk and framework: budget, recalled blocks and their tokens, the note, stubs, summaries, equal calls."""
    names = "calls", "budget", "blocks", "recalled tokens", "note", "stubs", "summaries", "equal calls"
    lines = [f"{'talk':<12}{'agent of':<12}" + "".join(f"{name:>17}" for name in names)]
    for name, talk in TALKS.items():
        both = parity_of(talk)
        equal = sum(left == right for left, right in zip(*(sent.prompts for sent in both.values()), strict=True))
        for framework, sent in both.items():
            numbers = (
                len(sent.prompts),
                sent.asked[0]["budget"],
                sum(map(len, sent.blocks())),
                sent.tokens(),
                sent.holding(NOTE),
                sum(text.startswith("[COMPACTED") for prompt in sent.prompts for _, text in prompt),
                sum(piece.kind == "summary" for context in sent.contexts for piece in context.pieces),
                equal,
            )
            lines.append(f"{name:<12}{framework:<12}" + "".join(f"{number:>17,}" for number in numbers))
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
