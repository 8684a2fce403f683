"""The view against the journal: all that follows from decisions is derived from them again."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from tiermem.storage import decisions
from tiermem.storage import entries as entry_rows
from tiermem.storage import stubs as stub_rows
from tiermem.storage.sessions import SessionRow
from tiermem.window.view import Span, Window, floor_of, paint, within


def view_differs(connection: sa.Connection, row: SessionRow) -> Iterator[str]:
    """Where totals, summaries in force and the window are not what the decisions of the session lead to."""
    if not row.pk:
        return
    journal = decisions.journal(connection, row.pk)
    if [decision.number for decision in journal] != list(range(1, row.revision + 1)):
        yield f"tiermem_session: the journal has {len(journal)} rows, the session's revision is {row.revision}"
    undone = {decision.reference for decision in journal if decision.kind == "undo"}
    if undone != {decision.number for decision in journal if decision.undone}:
        yield "tiermem_decision: the decisions marked undone are not those that the journal undoes"
    parts = paint(1, row.messages, journal, stub_rows.members(connection, row.pk, 0)) if row.messages else []
    yield from _partition_differs(parts, row)
    live = {part.summary for part in parts if part.summary}
    if live != {summary.number for summary in decisions.summaries(connection, row.pk, live=True)}:
        yield "tiermem_summary: the summaries in force are not those that the journal leads to"
    window = decisions.window(connection, row)
    if window.tokens != row.window_tokens:
        yield f"tiermem_session: the window has {window.tokens} tokens, the session says {row.window_tokens}"
    yield from _window_differs(connection, row, window, parts)


def _partition_differs(parts: list[Span], row: SessionRow) -> Iterator[str]:
    if sum(part.last - part.first + 1 for part in parts) != row.messages:
        yield "the view is not a partition of the messages"
    if floor_of(parts, row.messages) != row.floor:
        yield f"tiermem_session: nothing is visible up to {floor_of(parts, row.messages)}, the session says {row.floor}"


def _window_differs(connection: sa.Connection, row: SessionRow, window: Window, parts: list[Span]) -> Iterator[str]:
    expected = {s for part in parts if part.visible for s in range(part.first, part.last + 1)}
    hidden = decisions.hidden(connection, row)
    pinned = {e.sequence for e in entry_rows.fixed(connection, row.pk, row.messages)}
    expected |= {s for s in pinned if not within(hidden, s)}
    if expected != {entry.sequence for entry in window.entries}:
        yield "the window does not show the messages that the journal leads to"
