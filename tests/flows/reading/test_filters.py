"""Filters of a search: by time and by role, applied to all messages before the best are chosen; on every backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from tiermem import AsyncMemory, Memory, Message, Session
from tiermem.errors import InvalidMessage, UnknownRole
from tiermem.testing import StoppedClock

Open = Callable[..., Memory]
START = datetime(2024, 3, 1, 9, tzinfo=UTC)
PUMP = "What about the cooling pump?"
ROLES = ("user", "assistant", "tool", "human", "ai", "critic")


def said(n: int, **more: Any) -> Message:
    values: dict[str, Any] = {"role": ROLES[n % 6], "created_at": START + timedelta(hours=12 * n), "id": f"x{n}"}
    values |= {"tool_call_id": f"c{n}"} if values["role"] == "tool" else {}
    return Message(content=f"The cooling pump showed {n} bar." if n % 5 < 3 else f"All quiet, {n}.", **(values | more))


def pumps(store: Open, count: int = 120, **options: object) -> Session:
    session = store(**options).session("s", "anna")
    session.add([said(n) for n in range(count)])
    return session


def fits(one: Message, since: datetime | None, until: datetime | None, roles: tuple[str, ...]) -> bool:
    assert one.when is not None
    return (
        (since is None or one.when >= since)
        and (until is None or one.when <= until)
        and (one.role in roles or not roles)
    )


@pytest.mark.sampled(4)
@pytest.mark.parametrize("since", [None, START + timedelta(days=20)])
@pytest.mark.parametrize("until", [None, START + timedelta(days=40, hours=12)])
@pytest.mark.parametrize("role", [None, "user", "assistant", "ai", "tool", "critic"])
def test_the_best_that_fit_are_those_of_an_unfiltered_search_that_fit(
    store: Open, since: datetime | None, until: datetime | None, role: str | None
) -> None:
    session = pumps(store)
    same = {"user": ("user", "human"), "assistant": ("assistant", "ai"), "ai": ("assistant", "ai")}
    roles = () if role is None else same.get(role, (role,))
    everything = session.search(PUMP, 200)
    expected = [hit.ref for hit in everything if fits(hit.message, since, until, roles)]
    found = session.search(PUMP, 200, since=since, until=until, role=role)
    assert sorted(hit.ref for hit in found) == sorted(expected)
    assert len(expected) >= 3
    few = session.search(PUMP, 3, since=since, until=until, role=role)
    assert [hit.ref for hit in few] == [hit.ref for hit in found[:3]]


def test_what_was_said_long_ago_is_found_though_hundreds_of_better_ones_came_later(store: Open) -> None:
    session = store().session("s")
    session.add(Message(role="user", content="A pump is in the cellar.", created_at=START))
    later = [START + timedelta(days=1, minutes=n) for n in range(400)]
    texts = [f"The cooling pump, the cooling pump {n}!" for n in range(400)]
    session.add([Message(role="user", content=t, created_at=at) for t, at in zip(texts, later, strict=True)])
    (hit,) = session.search("cooling pump", 1, until=START + timedelta(hours=1))
    assert hit.ref == "m1"


def test_a_date_is_the_whole_day_by_the_clock_of_each_message(store: Open) -> None:
    session = store().session("s")
    east = timezone(timedelta(hours=13))
    moments = [
        datetime(2024, 3, 1, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 3, 2, 0, 0, tzinfo=UTC),
        datetime(2024, 3, 2, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 3, 3, 0, 0, tzinfo=UTC),
        datetime(2024, 3, 2, 0, 0, tzinfo=east),  # still the first of March in UTC
    ]
    session.add([Message(role="user", content=f"pump {n}", created_at=when) for n, when in enumerate(moments)])

    def texts(**only: Any) -> list[str]:
        return sorted(hit.message.text for hit in session.search("pump", **only))

    day = date(2024, 3, 2)
    assert texts(since=day, until=day) == ["pump 1", "pump 2", "pump 4"]
    assert texts(until=date(2024, 3, 1)) == ["pump 0"]
    assert texts(since=date(2024, 3, 3)) == ["pump 3"]
    assert texts(since=datetime(2024, 3, 2, 0, 0, 1)) == ["pump 2", "pump 3"]
    assert texts(since=datetime(2024, 3, 2, tzinfo=UTC)) == ["pump 1", "pump 2", "pump 3"]
    assert texts(until=datetime(2024, 3, 1, 11, tzinfo=UTC)) == ["pump 4"]
    assert texts(since=date(2024, 3, 4), until=date(2024, 3, 1)) == []


def test_documents_are_filtered_by_the_day_they_were_added_and_have_a_role_of_their_own(store: Open) -> None:
    clock = StoppedClock(START)
    memory = store(clock=clock)
    knowledge, session = memory.knowledge("anna"), memory.session("s", "anna")
    knowledge.add_documents({"text": "The cooling pump is checked on Mondays.", "source": "old.md"})
    clock.tick(10 * 86_400)
    knowledge.add_documents({"text": "The cooling pump is checked on Fridays.", "source": "new.md"})
    session.add("The cooling pump is loud.")

    def found(**only: Any) -> set[str]:
        return {hit.source or hit.message.role for hit in session.search(PUMP, within="everything", **only)}

    assert found() == {"old.md", "new.md", "user"}
    assert found(since=date(2024, 3, 5)) == {"new.md", "user"}
    assert found(until=date(2024, 3, 5)) == {"old.md"}
    assert found(role="document") == {"old.md", "new.md"}
    assert found(role="user") == {"user"}
    assert {hit.source for hit in session.search(PUMP, within="knowledge", until=date(2024, 3, 5))} == {"old.md"}


def test_filters_hold_before_and_after_indexing_and_beside_as_of_and_hidden_messages(store: Open) -> None:
    session = pumps(store, index_batch=10_000)
    only: dict[str, Any] = {"since": START + timedelta(days=5), "role": "user"}
    before = [hit.ref for hit in session.search(PUMP, 50, **only)]
    session.index()
    assert [hit.ref for hit in session.search(PUMP, 50, **only)] == before
    session.forget(before[0])
    assert before[0] not in [hit.ref for hit in session.search(PUMP, 50, **only)]
    early = session.search(PUMP, 50, as_of=START + timedelta(days=30), **only)
    assert {hit.ref for hit in early} < set(before)


def test_nonsense_is_refused(store: Open) -> None:
    session = pumps(store, 3)
    for only in ({"since": "2024-03-01"}, {"until": 5}, {"role": ""}, {"role": 7}):
        with pytest.raises(InvalidMessage):
            session.search(PUMP, **only)


def test_filters_with_await(target: str) -> None:
    async def body() -> None:
        async with await AsyncMemory.open(target) as memory:
            session = memory.session("s")
            await session.add([said(n) for n in range(30)])
            found = await session.search(PUMP, role="tool", until=date(2024, 3, 5))
            assert {hit.message.role for hit in found} == {"tool"}
            with pytest.raises(InvalidMessage):
                await session.search(PUMP, since="yesterday")  # type: ignore[arg-type]

    asyncio.run(body())


@pytest.mark.parametrize(
    ("role", "meant"),
    [("users", "user"), ("asistant", "assistant"), ("Humann", "user"), ("tols", "tool"), ("documents", "document")],
)
def test_a_role_that_is_misspelt_is_told_and_not_passed_over(role: str, meant: str, store: Open) -> None:
    session = pumps(store, 12)
    with pytest.raises(UnknownRole, match=f"did you mean '{meant}'") as told:
        session.search(PUMP, role=role)
    assert told.value.nearest == meant
    with pytest.raises(UnknownRole):
        asyncio.run(session.as_async().search(PUMP, role=role, within="everything"))
    session.add(said(12, role=role))
    assert [hit.message.role for hit in session.search(PUMP, role=role)] == [role]


@pytest.mark.parametrize(
    ("role", "found"), [("nobody", []), ("评论员", []), ("document", []), ("USER", ["user"]), ("gpt", ["assistant"])]
)
def test_any_other_word_may_be_the_role_of_a_message(role: str, found: list[str], store: Open) -> None:
    assert [hit.message.role for hit in pumps(store, 2).search(PUMP, role=role)] == found
