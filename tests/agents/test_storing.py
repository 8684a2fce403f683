"""A session made equal to the list that a framework keeps: what is stored, hidden, shown again, and what is noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem import Memory, Message, Session
from tiermem.agents.note import Note
from tiermem.agents.reconcile import Listed
from tiermem.agents.storing import LEFT, Roster, storing
from tiermem.flows.driving import drive

ROLES = {"u": "user", "r": "user", "a": "assistant", "s": "user"}  # r: a reminder, s: a summary, of other code


def identity(message: Message) -> str:
    return message.id.partition("#")[0]


def listed(word: str) -> Listed:
    """Of "u1" or, where its text differs from its id, "u1:other words"."""
    name, _, text = word.partition(":")
    role = ROLES[name[0]]
    message = Message(role=role, content=text or name, id=name)
    return Listed(name, f"{name} {text}", role, name[0] == "u", name[0] == "s", "", lambda: message)


def store(session: Session, note: Note, words: Sequence[str], *, owned: bool = True, replayed: bool = False) -> Note:
    roster = Roster([listed(word) for word in words], identity, owned, replayed)
    return drive(storing(note, roster), lambda step: step(session))


def texts(session: Session) -> list[str]:
    return [message.text for message in session.messages()]


@pytest.fixture
def session() -> Session:
    return Memory.open(":memory:").session("s")


@pytest.mark.parametrize(
    ("before", "after", "shown", "stored"),
    [
        ("u1", "u1 a1", "u1 a1", 2),
        ("u1 a1", "u1 a1", "u1 a1", 2),
        ("u1 a1 u2", "u1 a1", "u1 a1", 3),  # taken back
        ("u1 a1 u2 a2", "u2 a2", "u2 a2", 4),
        ("u1 a1 u2 a2", "u1 u2 a2", "u1 u2 a2", 4),
        ("u1 a1 u2", "u1:changed a1 u2", "changed a1 u2", 6),  # all behind a change is stored once more
        ("u1 a1", "u1 u9 a1", "u1 u9 a1", 4),
        ("u1 a1 u2 a2", "s1 u2 a2 u3", "u1 a1 u2 a2 u3", 5),  # summarised by other code: nothing leaves
        ("u1 a1", "u1 a1 r1", "u1 a1 r1", 3),
        ("u1 a1", "", "", 2),
    ],
)
def test_a_list_that_owns_its_session_is_what_the_session_shows(
    session: Session, before: str, after: str, shown: str, stored: int
) -> None:
    note = store(session, Note(), before.split())
    later = store(session, note, after.split())
    assert texts(session) == shown.split()
    assert session.stats().messages == stored
    assert (later.count, later.last) == (
        len(after.split()),
        after.rsplit(maxsplit=1)[-1].partition(":")[0] if after else "",
    )
    assert {decision.reason for decision in session.journal()} <= {LEFT}
    assert store(session, later, after.split()) == later
    assert session.stats().messages == stored


@pytest.mark.parametrize(("after", "asked"), [("u1 a1 u2", 3), ("u1 a1 u2 a2 r1", 3), ("u1 a1", 1), ("r1", 1)])
def test_the_newest_question_is_a_person_s(session: Session, after: str, asked: int) -> None:
    note = store(session, Note(), after.split()[:1])
    expected = 0 if after == "r1" else asked
    assert store(session, note, after.split()).asked == expected


def test_a_list_that_does_not_own_its_session_hides_nothing(session: Session) -> None:
    note = store(session, Note(), ["u1", "a1"], owned=False)
    note = store(session, note, ["u9"], owned=False)
    assert texts(session) == ["u1", "a1", "u9"]
    assert not session.journal()


def test_what_left_and_comes_back_is_shown_again_and_what_was_forgotten_stays_so(session: Session) -> None:
    trunk = store(session, Note(), ["u1", "a1"])
    left = store(session, trunk, ["u1", "a1", "u2", "a2"])
    right = store(session, trunk, ["u1", "a1", "u3"], replayed=True)
    assert texts(session) == ["u1", "a1", "u3"]
    session.forget("m2", reason="by hand")
    back = store(session, left, ["u1", "a1", "u2", "a2", "u4"])
    assert texts(session) == ["u1", "u2", "a2", "u4"]
    assert session.stats().messages == 6
    assert back.asked == 6
    assert right.last == "u3"


def test_another_run_on_the_thread_that_is_not_finished_stays(session: Session) -> None:
    note = store(session, Note(), ["u1", "a1"])
    store(session, note, ["u1", "a1", "u2"])
    store(session, note, ["u1", "a1", "u3"])
    assert texts(session) == ["u1", "a1", "u2", "u3"]


def test_of_a_thread_in_which_sessions_take_turns_only_what_came_since_is_stored(session: Session) -> None:
    mixed = replace(Note(), mixed=True, upto=-1, count=2, last="a1")
    store(session, mixed, ["u1", "a1", "u2"])
    assert texts(session) == ["u2"]
    assert Note(mixed=True).count == 0
    store(session, replace(mixed, last="gone"), ["u5", "a5", "u6", "a6"])
    assert texts(session) == ["u2", "u6", "a6"]


def test_a_list_without_a_note_that_repeats_the_session_stores_what_is_new(session: Session) -> None:
    store(session, Note(), ["u1", "a1"])
    other_ids = Roster([replace(listed("u1"), id="x"), replace(listed("a1"), id="y"), listed("u2")], identity, True)
    note = drive(storing(Note(), other_ids), lambda step: step(session))
    assert texts(session) == ["u1", "a1", "u2"]
    assert (note.asked, note.upto, note.count) == (3, 3, 3)


WORDS = st.lists(st.sampled_from(["u1", "u2", "u3", "a1", "a2", "a3", "r1"]), unique=True, max_size=6)


@settings(max_examples=share(60), deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_whatever_people_make_of_a_list_its_session_shows_it(lists: list[list[str]]) -> None:
    session, note = Memory.open(":memory:").session("s"), Note()
    for words in lists:
        note = store(session, note, words)
        assert texts(session) == words
        assert session.verify().ok


def test_a_question_that_is_asked_again_in_an_emptied_thread_is_shown(session: Session) -> None:
    note = store(session, Note(), ["u1"])
    note = store(session, note, [])
    assert texts(session) == []
    note = store(session, note, ["u1"])
    assert texts(session) == ["u1"]
    assert note.asked == 2
