"""What follows from what was seen of a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tiermem.doctor.advising import advised
from tiermem.doctor.report import Holdings, Symptoms

HELD = Holdings(users=3, sessions=4, messages=500, largest=300, behind=0)
FILE = Symptoms(
    name="m.db", kind="sqlite", held=HELD, size=1 << 30, log=0, unused=0.01, writers=2, write=0.004, filesystem="ext4",
    shared_file=False, settings={"journal_mode": "wal", "sqlite_version": "3.53.4"},
)  # fmt: skip
ON = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "autovacuum": "on", "in_recovery": "no"}
VECTORS = {"vectors": str(500 << 20), "compares_vectors": "no", "pgvector": "available, not installed"}
SERVER = Symptoms(
    name="postgresql://db", kind="postgresql", held=HELD, size=1 << 30, unused=0.01, writers=20, most_writers=100,
    write=0.004, settings=ON,
)  # fmt: skip


NOT_SERVED = replace(SERVER, settings={**ON, **VECTORS, "pgvector": "not on this server"})
COMPARES = replace(SERVER, settings={**ON, **VECTORS, "compares_vectors": "yes"})


@pytest.mark.parametrize("well", [FILE, SERVER, NOT_SERVED, COMPARES], ids=["file", "server", "without", "with"])
def test_what_is_well_needs_nothing(well: Symptoms) -> None:
    found = advised(well)
    assert (found.serves, found.advice, found.ok) == (well.kind, (), True)


@pytest.mark.parametrize(
    ("changed", "severity", "words", "do"),
    [
        ({"filesystem": "nfs4"}, "fault", "nfs4", "tiermem migrate"),
        ({"filesystem": "tmpfs"}, "fault", "ends with the machine", "disk"),
        ({"shared_file": True}, "fault", "every user of this machine", "chmod 600 m.db"),
        ({"settings": {"journal_mode": "delete"}}, "advice", "journal mode is delete", "SQLite"),
        ({"log": 100 << 20}, "advice", "its log has 104,857,600 bytes", "reads"),
        ({"unused": 0.6}, "advice", "60% of the file is free", "tiermem backup"),
        ({"write": 0.2}, "advice", "200 ms", "relaxed"),
        ({"held": replace(HELD, behind=9_000)}, "advice", "9,000 messages wait", "session.index()"),
        ({"held": replace(HELD, largest=5_800_000)}, "advice", "5,800,000 messages", "index_memory"),
    ],
)
def test_what_is_wrong_with_a_file(changed: dict[str, object], severity: str, words: str, do: str) -> None:
    (advice,) = advised(replace(FILE, **changed)).advice  # type: ignore[arg-type]
    assert advice.severity == severity
    assert words in advice.what
    assert do in advice.do


@pytest.mark.parametrize(
    ("changed", "severity", "words"),
    [
        ({"settings": {**ON, "fsync": "off"}}, "fault", "fsync is off"),
        ({"settings": {**ON, "synchronous_commit": "off"}}, "fault", "acknowledged"),
        ({"settings": {**ON, "autovacuum": "off"}}, "advice", "dead rows"),
        ({"settings": {**ON, "in_recovery": "yes"}}, "advice", "replica"),
        ({"unused": 0.5}, "advice", "50% of its rows are dead"),
        ({"settings": {**ON, **VECTORS}}, "advice", "one user has about 300 MB of vectors"),
        ({"writers": 95}, "advice", "5 connections are free"),
    ],
)
def test_what_is_wrong_with_a_server(changed: dict[str, object], severity: str, words: str) -> None:
    (advice,) = advised(replace(SERVER, **changed)).advice  # type: ignore[arg-type]
    assert advice.severity == severity
    assert words in advice.what


@pytest.mark.parametrize("changed", [{"filesystem": "nfs"}, {"writers": 12}])
def test_a_server_serves_where_a_file_does_not(changed: dict[str, object]) -> None:
    assert advised(replace(FILE, **changed)).serves == "postgresql"  # type: ignore[arg-type]


def test_small_databases_are_not_nagged() -> None:
    assert advised(replace(FILE, size=1 << 20, unused=0.9)).advice == ()


def test_what_cannot_be_told_is_no_reason() -> None:
    unknown = Symptoms(name="m.db", kind="sqlite", held=HELD, size=1 << 30)
    assert advised(unknown).advice == ()
