"""The turns of a user, newest first over all conversations.

A turn is told by its first message, which its user says. Conversations are taken by their last turn until what is left
is older than what was found, so the newest ten cost the same whatever lies behind them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from tiermem.conversations import pages
from tiermem.conversations.describing import Described, described, turn_of
from tiermem.conversations.held import Held, Named, held, rung
from tiermem.conversations.pages import TalkPage, Timespan
from tiermem.conversations.records import UserTurn
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.index.talk import instants
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage.talk import reading
from tiermem.storage.talk.counting import CountedTalk
from tiermem.text.dialogue import USER
from tiermem.window.view import within

ANSWERS = 64  # messages behind a user's that are read as its answer


class TurnPlace(NamedTuple):
    """Where a turn begins; the newest is the greatest."""

    when: float  # -inf: unknown
    session: int
    number: int


@dataclass(frozen=True, slots=True)
class TurnWish:
    """Which turns: whose user's words have all of `terms`, in a span of time; at most `limit`."""

    terms: Sequence[str]
    window: Timespan
    limit: int


def turns(core: Core, scope: Scope, wish: TurnWish) -> Flow[list[UserTurn]]:
    """The turns that *wish* asks for, newest first."""
    if not wish.limit:
        return []
    places = yield from _places(core, scope, wish)
    keys = sorted({place.session for place in places})
    rows = yield Read(lambda connection: reading.by_keys(connection, scope, keys))
    talk = yield from held(core, rows)
    places = [place for place in places if place.session in talk]  # one may have been erased meanwhile
    messages = yield Read(partial(_messages, places=places, talk=talk))
    about = yield from described(core, scope, talk)
    return list((yield Compute(partial(_handed_out, core, places, messages, about))))


def _places(core: Core, scope: Scope, wish: TurnWish) -> Flow[list[TurnPlace]]:
    waits = yield from pages.waiting(scope)
    yield from rung(core, scope, waits.rows.values())
    found: list[TurnPlace] = []
    for page in pages.in_parts(waits):
        found = yield from _with(core, page, wish, found)
    beyond: CountedTalk | None = None
    while True:
        page = yield from pages.newest(scope, max(wish.limit, 10), wish.window, beyond)
        fresh = _still(page, waits.rows, wish, found)
        found = yield from _with(core, fresh, wish, found)
        if len(page.counted) < max(wish.limit, 10) or not fresh.counted:
            return found
        beyond = page.counted[-1]


def _still(page: TalkPage, waits: Mapping[int, Named], wish: TurnWish, found: Sequence[TurnPlace]) -> TalkPage:
    """Those of *page* that were not looked at, and may have a newer turn than the oldest of a full list."""
    oldest = found[-1].when if len(found) == wish.limit else -math.inf
    new = [one for one in page.counted if one.session not in waits]
    kept = [one for one in new if math.isnan(one.last) or one.last >= oldest or oldest == -math.inf]
    return TalkPage({one.session: page.rows[one.session] for one in kept if one.session in page.rows}, kept)


def _with(core: Core, page: TalkPage, wish: TurnWish, found: Sequence[TurnPlace]) -> Flow[list[TurnPlace]]:
    talk = yield from pages.of_page(core, page)
    return list((yield Compute(partial(_newest, talk, wish, found))))


def _newest(talk: Sequence[Held], wish: TurnWish, found: Sequence[TurnPlace]) -> list[TurnPlace]:
    return heapq.nlargest(wish.limit, [*found, *(place for one in talk for place in _of(one, wish))])


def _of(one: Held, wish: TurnWish) -> list[TurnPlace]:
    """The newest turns of one conversation that fit."""
    part, rows, when = one.part, one.turns, instants(one.part)
    window = wish.window
    for bound, fits in ((window.since, np.greater_equal), (window.until, np.less_equal), (window.before, np.less)):
        if bound is not None:
            rows = rows & fits(when, bound)
    for term in wish.terms:
        code = part.words.index(term) if term in part.words else -1
        has = np.zeros(len(part), dtype=bool)
        has[np.repeat(np.arange(len(part)), part.lengths)[part.codes == code]] = True
        rows = rows & has
    at = np.flatnonzero(rows)
    known = np.where(np.isnan(when[at]), -np.inf, when[at]).tolist()
    numbers = part.numbers[at].tolist()
    placed = (TurnPlace(second, one.row.pk, number) for second, number in zip(known, numbers, strict=True))
    return heapq.nlargest(wish.limit, placed)


def _end(one: Held, number: int) -> int:
    """The last message of the turn that begins with *number*."""
    starts = one.part.numbers[one.part.roles == USER]
    behind = starts[starts > number]
    return min(int(behind[0]) - 1 if len(behind) else one.row.messages, number + ANSWERS)


def _messages(
    connection: sa.Connection, places: Sequence[TurnPlace], talk: Mapping[int, Held]
) -> dict[TurnPlace, list[Message]]:
    found: dict[TurnPlace, list[Message]] = {}
    for place in places:
        one = talk[place.session]
        read = log.read(connection, place.session, place.number, _end(one, place.number))
        found[place] = [message for message in read if not within(one.hidden, message.sequence)]
    return found


def _handed_out(
    core: Core,
    places: Sequence[TurnPlace],
    messages: Mapping[TurnPlace, Sequence[Message]],
    about: Mapping[int, Described],
) -> list[UserTurn]:
    said = ((place, core.local(messages[place])) for place in places)
    return [turn_of(about[place.session], messages) for place, messages in said if messages]
