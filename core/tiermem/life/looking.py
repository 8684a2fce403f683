"""The levels of a conversation, and the life of one message, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import isfinite

import sqlalchemy as sa

from tiermem.errors import UnknownReference, brief_repr
from tiermem.flows import window_state
from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.flows.writing import decide, used
from tiermem.life import aging, uses
from tiermem.life.forgetting import Forgetting, spaced
from tiermem.life.records import Level, Levels, MemoryLife, Place
from tiermem.messages import Message
from tiermem.notes import keeping
from tiermem.notes.kinds import Procedure
from tiermem.notes.wording import text_of
from tiermem.records import Shown
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage.log.legible import ERASED
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import Span


def levels(core: Core, scope: Scope) -> Flow[Levels]:
    """The levels of the conversation of *scope*."""
    row, window = yield from window_state.load(core, scope)
    told = frozenset(cover.number for cover in window.covers if cover.tokens)
    covered, waiting = (yield Read(partial(_counted, row=row, told=told))) if row.pk else (Level(), Level())
    whole = [entry for entry in window.entries if entry.shown is Shown.VERBATIM]
    stubs = [entry for entry in window.entries if entry.shown is Shown.COMPACTED]
    working = Level(len(whole), *[sum(entry.tokens for entry in whole)] * 2)
    short = Level(
        len(stubs) + covered.messages,
        sum(entry.shown_tokens for entry in stubs) + sum(cover.tokens for cover in window.covers),
        sum(entry.tokens for entry in stubs) + covered.said,
    )
    rest = Level(row.messages - working.messages - short.messages, 0, row.tokens - working.said - short.said)
    return Levels(
        sensory=waiting,
        working=working,
        short_term=short,
        long_term=rest,
        procedural=(yield from _procedural(core, scope)),
    )


def _counted(connection: sa.Connection, row: SessionRow, told: frozenset[int]) -> tuple[Level, Level]:
    """What is covered by summaries that say something, and what waits for the index."""
    spans = [span for span in decisions.spans(connection, row.pk, row, 0) if span.summary in told]
    fixed = {entry.sequence for entry in entry_rows.fixed(connection, row.pk, row.messages)}
    rows = [one for span in spans for one in entry_rows.entries(connection, row.pk, span.first, span.last)]
    under = [one for one in rows if one.sequence not in fixed]
    new = [*entry_rows.entries(connection, row.pk, row.indexed + 1, row.messages)]
    said = sum(one.tokens for one in new)
    return Level(len(under), 0, sum(one.tokens for one in under)), Level(len(new), said, said)


def _procedural(core: Core, scope: Scope) -> Flow[Level]:
    laid = yield from aging.protection(core, scope)
    kept = yield from keeping.listed(core, scope, Procedure.kind)
    tokens = sum(core.count(text_of(one)) for one in kept)
    return Level(len(kept) + sum(why == aging.LAID_DOWN for why in laid.values()), tokens, tokens)


@dataclass(frozen=True, slots=True)
class _Found:
    row: SessionRow
    message: Message
    shown: Shown
    told: bool  # the summary that covers it says something


def of_message(core: Core, scope: Scope, ref: str, curve: Forgetting) -> Flow[MemoryLife]:
    """How the message of *ref* in the conversation of *scope* lives.

    Raises:
        UnknownReference: there is no such message, or it was erased.
    """
    found: _Found = yield Read(partial(_found, scope=scope, ref=ref))
    number = found.message.sequence
    made = uses.by_message((yield Read(lambda connection: used.uses(connection, found.row.pk)))).get(number, [])
    protected = (yield from aging.protection(core, scope)).get(number, "")
    if found.message.pinned or found.message.role in log.FIXED_ROLES:
        protected = "pinned"
    first = aging.initial(found.message)
    stored = uses.day_of(found.message.stored_at or core.now())
    since, count = made[-1] if made else stored, spaced(made)
    days = uses.day_of(core.now()) - since
    importance = curve.importance(days, count, first.value)
    lasts = curve.lasts(count, first.value)
    return MemoryLife(
        ref=ref,
        level=_place(found, number),
        initial=first.value,
        why=first.why,
        retention=curve.retention(days, count),
        strength=curve.strength(count),
        importance=importance,
        active=bool(protected) or importance >= curve.prune,
        protected=protected,
        uses=count,
        since=_moment(core, since),
        used_at=_moment(core, made[-1]) if made else None,
        fades_at=_moment(core, since + lasts) if isfinite(lasts) and not protected else None,
    )


def _found(connection: sa.Connection, scope: Scope, ref: str) -> _Found:
    row = sessions.find(connection, scope)
    sequence, summary = decide.resolve(connection, row, ref)
    if summary is not None:
        raise UnknownReference(f"{brief_repr(ref)} is a summary; a life is that of a message")
    (message,) = log.sound(log.read(connection, row.pk, sequence, sequence))
    if message.origin == ERASED:
        raise UnknownReference(f"{brief_repr(ref)} was erased")
    spans = decisions.spans(connection, row.pk, row, 0)
    whole = Span(sequence, sequence, Shown.VERBATIM)
    here = next((span for span in spans if span.first <= sequence <= span.last), whole)
    told = here.summary and any(one.text for one in decisions.summaries(connection, row.pk, numbers=[here.summary]))
    return _Found(row, message, here.shown, bool(told))


def _place(found: _Found, number: int) -> Place:
    if found.shown is Shown.HIDDEN:
        return "hidden"
    if number > found.row.indexed:
        return "sensory"
    if found.shown is Shown.VERBATIM:
        return "working"
    return "short-term" if found.shown is Shown.COMPACTED or found.told else "long-term"


def _moment(core: Core, day: float) -> datetime:
    return core.meant(datetime.fromtimestamp(day * uses.DAY, UTC))
