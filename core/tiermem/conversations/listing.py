"""The conversations of a user, newest first, with what each is about; and the words of one conversation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from tiermem.conversations import pages
from tiermem.conversations.describing import Described, described
from tiermem.conversations.held import Held, held, rung
from tiermem.conversations.pages import TalkPage, Timespan
from tiermem.conversations.records import LEAST_MOODS, UserConversation
from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.index.talk import Talked, talked
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.talk.counting import CountedTalk
from tiermem.validity.known import moment

KEYWORDS = 5


@dataclass(frozen=True, slots=True)
class ConversationWish:
    """Which conversations: whose user's words have all of `terms`, in a span of time; at most `limit`."""

    terms: Sequence[str]
    window: Timespan
    limit: int


def conversations(core: Core, scope: Scope, wish: ConversationWish) -> Flow[list[UserConversation]]:
    """The conversations that *wish* asks for, by their last turn, newest first."""
    found = yield from newest(core, scope, wish)
    about = yield from described(core, scope, {one.row.pk: one for _, one in found}, KEYWORDS)
    return [_handed_out(core, counted, about[one.row.pk]) for counted, one in found]


def newest(core: Core, scope: Scope, wish: ConversationWish) -> Flow[list[tuple[CountedTalk, Held]]]:
    """What is counted of the conversations that *wish* asks for, with what waits for the index, and what they hold."""
    found: list[tuple[CountedTalk, Held]] = []
    waits = yield from pages.waiting(scope)
    yield from rung(core, scope, waits.rows.values())
    for page in pages.in_parts(waits) if wish.limit else []:
        found = _best((yield from pages.of_page(core, page)), page, wish, found)
    beyond: CountedTalk | None = None
    while wish.limit:
        page = yield from pages.newest(scope, wish.limit, wish.window, beyond)
        new = [one for one in page.counted if one.session not in waits.rows]
        fresh = TalkPage({one.session: page.rows[one.session] for one in new if one.session in page.rows}, new)
        found = _best((yield from pages.of_page(core, fresh)), fresh, wish, found)
        full = len(found) == wish.limit
        if len(page.counted) < wish.limit or (full and _newness(page.counted[-1]) >= _newness(found[-1][0])):
            break
        beyond = page.counted[-1]
    return found


def _best(
    talk: Sequence[Held], page: TalkPage, wish: ConversationWish, found: Sequence[tuple[CountedTalk, Held]]
) -> list[tuple[CountedTalk, Held]]:
    known = {one.session: one for one in page.counted}
    more = ((_with_waiting(known[one.row.pk], one), one) for one in talk)
    fitting = [(counted, one) for counted, one in more if counted.turns and _fits(counted, one, wish)]
    return sorted([*found, *fitting], key=lambda pair: _newness(pair[0]))[: wish.limit]


def _newness(counted: CountedTalk) -> tuple[float, int]:
    return (math.inf if math.isnan(counted.last) else -counted.last, -counted.session)


def _with_waiting(counted: CountedTalk, one: Held) -> CountedTalk:
    """What is counted of a conversation, with what waits for the index."""
    rows = one.waiting()
    if not rows.any():
        return counted
    more: Talked = talked(one.row.pk, one.part, rows)
    first = counted.first if not counted.first > more.first else more.first
    last = counted.last if not counted.last < more.last else more.last
    moods, mood = more.mood
    return CountedTalk(
        counted.session,
        counted.turns + more.turns,
        more.first if math.isnan(counted.first) else first,
        more.last if math.isnan(counted.last) else last,
        counted.moods + moods,
        counted.mood + mood,
    )


def _fits(counted: CountedTalk, one: Held, wish: ConversationWish) -> bool:
    window, words = wish.window, set(one.part.words)
    if not words.issuperset(wish.terms) or not _said(one, wish.terms):
        return False
    late = window.since is not None and not counted.last >= window.since
    early = window.end is not None and not counted.first <= window.end
    return not late and not early


def _said(one: Held, terms: Sequence[str]) -> bool:
    return set(one.newest(terms, one.turns)) >= set(terms)


def _handed_out(core: Core, counted: CountedTalk, about: Described) -> UserConversation:
    return UserConversation(
        session=about.held.name,
        first=moment(counted.first, core.zone or UTC),
        last=moment(counted.last, core.zone or UTC),
        messages=about.held.row.messages,
        turns=counted.turns,
        topic=about.topic,
        keywords=about.keywords(KEYWORDS),
        mood=mean(counted.moods, counted.mood),
    )


def mean(moods: int, total: int) -> float | None:
    """A mean mood from hundredths; None of too few."""
    return round(total / moods / 100, 2) if moods >= LEAST_MOODS else None


def keywords(core: Core, scope: Scope, most: int) -> Flow[list[str]]:
    """The *most* heaviest keywords of a session."""
    about = yield from _about(core, scope, most)
    return [] if about is None else list(about.keywords(most))


def topic(core: Core, scope: Scope) -> Flow[str | None]:
    """What a session is about."""
    about = yield from _about(core, scope, 0)
    return None if about is None else about.topic


def _about(core: Core, scope: Scope, most: int) -> Flow[Described | None]:
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if not row.messages:
        return None
    talk = yield from held(core, {row.pk: (scope.session, row)}, shared=True)
    return (yield from described(core, scope, talk, most))[row.pk]
