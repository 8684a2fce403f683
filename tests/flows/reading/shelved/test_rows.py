"""Rows of shelves: who has them, what a question reads of them, what becomes of them when something is erased, is
damaged, or takes their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tiermem import Memory
from tiermem.index.segment import segment
from tiermem.index.shelves import packing
from tiermem.storage.schema import shelf
from tiermem.text.dialogue import Spoken

ROOM = 20_000  # bytes of `index_memory`: 45 messages do not fit
CANARY = "xylotheque"


@pytest.fixture(params=["file", "postgres"])
def memory(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Memory]:
    target = str(tmp_path / "m.db") if request.param == "file" else request.getfixturevalue("opened_url")
    with Memory.open(target, index_memory=ROOM) as opened:
        opened.wiring[0].shelf_least = 40
        yield opened


def filled(memory: Memory, user: str = "ann", sessions: int = 3) -> None:
    for place in range(sessions):
        session = memory.session(f"t{place}", user)
        session.add([f"message {number} of the garden, {place}" for number in range(29)])
        session.add(f"my {CANARY}{place} is finished")
        session.index()


def run(memory: Memory, statement: sa.Executable) -> Any:
    database: Any = memory.wiring[1]._database  # type: ignore[attr-defined]  # as the benchmarks do
    return database.write(lambda connection: _done(connection.execute(statement)))


def _done(result: sa.CursorResult[Any]) -> list[Any]:
    return list(result.all()) if result.returns_rows else []


def bodies(memory: Memory) -> bytes:
    return b"".join(bytes(body) for (body,) in run(memory, sa.select(shelf.c.body)))


def found(memory: Memory, question: str, user: str = "ann") -> list[tuple[str, float]]:
    hits = memory.session("t1", user).search(question, within="user", k=50)
    return [(hit.ref, hit.score) for hit in hits]


def test_only_a_user_whose_words_would_not_fit_has_shelves(memory: Memory) -> None:
    filled(memory, sessions=1)
    assert bodies(memory) == b""
    filled(memory, sessions=3)
    heads = run(memory, sa.select(shelf.c.owner).where(shelf.c.part == packing.HEAD))
    assert heads
    filled(memory, "bob", sessions=1)
    assert len(set(run(memory, sa.select(shelf.c.owner)))) == 1


def test_who_has_shelves_already_is_seen_to_by_a_question(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as before:
        filled(before)
    with Memory.open(tmp_path / "m.db", index_memory=ROOM) as memory:
        memory.wiring[0].shelf_least = 40
        first = found(memory, f"{CANARY}1 garden")
        memory.settle()
        assert bodies(memory)
        assert found(memory, f"{CANARY}1 garden") == first


def test_a_message_that_is_erased_leaves_its_shelves(memory: Memory, tmp_path: Path) -> None:
    filled(memory)
    assert f"{CANARY}1".encode() in bodies(memory)
    memory.session("t1", "ann").erase("m30")
    memory.settle()
    assert f"{CANARY}1".encode() not in bodies(memory)
    assert all(f"{CANARY}1".encode() not in path.read_bytes() for path in tmp_path.glob("m.db*"))
    assert all("m30" not in ref for ref, _ in found(memory, f"{CANARY}1") if not ref.startswith("t"))
    assert all(proof.ok for proof in memory.verify().values())


def test_a_session_and_a_user_that_are_erased_leave_theirs(memory: Memory) -> None:
    filled(memory)
    filled(memory, "bob")
    memory.session("t1", "ann").erase()
    assert f"{CANARY}1".encode() in bodies(memory)  # bob's
    memory.erase("bob")
    assert f"{CANARY}1".encode() not in bodies(memory)
    memory.erase("ann")
    assert bodies(memory) == b""


@pytest.mark.parametrize("part", [packing.HEAD, packing.COLUMNS, packing.SPELLING, packing.TERMS])
def test_damage_changes_no_answer_and_is_told(memory: Memory, part: int) -> None:
    filled(memory)
    sound = found(memory, f"{CANARY}1 garden")
    run(memory, shelf.update().where(shelf.c.part == part).values(body=b"\x01\x00\x00\x00"))
    memory.wiring[0].drop_caches()
    assert found(memory, f"{CANARY}1 garden") == sound
    problems = [problem for proof in memory.verify().values() for problem in proof.problems]
    assert any("tiermem_shelf" in problem for problem in problems)


def test_a_shelf_that_others_replaced_in_the_middle_changes_no_answer(memory: Memory) -> None:
    filled(memory)
    sound = found(memory, f"{CANARY}1 garden")
    run(memory, shelf.delete().where(shelf.c.part >= packing.TERMS))
    memory.wiring[0].drop_caches()
    assert found(memory, f"{CANARY}1 garden") == sound


def test_a_question_reads_the_blocks_of_its_words() -> None:
    said = [Spoken(number, 0.0, "", [f"word{number}", "every"], "user", [], 127, 0) for number in range(1, 2_049)]
    head, _, spelling, *blocks = packing.packed([(7, segment(said))])
    known = packing.head(head)
    assert (known.spans, known.messages, len(blocks)) == ([(7, 1, 2_048)], 2_048, 32)
    block = blocks[known.part_of("word99") - packing.TERMS]
    assert len(block) < sum(map(len, blocks)) / 10
    rows, often = packing.postings(block, ["word99", "word98765"], 100)["word99"]
    assert (rows.tolist(), often.tolist()) == ([198], [1])
    every = packing.postings(blocks[known.part_of("every") - packing.TERMS], ["every"], 0)["every"]
    assert every[0].tolist() == list(range(2_048))
    assert (
        dict(zip(packing.spelling(spelling).words, packing.spelling(spelling).often.tolist(), strict=True))["every"]
        == 2_048
    )
    for stored in (head, spelling, block):
        with pytest.raises(ValueError, match=r"."):
            {head: packing.head, spelling: packing.spelling, block: lambda cut: packing.postings(cut, [], 0)}[stored](
                stored[:-5] if stored is block else stored[:3]
            )
