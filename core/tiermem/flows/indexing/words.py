"""The archive follows the log: terms and facts of new messages, in batches, from a watermark; vectors are in
`vectors.py`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from tiermem.blocks.reading import words as words_of
from tiermem.facts import preferences
from tiermem.facts.stated.record import StatedAt
from tiermem.flows import reporting
from tiermem.flows.effects import Compute, Flow, Read, Transact
from tiermem.flows.indexing import facts, pinning, shelving, vectors
from tiermem.flows.services import Core
from tiermem.index.segment import Segment, segment
from tiermem.index.user import UserIndex
from tiermem.messages import Message
from tiermem.records import Decision
from tiermem.settings import Scope
from tiermem.shared_history import shared_of
from tiermem.storage import decisions, segments, sessions
from tiermem.storage import facts as stored_facts
from tiermem.storage import messages as log
from tiermem.storage.log.legible import UNREADABLE
from tiermem.storage.sessions import SessionRow
from tiermem.storage.talk import counting
from tiermem.text.analyzer import terms
from tiermem.text.dialogue import ECHOED, ROLES, UNTOLD, Spoken
from tiermem.text.mood.reading import mood
from tiermem.times.nearness import mentioned, wall_clock
from tiermem.tokens.beside import thoughts
from tiermem.window.provenance import is_foreign
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import own_text

BATCH = 1_000  # messages indexed in one transaction
WISH = 4_000  # characters of a message that are read for standing wishes; what is longer is pasted


def searchable(message: Message) -> str:
    """The text by which a message is found: speaker, words, calls and thoughts, without what we quoted into it.

    Thoughts have no vectors: they are long, and would blur that of the answer.

    Of an echo nothing, not even the name of the tool: it would lend the messages beside it a word.
    """
    if message.origin in UNREADABLE or vectors.echo(message):
        return ""
    thought = " ".join([*words_of(message.content, thoughts=True), *thoughts(message.raw)])
    return " ".join(part for part in (message.name, vectors.embeddable(message), thought[: vectors.TEXT]) if part)


def follow(core: Core, scope: Scope) -> Flow[None]:
    """Index and embed at once all that waits, in a fork what it shares too, which is indexed where it was said. An
    embedder that fails leaves keyword search, and is asked later."""
    for where in (*(yield Read(partial(_shared_with, scope=scope))), scope):
        yield from follow_words(core, where)
        yield from vectors.follow(core, where)
    yield from shelving.follow(core, scope)


def _shared_with(connection: sa.Connection, scope: Scope) -> list[Scope]:
    """The sessions that a fork shares messages with, the oldest first, but those that were erased."""
    shared = shared_of(sessions.find(connection, scope).pk)
    return [sessions.scope_of_key(connection, owner) for owner, _ in shared if owner > 0]


def follow_words(core: Core, scope: Scope) -> Flow[None]:
    """Index the words of what is not indexed yet; nothing in the index of another analyser.

    Nor what is added meanwhile, which might never end.
    """
    row = yield Read(lambda connection: sessions.find(connection, scope))
    last = row.messages
    while not row.foreign and row.indexed < last:
        core.noticed(row.erasures)
        began, done = core.timer(), row.indexed
        index = yield from filled(core, scope, row, row.indexed)
        before, fresh = yield Read(_reading_on(row.pk, row.indexed + 1, last))
        part = yield Compute(partial(part_of, index, row.pk, fresh))
        stated = yield Compute(partial(facts.of_messages, scope, row.pk, before, fresh))
        pinned = yield Transact(_adding(core, scope, row, part, stated), partial(reporting.pinned, scope))
        pinning.carry_on(core, scope, row.pk, pinned)
        row = yield Read(lambda connection: sessions.find(connection, scope))
        if row.indexed > done:
            yield reporting.indexed(scope, done + 1, row.indexed, core.since(began))
            shelving.grew(core, scope, row.indexed - done)


def filled(core: Core, scope: Scope, row: SessionRow, through: int) -> Flow[UserIndex]:
    """The index of the user of *scope* with the messages of the session *row* up to number *through*."""
    index = core.index_of(scope)
    if row.base:
        for own in (yield Read(lambda connection: sessions.sharing(connection, row.pk))).values():
            yield from filled(core, scope, own, own.messages)
    if row.pk and index.last(row.pk) < min(row.indexed, through):
        above = index.last(row.pk)
        stored = yield Read(lambda connection: segments.read(connection, [row.pk], above))
        yield Compute(lambda: index.add([(row.pk, part) for part in stored.get(row.pk, ())]))
    while row.pk and index.last(row.pk) < through:
        first = index.last(row.pk) + 1
        waiting = yield Read(_reading(row.pk, first, through))
        yield Compute(partial(_grow, index, row.pk, waiting))
    return index


def _grow(index: UserIndex, session: int, messages: Sequence[Message]) -> None:
    index.add([(session, part_of(index, session, messages))])


def part_of(index: UserIndex, session: int, messages: Sequence[Message]) -> Segment:
    """*messages*, which follow what is in *index* of the *session*, as the index keeps them."""
    return index.fresh(session, segment(spoken(messages)))


def follow_words_alone(core: Core, scope: Scope) -> Flow[None]:
    """`follow_words`, unless another thread is at it: each would read and analyse the same messages."""
    if scope in core.indexing:
        return
    core.indexing.add(scope)
    try:
        yield from follow_words(core, scope)
    finally:
        core.indexing.discard(scope)


def spoken(messages: Sequence[Message]) -> list[Spoken]:
    """What the word index keeps of *messages*."""
    return [_spoken(message) for message in messages]


def _spoken(message: Message) -> Spoken:
    text, said = searchable(message), wall_clock(message.when)
    talked = [(interval.start, interval.end) for interval in mentioned(text, said)] if math.isfinite(said) else []
    role = role_of(message)
    felt = mood(own_text(message)) if role in USER_ROLES else None
    return Spoken(
        message.sequence,
        said,
        speaker_of(message),
        index_terms(message, text),
        role,
        talked,
        UNTOLD if felt is None else round(100 * felt),
        round(facts.behind(message)),
    )


def index_terms(message: Message, text: str) -> list[str]:
    """The terms of *message*, whose `searchable` text is *text*; a standing wish of its speaker's own has one
    more."""
    wish = message.acts_as in USER_ROLES and not is_foreign(message) and preferences.standing(own_text(message)[:WISH])
    return [*terms(text), preferences.TERM] if wish else terms(text)


def role_of(message: Message) -> str:
    """The role as a key: one of those that ranking knows, or nothing, as where a user's message hands on what somebody
    else said. What only quotes our own answers is an echo."""
    if vectors.echo(message):
        return ECHOED
    if is_foreign(message):
        return ""
    return message.acts_as if message.acts_as in ROLES and message.acts_as != ECHOED else ""


def speaker_of(message: Message) -> str:
    """The speaker's name as a key: storable text of at most 200 characters."""
    return (message.name or "").encode("utf-8", "replace").decode().replace("\0", "")[:200]


def _reading(pk: int, first: int, last: int) -> Any:
    return lambda connection: log.read(connection, pk, first, min(first + BATCH - 1, last))


def _reading_on(pk: int, first: int, last: int) -> Any:
    """The next messages, and those before them that their facts may refer to."""
    near = max(1, first - facts.NEAR)

    def body(connection: sa.Connection) -> tuple[list[Message], list[Message]]:
        return log.read(connection, pk, near, first - 1), log.read(connection, pk, first, min(first + BATCH - 1, last))

    return body


def _adding(core: Core, scope: Scope, row: SessionRow, part: Segment, stated: Sequence[StatedAt]) -> Any:
    def body(connection: sa.Connection) -> list[Decision]:
        if not segments.add(connection, row.pk, part, row.erasures):
            return []
        first, last = int(part.numbers[0]), int(part.numbers[-1])
        stored_facts.replace(connection, scope, row.pk, first, last, stated)
        counting.add(connection, scope, row.pk, part, decisions.hidden(connection, SessionRow(row.pk, last)))
        return pinning.pin(connection, core, scope, row.pk, stated)

    return body
