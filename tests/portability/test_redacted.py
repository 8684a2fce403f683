"""A copy of what is held of a user, without what somebody who reads it may not see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.portability.holdings import live, opened
from tests.redaction.private import SECRET, redactor
from tiermem import AsyncMemory, Memory
from tiermem.errors import InvalidExport, InvalidSettings, RedactionFailed
from tiermem.histories import reading as histories
from tiermem.histories.bringing import bring
from tiermem.portability.files import twin_of
from tiermem.portability.lines import HEADER, MANIFEST, kind_of, parsed
from tiermem.portability.redacting import DROPPED, LEFT_OUT
from tiermem.portability.verifying import verify_export

HEX = re.compile(r"[0-9a-f]{8}")
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


def test_no_id_or_name_is_left_that_is_made_of_words(tmp_path: Path) -> None:
    """Ids of imported messages, and names of sessions that an import makes, are hashes of what was said."""
    told = [{"role": "user", "content": f"Write to {SECRET}."}, {"role": "assistant", "content": "ok"}]
    tuning = [json.dumps({"messages": told}), json.dumps({"messages": told[::-1]})]
    (tmp_path / "told.jsonl").write_text("\n".join(tuning), "utf-8")
    with Memory.open(":memory:") as memory:
        for file in histories.read(tmp_path / "told.jsonl"):
            for conversation in file.conversations:
                bring(memory, conversation)
        names = memory.sessions()
        assert all(HEX.search(name) for name in names)
        assert all(HEX.search(str(message.id)) for name in names for message in memory.session(name).messages())
        memory.export("default", tmp_path / "copy.jsonl", redactor=redactor)
    lines = lines_of(tmp_path / "copy.jsonl")[:-1]  # the last one has hashes of the lines as they stand there
    assert not [raw for raw in [*lines, *lines_of(tmp_path / "copy.md")] if HEX.search(raw.decode())]


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
