"""What a window cost over its conversation, what a database did lately, how long answers took. The sums are pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa

from tiermem.browsing.quality import answer_days
from tiermem.browsing.records import Activity, AnswerDay, Day, ShownMessage, Step
from tiermem.flows.effects import Flow, Read
from tiermem.records import Decision
from tiermem.runtime.opening import Opened
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.listed import lately
from tiermem.storage.listed.lately import Saving, StoredSize, StoredTurn, Totals
from tiermem.storage.sqlite import file_of

STEPS = 2_000  # messages of a conversation whose window is told
LATELY = 20_000  # messages and decisions of a database that are looked at
SUMMED = 20_000  # sessions that are summed up
_SAVES = frozenset({"compact", "cover"})
_COUNTED = ("messages", "tokens", "compacted", "covered")
_FILES = ("", "-wal", "-shm", "-journal")


def steps(memory: Opened, scope: Scope, most: int = STEPS) -> list[Step]:
    """The window at each of the newest *most* messages of a conversation, in order.

    It is reckoned backwards from what the window costs now. What a decision that was undone had saved counts neither
    way, so that the past may be told a little too high or too low around it.
    """

    def flow() -> Flow[list[Step]]:
        window, sizes, journal = yield Read(partial(_sizes, scope=scope, most=most))
        return replayed(window, sizes, journal)

    return memory.drive(flow())


def _sizes(connection: sa.Connection, scope: Scope, most: int) -> tuple[int, list[StoredSize], list[Decision]]:
    row = sessions.find(connection, scope)
    if not row.pk:
        return 0, [], []
    first = max(1, row.messages - most + 1)
    stored = [*lately.sizes(connection, row.pk, first, row.messages)]
    taken = lately.journal(connection, row.pk, 0, most)
    return row.window_tokens, stored, [decision for decision in taken if not decision.undone]


def replayed(window: int, sizes: Sequence[StoredSize], journal: Iterable[Decision]) -> list[Step]:
    """The window at each message, from what it costs now back to the first.

    Args:
        window: tokens that the window costs now.
        sizes: the messages, in order; the last one is the newest of the conversation.
        journal: its decisions that are in force, in any order; those before the first message count as never taken.
    """
    after = _behind(sizes, journal)
    steps: list[Step] = []
    saved = 0
    for size, decided in reversed([*zip(sizes, after, strict=True)]):
        gain = sum(decision.tokens_before - decision.tokens_after for decision in decided)
        steps.append(
            Step(
                number=size.sequence,
                role=size.role,
                tokens=size.tokens,
                window=max(0, window),
                saved=-saved,
                rewritten=bool(decided),
            )
        )
        saved += gain
        window += gain - size.tokens
    return [replace(step, saved=step.saved + saved) for step in reversed(steps)]


def _behind(sizes: Sequence[StoredSize], journal: Iterable[Decision]) -> list[list[Decision]]:
    """For each message the decisions that were taken once it was stored and before the next one was."""
    behind: list[list[Decision]] = [[] for _ in sizes]
    times = [size.stored_at.timestamp() if size.stored_at else 0.0 for size in sizes]
    for decision in journal:
        if decision.kind in _SAVES and decision.decided_at is not None:
            place = bisect_right(times, decision.decided_at.timestamp()) - 1
            if place >= 0:
                behind[place].append(decision)
    return behind


def reused(steps: Sequence[Step]) -> float | None:
    """The least share of the tokens of all prompts that begin as the prompt before did, and that a provider's cache may
    reuse: the whole window of the turn before, or nothing where a decision rewrote it. None of fewer than two turns."""
    asked = [step for step in steps if step.role == "user"]
    if len(asked) < 2:
        return None
    rewritten = {step.number for step in steps if step.rewritten}
    sent, again = 0, 0
    for before, now in pairwise(asked):
        sent += now.window
        if not any(number in rewritten for number in range(before.number, now.number + 1)):
            again += min(before.window, now.window)
    return again / sent if sent else None


def answer_times(shown: Sequence[ShownMessage]) -> list[tuple[int, float]]:
    """For each message of a user that is answered at once, its number and after how many seconds; only where both say
    when they were said."""
    found = []
    for asked, answer in pairwise(one.message for one in shown):
        said, answered = asked.created_at, answer.created_at
        if (asked.acts_as, answer.acts_as) == ("user", "assistant") and said and answered and answered >= said:
            found.append((asked.sequence, (answered - said).total_seconds()))
    return found


def activity(memory: Opened) -> Activity:
    """What *memory* holds and did lately."""

    def flow() -> Flow[Activity]:
        totals, stored, savings, turns = yield Read(_lately)
        return _activity(totals, by_day(stored, savings), disk(memory), answer_days(turns))

    return memory.drive(flow())


def _lately(
    connection: sa.Connection,
) -> tuple[Totals, list[tuple[datetime | None, int]], list[Saving], list[StoredTurn]]:
    return (
        lately.totals(connection, SUMMED),
        lately.stored_lately(connection, LATELY),
        lately.savings(connection, LATELY),
        lately.turns_lately(connection, LATELY),
    )


def _activity(totals: Totals, days: tuple[Day, ...], bytes_: int | None, answers: tuple[AnswerDay, ...]) -> Activity:
    return Activity(
        sessions=totals.sessions,
        messages=totals.messages,
        tokens=totals.tokens,
        window_tokens=totals.window_tokens,
        waiting=max(0, totals.waiting),
        more=totals.more,
        days=days,
        disk=bytes_,
        answers=answers,
    )


def by_day(stored: Iterable[tuple[datetime | None, int]], savings: Iterable[Saving]) -> tuple[Day, ...]:
    """Messages and savings by day of UTC, oldest first; what has no time is left out."""
    sums: dict[str, dict[str, int]] = {}
    for when, tokens in stored:
        _count(sums, when, messages=1, tokens=tokens)
    for saving in savings:
        if saving.kind in _SAVES:
            name = "compacted" if saving.kind == "compact" else "covered"
            _count(sums, saving.decided_at, **{name: saving.before - saving.after})
    return tuple(Day(day=day, **sums[day]) for day in sorted(sums))


def periods(days: Sequence[Day], least: int = 14, most: int = 92) -> list[Day]:
    """*days* with those between them on which nothing came in, at least so many up to the last one; where they reach
    over more than *most* days, months in their place."""
    if not days:
        return []
    first, last = (date.fromisoformat(days[place].day) for place in (0, -1))
    first = min(first, last - timedelta(days=least - 1))
    if (last - first).days >= most:
        return _added([replace(day, day=day.day[:7]) for day in days])
    between = [Day(day=(first + timedelta(days=place)).isoformat()) for place in range((last - first).days + 1)]
    return _added([*between, *days])


def _added(days: Iterable[Day]) -> list[Day]:
    sums: dict[str, Day] = {}
    for day in days:
        known = sums.get(day.day, Day(day=day.day))
        both = {name: getattr(known, name) + getattr(day, name) for name in _COUNTED}
        sums[day.day] = Day(day=day.day, **both)
    return [sums[name] for name in sorted(sums)]


def _count(sums: dict[str, dict[str, int]], when: datetime | None, **more: int) -> None:
    if when is None:
        return
    own = sums.setdefault(f"{when.astimezone(UTC):%Y-%m-%d}", {})
    for name, number in more.items():
        own[name] = own.get(name, 0) + number


def disk(memory: Opened) -> int | None:
    """Bytes of the files of *memory*; None where they are a server's, or where it is in RAM."""
    file = file_of(memory.path)
    if file is None:
        return None
    beside = [Path(f"{file}{end}") for end in _FILES]
    return sum(one.stat().st_size for one in beside if one.exists())
