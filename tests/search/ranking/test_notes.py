"""What is put down by one who is never answered stands for itself: nothing beside it speaks for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tiermem import Memory, Message
from tiermem.search.ranking.proximity import AT_ONCE
from tiermem.search.ranking.threshold import ALONE_LEAST, LEAST, TERMS, each

NOTES = [
    "framework: Fastify serves the HTTP routes",
    "cache: Redis holds what is used often",
    "tests: Vitest replaces Jest in all packages",
    "deploys: Kubernetes on EKS, nodes are autoscaled",
    "language: TypeScript in strict mode",
    "errors: returned as values, thrown only at the edges",
    "queue: failed payments go to the dead letter queue",
    "frontend: React with TanStack Query",
]
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def quoted(role: str, seconds: float, start: datetime = START) -> list[str]:
    """What is recalled of notes from *start* on, every second one of which is by *role*, so many *seconds* apart."""
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        for place, text in enumerate(NOTES):
            by = role if place % 2 else "user"
            session.add(Message(role=by, content=text, created_at=start + timedelta(seconds=seconds * place)))
        session.index()
        return [hit.ref for hit in session.recall("dead letter queue?", 400).hits]


def test_of_notes_only_what_answers_is_recalled() -> None:
    assert quoted("user", AT_ONCE) == ["m7"]


@pytest.mark.parametrize(("role", "seconds"), [("assistant", AT_ONCE), ("user", 60.0)])
def test_in_talk_it_comes_with_what_stands_beside_it(role: str, seconds: float) -> None:
    found = quoted(role, seconds)
    assert found[0] == "m7"
    assert {"m6", "m8"} <= set(found)


def test_days_without_a_time_do_not_say_how_fast_it_was_written() -> None:
    assert len(quoted("user", 0.0, START.replace(hour=0))) > 2


def test_an_explicit_search_shows_weaker_notes_too() -> None:
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        session.add([Message(role="user", content=text) for text in NOTES])
        session.index()
        asked = "Which queue holds failed payments?"
        searched = {hit.ref for hit in session.search(asked)}
        assert {hit.ref for hit in session.recall(asked, 400).hits} == {"m7", "m2"}
        assert "m6" in searched


def test_what_each_note_must_reach_falls_with_the_length_of_the_question() -> None:
    assert each(0.2, TERMS, 0.0) == pytest.approx(0.2 * LEAST)
    assert each(0.2, TERMS, 1.0) == pytest.approx(0.2 * ALONE_LEAST)
    assert each(0.2, 4 * TERMS, 1.0) == pytest.approx(0.2 * LEAST)
    assert each(0.2, TERMS, 0.5) == pytest.approx(0.2 * (LEAST + ALONE_LEAST) / 2)
