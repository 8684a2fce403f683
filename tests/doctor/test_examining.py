"""What the doctor sees of a real file and a real server; it changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.memory.crowd import length
from tiermem import Memory
from tiermem.doctor import examine
from tiermem.doctor.files import filesystem, users_of
from tiermem.errors import StorageError

MOUNTS = "/dev/a / ext4 rw 0 0\nhost:/x /data nfs4 rw 0 0\ntmpfs /data/my\\040tmp tmpfs rw 0 0\n"


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Not in RAM, which nobody else can look at."""
    return str(tmp_path / "memory.db") if request.param == "file" else request.getfixturevalue("opened_url")


def test_what_a_database_holds_is_counted(store: Open, target: str) -> None:
    memory = store(counter=length, index_batch=1_000)
    memory.session("a", "ann").add(["one", "two", "three"])
    memory.session("b", "ann").add("four")
    memory.session("a", "bob").add("five")
    memory.session("a", "ann").fork("m2", "c").add("six")  # what it shares counts once
    held = examine(target).symptoms.held
    assert (held.users, held.sessions, held.messages, held.largest, held.behind) == (
        2,
        4,
        6,
        5,
        3,
    )  # the fork had its parent's indexed
    for session in (memory.session(*one) for one in (("a", "ann"), ("b", "ann"), ("a", "bob"), ("c", "ann"))):
        session.index()
    assert examine(target).symptoms.held.behind == 0


def test_who_was_erased_is_counted_no_more(target: str) -> None:
    with Memory.open(target, counter=length) as memory:
        for user in ("ann", "bob"):
            memory.session("s", user).add(["a cat", "a dog"])
        memory.erase("ann")
    held = examine(target).symptoms.held
    assert (held.users, held.sessions, held.messages, held.largest) == (1, 1, 2, 2)


def test_a_file_is_looked_at_and_left_as_it_is(file: Path) -> None:
    with Memory.open(file, counter=length) as memory:
        memory.session("s").add("hello")
    before = sha256(file.read_bytes()).digest()
    seen = examine(file).symptoms
    assert (seen.kind, seen.log, seen.writers, seen.shared_file) == ("sqlite", 0, 0, False)
    assert seen.size == file.stat().st_size
    assert seen.write is not None
    assert seen.settings["journal_mode"] in {"wal", "delete"}
    assert sha256(file.read_bytes()).digest() == before
    assert [one.name for one in file.parent.iterdir()] == [file.name]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems do not list who has a file open")
def test_who_has_the_file_open_is_counted(file: Path) -> None:
    Memory.open(file, counter=length).close()
    command = [sys.executable, "-c", "import sys; f = open(sys.argv[1], 'rb'); print(flush=True); sys.stdin.read()"]
    with subprocess.Popen([*command, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert users_of(file) == 1
        other.communicate()
    assert users_of(file) == 0


@pytest.mark.parametrize(
    ("path", "kind"), [("/home/m.db", "ext4"), ("/data/m.db", "nfs4"), ("/data/my tmp/m.db", "tmpfs")]
)
def test_the_file_system_is_that_of_the_nearest_mount(path: str, kind: str) -> None:
    assert filesystem(Path(path), MOUNTS) == kind


def test_a_server_is_looked_at(opened_url: str) -> None:
    found = examine(opened_url)
    seen = found.symptoms
    assert (seen.kind, found.serves) == ("postgresql", "postgresql")
    assert seen.size > 1 << 20
    assert seen.write is not None
    assert (seen.settings["autovacuum"], seen.settings["in_recovery"]) == ("off", "no")
    assert "installed" in seen.settings["pgvector"]
    assert [one.what.split(" is ")[0] for one in found.advice if one.severity == "fault"] == [
        "fsync",  # as the tests have it
        "full_page_writes",
    ]
    assert not found.ok
    engine = sa.create_engine(sa.make_url(opened_url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tiermem_session").scalar_one() == 0
    engine.dispose()


@pytest.mark.parametrize("wrong", ["postgresql://nobody@127.0.0.1:1/x", "no-such.db"])
def test_what_is_not_there_is_said(wrong: str, tmp_path: Path) -> None:
    with pytest.raises((StorageError, FileNotFoundError)):
        examine(wrong if "://" in wrong else tmp_path / wrong)
    assert not list(tmp_path.iterdir())


def test_the_command_line_says_it_and_its_exit_code_too(file: Path) -> None:
    pytest.importorskip("typer")
    from tests.cli.command_line import refused, tiermem

    with Memory.open(file, counter=length) as memory:
        memory.session("s").add("hello")
    told = tiermem("doctor", str(file))
    assert "1 user, 1 session, 1 message" in told.stdout
    document: dict[str, Any] = json.loads(tiermem("doctor", str(file), "--json").stdout)
    assert document["symptoms"]["held"]["messages"] == 1
    assert told.exit_code == (0 if document["ok"] else 1)
    file.chmod(0o644)
    worse = tiermem("doctor", str(file))
    assert worse.exit_code == 1
    assert f"chmod 600 {file}" in worse.stdout
    assert "no such database" in refused("doctor", str(file) + "x")
