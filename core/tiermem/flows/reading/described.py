"""Messages found by what a function of the user's says of the media in them.

What it says is not what was said: it is kept apart, a message a medium in a collection of its user, ranked like a
document, and stands for the messages that the medium is in. No fact, summary or quote is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from tiermem.flows.effects import Flow, Read
from tiermem.flows.reading import documents, rank
from tiermem.flows.reading.corpus import user_wide
from tiermem.flows.reading.filters import ANY, after
from tiermem.flows.reading.request import Matched, Reach, SearchRequest, SearchResult
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shown import media as rows
from tiermem.window.view import within

COLLECTION = "descriptions"
SOURCE = "media"  # of what stands in the state of a description


def collection(scope: Scope) -> Scope:
    """What is said of the media of the user of *scope*."""
    return Scope(scope.tenant, scope.user, COLLECTION, "media")


@dataclass(frozen=True, slots=True)
class _WhereShown:
    """A message that a medium is in, and the name of its session."""

    session: str
    key: int
    message: Message


def hits(core: Core, scope: Scope, row: SessionRow, request: SearchRequest) -> Flow[SearchResult]:
    """The messages in the session *row*, or in all of the user's, whose media are described by what *request* asks for;
    weak ones too. Those that are hidden, were said later, or are of another role or time, are not among them."""
    where = collection(scope)
    there = yield Read(lambda connection: sessions.find(connection, where))
    if not there.messages:
        return SearchResult()
    more = replace(request, weak=True, without=frozenset(), unsaid=frozenset(), as_of=None, only=ANY)
    nominated = yield from rank.hits(core, where, there, more)
    best = documents.scored(core, nominated.hits, frozenset())[: request.limit]
    wide = user_wide(scope, request.within)
    places: Mapping[str, Sequence[_WhereShown]] = yield Read(
        partial(_places, scope=scope, row=row, request=request, wide=wide, digests=[hit.message.id for hit in best])
    )
    found: list[Hit] = []
    held: dict[str, int] = {}
    for hit in best:
        bits = nominated.matched.held.get(f"m{hit.message.sequence}", 0)
        for place in places.get(hit.message.id, ()):
            made = Hit(
                message=place.message, score=hit.score, why=hit.why, session=place.session, home=place.key == row.pk
            )
            found.append(made)
            held[made.ref] = bits
    local = core.local(hit.message for hit in found)
    found = [replace(hit, message=message) for hit, message in zip(found, local, strict=True)]
    matched = Matched(nominated.matched.asked, held)
    return replace(nominated, hits=tuple(found[: request.limit]), matched=matched)


def _places(
    connection: sa.Connection, scope: Scope, row: SessionRow, request: SearchRequest, wide: bool, digests: Sequence[str]
) -> dict[str, list[_WhereShown]]:
    """The visible messages that have the media *digests*, by these."""
    found: dict[str, list[_WhereShown]] = {}
    reach = Reach(request.within, request.sessions, request.exclude)
    keys = rows.sessions_of(connection, scope) if wide else []
    for key in dict.fromkeys([row.pk, *keys] if row.pk else keys):
        own = row if key == row.pk else sessions.by_key(connection, key)
        name = sessions.scope_of_key(connection, int(key)).session
        if not reach.has(name, scope.session):
            continue
        for digest, message in _of_session(connection, own, set(digests), request):
            found.setdefault(digest, []).append(_WhereShown(name, int(key), message))
    return found


def _of_session(
    connection: sa.Connection, row: SessionRow, digests: set[str], request: SearchRequest
) -> Iterator[tuple[str, Message]]:
    hidden = decisions.hidden(connection, row)
    uses = [use for use in rows.uses(connection, row.pk, 1, row.messages) if use.sha256.hex() in digests]
    uses = [use for use in uses if not within(hidden, use.sequence) and use.sequence not in request.without]
    originals = {one.sequence: one for one in log.pick(connection, row.pk, {use.sequence for use in uses})}
    for use in uses:
        message = originals.get(use.sequence)
        if message is not None and _wanted(message, request):
            yield use.sha256.hex(), message


def _wanted(message: Message, request: SearchRequest) -> bool:
    only = request.only
    if request.as_of is not None and after(message, request.as_of):
        return False
    if only.role and message.acts_as not in only.roles:
        return False
    return (only.since is None and only.until is None) or only.timely(message)
