"""A whole database moved into another one is the same there, row for row and answer for answer, whatever stops it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import empty_database
from tests.storage import damage
from tests.storage.older import engine_of
from tiermem import Memory
from tiermem.errors import (
    InvalidSettings,
    MigrationUnfinished,
    SchemaTooOld,
    StorageError,
    StorageForeign,
    StorageReadOnly,
    TargetNotEmpty,
)
from tiermem.migration import Migrated, copying, migrate
from tiermem.storage.schema import UNFINISHED, message, meta
from tiermem.storage.tables.columns import metadata

KILLED = """
import os, signal, sys
from tiermem.migration import copying, migrate
copying.ROWS = 5
left = int(sys.argv[3])
def told(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
migrate(sys.argv[1], sys.argv[2], told)
"""


class Stop(Exception):
    """Raised in the middle of a migration."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with something in every table."""
    file = tmp_path_factory.mktemp("full") / "full.db"
    damage.fill(file)
    with damage.opened(file, index_memory=1) as memory:
        memory.wiring[0].shelf_least = 1
        memory.session("s", "ann").index()
    return file


@pytest.fixture
def source(full: Path, tmp_path: Path) -> Path:
    """A copy of it, to write to."""
    return Path(shutil.copy(full, tmp_path / "source.db"))


@pytest.fixture(params=["file", "postgres"])
def goal(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where nothing is yet: a file, a database of a server."""
    return str(tmp_path / "goal.db") if request.param == "file" else request.getfixturevalue("postgres_url")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many transactions for a few rows."""
    monkeypatch.setattr(copying, "ROWS", 5)


def dumped(target: str | Path) -> dict[str, list[Any]]:
    """All rows of all tables."""
    engine = engine_of(str(target))
    with engine.connect() as connection:
        every = {table.name: connection.execute(sa.select(table)).all() for table in metadata.sorted_tables}
    engine.dispose()
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in every.items()}


def stopping(after: int, do: Callable[[], object] | None = None) -> Callable[..., None]:
    """What is told how far it came, and at the step *after* does something, or else stops it."""
    steps: Iterator[int] = iter(range(1, 1_000_000))

    def told(*_: object) -> None:
        if next(steps) == after:
            if do is None:
                raise Stop
            do()

    return told


@pytest.fixture(scope="module")
def moved(
    full: Path, postgres: str, postgres_admin: sa.Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """What is in `full`, on a server, and from there in a file again."""
    back = tmp_path_factory.mktemp("back") / "back.db"
    with empty_database(postgres, postgres_admin) as url:
        for source, target in ((full, url), (url, back)):
            steps: set[str] = set()
            done = migrate(source, target, lambda step, *_, steps=steps: steps.add(step))  # type: ignore[misc]
            assert (done.ok, done.differences, done.notes) == (True, (), ())
            assert steps == {"copying", "comparing", "looking"}
        yield url, back


def said(target: str | Path) -> dict[str, Any]:
    """What the ways to look at it give."""
    with damage.opened(target, read_only=True) as memory:
        session = memory.session("s", "ann")
        return {
            "messages": [(one.canonical, one.stored_at, one.tokens) for one in session.messages()],
            "forks": [memory.session(*names).view() for names in (("forked", "bob"), ("borrowing", "ann"))],
            "view": session.view(),
            "journal": session.journal(),
            "stats": session.stats(),
            "head": session.head(),
            "found": [(hit.ref, hit.score) for hit in session.search("pool 7", within="everything")],
            "context": session.context("pool 7 from 10?", within="user").messages,
            "facts": memory.facts("bob").history(),
            "profile": memory.profile("ann").text(),
            "documents": [(hit.ref, hit.score) for hit in memory.knowledge("ann").search("port")],
            "items": [(one.path, one.key, one.value) for one in memory.items("ann").search(())],
            "media": memory.session("seen", "bob").messages()[0].canonical,
            "erasures": memory.erasures("cid"),
            "proofs": memory.verify(),
        }


def test_every_row_of_every_table_of_the_schema_is_moved_there_and_back(full: Path, moved: tuple[str, Path]) -> None:
    before = dumped(full)
    assert {name for name, rows in before.items() if not rows} == set(), "has no row that this test could move"
    for target in moved:
        assert dumped(target) == before
    with sa.create_engine(f"sqlite:///{moved[1]}").connect() as connection:
        there = {name for name in sa.inspect(connection).get_table_names() if not name.startswith("sqlite_")}
    assert there == metadata.tables.keys() == {table.name for table in copying.tables()}


def test_it_says_there_and_back_what_it_said(full: Path, moved: tuple[str, Path]) -> None:
    before = said(full)
    assert all(proof.ok for proof in before["proofs"].values())
    for target in moved:
        now = said(target)
        assert {name for name in before if now[name] != before[name]} == set()


def test_on_a_server_keys_go_on_behind_those_that_were_brought(source: Path, postgres_url: str) -> None:
    assert migrate(source, postgres_url).ok
    with damage.opened(postgres_url) as memory:
        head = memory.session("s", "ann").head()
        memory.session("s", "ann").add("and one here")
        memory.session("new", "ann").add("a message more")
        memory.items("ann").put(("new",), "tea", {"text": "black"})
        memory.settle(60)
        assert memory.session("s", "ann").verify(chain=head).ok
        assert memory.session("new", "ann").verify().ok


@pytest.mark.usefixtures("small")
def test_stopped_anywhere_it_goes_on_and_nobody_opens_what_is_half_done(source: Path, goal: str) -> None:
    steps = 0

    def counting(*_: object) -> None:
        nonlocal steps
        steps += 1

    for place in (1, 40, 80):
        with pytest.raises(Stop):
            migrate(source, goal, stopping(place))
        for read_only in (False, True):
            with pytest.raises(MigrationUnfinished, match="run it again"):
                Memory.open(goal, read_only=read_only)
    assert migrate(source, goal, counting).ok
    assert steps > 90
    assert dumped(goal) == dumped(source)


def test_killed_in_the_middle_it_goes_on(source: Path, postgres_url: str) -> None:
    child = [sys.executable, "-c", KILLED, str(source), postgres_url, "50"]
    assert subprocess.run(child, check=False, capture_output=True).returncode == -signal.SIGKILL
    with pytest.raises(MigrationUnfinished):
        Memory.open(postgres_url)
    assert migrate(source, postgres_url).ok
    assert dumped(postgres_url) == dumped(source)


@pytest.mark.usefixtures("small")
def test_what_is_written_meanwhile_is_not_moved_and_after_a_stop_it_is(source: Path, goal: str) -> None:
    before = dumped(source)
    with damage.opened(source) as memory:

        def writes() -> None:
            memory.session("s", "ann").add("said while it was moved")
            memory.session("fresh", "eve").add("somebody new")
            memory.settle(60)

        with pytest.raises(Stop):
            migrate(source, goal, stopping(60))
        memory.session("other", "bob").forget("m1")
        memory.erase("ann", reason="asked for")
        memory.settle(60)
        between = dumped(source)
        assert between != before
        assert migrate(source, goal, stopping(20, writes)).ok
        assert dumped(goal) == between != dumped(source)


@pytest.mark.usefixtures("small")
def test_a_difference_is_named_and_the_next_call_mends_it(source: Path, goal: str) -> None:
    engine = engine_of(goal)
    steps = 0

    def spoil(step: str, done: int, _: int) -> None:
        nonlocal steps
        if step == copying_step and not steps:
            steps += 1
            with engine.begin() as connection:
                where = sa.and_(message.c.session == 1, message.c.sequence.in_([3, 4]))
                keys = connection.execute(sa.select(message.c.pk).where(where).order_by(message.c.pk)).scalars().all()
                connection.execute(message.update().where(message.c.pk == keys[0]).values(tokens=1))
                connection.execute(message.delete().where(message.c.pk == keys[1]))

    copying_step = "comparing"
    done = migrate(source, goal, spoil)
    engine.dispose()
    assert not done.ok
    assert [one.split(": ")[1] for one in sorted(done.differences)] == ["differs in tokens", "is missing"]
    assert all(one.startswith("tiermem_message, pk ") for one in done.differences)
    with pytest.raises(MigrationUnfinished):
        Memory.open(goal)
    assert migrate(source, goal).ok
    assert dumped(goal) == dumped(source)


def test_a_view_or_an_answer_that_differs_is_named(source: Path, goal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiermem.session import Session

    for name, told in (("view", "its view differs"), ("search", "finds something else")):
        asked = getattr(Session, name)

        def once(session: Session, *given: Any, asked: Any = asked) -> Any:
            return asked(session, *given) if session.memory.path == str(source) else []

        with monkeypatch.context() as patched:
            patched.setattr(Session, name, once)
            done = migrate(source, goal)
        assert not done.ok
        assert all(told in one for one in done.differences)
    assert migrate(source, goal).ok


def test_what_is_damaged_is_moved_as_it_is_and_said(source: Path, goal: str) -> None:
    damage.damage(source, "message", "body")
    damage.damage(source, "item", "value")
    done = migrate(source, goal)
    assert done.ok
    assert sorted(note.partition(",")[0] for note in done.notes) == ["tiermem_item", "tiermem_message"]
    assert dumped(goal) == dumped(source)


def test_whoever_begins_again_takes_over(source: Path, goal: str) -> None:
    results: list[Migrated] = []
    with pytest.raises(TargetNotEmpty, match="another process goes on"):
        migrate(source, goal, stopping(4, lambda: results.append(migrate(source, goal))))
    assert results[0].ok
    assert dumped(goal) == dumped(source)


def test_what_holds_something_else_is_left_untouched(source: Path, goal: str, tmp_path: Path) -> None:
    with Memory.open(goal) as memory:
        memory.session("s").add("mine")
    held = dumped(goal)
    with pytest.raises(TargetNotEmpty, match="has a database of tiermem already"):
        migrate(source, goal)
    assert dumped(goal) == held
    with pytest.raises(TargetNotEmpty):
        migrate(source, source)
    other = tmp_path / "other.db"
    with pytest.raises(Stop):
        migrate(goal, other, stopping(2))
    with pytest.raises(TargetNotEmpty, match="another database"):
        migrate(source, other)
    with pytest.raises(MigrationUnfinished):
        migrate(other, tmp_path / "further.db")
    engine = engine_of(str(other))
    with engine.begin() as connection:
        connection.execute(meta.update().where(meta.c.key == "version").values(value=f"{UNFINISHED} 17 0123"))
    with pytest.raises(TargetNotEmpty, match="another version of tiermem"):
        migrate(goal, other)
    engine.dispose()
    assert migrate(goal, tmp_path / "right.db").ok


def test_an_empty_file_is_no_source_and_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(StorageError, match="empty file"):
        migrate(tmp_path / "empty.db", tmp_path / "new.db")
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]
    assert not (tmp_path / "empty.db").stat().st_size


def test_what_cannot_be_a_source_or_a_target_is_refused_by_name(source: Path, tmp_path: Path) -> None:
    for one, other in ((":memory:", tmp_path / "a.db"), (source, ":memory:"), (source, ""), (5, "b.db")):
        with pytest.raises(InvalidSettings, match="migrate takes files and database URLs"):
            migrate(one, other)  # type: ignore[arg-type]
    with pytest.raises(InvalidSettings, match="no_such"):
        migrate(source, tmp_path / "a.db", no_such=1)
    with pytest.raises(StorageReadOnly, match="is not there"):
        migrate(tmp_path / "none.db", tmp_path / "a.db")
    foreign = tmp_path / "foreign.db"
    with sa.create_engine(f"sqlite:///{foreign}").begin() as connection:
        connection.exec_driver_sql("CREATE TABLE theirs (a)")
    with pytest.raises(StorageForeign):
        migrate(source, foreign)
    engine = engine_of(str(source))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tiermem_shelf")
        connection.execute(meta.update().where(meta.c.key == "version").values(value="18"))
    engine.dispose()
    with pytest.raises(SchemaTooOld):
        migrate(source, tmp_path / "a.db")
    assert not (tmp_path / "a.db").exists()
