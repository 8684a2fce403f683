"""What was dropped since a decision: the two views painted, what lies between them read and weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.dropped.commitments import commitment
from tiermem.dropped.difference import as_of, before_last_run, taken
from tiermem.dropped.record import Dropped
from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.flows import window_state
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision, Shown, Summary
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import entries as entry_rows
from tiermem.storage import facts as stored
from tiermem.storage import stubs as stub_rows
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import Span, paint

LIMIT = 20
BATCH = 500  # messages that are read and weighed at a time


class _Change(NamedTuple):
    """The spans that one message was and is in."""

    was: Span
    now: Span


class _Views(NamedTuple):
    """What lies between two views of a session."""

    row: SessionRow
    changes: Mapping[int, _Change]
    summaries: Mapping[int, Summary]
    stubs: Mapping[tuple[int, int], str]
    pinned: frozenset[int]


def dropped(core: Core, scope: Scope, since: int | Decision | None, limit: int) -> Flow[list[Dropped]]:
    """What is shown as less than it was right after the decision *since*; None: than before the last run.

    Raises:
        UnknownReference: there is no such decision. InvalidMessage: *limit* is no number.
    """
    number = since.number if isinstance(since, Decision) else since
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 0):
        raise UnknownReference(f"since takes a decision, or its number, not {type(number).__name__}")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise InvalidMessage(f"limit must be a whole number of at least 0, not {limit!r}")
    views: _Views = yield Read(partial(_views, scope=scope, since=number))
    found: list[tuple[float, int, Dropped]] = []
    wanted = sorted(views.changes)
    for start in range(0, len(wanted), BATCH):
        bodies = yield from window_state.bodies(core, views.row, wanted[start : start + BATCH])
        found += yield Compute(partial(_weighed, views, bodies))
    found.sort(key=lambda one: (-one[0], -one[1]))
    return [one for _, _, one in found[:limit]]


def _views(connection: sa.Connection, scope: Scope, since: int | None) -> _Views:
    row = sessions.find(connection, scope)
    journal = decisions.journal(connection, row.pk) if row.pk else []
    if since is not None and since > row.revision:
        raise UnknownReference(f"decision {since} does not exist in this session")
    number = before_last_run(journal) if since is None else since
    if not row.messages:
        return _Views(row, {}, {}, {}, frozenset())
    members = stub_rows.members(connection, row.pk, 0)
    fixed = {entry.sequence for entry in entry_rows.fixed(connection, row.pk, row.messages)}
    before = paint(1, row.messages, as_of(journal, number), members)
    changes = {
        message: _Change(was, now)
        for first, last, was, now in taken(before, paint(1, row.messages, journal, members))
        for message in range(first, last + 1)
        if message not in fixed
    }
    return _Views(row, changes, *_kept(connection, row, changes))


def _kept(
    connection: sa.Connection, row: SessionRow, changes: Mapping[int, _Change]
) -> tuple[dict[int, Summary], dict[tuple[int, int], str], frozenset[int]]:
    """The summaries and stubs that stand for the messages of *changes*, and which of these are pinned."""
    covering = sorted({change.now.summary for change in changes.values() if change.now.summary})
    compacted = [number for number, change in changes.items() if change.now.shown is Shown.COMPACTED]
    stubs = stub_rows.of_messages(connection, row.pk, compacted) if compacted else {}
    pins = stored.pins(connection, row.pk)
    return (
        {one.number: one for one in decisions.summaries(connection, row.pk, numbers=covering)} if covering else {},
        {key: str(stub.content) for key, stub in stubs.items() if isinstance(stub.content, str)},
        frozenset(number for number, (_, stands) in pins.items() if stands and number in changes),
    )


def _weighed(views: _Views, bodies: Mapping[int, Message]) -> list[tuple[float, int, Dropped]]:
    return [(one.score, number, one) for number, body in bodies.items() if (one := _dropped(views, number, body))]


def _dropped(views: _Views, number: int, body: Message) -> Dropped:
    change, found = views.changes[number], commitment(body)
    return Dropped(
        ref=f"m{number}",
        role=body.acts_as,
        line=found.line,
        kinds=found.kinds,
        score=found.score,
        was=change.was.shown,
        shown=change.now.shown,
        kept=tuple(_said_of(views, number, change.now)),
        pinned=number in views.pinned,
    )


def _said_of(views: _Views, number: int, now: Span) -> Sequence[str]:
    """What stands in place of the message: its stub, or the lines of its summary that rest on it."""
    if now.shown is Shown.COMPACTED:
        stub = views.stubs.get((number, now.decision), "")
        return [stub] if stub else []
    summary = views.summaries.get(now.summary)
    if summary is None:
        return []
    structure = summary.structure
    lines = {"user_goal": structure.user_goal, "last_step": structure.last_step}
    lines |= {f"key_decisions.{place}": text for place, text in enumerate(structure.key_decisions)}
    lines |= {f"modified_files.{place}": text for place, text in enumerate(structure.modified_files)}
    lines |= {f"critical_context.{key}": f"{key}: {text}" for key, text in structure.critical_context.items()}
    return [lines[name] for name, sources in structure.sources.items() if number in sources and lines.get(name)]
