"""How well a conversation is recalled over its length, and how long answers took, day by day. Nothing is kept for it.

Rule: what is shown is reckoned when somebody looks. The questions of a conversation are put again, each as of the
moment before it was asked, so that a turn costs nothing, and what was erased is in no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import fmean, median, quantiles

from tiermem.browsing.records import AnswerDay, AskedAgain, ShownMessage
from tiermem.messages import Message
from tiermem.records import Shown, Within
from tiermem.session import Session
from tiermem.storage.listed.lately import StoredTurn

ASKED = 40  # questions that are put again, spread evenly over those that there are
BUDGET = 1_000  # tokens that an answer may have
LONGEST = 2_000  # characters of a question
OVER = 5  # questions of which a running mean is
TOGETHER = 0.001  # seconds: what was stored nearer than this was stored at once


def asked_again(session: Session, shown: Sequence[ShownMessage], within: Within) -> list[AskedAgain]:
    """What is recalled for the questions among *shown*, the messages of a stretch of *session* in order, each as of the
    moment before it: of the newest at most so many, evenly. A question of which nobody knows that something was said
    before it is left out."""
    found = []
    for message, at in _spread(list(_questions(shown)), ASKED):
        recalled = session.recall(message.text[:LONGEST], BUDGET, within=within, as_of=at - timedelta(microseconds=1))
        found.append(AskedAgain(number=message.sequence, at=at, hits=len(recalled.hits), likely=recalled.likely))
    return found


def _questions(shown: Sequence[ShownMessage]) -> Iterable[tuple[Message, datetime]]:
    for before, one in pairwise(shown):
        at, earlier = _said(one.message), _said(before.message)
        plain = not (one.erased or one.damaged or one.shown is Shown.HIDDEN)
        if plain and one.message.acts_as == "user" and one.message.text.strip() and at and earlier and earlier < at:
            yield one.message, at


def _said(message: Message) -> datetime | None:
    at = message.when
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _spread(found: Sequence[tuple[Message, datetime]], most: int) -> list[tuple[Message, datetime]]:
    if len(found) <= most:
        return list(found)
    return [found[round(place * (len(found) - 1) / (most - 1))] for place in range(most)]


def running(values: Sequence[float], over: int = OVER) -> list[float]:
    """The mean of each of *values* and those before it, of *over* at most."""
    return [fmean(values[max(0, place - over + 1) : place + 1]) for place in range(len(values))]


def answer_days(turns: Iterable[StoredTurn]) -> tuple[AnswerDay, ...]:
    """Seconds from a user's message to the answer right behind it, by day of UTC, oldest first, as they were stored;
    what was stored at once, as an import stores it, says nothing of it."""
    sums: dict[str, list[float]] = {}
    ordered = sorted(turns, key=lambda one: (one.session, one.sequence))
    for asked, answer in pairwise(ordered):
        follows = asked.session == answer.session and answer.sequence == asked.sequence + 1
        if follows and (asked.role, answer.role) == ("user", "assistant") and asked.stored_at and answer.stored_at:
            took = (answer.stored_at - asked.stored_at).total_seconds()
            if took > TOGETHER:
                sums.setdefault(f"{asked.stored_at.astimezone(UTC):%Y-%m-%d}", []).append(took)
    return tuple(
        AnswerDay(day=day, turns=len(took), median=median(took), most=_slow(took)) for day, took in sorted(sums.items())
    )


def _slow(took: Sequence[float]) -> float:
    """Nine of ten took no longer."""
    return quantiles(took, n=10, method="inclusive")[-1] if len(took) > 1 else took[0]
