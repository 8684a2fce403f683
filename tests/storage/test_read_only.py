"""A database that may not be written can be read; who asks to read only, writes nothing."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Open
from tests.faults.test_storage import WORKER, posix
from tests.faults.worker import length, message
from tests.storage.test_whose_file import contents
from tiermem import Memory, Session
from tiermem.errors import InvalidSettings, SchemaTooOld, StorageReadOnly
from tiermem.storage.sqlite import driver

ROOT = Path(__file__).parents[2]


def fill(memory: Memory) -> None:
    memory.session("s").add([message(number) for number in range(20)])
    memory.items("anna").put(("facts",), "tea", {"text": "green"}, ttl=60)


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that can be opened twice."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("opened_url"))


WRITING: tuple[Callable[[Session], object], ...] = (
    lambda session: session.add("more"),
    lambda session: session.forget("m1"),
    lambda session: session.index(),
)


def test_who_reads_only_is_answered_all_and_writes_nothing(store: Open) -> None:
    with store(counter=length) as memory:
        fill(memory)
    with store(counter=length, read_only=True) as memory:
        session = memory.session("s")
        assert memory.read_only
        assert len(session.messages()) == 20
        assert session.search("service 7")[0].message.id == "i7"
        assert session.context("service 7", 500).messages
        assert session.expand("m3").messages[0].id == "i2"
        assert memory.items("anna").get(("facts",), "tea").value == {"text": "green"}
        assert all(proof.ok for proof in memory.verify().values())
        for verb in WRITING:
            with pytest.raises(StorageReadOnly):
                verb(session)


def test_reading_leaves_a_file_and_its_folder_as_they_are(file: Path) -> None:
    with Memory.open(file, counter=length) as memory:
        fill(memory)
    before = contents(file.parent)
    with Memory.open(file, counter=length, read_only=True) as memory:
        memory.session("s").search("service 7")
        memory.verify()
    assert contents(file.parent) == before
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_commands_that_read_leave_the_file_as_it_is(file: Path) -> None:
    pytest.importorskip("typer")
    from tests.cli.command_line import ok

    with Memory.open(file, counter=length) as memory:
        fill(memory)
    before = contents(file.parent)
    for words in (["verify"], ["sessions"], ["stats", "--session", "s"], ["ask", "service 7", "--session", "s"]):
        ok(*words, "--path", str(file))
    assert contents(file.parent) == before


def test_who_reads_sees_what_another_is_writing(file: Path) -> None:
    with Memory.open(file, counter=length) as writer, Memory.open(file, counter=length, read_only=True) as reader:
        for number in range(3):
            writer.session("s").add(message(number))
            assert len(reader.session("s").messages()) == number + 1


def test_an_older_schema_is_raised_by_who_may_write_alone(file: Path) -> None:
    from tests.storage.older import lower_to_2

    Memory.open(file).close()
    lower_to_2(str(file))
    with pytest.raises(SchemaTooOld, match="open it once for writing"):
        Memory.open(file, read_only=True)
    Memory.open(file).close()
    Memory.open(file, read_only=True).close()


def test_read_only_is_yes_or_no() -> None:
    with pytest.raises(InvalidSettings, match="read_only"):
        Memory.open(":memory:", read_only="no")  # type: ignore[arg-type]


@posix
def test_what_may_not_be_written_can_be_read() -> None:
    root = Path(tempfile.mkdtemp(prefix="tm-readable-"))  # pytest's own folders are closed to other users
    root.chmod(0o755)
    files = [
        readable(root / f"{what}-{mode}", what, mode)
        for what in ("file", "folder", "both")
        for mode in ("wal", "delete")
    ]
    command = [*WORKER, "read-as-nobody", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    for file in files:
        file.parent.chmod(0o755)
    shutil.rmtree(root)
    expected = [f"{file.parent.name} 20 i7 True StorageReadOnly" for file in files]
    assert done.stdout.splitlines() == expected, done.stderr


def readable(folder: Path, what: str, mode: str) -> Path:
    """A file in *folder* of which others may not write *what*."""
    file = folder / "memory.db"
    with Memory.open(file, counter=length) as memory:
        fill(memory)
    connection = driver().connect(str(file))
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.close()
    file.chmod(0o444 if what != "folder" else 0o666)
    folder.chmod(0o555 if what != "file" else 0o777)
    return file
