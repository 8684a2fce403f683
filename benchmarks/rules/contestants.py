"""The memories, each as its framework uses it, under one limit. No model is asked: one stand-in shortens for all.

It keeps the beginning of each line that it is given, spread evenly over all of them, up to `WORDS` words, which is as
long as the peers' prompts ask for; it makes nothing up, and nobody's summary is better than another one's. Ours has its
rules instead of a model, as it does by default, and takes part a second time without what is pinned.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from langchain_core.messages import AIMessage, BaseMessage
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.memory import FactExtractionMemoryBlock, VectorMemoryBlock
from llama_index.core.memory import Memory as StockMemory

from benchmarks.agents import contestants as agents
from benchmarks.answers.llamaindex_peers import HashEmbedding, ListStore, RecordingLLM, counted
from llamaindex_tiered_memory import TieredChatMemory
from tiermem import Memory

WORDS = 600
FIRST = 18  # words of a line that are kept
HAN_WORD = 2  # characters of Chinese that count as a word
_PIECES = re.compile(r"[\u3400-\u9fff]{1,2}|[^\s\u3400-\u9fff]+")


class Contestant(Protocol):
    """Something that is told a turn and says what a model would be sent for it."""

    name: str

    def turn(self, asked: str, answered: str) -> str:
        """The prompt for *asked*, which is then *answered*."""
        ...

    def runs(self) -> int:
        """How often it was compacted or summarised."""
        ...


def shortened(text: str) -> str:
    """The stand-in: the beginnings of the lines of *text*, evenly, up to `WORDS` words."""
    lines = [line.strip() for line in text.splitlines() if len(line.strip()) > 1]
    heads = [_head(line) for line in lines]
    most = max(1, WORDS // FIRST)
    step = max(1.0, len(heads) / most)
    kept = [heads[int(place * step)] for place in range(min(most, len(heads)))]
    return "\n".join(kept)


def _head(line: str) -> str:
    words = [*_PIECES.finditer(line)]
    return line if len(words) <= FIRST else line[: words[FIRST - 1].end()]


def _summary(messages: list[BaseMessage], turn: int) -> AIMessage:
    return AIMessage(shortened("\n".join(message.text for message in messages)))


class Core:
    """`Session.context`, as an application without a framework asks it."""

    def __init__(self, limit: int, *, steady: bool = False, **options: Any) -> None:
        self.name = f"tiermem Session.context{', steady' if steady else ''}{(options and ', nothing pinned') or ''}"
        self._memory = Memory.open(":memory:", pre_rot_threshold=limit, **options)
        self._session = self._memory.session("s")
        self._limit, self._steady = limit, steady

    def turn(self, asked: str, answered: str) -> str:
        """See `Contestant`."""
        self._session.add(asked)
        self._session.settle()
        context = self._session.context(None, self._limit, steady=self._steady)
        self._session.add(answered, role="assistant")
        return "\n".join(message.text for message in context.messages)

    def runs(self) -> int:
        """See `Contestant`."""
        return sum(decision.kind in {"compact", "cover"} for decision in self._session.journal())


class Agent:
    """An agent of LangChain with one of the middlewares."""

    def __init__(self, name: str, make: Callable[[Any, Sequence[Any]], agents.Contestant], limit: int) -> None:
        self.name, self._answer = name, ""
        agents.LIMIT, agents.TRIGGER, agents.KEPT = limit, int(0.8 * limit), int(0.45 * limit)
        self._agent = make(lambda messages, turn: AIMessage(self._answer), [])
        self._agent.summaries.answer = _summary

    def turn(self, asked: str, answered: str) -> str:
        """See `Contestant`."""
        self._answer = answered
        self._agent.ask(asked)
        prompt = agents.as_text(self._agent.model.prompts[-1])
        self._agent.model.prompts.clear()
        return prompt

    def runs(self) -> int:
        """See `Contestant`; of ours, whose rules need no model, it is not counted here."""
        return len(self._agent.summaries.prompts)


class _Shortening(RecordingLLM):
    """The stand-in as LlamaIndex's model: each line that it keeps is a fact."""

    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Shorten what is asked about."""
        text = shortened("\n".join(message.content or "" for message in messages))
        facts = "".join(f"<fact>{line}</fact>" for line in text.splitlines())
        return ChatResponse(message=ChatMessage(role="assistant", content=f"<facts>{facts}</facts>"))


class Stock:
    """LlamaIndex's Memory with its blocks for facts and vectors, told and asked as its engines do."""

    def __init__(self, limit: int) -> None:
        self.name = "LlamaIndex Memory, fact and vector blocks"
        blocks = [
            FactExtractionMemoryBlock(name="facts", llm=_Shortening(), max_facts=50, priority=1),
            VectorMemoryBlock(name="vectors", vector_store=ListStore(), embed_model=HashEmbedding(), priority=2),
        ]
        self._memory = StockMemory.from_defaults(
            session_id="s",
            token_limit=limit,
            token_flush_size=limit // 10,
            chat_history_token_ratio=0.7,
            memory_blocks=blocks,
            tokenizer_fn=counted,
        )
        self._loop = asyncio.new_event_loop()
        self._said = 0

    def turn(self, asked: str, answered: str) -> str:
        """See `Contestant`."""
        return self._loop.run_until_complete(self._turn(asked, answered))

    async def _turn(self, asked: str, answered: str) -> str:
        await self._memory.aput(ChatMessage(role=MessageRole.USER, content=asked))
        shown = await self._memory.aget()
        await self._memory.aput(ChatMessage(role=MessageRole.ASSISTANT, content=answered))
        self._said += 2
        return "\n".join(str(message.content or "") for message in shown)

    def runs(self) -> int:
        """See `Contestant`."""
        return 0


class Tiered:
    """Our chat memory for LlamaIndex."""

    def __init__(self, limit: int) -> None:
        self.name = "TieredChatMemory (LlamaIndex)"
        self._memory = TieredChatMemory.from_defaults(
            token_limit=limit, memory=Memory.open(":memory:", pre_rot_threshold=limit)
        )

    def turn(self, asked: str, answered: str) -> str:
        """See `Contestant`."""
        self._memory.put(ChatMessage(role=MessageRole.USER, content=asked))
        self._memory.session.settle()
        shown = self._memory.get()
        self._memory.put(ChatMessage(role=MessageRole.ASSISTANT, content=answered))
        return "\n".join(str(message.content or "") for message in shown)

    def runs(self) -> int:
        """See `Contestant`."""
        return sum(decision.kind in {"compact", "cover"} for decision in self._memory.session.journal())


MAKERS: tuple[Callable[[int], Contestant], ...] = (
    Core,
    lambda limit: Core(limit, steady=True),
    lambda limit: Agent("TieredMemoryMiddleware (LangChain)", agents._ours, limit),
    Tiered,
    lambda limit: Core(limit, rules_share=0.0),
    lambda limit: Agent("LangChain SummarizationMiddleware", agents._summarization, limit),
    lambda limit: Agent("deepagents summarization", agents._deep_agents, limit),
    Stock,
)
