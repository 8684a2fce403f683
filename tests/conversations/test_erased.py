"""What was erased counts nowhere, and no word of it is kept beside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.flows.effects import Read
from tiermem.storage.tables.talk import conversation, tally

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def words(memory: Memory) -> set[str]:
    """Every word that is counted of anybody."""
    query = sa.select(tally.c.name).where(tally.c.kind == "word")
    return set(memory.drive(_one(Read(lambda connection: list(connection.execute(query).scalars())))))


def _one(effect: Any) -> Any:
    return (yield effect)


@pytest.fixture
def memory(store: Open) -> Memory:
    opened = store()
    for user, name, texts in (
        ("anna", "a", ["guitar", "wombat", "guitar and wombat"]),
        ("anna", "b", ["guitar quokka", "我爱钢琴"]),
        ("ben", "a", ["guitar wombat"]),
    ):
        session = opened.session(name, user)
        session.add([Message(role="user", content=text, created_at=START) for text in texts])
        session.index()
    return opened


def sound(memory: Memory) -> bool:
    return all(proof.ok for proof in memory.verify().values())


def test_a_message_that_is_erased_counts_nowhere(memory: Memory) -> None:
    memory.session("b", "anna").erase("m1")
    assert "quokka" not in words(memory)
    assert sound(memory)
    memory.session("b", "anna").index()
    assert words(memory) == {"guitar", "wombat", "钢琴"}
    assert {one.name: one.count for one in memory.interests("anna").keywords} == {"guitar": 2, "wombat": 2, "钢琴": 1}
    assert (memory.interests("anna").turns, memory.interests("anna").conversations) == (4, 2)
    assert [turn.ref for turn in memory.turns("anna", "quokka")] == []
    assert sound(memory)


def test_a_session_that_is_erased_counts_nowhere(memory: Memory) -> None:
    memory.session("b", "anna").erase()
    assert words(memory) == {"guitar", "wombat"}
    found = memory.interests("anna")
    assert {one.name: (one.count, one.ref) for one in found.keywords} == {"guitar": (2, "a/m3"), "wombat": (2, "a/m3")}
    assert (found.conversations, [one.session for one in memory.conversations("anna")]) == (1, ["a"])
    assert sound(memory)


def test_a_user_who_is_erased_counts_nowhere_and_others_stay(memory: Memory) -> None:
    memory.erase("anna")
    assert memory.interests("anna").turns == 0
    assert memory.turns("anna") == []
    assert memory.interests("ben").turns == 1
    counted = memory.drive(_one(Read(lambda connection: connection.execute(sa.select(conversation)).all())))
    assert len(counted) == 1
    assert sound(memory)
