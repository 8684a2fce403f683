"""A copy of a whole database, made while others write: as it was at one moment, or not there."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tests.memory.crowd import length
from tiermem import AsyncMemory, Memory
from tiermem.errors import InvalidSettings, StorageCorrupt
from tiermem.portability import backup as module


def fill(memory: Memory) -> None:
    session = memory.session("s", "anna")
    session.add([f"message {number}: we decided to raise pool {number} to 50" for number in range(40)])
    memory.knowledge("anna").add_documents("The handbook says 30 days.", source="handbook")
    memory.items("anna").put(("drinks",), "tea", {"text": "green"})


def test_a_copy_answers_as_what_was_copied(store: Open, target: str, tmp_path: Path) -> None:
    memory, copy = store(counter=length, pre_rot_threshold=600), tmp_path / "copy.db"
    fill(memory)
    if "://" in target:
        with pytest.raises(InvalidSettings, match="pg_dump"):
            memory.backup(copy)
        assert list(tmp_path.glob("*copy*")) == []
        return
    made = memory.backup(copy)
    assert (made.file, made.size, made.messages) == (copy, copy.stat().st_size, 41)
    assert os.name == "nt" or copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob("*copy*")] == ["copy.db"]
    head = memory.session("s", "anna").head()
    with Memory.open(copy, counter=length, pre_rot_threshold=600) as other:
        assert other.session("s", "anna").verify(chain=head).ok
        assert all(proof.ok for proof in other.verify().values())
        verbs: list[Callable[[Memory], Any]] = [
            lambda one: one.session("s", "anna").messages(),
            lambda one: one.session("s", "anna").view().messages,
            lambda one: one.session("s", "anna").context("pool 7", within="everything").messages,
            lambda one: one.items("anna").get(("drinks",), "tea"),
        ]
        for verb in verbs:
            assert verb(other) == verb(memory)
        other.session("s", "anna").add("only in the copy")
    assert len(memory.session("s", "anna").messages()) == 40


def test_while_others_write_it_has_what_was_acknowledged_before_and_is_whole(file: Path, tmp_path: Path) -> None:
    ended = threading.Event()
    with Memory.open(file) as memory, Memory.open(file) as another:
        fill(memory)

        def writes(place: int) -> None:
            number = 0
            while not ended.is_set():
                another.session(f"t{place}", "bob").add([f"{number} a", f"{number} b"])
                number += 1

        threads = [threading.Thread(target=writes, args=(place,)) for place in range(3)]
        for one in threads:
            one.start()
        copies = []
        for number in range(5):
            before = {name: len(memory.session(name, "bob").messages()) for name in memory.sessions("bob")}
            copies.append((before, memory.backup(tmp_path / f"copy{number}.db").file))
        ended.set()
        for one in threads:
            one.join()
    for before, copy in copies:
        with Memory.open(copy, read_only=True) as kept:
            assert all(proof.ok for proof in kept.verify().values())
            for name, count in before.items():
                texts = [one.text for one in kept.session(name, "bob").messages()]
                assert len(texts) >= count
                assert texts == [f"{number} {half}" for number in range(len(texts) // 2) for half in "ab"]


def test_what_is_there_already_is_not_touched(file: Path, tmp_path: Path) -> None:
    (taken := tmp_path / "taken.db").write_bytes(b"mine")
    (planted := tmp_path / "planted.db").symlink_to(tmp_path / "nowhere")
    with Memory.open(file) as memory:
        for path in (taken, planted, file):
            with pytest.raises(FileExistsError, match="is there already"):
                memory.backup(path)
        with pytest.raises(FileNotFoundError, match=r"no folder/copy\.db'$"):
            memory.backup(tmp_path / "no folder" / "copy.db")
        for name in (":memory:", "postgresql://server/copy"):
            with pytest.raises(InvalidSettings, match="a backup is a file"):
                memory.backup(name)
        with pytest.raises(InvalidSettings, match="names a file"):
            memory.backup("a\0b")
        with pytest.raises(InvalidSettings, match="names a file"):
            memory.backup(5)  # type: ignore[arg-type]
    assert taken.read_bytes() == b"mine"
    assert not list(tmp_path.glob("*partial*"))


def test_a_name_that_is_taken_meanwhile_stays_who_took_it(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, copied = tmp_path / "copy.db", module._copied

    def late(*given: Any, **named: Any) -> tuple[int, int]:
        copy.write_bytes(b"mine")
        return copied(*given, **named)

    monkeypatch.setattr(module, "_copied", late)
    with Memory.open(file) as memory, pytest.raises(FileExistsError):
        memory.backup(copy)
    assert copy.read_bytes() == b"mine"
    assert not list(tmp_path.glob("*partial*"))


def test_of_a_damaged_database_nothing_is_left(file: Path, tmp_path: Path) -> None:
    with Memory.open(file) as memory:
        fill(memory)
    raw = bytearray(file.read_bytes())
    raw[-2 * 4096 : -4096] = b"\x0d" + bytes(4095)  # a page of what is indexed, which opening does not read
    file.write_bytes(bytes(raw))
    with Memory.open(file) as memory, pytest.raises(StorageCorrupt):
        memory.backup(tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))


async def test_it_can_be_awaited_and_keeps_what_was_in_ram(tmp_path: Path) -> None:
    async with await AsyncMemory.open(":memory:") as memory:
        await memory.session("s").add("kept")
        await memory.backup(tmp_path / "copy.db")
    with Memory.open(tmp_path / "copy.db") as kept:
        assert [one.text for one in kept.session("s").messages()] == ["kept"]
