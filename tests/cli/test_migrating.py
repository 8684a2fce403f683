"""`tiermem migrate`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("typer")

from tests.cli.command_line import conversation, ok, refused, tiermem, write
from tiermem.migration import copying


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = str(tmp_path / "memory.db")
    ok("import", str(write(tmp_path / "t.jsonl", conversation(3))), "--session", "db", "--path", path)
    return path


def test_all_of_it_is_moved_and_said(database: str, tmp_path: Path) -> None:
    there, further = str(tmp_path / "there.db"), str(tmp_path / "further.db")
    told = ok("migrate", database, there)
    assert "rows moved to " in told
    assert "1 session looked at, 1 question asked on both sides: all the same" in told
    document = json.loads(ok("migrate", there, further, "--json"))
    assert (document["ok"], document["differences"], document["rows"]["tiermem_message"]) == (True, [], 9)
    assert ok("show", "--session", "db", "--path", further) == ok("show", "--session", "db", "--path", database)


def test_what_differs_is_listed_and_the_exit_code_says_so(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = str(tmp_path / "there.db")
    put = copying.put

    def lossy(connection: Any, wanted: Any, brought: Any, shards: Any) -> None:
        put(connection, wanted, brought[:-1] if wanted.table.name == "tiermem_message" else brought, shards)

    with monkeypatch.context() as patched:
        patched.setattr(copying, "put", lossy)
        ended = tiermem("migrate", database, there)
        document = tiermem("migrate", database, there, "--json")
    assert (ended.exit_code, document.exit_code) == (1, 1)
    assert "tiermem_message, pk 9: is missing" in ended.stdout
    assert "nobody can open it; run the command again" in ended.stdout
    assert json.loads(document.stdout)["differences"] == ["tiermem_message, pk 9: is missing"]
    assert "run it again" in refused("show", "--session", "db", "--path", there)
    assert "all the same" in ok("migrate", database, there)


def test_a_stop_is_told_and_the_same_command_goes_on(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, put, left = str(tmp_path / "there.db"), copying.put, [3]

    def interrupted(connection: Any, **named: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        put(connection, **named)

    monkeypatch.setattr(copying, "put", interrupted)
    ended = tiermem("migrate", database, there)
    assert ended.exit_code not in {0, 1}
    assert "the same command goes on from there" in ended.stdout
    assert "all the same" in ok("migrate", database, there)


def test_what_cannot_be_moved_is_refused_in_one_line(database: str, tmp_path: Path) -> None:
    assert "no such database" in refused("migrate", str(tmp_path / "none.db"), str(tmp_path / "there.db"))
    assert "has a database of tiermem already" in refused("migrate", database, database)
    assert not (tmp_path / "there.db").exists()
