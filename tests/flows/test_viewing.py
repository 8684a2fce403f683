"""A view that is kept is the view of now: whatever was added and decided since, here or in another process."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tiermem import Memory, Message, Session, ToolCall
from tiermem.errors import InvalidMessage
from tiermem.flows import window_state
from tiermem.flows.effects import Flow, Transact
from tiermem.flows.writing.commit import commit
from tiermem.records import Decision
from tiermem.settings import Thresholds

TIGHT = Thresholds(pre_rot_threshold=260, keep_recent_count=2)


def said(number: int) -> Message:
    role = ("user", "assistant", "system")[2 if number % 17 == 0 else number % 2]
    text = f"Message {number}: " + "the pump in hall two runs hot again. " * (number % 5)
    if number % 11 == 3:
        asked = (ToolCall(f"call-{number}", "gauge", {"hall": [number]}),)
        return Message(role="assistant", content=None, tool_calls=asked, raw={"kwargs": {"n": number}})
    if number % 11 == 4:
        block = {"type": "text", "text": text}
        return Message(role="tool", content=[block], tool_call_id=f"call-{number - 1}", state={"n": number})
    return Message(role=role, content=text, pinned=number % 13 == 0)


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
                expected, window = fresh.session("s").view(), loaded(fresh.session("s"))
            for session in sessions:
                assert loaded(session) == window
                assert session.view() == expected
                assert [kept(message) for message in session.view().messages] == [*map(kept, expected.messages)]


def loaded(session: Session) -> object:
    return session.memory.drive(window_state.load(session.core, session.scope))


def transacted(body: Callable[[sa.Connection], None]) -> Flow[None]:
    yield Transact(body)


def kept(message: Message) -> object:
    return message.state, message.sequence, message.tokens, message.stored_at


def test_a_decision_that_was_never_committed_shows_nothing(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db") as memory, Memory.open(tmp_path / "a.db") as other:
        session = memory.session("s")
        session.add([said(number) for number in range(8)])
        row, before = memory.drive(window_state.load(session.core, session.scope))

        def body(connection: sa.Connection) -> None:
            hide = Decision(number=0, kind="hide", first=2, last=3, reason="never")
            assert commit(connection, session.core, session.scope, row, [hide])
            raise InvalidMessage("not this time")

        with pytest.raises(InvalidMessage):
            memory.drive(transacted(body))
        assert loaded(session) == (row, before)
        other.session("s").forget("m5")
        assert loaded(session) == loaded(other.session("s"))
        assert [entry.sequence for entry in loaded(session)[1].entries] == [1, 2, 3, 4, 6, 7, 8]  # type: ignore[index]


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
