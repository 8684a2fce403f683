"""The days of the user: what is quoted, asked and filtered means the calendar of their time zone."""

from __future__ import annotations

import importlib
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Open
from tiermem import AsyncMemory, Memory, Session
from tiermem.errors import InvalidSettings
from tiermem.testing import StoppedClock
from tiermem.tools import memory_tools

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
SAID = datetime(
    2026, 5, 1, 7, 30, tzinfo=SHANGHAI
)  # 30 April, 23:30 UTC, and still the evening of that day in New York
FACT, QUESTION = "Kestrel goes live with the new billing.", "What about Kestrel?"


def talked(store: Open, zone: Any = None, session_zone: Any = None, **options: Any) -> tuple[Session, StoppedClock]:
    """A conversation of that morning and the talk after it, by a clock of UTC."""
    clock = StoppedClock(SAID.astimezone(UTC))
    session = store(clock=clock, timezone=zone, **options).session("s", timezone=session_zone)
    session.add(FACT)
    clock.tick(10_800)
    for number in range(12):
        session.add(f"Small talk number {number} about the weather.")
        clock.tick(60)
    clock.now = datetime(2026, 5, 2, 9, 0, tzinfo=SHANGHAI).astimezone(UTC)
    return session, clock


def days(session: Session, question: str = QUESTION) -> list[str]:
    """The days under which a block quotes."""
    return [line for line in session.recall(question, 400).text.splitlines() if re.match(r"(?:2026-)?\d\d-\d\d", line)]


@pytest.mark.parametrize("by_session", [True, False])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", SHANGHAI, timezone(timedelta(hours=8))])
def test_a_quote_has_the_day_of_the_user(store: Open, zone: Any, by_session: bool) -> None:
    session, _ = talked(store, *((None, zone) if by_session else (zone, None)))
    assert days(session)[0] == "2026-05-01:"
    assert session.messages()[0].when == SAID
    assert f"{session.messages()[0].when:%d %H:%M}" == "01 07:30"


def test_without_a_zone_the_day_says_that_it_is_of_utc(store: Open) -> None:
    session, _ = talked(store)
    assert days(session) == ["2026-04-30 UTC:", "05-01:"]
    assert "[m1] 2026-04-30 23:30 UTC User:" in memory_tools(session)["search_memory"].call(query=QUESTION)


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("Asia/Shanghai", date(2026, 5, 1), "2026-05-01 07:30"),
        ("America/New_York", date(2026, 4, 30), "2026-04-30 19:30"),
    ],
)
def test_one_memory_serves_users_of_several_zones(store: Open, zone: str, day: date, hour: str) -> None:
    memory = talked(store)[0].memory
    session = memory.session("s", timezone=zone)
    assert days(session)[0] == f"{day}:"
    assert [hit.ref for hit in session.search(QUESTION, 1, since=day, until=day)] == ["m1"]
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        assert "m1" not in [hit.ref for hit in session.search(QUESTION, since=other, until=other)]
    assert f"[m1] {hour} User:" in memory_tools(session)["expand_memory"].call(ref="m1")


@pytest.mark.parametrize("words", ["yesterday", "昨天", "2026-05-01", "2026年5月1日"])
def test_the_tools_mean_the_days_of_the_user(store: Open, words: str) -> None:
    session, _ = talked(store, "Asia/Shanghai")
    search = memory_tools(session)["search_memory"]
    assert "Kestrel" in search.call(query="Kestrel", since=words, until=words)
    assert "Kestrel" not in search.call(query="Kestrel", until="2026-04-30")


def test_what_was_stored_before_the_zone_was_known_is_quoted_by_it(store: Open) -> None:
    """`created_at` of another clock too: an import has that of UTC."""
    session, _ = talked(store)
    session.add({"role": "user", "content": "Osprey was sold.", "created_at": SAID.astimezone(UTC)})
    seen = session.memory.session("s", timezone="Asia/Shanghai")
    assert days(seen) == ["2026-05-01:"]
    assert days(seen, "What about Osprey?")[0] == "2026-05-01:"
    assert [hit.ref for hit in seen.search("Osprey", 1, since=date(2026, 5, 1))] == ["m14"]
    assert seen.expand("m1") == session.expand("m1")
    assert session.messages() == seen.messages()
    assert seen.messages()[0].sha256 == session.messages()[0].sha256
    assert seen.verify().ok
    assert days(session)[0] == "2026-04-30 UTC:"  # nothing of it is kept


@pytest.mark.parametrize(("zone", "day"), [("Asia/Shanghai", "2026-05-01"), (None, "2026-04-30")])
def test_a_summary_has_the_days_of_the_user(store: Open, zone: str | None, day: str) -> None:
    session, clock = talked(store, zone, pre_rot_threshold=2_500, keep_recent_count=1, counter=len)
    clock.now = SAID.astimezone(UTC)
    session.add([f"We decided to use pool size {number} for shard {number}. " * 2 for number in range(30)])
    first = session.view().summaries[0]
    assert day in first.text.partition("\n")[0]
    assert first.structure.time_range.start == SAID


@pytest.mark.parametrize("as_of", [datetime(2026, 5, 1), datetime(2026, 5, 1, tzinfo=SHANGHAI)])
def test_a_time_without_a_zone_is_that_of_the_user(store: Open, as_of: datetime) -> None:
    session, _ = talked(store, "Asia/Shanghai")
    assert session.search(QUESTION, as_of=as_of) == []
    assert [hit.ref for hit in session.search(QUESTION, 1, as_of=as_of + timedelta(hours=8))] == ["m1"]


def test_a_day_with_25_hours_is_one_day(store: Open) -> None:
    """The clocks of New York go back on 1 November 2026."""
    clock = StoppedClock(datetime(2026, 11, 1, 4, 5, tzinfo=UTC))  # 00:05, summer time
    session = store(clock=clock, timezone="America/New_York").session("s")
    session.add("The heron woke.")
    clock.now = datetime(2026, 11, 2, 4, 55, tzinfo=UTC)  # 23:55, 24 hours and 50 minutes later
    session.add("The heron slept.")
    clock.now = datetime(2026, 11, 2, 5, 5, tzinfo=UTC)  # 00:05 of the next day
    session.add("The heron left.")
    day = date(2026, 11, 1)
    assert {hit.ref for hit in session.search("heron", since=day, until=day)} == {"m1", "m2"}
    assert days(session, "What did the heron do?") == ["2026-11-01:", "11-02:"]
    found = memory_tools(session)["search_memory"].call(query="heron", since="yesterday", until="yesterday")
    assert "woke" in found
    assert "slept" in found
    assert "left" not in found


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_day_is_that_of_the_calendar_there(moment: datetime, name: str) -> None:
    """Whatever the clocks do at that time of the year."""
    when = moment.replace(tzinfo=UTC)
    with Memory.open(":memory:", clock=lambda: when, timezone=name) as memory:
        session = memory.session("s")
        session.add("The heron woke.")
        local = when.astimezone(ZoneInfo(name)).date()
        assert session.recall("heron", 100).text.splitlines()[1] == f"{local}:"
        assert len(session.search("heron", since=local, until=local)) == 1
        assert session.search("heron", until=local - timedelta(days=1)) == []
        assert session.search("heron", since=local + timedelta(days=1)) == []


async def test_async_faces_and_documents_know_the_zone() -> None:
    memory = await AsyncMemory.open(":memory:", clock=lambda: SAID.astimezone(UTC))
    session = memory.session("s", timezone="Asia/Shanghai")
    await session.add(FACT)
    assert "2026-05-01:" in (await session.recall(QUESTION, 300)).text
    knowledge = memory.knowledge(timezone="Asia/Shanghai")
    await knowledge.add_documents({"text": "Kestrel is the name of the new billing.", "source": "names"})
    (hit,) = await knowledge.search("Kestrel")
    assert f"{hit.message.when:%Y-%m-%d}" == "2026-05-01"
    assert await memory_tools(session)["remember"].acall(note="Ann likes tea.") == "Noted as d2 (2026-05-01)."


def test_what_fails_in_one_zone_is_known_in_all(store: Open) -> None:
    def failing(texts: Any) -> Any:
        raise OSError("no embedder")

    memory = store(embedder=failing)
    there = memory.session("s", timezone="Asia/Shanghai")
    there.add("hello")
    there.index()
    assert any("no embedder" in reason for reason in there.stats().degraded)
    assert there.stats().degraded == memory.session("s").stats().degraded


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("Asia/Shanhai", r"no IANA name like Asia/Shanghai; did you mean Asia/Shanghai\?"),
        ("Asia", "no IANA name"),
        ("../etc/passwd", "no IANA name"),
        ("", "no IANA name"),
        (8, "takes a name like Asia/Shanghai, or a tzinfo, not int"),
    ],
)
def test_a_zone_that_is_none_is_refused_with_the_nearest_name(wrong: Any, words: str) -> None:
    with pytest.raises(InvalidSettings, match=words):
        Memory.open(":memory:", timezone=wrong)
    with pytest.raises(InvalidSettings, match=words):
        Memory.open(":memory:").session("s", timezone=wrong)


def test_a_machine_without_a_database_of_zones_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where tzdata is installed with tiermem."""
    clock = importlib.import_module("tiermem.providers.clock")

    def no_zone(name: str) -> Any:
        raise clock.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(clock, "ZoneInfo", no_zone)
    monkeypatch.setattr(clock, "available_timezones", set)
    with pytest.raises(InvalidSettings, match="pip install tzdata"):
        Memory.open(":memory:", timezone="Asia/Shanghai")
