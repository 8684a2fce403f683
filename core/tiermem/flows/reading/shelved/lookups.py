"""What a question reads of shelves and segments before it ranks; nothing where its index is in RAM."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.index.segment import Segment
from tiermem.index.shelves.asked import AskedIndex
from tiermem.index.shelves.gone import ShelfGone
from tiermem.index.shelves.packing import Posted
from tiermem.index.user import UserIndex
from tiermem.search.ranking.field import Field
from tiermem.shared_history import parts
from tiermem.storage import segments
from tiermem.storage.shelves import rows as shelves

if TYPE_CHECKING:
    import sqlalchemy as sa

WORDS = 16  # the part of `index_memory` that words which were looked up may keep is one of so many
TOGETHER = 500_000  # places of terms that are read at once, about: what comes of a server takes 9 bytes each
Index = UserIndex | AskedIndex


def words(core: Core, index: Index, terms: Collection[str]) -> Flow[None]:
    """Have *index* know where *terms* stand."""
    if isinstance(index, AskedIndex):
        for some in index.lacking(terms, TOGETHER):
            wanted = index.index.places_of(some)
            read = yield Read(partial(_postings, index=index, wanted=wanted)) if wanted else Compute(dict)
            most = core.settings.index_memory // WORDS
            yield Compute(partial(index.learn, some, read, most))


def _postings(
    connection: sa.Connection, index: AskedIndex, wanted: Mapping[int, Sequence[str]]
) -> Mapping[str, Sequence[Posted]]:
    return shelves.postings(connection, {key: (*index.index.shelves[key], terms) for key, terms in wanted.items()})


def likeness(core: Core, index: Index, field: Field, text: str) -> Flow[NDArray[np.float32]]:
    """How alike *text* and each message of *field* are."""
    if isinstance(index, AskedIndex):
        alike = yield Compute(partial(index.alike, text))
        yield from words(core, index, alike[0])
        cosines = partial(index.cosines, field, alike)
    else:
        cosines = partial(index.likeness, field, text)
    found: NDArray[np.float32] = yield Compute(cosines)
    return found


def without(
    index: Index, field: Field, gone: Callable[[], NDArray[np.bool_]], whose: Mapping[int, tuple[int, int]]
) -> Flow[Field]:
    """*field* without what is *gone*; *whose* has by session its key as a fork, and how many messages it has."""
    if not isinstance(index, AskedIndex):
        left: Field = yield Compute(lambda: index.without(field, gone()))
        return left
    mask: NDArray[np.bool_] = yield Compute(gone)
    if not mask.any():
        return field
    read: dict[int, Mapping[int, Sequence[Segment]]] = {}
    for position in (yield Compute(partial(index.unheard, field, mask))):
        read[position] = yield Read(partial(_of_session, whose=whose[field.sessions[position]]))
    left = yield Compute(partial(index.without, field, mask, read))
    return left


def _of_session(connection: sa.Connection, whose: tuple[int, int]) -> dict[int, list[Segment]]:
    key, last = whose
    return {
        owner: segments.between(connection, owner, first, upto)
        for owner, first, upto in parts(key, 1, last)
        if owner > 0
    }


def mentioned(core: Core, index: Index, field: Field, places: Sequence[int], most: float) -> Flow[None]:
    """Have *index* know the terms of the messages at *places*, and where those stand that are in at most *most* of
    *field*."""
    if not isinstance(index, AskedIndex) or not len(places):
        return
    rows = field.rows[list(places)].tolist()
    wanted = {row: index.index.stored_at(row) for row in index.unread(rows)}
    if wanted:
        index.hear((yield Read(partial(_terms, wanted=wanted))))
    terms = yield Compute(partial(index.mentioned, field, rows, most))
    yield from words(core, index, terms)


def _terms(connection: sa.Connection, wanted: Mapping[int, tuple[int, int]]) -> dict[int, list[str]]:
    """By row the terms of messages, each by its session and number."""
    found = {}
    for row, (session, number) in wanted.items():
        read = segments.between(connection, session, number, number)
        if not read:
            raise ShelfGone
        found[row] = [read[0].words[code] for code in read[0].codes.tolist()]
    return found
