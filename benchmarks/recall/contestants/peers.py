"""The memories that people use today, through their own code and with the same vectors as tiermem.

Each is set up kinder than most users would: its limit is the budget, its top-k is raised until the budget is full, and
a hit that does not fit is passed over. Messages are given as "speaker (date): text", so that it knows who said what.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from langchain_classic.memory import (
    ConversationTokenBufferMemory,
    ConversationVectorStoreTokenBufferMemory,
    VectorStoreRetrieverMemory,
)
from langchain_core.vectorstores import InMemoryVectorStore
from langgraph.store.memory import InMemoryStore

from benchmarks.models import CountingModel
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import Shown, tokens
from benchmarks.recall.vectors import Embedding, for_langchain

MORE = 1.5  # hits asked for, by the average size of a hit: enough short ones to fill the budget
STAMPS = 45  # tokens that the vector token buffer writes around a turn: two times and two roles
CLOCK = 60  # tokens of its template: the time now and a sentence
NAMESPACE = ("memories",)


class Counting(CountingModel):
    """Counts with cl100k, as the harness does; four more a message, as OpenAI's chat format has them."""

    def get_num_tokens_from_messages(self, messages: Any, tools: Any = None) -> int:
        """Tokens of *messages*."""
        return sum(tokens(str(message.content)) + 4 for message in messages)


class Peer:
    """What the peers share: they are fed once, and asked with vectors."""

    name = ""

    def __init__(self, vectors: Embedding) -> None:
        self.vectors = vectors

    def feed(self, conversation: Conversation) -> None:
        """Take the lines in."""
        self.lines = conversation.lines
        self.times = [one.created_at for one in conversation.messages]
        self.average = max(8.0, sum(map(tokens, self.lines)) / max(1, len(self.lines)))
        self.load()

    def load(self) -> None:
        """Fill the memory, where it can be filled before the budget is known."""

    def ask(self, question: Question, budget: int) -> Shown:
        """What the memory gives."""
        raise NotImplementedError

    def close(self) -> None:
        """There is nothing to let go of."""


def turns(lines: Sequence[str]) -> Any:
    """The lines two by two: what `save_context` wants."""
    return zip_longest(lines[::2], lines[1::2], fillvalue=".")


def filled(texts: Sequence[str], budget: int) -> list[int]:
    """Places of the leading *texts* that fit together; one that does not is passed over."""
    chosen, left = [], budget
    for place, text in enumerate(texts):
        cost = tokens(text) + 1
        if cost <= left:
            chosen.append(place)
            left -= cost
    return chosen


class TokenBuffer(Peer):
    """ConversationTokenBufferMemory(max_token_limit=budget)."""

    name = "LangChain ConversationTokenBufferMemory"

    def load(self) -> None:
        """Each budget prunes its own buffer."""
        self._buffers: dict[int, Any] = {}

    def ask(self, question: Question, budget: int) -> Shown:
        """The newest turns."""
        if budget not in self._buffers:
            memory = ConversationTokenBufferMemory(llm=Counting(), max_token_limit=budget, return_messages=True)
            for said, answered in turns(self.lines):
                memory.save_context({"input": said}, {"output": answered})
            self._buffers[budget] = memory
        history = self._buffers[budget].load_memory_variables({"input": question.text})["history"]
        return Shown("\n".join(str(message.content) for message in history), recalled="")


class VectorRetriever(Peer):
    """VectorStoreRetrieverMemory over langchain-core's in-memory store: a document a turn."""

    name = "LangChain VectorStoreRetrieverMemory"

    def load(self) -> None:
        """Turn by turn. All texts are embedded in one call before, so that the model is not called for each."""
        self.vectors.embed([f"input: {said}\noutput: {answered}" for said, answered in turns(self.lines)])
        self._retriever = InMemoryVectorStore(for_langchain(self.vectors)).as_retriever()
        self._memory = VectorStoreRetrieverMemory(retriever=self._retriever, return_docs=True)
        for said, answered in turns(self.lines):
            self._memory.save_context({"input": said}, {"output": answered})

    def ask(self, question: Question, budget: int) -> Shown:
        """The documents that fit, best first, as the memory would join them."""
        self._retriever.search_kwargs = {"k": 2 + int(MORE * budget / (2 * self.average + 8))}
        found: Any = self._memory.load_memory_variables({"prompt": question.text})["history"]
        texts = [document.page_content for document in found]
        return Shown("\n".join(texts[place] for place in filled(texts, budget)))


class VectorTokenBuffer(Peer):
    """ConversationVectorStoreTokenBufferMemory: half of the budget for its buffer, half for what it retrieves."""

    name = "LangChain ConversationVectorStoreTokenBufferMemory"

    def load(self) -> None:
        """Each budget prunes its own buffer, and embeds what leaves it."""
        self._filled: dict[int, tuple[Any, Any]] = {}

    def ask(self, question: Question, budget: int) -> Shown:
        """The retrieved turns in its own template, then the newest ones."""
        memory, retriever = self._at(budget)
        turn = 2 * self.average + STAMPS
        retriever.search_kwargs = {"k": max(1, int((budget / 2 - CLOCK) / turn))}
        history = memory.load_memory_variables({"input": question.text})["history"]
        texts = [str(message.content) for message in history]
        return Shown("\n".join(texts), recalled=texts[0])

    def _at(self, budget: int) -> tuple[Any, Any]:
        if budget not in self._filled:
            retriever = InMemoryVectorStore(for_langchain(self.vectors)).as_retriever()
            memory = ConversationVectorStoreTokenBufferMemory(
                llm=Counting(), max_token_limit=budget // 2, return_messages=True, retriever=retriever
            )
            for (said, answered), time in zip(turns(self.lines), self.times[::2], strict=True):
                memory.save_context({"input": said}, {"output": answered})
                if memory._timestamps and time:  # it stamps the time now; that of the turn is kinder, and never changes
                    memory._timestamps[-1] = time
            self._filled[budget] = memory, retriever
        return self._filled[budget]


class GraphStore(Peer):
    """LangGraph's InMemoryStore with an index: a value a message."""

    name = "LangGraph InMemoryStore"

    def load(self) -> None:
        """One by one: a batch that holds the same text twice is refused (langgraph 1.2.22)."""
        self.vectors.embed(self.lines)
        found = for_langchain(self.vectors)
        dimensions = len(found.embed_query("one"))
        self._store = InMemoryStore(index={"embed": found, "dims": dimensions, "fields": ["text"]})
        for place, line in enumerate(self.lines):
            self._store.put(NAMESPACE, str(place), {"text": line})

    def ask(self, question: Question, budget: int) -> Shown:
        """The values that fit, in the order in which they were said."""
        limit = 5 + int(MORE * budget / self.average)
        found = self._store.search(NAMESPACE, query=question.text, limit=limit)
        chosen = filled([one.value["text"] for one in found], budget)
        places = sorted(int(found[place].key) for place in chosen)
        return Shown("\n".join(self.lines[place] for place in places))


MEMORIES: dict[str, Callable[[Embedding], Peer]] = {
    "langchain-buffer": TokenBuffer,
    "langchain-vector": VectorRetriever,
    "langchain-vector-buffer": VectorTokenBuffer,
    "langgraph-store": GraphStore,
}
