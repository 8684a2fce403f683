"""What the property tests compare with: the plainest way to know the same thing."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tiermem import Decision, Memory, Message
from tiermem.storage import search


def shown_by_journal(journal: Sequence[Decision], last: int) -> set[int]:
    """The messages that are hidden: for each the newest hide or restore that is not undone decides."""
    hidden: set[int] = set()
    for number in range(1, last + 1):
        kinds = [d.kind for d in journal if d.first <= number <= d.last and not d.undone and d.kind in {"hide", "restore"}]
        if kinds and kinds[-1] == "hide":
            hidden.add(number)
    return hidden


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
        search.drop(connection)
        search.create(connection)
        for statement in (
            "DELETE FROM tiermem_word",
            "DELETE FROM tiermem_vector",
            "UPDATE tiermem_session SET indexed = 0, embedded = 0",
        ):
            connection.exec_driver_sql(statement)

    memory._performer._database.write(body)
    for cache in (memory._core.vectors, memory._core.windows, memory._core.bodies):
        cache._values.clear()
