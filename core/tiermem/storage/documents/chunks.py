"""Documents in a collection: found by what their ids begin with, so that no table of sources has to be kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from tiermem.storage.schema import decision, message


class StoredChunk(NamedTuple):
    """A stored chunk without its text: sequence number, id, tokens."""

    sequence: int
    id: str
    tokens: int


def chunks(connection: sa.Connection, pk: int, prefix: str = "") -> list[StoredChunk]:
    """The chunks whose ids begin with *prefix*, hidden ones too, in order. Ids are ASCII."""
    query = sa.select(message.c.sequence, message.c.id, message.c.tokens).where(message.c.session == pk)
    if prefix:
        low = prefix.encode("ascii")
        query = query.where(message.c.id >= low, message.c.id < low + b"\xff")
    rows = connection.execute(query.order_by(message.c.sequence))
    return [StoredChunk(sequence, bytes(key).decode("ascii", "replace"), tokens) for sequence, key, tokens in rows]


def visible(chunks: Iterable[StoredChunk], hidden: Iterable[tuple[int, int]]) -> list[StoredChunk]:
    """Those of *chunks* that lie in no *hidden* range; both are in order."""
    kept: list[StoredChunk] = []
    ranges = iter(hidden)
    low, high = next(ranges, (0, 0))
    for chunk in chunks:
        while high and high < chunk.sequence:
            low, high = next(ranges, (0, 0))
        if not (high and low <= chunk.sequence):
            kept.append(chunk)
    return kept


def decided(connection: sa.Connection, pk: int, kind: str, *, undone: bool | None = None) -> set[int]:
    """The messages of which a decision of *kind* was taken; where that is said, only those in force, or *undone*."""
    query = sa.select(decision.c.first).where(decision.c.session == pk, decision.c.kind == kind)
    if undone is not None:
        query = query.where(decision.c.undone == int(undone))
    return set(connection.execute(query).scalars())
