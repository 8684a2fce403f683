"""A copy of what is held of a user, without what somebody who reads it may not see."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.portability.holdings import live, opened
from tests.redaction.private import SECRET, redactor
from tiermem import AsyncMemory, Memory
from tiermem.errors import InvalidExport, InvalidSettings, RedactionFailed
from tiermem.portability.files import twin_of
from tiermem.portability.lines import HEADER, MANIFEST, kind_of, parsed
from tiermem.portability.redacting import DROPPED, LEFT_OUT
from tiermem.portability.verifying import verify_export

HIDDEN = (SECRET.encode(), SECRET.encode().hex().encode())


def lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines()


@pytest.fixture
def copies(target: str, tmp_path: Path) -> tuple[Path, Path]:
    """All that is held of somebody whose mail stands in everything, and the copy that is for others."""
    whole, redacted = tmp_path / "whole.jsonl", tmp_path / "redacted.jsonl"
    with opened(target) as memory:
        live(memory, SECRET, SECRET)
        memory.export(SECRET, whole)
        assert memory.export(SECRET, redacted, redactor=redactor).redacted
    return whole, redacted


def test_nothing_that_is_taken_out_is_in_a_redacted_copy(copies: tuple[Path, Path]) -> None:
    whole, redacted = copies
    for file in (whole, twin_of(whole)):
        assert SECRET.encode() in file.read_bytes()
    for file in (redacted, twin_of(redacted)):
        assert not [one for one in HIDDEN if one in file.read_bytes()]
        assert b"I live in [EMAIL], " in file.read_bytes()


def test_a_redacted_copy_has_every_other_line_and_nothing_that_words_could_be_tried_against(
    copies: tuple[Path, Path],
) -> None:
    whole, redacted = map(lines_of, copies)
    assert {*map(kind_of, whole)} > LEFT_OUT
    assert [kind_of(raw) for raw in whole if kind_of(raw) not in LEFT_OUT] == [*map(kind_of, redacted)]
    for raw in redacted:
        if kind_of(raw) not in {HEADER, MANIFEST}:
            assert DROPPED.isdisjoint(parsed(raw, 0))


def test_a_redacted_copy_is_neither_imported_nor_verified(copies: tuple[Path, Path]) -> None:
    with Memory.open(":memory:") as memory:
        with pytest.raises(InvalidExport, match="redacted, so it is for reading"):
            memory.import_(copies[1])
        assert memory.sessions(SECRET) == []
    with pytest.raises(InvalidExport, match="redacted, so it is for reading"):
        verify_export(copies[1])


def test_a_redactor_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def fails(_: str) -> str:
        raise RuntimeError("no model")

    with Memory.open(":memory:") as memory:
        memory.session("s").add("hello")
        with pytest.raises(RedactionFailed, match="RuntimeError; nothing was written"):
            memory.export("default", tmp_path / "copy.jsonl", redactor=fails)
        with pytest.raises(InvalidSettings, match="redactor is a function"):
            memory.export("default", tmp_path / "copy.jsonl", redactor="mails")  # type: ignore[arg-type]
    assert [*tmp_path.iterdir()] == []


async def test_a_loop_writes_the_same_copy(file: Path, tmp_path: Path) -> None:
    with Memory.open(file) as memory:
        memory.session("s").add(f"Write to {SECRET}.")
        memory.export("default", tmp_path / "one.jsonl", redactor=redactor)
    async with await AsyncMemory.open(file) as memory:
        await memory.export("default", tmp_path / "other.jsonl", redactor=redactor)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()
