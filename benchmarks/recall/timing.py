"""`python -m benchmarks.recall.timing`: time of a context beside LangChain's vector memory, and of an add.

One process, the same messages, the same embedder (hashed words in as many dimensions as MiniLM has, so that no model's
time hides the rest). CPU seconds of the whole process, so that no thread works unseen. The second table adds messages
one by one while the embedder takes 50 ms a text: what it costs must not be on the caller's path.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.cost.prose import question, said
from benchmarks.recall.__main__ import quiet
from benchmarks.recall.measure import percentile, tokens
from benchmarks.recall.minilm import DIMENSIONS
from benchmarks.recall.vectors import Vectors, for_langchain
from benchmarks.report import number, show, versions
from tiermem import Memory, Message
from tiermem.providers.embedders import HashEmbedder

BUDGET = 4_000
QUESTIONS, PATIENCE = 30, 20.0  # questions at most, and seconds after which no further one is begun
LEAST = 5  # questions at least, however long they take
SLOW = 0.05  # seconds that the slow embedder takes a text: a small model on a busy processor
ADDED = 200
SETTLING = 600.0  # seconds to wait at most until everything is embedded


@dataclass(frozen=True)
class Time:
    """Milliseconds a question: processor and clock, medians."""

    processor: float
    clock: float


class Slow:
    """Hashed words, but each text takes `SLOW` seconds."""

    name = "slow"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self._quick = HashEmbedder(DIMENSIONS)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (texts, 384)."""
        time.sleep(SLOW * len(texts))
        return self._quick.embed(texts)

    def embed_query(self, text: str) -> Vectors:
        """float32 array of shape (384,)."""
        vector: Vectors = self.embed([text])[0]
        return vector


def timed(ask: Callable[[str], object]) -> Time:
    """The median question; the first one, which loads, is not counted."""
    ask(question(0))
    spent: list[tuple[float, float]] = []
    began = time.monotonic()
    for place in range(1, QUESTIONS + 1):
        if len(spent) >= LEAST and time.monotonic() - began > PATIENCE:
            break
        processor, clock = time.process_time(), time.perf_counter()
        ask(question(place))
        spent.append((1_000 * (time.process_time() - processor), 1_000 * (time.perf_counter() - clock)))
    return Time(median(one for one, _ in spent), median(one for _, one in spent))


def ours(size: int, folder: Path) -> Time:
    """`Session.context` in a file that holds *size* messages, all of them indexed and embedded."""
    messages = (Message(role=("user", "assistant")[n % 2], content=said(n)) for n in range(size))
    with Memory.open(folder / f"{size}.db", embedder=Embedder()) as memory:
        session = memory.session("timing")
        while batch := list(islice(messages, 500)):
            session.add(batch)
        session.index()
        settle()
        return timed(lambda asked: session.context(asked, BUDGET))


class Embedder(HashEmbedder):
    """What everybody here is given; a name of its own, so that tiermem takes it for a foreign one."""

    def __init__(self) -> None:
        super().__init__(DIMENSIONS)
        self.name = "timing"


def settle() -> None:
    """Wait until this process has stood still for a second.

    Raises:
        TimeoutError: it does not come to rest.
    """
    until = time.monotonic() + SETTLING
    while time.monotonic() < until:
        before = time.process_time()
        time.sleep(1.0)
        if time.process_time() - before < 0.05:
            return
    raise TimeoutError(f"still at work after {SETTLING:.0f} s")


def theirs(size: int, store: Callable[[Any], Any]) -> Time:
    """`VectorStoreRetrieverMemory` over *store*, as many turns as fill the budget."""
    from langchain_classic.memory import VectorStoreRetrieverMemory

    average = sum(tokens(said(place)) for place in range(100)) / 100
    retriever = store(for_langchain(Embedder())).as_retriever(search_kwargs={"k": int(BUDGET / (2 * average + 8))})
    memory = VectorStoreRetrieverMemory(retriever=retriever)
    texts = [f"input: {said(place)}\noutput: {said(place + 1)}" for place in range(0, size, 2)]
    for first in range(0, len(texts), 1_000):  # what save_context does, many turns at once
        retriever.vectorstore.add_texts(texts[first : first + 1_000])
    return timed(lambda asked: memory.load_memory_variables({"prompt": asked}))


def in_memory(embeddings: Any) -> Any:
    """langchain-core's own store."""
    from langchain_core.vectorstores import InMemoryVectorStore

    return InMemoryVectorStore(embeddings)


def faiss_store(embeddings: Any) -> Any:
    """FAISS, exact, as langchain-community wraps it.

    Raises:
        ModuleNotFoundError: langchain-community is not installed.
    """
    import faiss
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS

    return FAISS(embeddings, faiss.IndexFlatL2(DIMENSIONS), InMemoryDocstore(), {})


def contexts(sizes: Sequence[int]) -> Iterator[list[str]]:
    """A row a size and memory."""
    stores = (("VectorStoreRetrieverMemory, InMemoryVectorStore", in_memory),
              ("VectorStoreRetrieverMemory, FAISS", faiss_store))  # fmt: skip
    for size in sizes:
        with TemporaryDirectory(prefix="tiermem-timing-") as folder:
            base = ours(size, Path(folder))
        yield [f"{size:,}", "tiermem Session.context", number(base.processor), number(base.clock), "1"]
        for name, store in stores:
            try:
                other = theirs(size, store)
            except ModuleNotFoundError as error:
                yield [f"{size:,}", name, f"{error.name} is not installed", "", ""]
                continue
            ratio = number(other.processor / base.processor)
            yield [f"{size:,}", name, number(other.processor), number(other.clock), ratio]


def adding(embedder: Any) -> list[float]:
    """Milliseconds of each of `ADDED` calls that add one message; the first of all, which loads, is not counted."""
    spent = []
    with (
        TemporaryDirectory(prefix="tiermem-adding-") as folder,
        Memory.open(Path(folder) / "adding.db", embedder=embedder) as memory,
    ):
        session = memory.session("adding")
        session.add("The first one.")
        for place in range(ADDED):
            began = time.perf_counter()
            session.add(said(place))
            spent.append(1_000 * (time.perf_counter() - began))
    return spent


def adds() -> Iterator[list[str]]:
    """A row an embedder."""
    for name, embedder in (("tiermem's own", None), (f"{1_000 * SLOW:.0f} ms a text", Slow())):
        spent = adding(embedder)
        yield [name, *(number(percentile(spent, part)) for part in (0.50, 0.95, 1.0))]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print both tables."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.recall.timing")
    made.add_argument("--sizes", default="1000,10000,100000", help="messages, with commas (default: %(default)s)")
    given = made.parse_args(arguments)
    quiet()
    print(versions())
    parts = ("embedder", "p50 ms", "p95 ms", "slowest ms")
    show(f"Adding one message, {ADDED} times", parts, list(adds()), markdown=True)
    sizes = [int(part) for part in given.sizes.split(",")]
    columns = ("messages", "memory", "CPU ms", "clock ms", "CPU, times tiermem's")
    show(f"A context of {BUDGET:,} tokens, median question", columns, list(contexts(sizes)), markdown=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
