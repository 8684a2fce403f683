"""What happens when the disk or the file is not as it should be: a typed error, nothing lost, and work goes on."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import crash
from tests.faults.worker import length, message
from tiermem import Memory
from tiermem.errors import SchemaTooNew, StorageCorrupt, StorageError, StorageFull, StorageMoved, StorageReadOnly
from tiermem.storage.sqlite import driver, journal_mode

ROOT = Path(__file__).parents[2]
WORKER = [sys.executable, "-m", "tests.faults.worker"]
DRIVERS = ("safe", "fallback")
posix = pytest.mark.skipif(os.name != "posix", reason="users, limits and signals are those of POSIX")
needs_strace = pytest.mark.skipif(bool(crash.missing()), reason=crash.missing() or "there is strace")


def stored(file: Path) -> list[str]:
    with Memory.open(file, counter=length) as memory:
        assert all(found.ok for found in memory.verify().values())
        return [one.id for one in memory.session("s").messages()]


def outcomes(lines: str) -> tuple[list[str], set[str]]:
    """The acknowledged ids and the kinds of errors in what a worker told."""
    words = [line.split() for line in lines.splitlines()]
    return [w[1] for w in words if w[0] == "ok"], {w[1] for w in words if w[0] == "error"}


def sum_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(params=DRIVERS)
def linked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which driver the workers use."""
    monkeypatch.setenv("TIERMEM_TEST_DRIVER", request.param)
    return str(request.param)


@pytest.mark.sampled(2)
@needs_strace
@pytest.mark.parametrize(
    ("calls", "error", "expected"),
    [
        ("pwrite64", "ENOSPC", {"StorageFull"}),
        ("fdatasync,fsync", "EIO", {"StorageError"}),
        ("pwrite64", "EIO", {"StorageError"}),
    ],
)
def test_a_disk_that_fails_gives_a_typed_error_and_loses_nothing(
    linked: str, file: Path, calls: str, error: str, expected: set[str]
) -> None:
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add(message(0))
    names = [part for end in ("", "-wal", "-journal") for part in ("-P", f"{file}{end}")]
    inject = ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}:when=4..9"]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", *names, *inject, *WORKER, "add", str(file), "30"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    acknowledged, errors = outcomes(done.stdout)
    assert errors == expected
    assert acknowledged
    assert "i29" in acknowledged  # it works again once the disk does
    kept = stored(file)
    assert set(acknowledged) <= set(kept)
    assert len(set(kept)) == len(kept)


@posix
def test_a_full_disk_stops_no_one_for_good(linked: str, file: Path) -> None:
    """A limit on the size of files stands for a full disk: the kernel refuses to let them grow."""
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add(message(0))
    limit = file.stat().st_size + 40_000

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [*WORKER, "add", str(file), "200"], capture_output=True, text=True, cwd=ROOT, check=False, preexec_fn=limited
    )
    assert done.returncode == 0, done.stderr
    acknowledged, errors = outcomes(done.stdout)
    assert errors
    assert errors <= {"StorageError", "StorageFull"}
    assert set(acknowledged) <= set(stored(file))
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add([message(number) for number in range(200)])
    assert len(stored(file)) == 200


def test_a_failure_inside_a_shared_transaction_acknowledges_nobody_who_was_rolled_back(file: Path) -> None:
    """SQLite rolls the whole transaction back when the disk is full, also the savepoints released before."""
    from tiermem.settings import Settings
    from tiermem.storage import sqlite
    from tiermem.storage.connecting.writer import Writer, _Job

    sqlite.prepare(file)
    writer = Writer(sqlite.engine(file, Settings(), immediate=True).connect)
    writer.run(lambda c: c.exec_driver_sql("CREATE TABLE t (x)"))

    def insert(value: int) -> object:
        return lambda c: c.exec_driver_sql(f"INSERT INTO t VALUES ({value})")

    def full(connection: object) -> None:
        connection.exec_driver_sql("ROLLBACK")  # type: ignore[attr-defined]
        raise StorageFull("full")

    jobs = [_Job(insert(1)), _Job(full), _Job(insert(2))]  # type: ignore[arg-type]
    writer._waiting.extend(jobs)
    writer._commit_group()
    kept = {row[0] for row in writer.run(lambda c: c.exec_driver_sql("SELECT x FROM t").all())}
    assert all(job.error is not None for job in jobs)
    assert kept == set()


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_cannot_be_written_is_said_to_be_read_only(what: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tm-readable-"))  # pytest's own folders are closed to other users
    if what == "file":
        with Memory.open(folder / "memory.db", counter=length) as memory:
            memory.session("s").add(message(0))
        (folder / "memory.db").chmod(0o444)
    folder.chmod(0o555)
    command = [*WORKER, "add-as-nobody", str(folder / "memory.db"), "3"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    folder.chmod(0o755)
    acknowledged, errors = outcomes(done.stdout)
    shutil.rmtree(folder)
    assert (acknowledged, errors) == ([], {StorageReadOnly.__name__}), done.stdout + done.stderr


@pytest.mark.parametrize("content", [b"Dear diary, " * 1_000, b"PK\x03\x04" + b"\x00" * 5_000, b"SQLite"])
def test_a_file_of_another_kind_is_refused_and_left_as_it_is(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    before = sum_of(file)
    with pytest.raises(StorageCorrupt):
        Memory.open(file)
    assert sum_of(file) == before
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_truncated_file_is_an_error_and_never_an_answer_with_holes(file: Path, share: float) -> None:
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add([message(number) for number in range(300)])
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(StorageError):
        stored(file)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_newer_schema_is_refused_and_left_as_it_is(file: Path, mode: str) -> None:
    Memory.open(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA journal_mode={mode}")
        connection.execute("UPDATE tiermem_meta SET value = '999' WHERE key = 'version'")
    connection.close()
    before = sum_of(file)
    with pytest.raises(SchemaTooNew, match="999"):
        Memory.open(file)
    assert sum_of(file) == before


@posix
@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_file_that_goes_away_under_an_open_memory_is_noticed(file: Path, how: str) -> None:
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add(message(0))
        if how == "replaced":
            shutil.copy(file, file.with_suffix(".copy"))
            file.with_suffix(".copy").replace(file)
        else:
            file.unlink()
        session = memory.session("s")
        verbs: tuple[Callable[[], object], ...] = (lambda: session.add(message(1)), session.messages)
        for verb in verbs:
            with pytest.raises(StorageMoved):
                verb()


@needs_strace
def test_a_committed_turn_costs_one_fsync(file: Path) -> None:
    count = 200
    if journal_mode(driver().sqlite_version_info, "full")[0] != "WAL":
        pytest.skip("no SQLite that is safe in WAL mode is linked here; the fallback needs five")
    Memory.open(file).close()

    def syncs(adds: int) -> int:
        command = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-c",
            "-e",
            "trace=fsync,fdatasync",
            *WORKER,
            "add",
            str(file),
            str(adds),
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert f"ok i{adds - 1}" in done.stdout
        rows = [line.split() for line in done.stderr.splitlines()]  # % time, seconds, usecs/call, calls, …, syscall
        return sum(int(row[3]) for row in rows if row and row[-1] in {"fsync", "fdatasync"})

    fixed_cost = syncs(1)
    each = (syncs(count) - fixed_cost) / (count - 1)
    print(f"{each:.3f} fsyncs a turn")
    assert 0.9 <= each <= 1.1  # the checkpoint of the log is the tenth above one
