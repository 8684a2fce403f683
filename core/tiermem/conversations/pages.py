"""The conversations of a user, newest first, a page at a time; those with messages that wait for the index in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.conversations.held import Held, Named, held
from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.settings import Scope
from tiermem.storage.talk import reading
from tiermem.storage.talk.counting import CountedTalk, of_session

WAITING = 200  # conversations that wait for the index and are held at once


@dataclass(frozen=True, slots=True)
class Timespan:
    """A span of time in seconds since 1970 in UTC, from `since` on, up to `until`, and before `before`; None: open."""

    since: float | None = None
    until: float | None = None
    before: float | None = None

    @property
    def end(self) -> float | None:
        """The time behind which nothing is."""
        ends = [end for end in (self.until, self.before) if end is not None]
        return min(ends) if ends else None


class TalkPage(NamedTuple):
    """Conversations by key, and what is counted of each."""

    rows: Mapping[int, Named]
    counted: Sequence[CountedTalk]


def waiting(scope: Scope) -> Flow[TalkPage]:
    """The conversations with messages that wait for the index, each with what is counted of it so far."""
    page: TalkPage = yield Read(partial(waiting_now, scope=scope))
    return page


def waiting_now(connection: sa.Connection, scope: Scope) -> TalkPage:
    """`waiting`, of one snapshot."""
    rows = reading.waiting(connection, scope)
    return TalkPage(rows, [of_session(connection, key) for key in sorted(rows, reverse=True)])


def in_parts(page: TalkPage) -> list[TalkPage]:
    """*page* in parts that are small enough to be held at once."""
    starts = range(0, len(page.counted), WAITING)
    parts = [page.counted[start : start + WAITING] for start in starts]
    return [TalkPage({one.session: page.rows[one.session] for one in part}, part) for part in parts]


def newest(scope: Scope, most: int, window: Timespan, beyond: CountedTalk | None = None) -> Flow[TalkPage]:
    """The next *most* conversations by their last turn, behind the one *beyond*."""
    page: TalkPage = yield Read(partial(_newest, scope=scope, most=most, window=window, beyond=beyond))
    return page


def _newest(
    connection: sa.Connection, scope: Scope, most: int, window: Timespan, beyond: CountedTalk | None
) -> TalkPage:
    counted = reading.newest(connection, scope, most, window.since, window.end, beyond)
    return TalkPage(reading.by_keys(connection, scope, [one.session for one in counted]), counted)


def of_page(core: Core, page: TalkPage) -> Flow[list[Held]]:
    """What the conversations of *page* hold, in its order."""
    found = yield from held(core, page.rows)
    return [found[one.session] for one in page.counted if one.session in found]
