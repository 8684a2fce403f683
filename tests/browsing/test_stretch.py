"""Each message of a stretch is shown as `explain` says, and what stands in its place is what a view has."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.browsing import activity, stretch
from tiermem.browsing.records import ShownMessage
from tiermem.messages import COMPACTION_KEY
from tiermem.records import Shown
from tiermem.session import Session

SMALL = {"pre_rot_threshold": 1_400, "keep_recent_count": 4, "context_budget": 1_000}


def talk(session: Session, turns: int = 30) -> None:
    session.add([Message(role="system", content="You are kind.")])
    for number in range(turns):
        log = "\n".join(f"{line:02} service {number} waited for a connection of pool {line}" for line in range(12))
        words = f"Step {number}: raise the pool of service {number} from 10 to {number}0, for it timed out twice today."
        session.add([words, Message(role="assistant", content=f"Done. The log:\n{log}")])


def all_of(session: Session) -> list[ShownMessage]:
    return stretch.stretch(session.memory, session.scope, 1, 10_000)


def test_a_stretch_says_what_explain_says(store: Open) -> None:
    memory = store(**SMALL)
    session = memory.session("s", "anna")
    talk(session, 1)
    session.erase("m3")
    talk(session)
    session.forget("m60", reason="asked for")
    session.restore(next(f"m{one.message.sequence}" for one in all_of(session) if one.shown is Shown.COMPACTED))
    shown = all_of(session)
    assert [one.message.sequence for one in shown] == list(range(1, 65))
    assert {one.shown for one in shown} == set(Shown)
    for one in shown:
        told = session.explain(f"m{one.message.sequence}")
        assert (one.shown, one.decision) == (told.shown, told.decision)
    assert [one.message.sequence for one in shown if one.fixed] == [1, 4]
    assert [one.message.sequence for one in shown if one.erased] == [3]
    parts = [one for first in range(1, 65, 9) for one in stretch.stretch(memory, session.scope, first, first + 8)]
    assert parts == shown


def test_stubs_and_summaries_are_those_of_the_view(file: Path) -> None:
    memory = Memory.open(file, **SMALL)
    session = memory.session("s", "anna")
    talk(session)
    view = session.view()
    stubs = {one.sequence: one.content for one in view.messages if COMPACTION_KEY in one.state}
    shown = all_of(session)
    assert stubs
    assert {one.message.sequence: one.stub for one in shown if one.stub} == stubs
    assert all(one.stub_tokens < one.message.tokens for one in shown if one.stub)
    assert {one.summary for one in shown if one.summary} == {one.number for one in view.summaries}
    assert stretch.summaries(memory, session.scope) == list(view.summaries)


def test_what_is_not_there_has_no_stretch(file: Path) -> None:
    session = Memory.open(file).session("s", "anna")
    assert all_of(session) == []
    assert (stretch.summaries(session.memory, session.scope), stretch.journal(session.memory, session.scope)) == (
        [],
        [],
    )
    assert activity.steps(session.memory, session.scope) == []
    session.add("One.")
    assert stretch.stretch(session.memory, session.scope, 2, 9) == []


def test_the_journal_comes_newest_first_a_page_at_a_time(file: Path) -> None:
    session = Memory.open(file).session("s", "anna")
    session.add([f"Line {number}." for number in range(9)])
    for number in range(1, 8):
        session.forget(f"m{number}")
    first = stretch.journal(session.memory, session.scope, limit=3)
    second = stretch.journal(session.memory, session.scope, before=first[-1].number, limit=9)
    assert [*first, *second] == session.journal()[::-1]


def test_the_steps_end_with_the_window_and_begin_with_the_first_message(file: Path) -> None:
    memory = Memory.open(file, **SMALL)
    session = memory.session("s", "anna")
    talk(session)
    steps = activity.steps(memory, session.scope)
    assert [step.number for step in steps] == list(range(1, 62))
    assert steps[-1].window == session.stats().window_tokens
    assert steps[0].window == steps[0].tokens
    assert steps[-1].window + steps[-1].saved == session.stats().tokens
    assert max(step.window for step in steps) <= 1.3 * SMALL["pre_rot_threshold"]
    assert any(step.rewritten for step in steps)
    assert activity.steps(memory, session.scope, most=5) != steps[-5:]  # what was saved is counted from the first on
    assert [step.window for step in activity.steps(memory, session.scope, most=5)] == [s.window for s in steps[-5:]]
