"""No byte of what was erased is in any file of the database, whoever writes meanwhile and wherever a process ends."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import tiermem.storage.sqlite as opening
from tests.erasure.lives import SMALL, ByLetters, answers, found_in, live
from tiermem import Memory, Message
from tiermem.erasure import erasing
from tiermem.flows.effects import Effect
from tiermem.runtime.handler import Direct
from tiermem.settings import scope_of

ANNA, BOB = "zyxxyquark", "vupptorin"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with both users, closed."""
    folder = tmp_path_factory.mktemp("whole")
    with opened(folder) as memory:
        live(memory, "anna", ANNA)
        live(memory, "bob", BOB)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole, tmp_path / "kept"))


@pytest.fixture
def rollback_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written where SQLite's log is not safe."""
    monkeypatch.setattr(opening, "driver", lambda: sqlite3)
    monkeypatch.setattr(opening, "journal_mode", lambda *_: ("DELETE", "EXTRA"))


def opened(folder: Path) -> Memory:
    return Memory.open(folder / "memory.db", **SMALL, embedder=ByLetters())


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.suffix != ".db-shm")


def test_no_byte_is_left_while_the_memory_is_open(folder: Path) -> None:
    assert found_in(folder, ANNA)
    with opened(folder) as memory:
        answers(memory, "anna", ANNA)
        receipt = memory.erase("anna")
        assert receipt.complete
        assert found_in(folder, ANNA) == {}
        assert found_in(folder, BOB)
    assert found_in(folder, ANNA) == {}


def test_nor_where_there_is_a_rollback_journal(rollback_journal: None, tmp_path: Path) -> None:
    with opened(tmp_path) as memory:
        live(memory, "anna", ANNA)
        assert memory.erase("anna").complete
        assert found_in(tmp_path, ANNA) == {}
        assert sorted(path.name for path in tmp_path.iterdir()) == ["memory.db"]


def test_no_byte_of_a_message_is_left(folder: Path) -> None:
    with opened(folder) as memory:
        memory.session("friday", "anna").add(["tulips", "the quizzaciously pool", "roses"])
        memory.session("friday", "anna").index()
        memory.settle(60)
        memory.session("friday", "anna").erase("m2")
        assert found_in(folder, "quizzaciously") == {}
        assert found_in(folder, ANNA)


def test_a_file_becomes_smaller_where_that_is_asked_for(folder: Path) -> None:
    with opened(folder) as memory:
        memory.session("long", "anna").add([f"{n} {ANNA} " * 50 for n in range(300)])
        full = size(folder)
        assert memory.erase("anna", vacuum=True).complete
        assert size(folder) < full / 2
        assert memory.verify()


def test_what_is_read_all_the_time_is_pending_and_said_to_be(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "memory.db", busy_timeout=0.2) as memory:
        if memory.wiring[1]._database._transactions.engine.dialect.dbapi.sqlite_version_info < (3, 51, 3):  # type: ignore[union-attr]
            pytest.skip("there is no log")
        memory.session("s", "anna").add(ANNA)
        reader = opening.driver().connect(str(tmp_path / "memory.db"))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tiermem_message").fetchone()
        receipt = memory.erase("anna")
        assert "log" in receipt.pending[0]
        assert not receipt.complete
        reader.close()
        assert memory.erase("anna").complete
        assert found_in(tmp_path, ANNA) == {}


class Ended(BaseException):
    """The process ends here."""


def ended_after(direct: Direct, number: int) -> Callable[[Effect], Any]:
    """Does *number* effects; then the process ends."""
    left = number

    def perform(effect: Effect) -> Any:
        nonlocal left
        if not left:
            raise Ended
        left -= 1
        return direct.act(effect)

    return perform


def ended(folder: Path, number: int) -> bool:
    """Whether an erasure ends before its *number*-th effect, on a copy of what is in *folder*."""
    memory = opened(folder)
    core, performer = memory.wiring
    flow = erasing.of_user(core, scope_of("-", "anna"), "asked for", dry_run=False, vacuum=False)
    perform = ended_after(performer._direct, number)
    try:
        effect = next(flow)
        while True:
            effect = flow.send(perform(effect))
    except Ended:
        return True
    except StopIteration:
        return False
    finally:
        memory.close()


def test_wherever_the_process_ends_it_was_not_begun_or_is_finished_at_the_next_opening(
    folder: Path, tmp_path: Path
) -> None:
    number, seen = 0, set[bool]()
    while True:
        copy = tmp_path / str(number)
        shutil.copytree(folder, copy)
        cut = ended(copy, number)
        with Memory.open(copy / "memory.db", **SMALL) as memory:
            begun = not memory.sessions("anna")
            seen.add(begun)
            assert any(answers(memory, "anna", ANNA)) != begun
            assert (found_in(copy, ANNA) == {}) == begun
            assert {proof.problems for proof in memory.verify().values()} == {()}
        if not cut:
            break
        number += 1
    assert seen == {True, False}
    assert number > 8


def test_others_write_meanwhile_and_lose_nothing(folder: Path) -> None:
    with opened(folder) as memory:
        errors: list[Exception] = []

        def writes(name: str) -> None:
            try:
                for n in range(25):
                    memory.session(name, "bob").add(Message(role="user", content=f"{BOB} {n}", id=f"{name}{n}"))
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=partial(writes, f"w{n}")) for n in range(3)]
        for thread in threads:
            thread.start()
        receipt = memory.erase("anna")
        for thread in threads:
            thread.join()
        memory.settle(60)
        assert errors == []
        assert [memory.session(f"w{n}", "bob").stats().messages for n in range(3)] == [25, 25, 25]
        assert memory.verify_erased(receipt).ok
        assert all(proof.ok for proof in memory.verify().values())
    assert found_in(folder, ANNA) == {}


def test_a_backup_from_before_still_has_it_and_that_is_said(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "backup")
    with opened(folder) as memory:
        receipt = memory.erase("anna")
        assert memory.verify_erased(receipt).ok
    with Memory.open(tmp_path / "backup" / "memory.db", read_only=True) as backup:
        problems = backup.verify_erased(receipt).problems
    assert any("a copy from before" in problem for problem in problems)
    assert any("messages that were erased stand in a session of the user" in problem for problem in problems)
    assert any("items of the user" in problem for problem in problems)


def test_another_process_that_has_it_open_shows_nothing_and_leaves_nothing(folder: Path) -> None:
    program = f"""
import sys
from tests.erasure.test_files import opened, Path, answers
with opened(Path({str(folder)!r})) as memory:
    print(any(answers(memory, "anna", {ANNA!r})), flush=True)
    sys.stdin.readline()
    print(any(answers(memory, "anna", {ANNA!r})), flush=True)
    memory.session("monday", "anna").add("tulips")
    print([one.text for one in memory.session("monday", "anna").messages()], flush=True)
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as other:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == "True\n"
        with opened(folder) as memory:
            assert memory.erase("anna").complete
        other.stdin.write("\n")
        other.stdin.flush()
        assert other.stdout.read().splitlines() == ["False", "['tulips']"]
    assert found_in(folder, ANNA) == {}


def test_no_byte_is_left_on_a_server_once_it_is_vacuumed(postgres: str, opened_url: str) -> None:
    import sqlalchemy as sa

    with Memory.open(opened_url, **SMALL, embedder=ByLetters()) as memory:
        live(memory, "anna", ANNA)
        live(memory, "bob", BOB)
        engine = memory.wiring[1]._database._transactions.engine
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")  # so the planner keeps samples of values
            data = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
            oid = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()").scalar()
            assert "VACUUM FULL" in memory.erase("anna", dry_run=False).pending[0]
            receipt = memory.erase("anna", vacuum=True)
            connection.exec_driver_sql("CHECKPOINT")
            assert receipt.complete
            assert any("WAL" in line for line in receipt.not_ours)
            assert found_in(data / "base" / str(oid), ANNA) == {}
            assert found_in(data / "base" / str(oid), BOB)
            assert connection.execute(sa.text("SELECT count(*) FROM tiermem_message")).scalar_one() > 5
