"""tiermem in both frameworks: the prompt that a model really receives, with recent turns and summary in the budget.

What is not the memory's, the question and the framework's own words, is allowed beside the budget (`Shown.frame`): as
many tokens as the same prompt has over an empty memory. Nothing a question does may be found by the next one: the
model of LangChain's chain stops it before it stores the turn, and LlamaIndex's engines are given a copy of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from langchain_core.messages import HumanMessage
from llama_index.core.chat_engine import CondensePlusContextChatEngine
from llama_index.core.chat_engine.condense_plus_context import DEFAULT_CONTEXT_PROMPT_TEMPLATE

from benchmarks.answers.llamaindex_peers import RecordingLLM, ask_simple
from benchmarks.answers.peers import copied
from benchmarks.models import ANSWER, RecordingModel, reply
from benchmarks.recall.contestants.tiered import FILE, SESSION, Tiered
from benchmarks.recall.measure import Shown, tokens
from langchain_tiered_memory import ConversationTieredMemory
from llamaindex_tiered_memory import TieredArchiveRetriever, TieredChatMemory
from tiermem import Memory


class _Stopped(Exception):
    """The answering prompt was recorded; what follows would store the turn."""


class StoppingModel(RecordingModel):
    """Rephrases, and stops the chain where it should answer. Counts with cl100k."""

    def get_num_tokens(self, text: str) -> int:
        """Tokens of *text*."""
        return tokens(text)

    def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
        """Tokens of the contents of *messages*."""
        return sum(tokens(str(message.content)) for message in messages)

    def _answer(self, prompt: str) -> str:
        self.prompts.append(prompt)
        if reply(prompt) == ANSWER:
            raise _Stopped
        return reply(prompt)


class Framed(Tiered):
    """A memory inside a prompt that is not all its own."""

    @cached_property
    def _words(self) -> int:
        """Tokens of the prompt over an empty memory, without the question."""
        question = "Why?"
        with self.open(self.folder / "empty.db") as empty:
            return tokens(self.prompt(empty, question, 4_000)) - tokens(question)

    def shown(self, question: str, budget: int) -> Shown:
        """The prompt that answers, and how much of it is the framework's."""
        frame = self._words + tokens(question)
        return Shown(self.prompt(self.asked_memory(), question, budget), frame)

    def asked_memory(self) -> Memory:
        """The memory that may be asked now."""
        return self.memory

    def prompt(self, memory: Memory, question: str, budget: int) -> str:
        """What the model receives."""
        raise NotImplementedError


class Chain(Framed):
    """ConversationalRetrievalChain, stock prompts, with our memory and our retriever; the prompt that answers."""

    name = "tiermem in ConversationalRetrievalChain"

    def prompt(self, memory: Memory, question: str, budget: int) -> str:
        """Documents and the question: the chain shows the history to the prompt before, which rephrases."""
        from langchain_classic.chains import ConversationalRetrievalChain

        model = StoppingModel()
        memory_of = ConversationTieredMemory(SESSION, memory=memory, max_token_limit=max(budget, 512))
        retriever = memory_of.as_retriever(max_token_limit=budget)
        chain = ConversationalRetrievalChain.from_llm(
            model, retriever=retriever, memory=memory_of, max_tokens_limit=budget, verbose=False
        )
        try:
            chain.invoke({"question": question})
        except _Stopped:
            return model.prompts[-1]
        raise RuntimeError("the chain ended without asking for an answer")


class Agent(Framed):
    """`create_agent`, its messages those that ConversationTieredMemory gives for the question."""

    name = "tiermem in create_agent"

    def prompt(self, memory: Memory, question: str, budget: int) -> str:
        """All messages of the one model call."""
        from langchain.agents import create_agent

        model = RecordingModel()
        history = ConversationTieredMemory(SESSION, memory=memory, max_token_limit=budget)
        given = history.load_memory_variables({"question": question})[history.memory_key]
        create_agent(model, tools=[]).invoke({"messages": [*given, HumanMessage(question)]})
        return model.prompts[-1]


class Copied(Framed):
    """Asked on a copy of the file, because the engine stores the question before the model is called."""

    _copy: Memory | None = None

    def asked_memory(self) -> Memory:
        """A fresh copy, opened; the one before is closed."""
        self._let_go()
        # Everything stands in the one file: nothing is written between the index and the first question.
        if self._open is not None and not (self.folder / "whole.db").exists():
            self._settle()
        self._copy = self.open(copied(self.folder / "whole.db", "asked.db"))
        return self._copy

    def _settle(self) -> None:
        """Close the file, so that its log is written into it, keep it aside, and open it again."""
        memory, folder = self._opened()
        memory.close()
        copied(self.folder / FILE, "whole.db")
        self._open = self.open(self.folder / FILE), folder

    def _let_go(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    def close(self) -> None:
        """Close the copy too."""
        self._let_go()
        super().close()


class Simple(Copied):
    """LlamaIndex's SimpleChatEngine; the memory's limit counts the question, which it is therefore given room for."""

    name = "tiermem in SimpleChatEngine"

    def prompt(self, memory: Memory, question: str, budget: int) -> str:
        """The one prompt."""
        limit = budget + tokens(question)
        return ask_simple(TieredChatMemory(memory=memory, session_id=SESSION, token_limit=limit), question)[-1]


class Condense(Copied):
    """LlamaIndex's CondensePlusContextChatEngine: half of the budget for the memory, half for its retriever."""

    name = "tiermem in CondensePlusContextChatEngine"

    @cached_property
    def _words(self) -> int:
        """Tokens of its template: over an empty memory this engine asks no model."""
        return tokens(DEFAULT_CONTEXT_PROMPT_TEMPLATE.format(context_str=""))

    def prompt(self, memory: Memory, question: str, budget: int) -> str:
        """The prompt that answers: nodes in the system prompt, then what the memory gives."""
        half = budget // 2
        model = RecordingLLM()
        tiered = TieredChatMemory(memory=memory, session_id=SESSION, token_limit=half + tokens(question))
        engine = CondensePlusContextChatEngine.from_defaults(
            retriever=TieredArchiveRetriever(tiered, max_token_limit=half),
            llm=model,
            memory=tiered,
        )
        engine.chat(question)
        return model.prompts[-1] if model.prompts else ""  # without a single node it answers by itself


MEMORIES: dict[str, Callable[..., Tiered]] = {
    "tiermem-chain": Chain,
    "tiermem-agent": Agent,
    "tiermem-simple": Simple,
    "tiermem-condense": Condense,
}
ENGINES: Sequence[str] = tuple(MEMORIES)
