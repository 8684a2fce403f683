"""What the property tests compare with: the plainest way to know the same thing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from tiermem import Decision, Hit, Memory, Message
from tiermem.window.view import Entry


def hidden_by(journal: Sequence[Decision], last: int) -> set[int]:
    """The messages that are hidden: of the hides and restores about one that are not undone, the newest decides."""
    told = [decision for decision in reversed(journal) if decision.kind in {"hide", "restore"} and not decision.undone]
    newest = (next((d.kind for d in told if d.first <= n <= d.last), "") for n in range(1, last + 1))
    return {number for number, kind in enumerate(newest, start=1) if kind == "hide"}


def assert_paired(messages: Sequence[Message]) -> None:
    """Every call is followed at once by all its results, and every result has its call; only the end may wait."""
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert message.tool_call_id in waiting
            waiting.remove(message.tool_call_id or "")
            continue
        assert not waiting
        waiting = [call.id for call in message.tool_calls]
    assert not waiting or messages[-1].tool_calls


def indexes_dropped(memory: Memory) -> None:
    """Empty everything that can be derived again."""

    def body(connection: sa.Connection) -> None:
        for statement in (
            "DELETE FROM tiermem_segment",
            "DELETE FROM tiermem_conversation",
            "DELETE FROM tiermem_tally",
            "DELETE FROM tiermem_fact WHERE how NOT IN ('application', 'model')",
            "DELETE FROM tiermem_named",
            "DELETE FROM tiermem_shelf",
            "DELETE FROM tiermem_vector",
            "DELETE FROM tiermem_embedded",
            "UPDATE tiermem_session SET indexed = base",
        ):
            connection.exec_driver_sql(statement)

    memory._performer._database.write(body)
    core = memory._core
    for cache in (core.vectors, core.indexes, core.windows, core.bodies, core.texts, core.embedded, core.graphs):
        cache._values.clear()


def partners(entries: Sequence[Entry]) -> list[tuple[int, int]]:
    """(call, result) for every result: the nearest call before it with its id."""
    found = []
    for place, one in enumerate(entries):
        callers = [e.sequence for e in entries[:place] if one.answers and one.answers in e.calls]
        found += [(callers[-1], one.sequence)] if callers else []
    return found


def assert_same(found: Sequence[Hit], before: Sequence[Hit]) -> None:
    """The same messages with the same scores; sums of float32 differ a little between an old index and a new one."""
    close = {hit.ref: pytest.approx(hit.score, abs=1e-4) for hit in before}
    assert {hit.ref: hit.score for hit in found} == close
