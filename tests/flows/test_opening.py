"""A session is opened by one statement where nothing happened, and by what is new where something did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tiermem import Memory, Message, Session
from tiermem.flows.reading import opening
from tiermem.settings import Scope
from tiermem.storage.connecting.prepared import Prepared


@pytest.fixture
def memory(file: Path) -> Iterator[Memory]:
    with Memory.open(file, index_batch=10_000) as opened_memory:  # nothing runs in the background
        yield opened_memory


def opened(session: Session, budget: int = 4_000) -> opening.Opening:
    return session.memory.drive(opening.load(session.core, session.scope, budget))


@contextmanager
def statements() -> Iterator[list[str]]:
    heard: list[str] = []
    rows = Prepared.rows

    def hear(_c: object, _cursor: object, statement: str, *_: object) -> None:
        heard.append(statement)

    def asked(self: Prepared, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        heard.append(str(self._statement))
        return rows(self, connection, values)

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Prepared, "rows", asked)
            yield heard
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)


def reads(heard: list[str]) -> list[str]:
    return [one for one in heard if "tiermem_" in one]


def filled(memory: Memory, count: int = 300) -> Session:
    session = memory.session("s")
    session.add([Message(role="system", content="Be brief."), *(f"number {n} of the pool" for n in range(count))])
    session.forget("m5")
    return session


def test_a_session_in_which_nothing_happened_costs_its_row_alone(memory: Memory) -> None:
    session = filled(memory)
    first = opened(session)
    with statements() as heard:
        again = opened(session)
    assert len(reads(heard)) == 1
    assert again is first
    assert first.hidden == ((5, 5),)
    assert [entry.sequence for entry in first.shown.tail][-1] == first.row.messages


def test_a_turn_reads_what_is_new(memory: Memory) -> None:
    session = filled(memory)
    before = opened(session)
    session.add(["one more", "and one"])
    with statements() as heard:
        after = opened(session)
    assert len(reads(heard)) == 1  # the row: what was added just now is known
    last = after.row.messages
    assert [after.shown.messages[number].text for number in (last - 1, last)] == ["one more", "and one"]
    shared = before.shown.messages.keys() & after.shown.messages.keys()
    assert all(before.shown.messages[number] is after.shown.messages[number] for number in shared)
    assert len(shared) > 10


def test_what_another_process_added_is_read(file: Path) -> None:
    with Memory.open(file) as memory, Memory.open(file) as other:
        session = filled(memory)
        opened(session)
        other.session("s").add(["one more", "and one"])
        with statements() as heard:
            after = opened(session)
        assert len(reads(heard)) == 3  # the row, two entries, two messages
        assert [message.text for message in after.shown.messages.values()][-2:] == ["one more", "and one"]


def test_a_decision_is_seen_by_the_next_question_of_any_process(file: Path) -> None:
    with Memory.open(file) as memory, Memory.open(file) as other:
        session, there = filled(memory), other.session("s")
        assert opened(session).hidden == ((5, 5),)
        number = there.forget("m301", "m7")[0].number
        assert opened(session).hidden == ((5, 5), (7, 7), (301, 301))
        assert 301 not in {entry.sequence for entry in opened(session).shown.tail}
        there.undo(number)
        assert len(opened(session).hidden) == 2
        there.clear()
        there.add("after all")
        assert [message.text for message in opened(session).shown.messages.values()] == ["after all"]
        assert opened(session).hidden == ((1, 301),)


@pytest.mark.parametrize("budget", [1, 50, 900, 100_000])
def test_what_is_kept_is_what_would_be_read(file: Path, budget: int) -> None:
    with Memory.open(file, pre_rot_threshold=2_000) as memory:
        session = memory.session("s")
        for turn in range(12):
            asked, answer = f"question {turn} " * 20, f"so {turn} " * 90
            session.add([Message(role="user", content=asked), Message(role="assistant", content=answer)])
            if turn % 5 == 3:
                session.forget(f"m{2 * turn}")
            with Memory.open(file, pre_rot_threshold=2_000) as anew:
                kept, read = opened(session, budget), opened(anew.session("s"), budget)
            assert (kept.row, kept.hidden, kept.shown) == (read.row, read.hidden, read.shown)
            assert opened(session, 0).hidden == kept.hidden
        assert kept.shown.live
        assert kept.shown.window.covers


def test_what_is_not_there_has_nothing_to_show(memory: Memory) -> None:
    nothing = memory.drive(opening.load(memory.session("none").core, Scope("", "anna", "none"), 900))
    assert (nothing.row.pk, nothing.hidden, len(nothing.shown.tail)) == (0, (), 0)
