"""As of a time, and what is current: only what had been said by then is found, and the newest of it is current."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tiermem import Memory, Message, Session
from tiermem.flows.reading import filters

Open = Callable[..., Memory]
START = datetime(2024, 3, 1, 9, tzinfo=UTC)
RENT = "What is my rent?"
OLD, NEW, NEWEST = "My rent is $1,200 a month.", "My rent went up to $1,350.", "My rent went up to $1,500 now."


def said(day: float, text: str, **more: object) -> Message:
    values: dict[str, object] = {"role": "user", "created_at": START + timedelta(days=day), **more}
    return Message(content=text, id=f"{day}{text}", **values)  # type: ignore[arg-type]


def rents(store: Open, **options: object) -> Session:
    session = store(**options).session("s")
    filler = [said(n + 0.5, f"Nothing new on day {n}, the weather is fine.") for n in range(60)]
    session.add(sorted([*filler, said(3, OLD), said(20, NEW), said(40, NEWEST)], key=lambda one: one.when or START))
    return session


def found(session: Session, as_of: datetime | None) -> list[str]:
    texts = [hit.message.text for hit in session.search(RENT, as_of=as_of)]
    return [text for text in texts if "rent" in text]


def test_before_and_after_a_change_another_statement_is_current(store: Open) -> None:
    session = rents(store)
    for day, known in ((2, []), (10, [OLD]), (30, [OLD, NEW]), (50, [OLD, NEW, NEWEST])):
        when = START + timedelta(days=day)
        assert sorted(found(session, when)) == sorted(known)
        text = session.recall(RENT, as_of=when).text
        assert [one for one in (OLD, NEW, NEWEST) if one in text] == known
        hits = {hit.message.text: hit for hit in session.search(RENT, as_of=when)}
        assert [text for text, hit in hits.items() if hit.current] == (known[-1:] if len(known) > 1 else [])
        assert {text for text, hit in hits.items() if hit.superseded_by} == set(known[:-1])


def test_what_is_said_at_that_very_moment_is_found_and_a_second_later_not(store: Open) -> None:
    session = rents(store)
    moment = START + timedelta(days=20)
    assert NEW in found(session, moment)
    assert NEW not in found(session, moment - timedelta(seconds=1))
    assert NEW not in found(session, moment - timedelta(microseconds=1))


def test_zones_are_compared_as_instants_and_without_a_zone_as_the_clock_showed(store: Open) -> None:
    session = store().session("s")
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    noon = datetime(2024, 3, 1, 12)
    session.add([said(0, "My rent is $10.", created_at=noon.replace(tzinfo=east))])
    session.add([said(0, "My rent is $20.", created_at=noon.replace(tzinfo=UTC))])
    session.add([said(0, "My rent is $30.", created_at=noon.replace(tzinfo=west))])
    assert found(session, datetime(2024, 3, 1, 11, tzinfo=UTC)) == ["My rent is $10."]
    assert len(found(session, datetime(2024, 3, 1, 12, tzinfo=UTC))) == 2
    assert len(found(session, datetime(2024, 3, 2, 0, tzinfo=UTC))) == 3
    assert len(found(session, noon)) == 3
    assert found(session, noon - timedelta(seconds=1)) == []


def test_what_was_imported_later_counts_by_when_it_was_said(store: Open) -> None:
    session = rents(store)
    session.add(said(1, "My rent was $900 a month in those days."))
    assert found(session, START + timedelta(days=2)) == ["My rent was $900 a month in those days."]
    assert len(found(session, START + timedelta(days=10))) == 2


def test_the_past_is_ranked_as_it_was_then(store: Open) -> None:
    session = rents(store)
    when = START + timedelta(days=30)
    early = session.memory.session("early")
    early.add([one for one in session.messages() if (one.when or START) <= when])
    then, now = early.search(RENT), session.search(RENT, as_of=when)
    assert [hit.message.text for hit in now] == [hit.message.text for hit in then]
    assert [hit.score for hit in now] == pytest.approx([hit.score for hit in then])


def test_last_week_is_the_week_before_that_time(store: Open) -> None:
    session = store(clock=lambda: START + timedelta(days=400)).session("s")
    session.add([said(7 * week, f"We went to concert number {week}.") for week in range(12)])
    asked = "Which concert did we go to last week?"
    for week in (4, 9):
        best = session.search(asked, 1, as_of=START + timedelta(days=7 * week + 6))[0]
        assert "date" in best.why
        assert best.message.created_at == START + timedelta(days=7 * week)


def test_documents_count_from_when_they_were_added(store: Open) -> None:
    now = START
    memory = store(clock=lambda: now)
    memory.knowledge().add_documents([f"Rule {n}: nobody eats in room {n}." for n in range(8)])
    memory.knowledge().add_documents("The rent of the hall is paid by Petra.")
    now = START + timedelta(days=30)
    memory.knowledge().add_documents("The rent of the shed is paid by Nora.")
    session = memory.session("s")
    asked = "By whom is the rent paid?"
    seen = session.search(asked, within="knowledge", as_of=START + timedelta(days=5))
    assert seen[0].message.text == "The rent of the hall is paid by Petra."
    assert "Nora" not in " ".join(hit.message.text for hit in seen)
    later = " ".join(hit.message.text for hit in session.search(asked, 2, within="everything"))
    assert "Petra" in later
    assert "Nora" in later


def test_hidden_messages_stay_hidden_as_of_any_time(store: Open) -> None:
    session = rents(store)
    session.clear()
    assert found(session, START + timedelta(days=50)) == []


def test_a_message_without_any_time_is_not_said_by_any() -> None:
    assert filters.after(Message(role="user", content="x"), START)
