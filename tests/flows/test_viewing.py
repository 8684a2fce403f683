"""A view that is kept is the view of now: whatever was added and decided since, here or in another process."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tiermem import Memory, Message, Session
from tiermem.settings import Thresholds

TIGHT = Thresholds(pre_rot_threshold=260, keep_recent_count=2)


def said(number: int) -> Message:
    role = ("user", "assistant", "system")[2 if number % 17 == 0 else number % 2]
    return Message(role=role, content=f"Message {number}: " + "the pump in hall two runs hot again. " * (number % 5))


def acts(session: Session, chance: random.Random, start: int) -> Callable[[], object]:
    known = session.stats().messages
    ref = f"m{chance.randint(1, max(1, known))}"
    undoable = [made for made in session.journal() if not made.undone and made.kind != "undo"]
    choices: list[Callable[[], object]] = [
        lambda: session.add([said(start), said(start + 1)]),
        lambda: session.add("x" * 900, compacted=True),
        lambda: session.manage_context(TIGHT),
        lambda: session.forget(ref),
        lambda: session.restore(ref),
        lambda: session.undo(chance.choice(undoable)) if undoable else None,
        session.clear,
    ]
    return chance.choices(choices, weights=(8, 1, 4, 2, 2, 2, 0.3))[0]


@pytest.mark.parametrize("seed", range(6))
def test_it_is_what_a_memory_shows_that_was_opened_just_now(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with Memory.open(tmp_path / "a.db") as memory, Memory.open(tmp_path / "a.db") as other:
        sessions = memory.session("s"), other.session("s")
        sessions[0].add([said(number) for number in range(8)])
        for step in range(25):
            acts(chance.choice(sessions), chance, 100 + 2 * step)()
            with Memory.open(tmp_path / "a.db", read_only=True) as fresh:
                expected = fresh.session("s").view()
            for session in sessions:
                assert session.view() == expected
                assert [message.state for message in session.view().messages] == [
                    message.state for message in expected.messages
                ]


def test_it_begins_with_the_objects_of_the_one_before_until_a_decision_is_taken(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        for zone in (None, "Asia/Shanghai"):
            session = memory.session(f"in {zone}", timezone=zone)
            session.add([said(number) for number in range(1, 9)])
            before = session.view()
            assert session.view() is before
            session.add(said(9))
            after = session.view()
            assert all(one is other for one, other in zip(after.messages, before.messages, strict=False))
            assert len(after.messages) == 9
            session.forget("m2")
            assert [message.sequence for message in session.view().messages] == [1, 3, 4, 5, 6, 7, 8, 9]


def test_views_of_several_zones_and_users_are_kept_apart(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        memory.session("s", "anna").add("I am Anna")
        memory.session("s", "berta").add("I am Berta")
        for _ in range(2):
            assert [m.text for m in memory.session("s", "anna").view().messages] == ["I am Anna"]
            assert [m.text for m in memory.session("s", "berta").view().messages] == ["I am Berta"]
            here, there = (
                memory.session("s", "anna", timezone=zone).view().messages[0].when for zone in ("UTC", "Asia/Tokyo")
            )
            assert here == there
            assert here is not None
            assert there is not None
            assert here.utcoffset() != there.utcoffset()
