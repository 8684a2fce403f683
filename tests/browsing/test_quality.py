"""How well the questions of a conversation are recalled, put again as of then; how long answers took."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tiermem import Memory, Message
from tiermem.browsing import quality
from tiermem.browsing.activity import activity
from tiermem.browsing.records import AnswerDay
from tiermem.browsing.stretch import stretch
from tiermem.storage.listed.lately import StoredTurn

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
SAID = ["The spare key hangs behind the barometer.", "Noted.", "Where does the spare key hang?", "Behind it.",
        "Which tram goes to Zuiderhaven?", "I do not know.", "Tram 12 goes to Zuiderhaven.", "Noted."]  # fmt: skip


def filled(memory: Memory, times: bool = True) -> None:
    said = (("user", "assistant")[place % 2] for place in range(len(SAID)))
    memory.session("s", "ann").add(
        [
            Message(role=role, content=text, created_at=START + timedelta(minutes=place * times))
            for place, (role, text) in enumerate(zip(said, SAID, strict=True))
        ]
    )
    memory.settle()


def test_a_question_is_put_again_as_of_the_moment_before_it(store: Callable[..., Memory]) -> None:
    memory = store()
    filled(memory)
    session = memory.session("s", "ann")
    head = session.head()
    found = quality.asked_again(session, stretch(memory, session.scope, 1, 8), "user")
    assert [(one.label, one.at.minute) for one in found] == [("m3", 2), ("m5", 4), ("m7", 6)]
    known, unknown = found[0], found[1]
    assert known.hits >= 1
    assert known.likely > unknown.likely  # the tram is told of after it was asked for
    assert session.head() == head  # looking writes nothing


def test_questions_of_which_nobody_knows_what_came_before_are_left_out() -> None:
    with Memory.open(":memory:") as memory:
        filled(memory, times=False)
        session = memory.session("s", "ann")
        assert quality.asked_again(session, stretch(memory, session.scope, 1, 8), "user") == []


def test_running_means_are_of_the_last_few() -> None:
    assert quality.running([1.0, 0.0, 0.5], over=2) == [1.0, 0.5, 0.25]
    assert quality.running([]) == []


def turn(session: int, sequence: int, role: str, seconds: float | None) -> StoredTurn:
    return StoredTurn(session, sequence, role, None if seconds is None else START + timedelta(seconds=seconds))


def test_answers_are_timed_by_day_and_what_was_stored_at_once_does_not_count() -> None:
    day = 86_400
    turns = [
        turn(1, 1, "user", 0), turn(1, 2, "assistant", 4), turn(1, 3, "user", 60), turn(1, 4, "assistant", 66),
        turn(2, 1, "user", 1), turn(2, 2, "assistant", 1), turn(3, 1, "user", 5), turn(3, 3, "assistant", 9),
        turn(4, 1, "user", None), turn(4, 2, "assistant", 9), turn(5, 1, "user", day), turn(5, 2, "assistant", day + 2),
    ]  # fmt: skip
    first, second = quality.answer_days(reversed(turns))
    assert (first.day, first.turns, first.median) == ("2026-05-01", 2, 5)
    assert first.most == pytest.approx(5.8)
    assert second == AnswerDay(day="2026-05-02", turns=1, median=2, most=2)


def test_a_live_conversation_has_turn_times(store: Callable[..., Memory]) -> None:
    memory = store()
    session = memory.session("live", "ann")
    session.add("How hot is the kiln?")
    session.add(Message(role="assistant", content="1260 degrees."))
    session.add(["Imported?", Message(role="assistant", content="At once.")])
    (today,) = activity(memory).answers
    assert today.turns in {1, 2}  # two calls in a row may be stored within a millisecond of each other
    assert 0 < today.median < 60
