"""A file that is not ours is refused and left as it is, byte for byte; what is damaged there has a typed error."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.worker import length
from tiermem import Memory
from tiermem.errors import StorageCorrupt, StorageError, StorageForeign, StorageMoved, StorageReadOnly
from tiermem.storage.files.access import size
from tiermem.storage.sqlite import driver

posix = pytest.mark.skipif(os.name != "posix", reason="modes, and writing over an open file, are those of POSIX")


def contents(folder: Path) -> dict[str, bytes]:
    """Every file; but the index of a log, which any reader may write and nobody keeps."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}


def filled(file: Path, mode: str) -> sqlite3.Connection:
    connection: sqlite3.Connection = driver().connect(str(file), isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("CREATE TABLE checkpoints (thread TEXT, body BLOB)")
    connection.execute("INSERT INTO checkpoints VALUES ('t', x'00ff')")
    return connection


def closed(file: Path) -> None:
    filled(file, "delete").close()


def closed_log(file: Path) -> None:
    filled(file, "wal").close()


def crashed(file: Path) -> None:
    """Everything it has stands in its log."""
    connection = filled(file.with_suffix(".live"), "wal")
    for end in ("", "-wal"):
        shutil.copy(f"{file.with_suffix('.live')}{end}", f"{file}{end}")
    connection.close()
    file.with_suffix(".live").unlink()


def marked(file: Path) -> None:
    """An empty database of a program that says so in the header."""
    connection = driver().connect(str(file))
    connection.execute("PRAGMA application_id=0x47504B47")
    connection.execute("PRAGMA user_version=7")
    connection.close()


FOREIGN: tuple[Callable[[Path], None], ...] = (closed, closed_log, crashed, marked)


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize("made", FOREIGN, ids=lambda made: made.__name__)
def test_the_database_of_another_program_is_refused_and_left_as_it_is(
    file: Path, made: Callable[[Path], None], read_only: bool
) -> None:
    made(file)
    before = contents(file.parent)
    with pytest.raises(StorageForeign, match="another program"):
        Memory.open(file, read_only=read_only)
    assert contents(file.parent) == before


def test_a_database_that_another_program_has_open_is_refused_and_left_as_it_is(file: Path) -> None:
    holder = filled(file, "wal")
    before = contents(file.parent)
    with pytest.raises(StorageForeign):
        Memory.open(file)
    assert contents(file.parent) == before
    holder.close()


@pytest.mark.parametrize(
    "words",
    [["verify"], ["sessions"], ["stats", "--session", "s"], ["ask", "q", "--session", "s"], ["show", "--session", "s"]],
    ids=lambda words: words[0],
)
def test_no_command_changes_the_database_of_another_program(file: Path, words: list[str]) -> None:
    pytest.importorskip("typer")
    from tests.cli.command_line import refused

    closed(file)
    before = contents(file.parent)
    assert "another program" in refused(*words, "--path", str(file))
    assert contents(file.parent) == before


@pytest.mark.parametrize("content", [None, b""], ids=["not there", "no bytes"])
def test_an_empty_file_is_taken(file: Path, content: bytes | None) -> None:
    if content is not None:
        file.write_bytes(content)
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add("hello")
        assert memory.verify()


def test_what_is_not_there_is_not_made_by_who_only_reads(file: Path) -> None:
    with pytest.raises(StorageReadOnly, match="is not there"):
        Memory.open(file.parent / "new" / "memory.db", read_only=True)
    assert contents(file.parent) == {}


@pytest.mark.parametrize("kept", [20, 100, 1_000, 4_096, 9_000])
@pytest.mark.parametrize("made", [closed, None], ids=["foreign", "ours"])
def test_a_file_cut_short_has_a_typed_error_or_is_whole(
    file: Path, kept: int, made: Callable[[Path], None] | None
) -> None:
    if made is None:
        Memory.open(file).close()
    else:
        made(file)
    file.write_bytes(file.read_bytes()[:kept])
    before = file.read_bytes()
    with pytest.raises(StorageError):
        Memory.open(file).verify()
    assert file.read_bytes() == before


@pytest.mark.parametrize("version", ["abc", "-1", "0", "", "3.5", "٣", "9" * 30])
def test_a_version_that_is_none_is_a_typed_error_and_changes_nothing(file: Path, version: str) -> None:
    Memory.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode=delete")
        connection.execute("UPDATE tiermem_meta SET value = ? WHERE key = 'version'", (version,))
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StorageCorrupt, match="but the tables are those of schema"):
        Memory.open(file)
    assert file.read_bytes() == before


def test_a_version_that_is_none_is_a_typed_error_on_a_server(opened_url: str) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(sa.make_url(opened_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM tiermem_meta WHERE key = 'version'")
    engine.dispose()
    with pytest.raises(StorageCorrupt, match="says no schema"):
        Memory.open(opened_url)


@pytest.fixture
def other(tmp_path: Path) -> bytes:
    """The bytes of a second database of ours."""
    path = tmp_path / "other.db"
    with Memory.open(path, counter=length) as memory:
        memory.session("o").add(["other"] * 40)
    return path.read_bytes()


@posix
@pytest.mark.parametrize("how", ["emptied", "another of ours", "no database"])
def test_a_file_that_is_written_over_while_it_is_open_takes_no_more(file: Path, other: bytes, how: str) -> None:
    content = {"emptied": b"", "another of ours": other, "no database": b"Dear diary, " * 1_000}[how]
    with Memory.open(file, counter=length) as memory:
        session = memory.session("s")
        session.add("hello")
        with file.open("r+b") as handle:  # the same file, as `cp` writes it
            handle.truncate(0)
            handle.write(content)
        for verb in (lambda: session.add("lost?"), session.messages):
            with pytest.raises(StorageMoved):
                verb()


@posix
def test_checkpoints_of_the_log_are_not_taken_for_another_database(file: Path) -> None:
    with Memory.open(file, counter=length) as memory, Memory.open(file, counter=length) as second:
        for number in range(3):
            memory.session("s").add("x" * 3_000_000)  # more than a log holds
            assert len(second.session("s").messages()) == number + 1
        assert second.session("s").add("y")


@posix
def test_folders_that_are_made_are_ours_alone_and_their_names_are_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiermem.storage import sqlite

    synced: list[Path] = []
    monkeypatch.setattr(sqlite, "_sync_folder", synced.append)
    Memory.open(tmp_path / "a" / "b" / "memory.db").close()
    assert synced == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    assert [path.stat().st_mode & 0o777 for path in synced[1:]] == [0o700, 0o700]


def test_a_log_that_is_put_away_while_it_is_looked_at_is_an_empty_one(tmp_path: Path) -> None:
    """The last process to close a database removes its log, at any moment of somebody else's opening."""
    assert size(tmp_path / "memory.db-wal") == 0
    (tmp_path / "memory.db-wal").write_bytes(b"123")
    assert size(tmp_path / "memory.db-wal") == 3


def test_a_file_half_written_when_the_power_went_is_rolled_back_by_its_journal(file: Path) -> None:
    """Of its first transaction some pages were written and the first was not: by itself it is no database."""
    making = file.with_suffix(".making")
    connection = sqlite3.connect(making, isolation_level=None)
    connection.execute("PRAGMA cache_size=1")
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE later (body)")
    connection.executemany("INSERT INTO later VALUES (?)", [(bytes(3_000),)] * 20)
    pages = making.read_bytes()
    file.write_bytes(bytes(4_096) + pages[4_096:])
    shutil.copy(f"{making}-journal", f"{file}-journal")
    connection.close()
    assert len(pages) > 4_096
    assert size(Path(f"{file}-journal"))
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add("hello")
        assert all(proof.ok for proof in memory.verify().values())


@pytest.mark.parametrize("name", ["sqlite_autoindex_tiermem_", "CREATE TABLE tiermem_message"])
def test_a_name_in_the_schema_that_is_no_text_any_more_has_a_typed_error(file: Path, name: str) -> None:
    """What SQLite says of it is no text either, so the driver raises another error than its own."""
    Memory.open(file).close()
    body = bytearray(file.read_bytes())
    body[body.index(name.encode()) + len("sqlite")] ^= 0x80
    file.write_bytes(body)
    with pytest.raises(StorageCorrupt):
        Memory.open(file)
    assert file.read_bytes() == body
