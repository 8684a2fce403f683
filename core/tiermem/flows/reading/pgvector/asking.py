"""How near the passages of sessions are to a question, asked of pgvector.

Rule 1: where sessions have fewer than `HNSW_FROM` messages together, and with "pgvector-exact" always, every passage is
scored, so nothing can be left out by a filter. Above, an index names `NAMED` that pass the filter (whose, which
sessions, what is hidden); where it names fewer, every passage is scored after all.
Rule 2: what its table lacks is read from `tiermem_vector`, a stretch at a time: an answer never waits for a repair, and
no process ever holds the vectors of a user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.services import Core
from tiermem.index.outside.kinds import HNSW
from tiermem.index.outside.store import PassageKey
from tiermem.index.vectors import Vectors, nearest_of, units_of
from tiermem.search.ranking.embedder_trust import Nearest, nothing
from tiermem.settings import Scope
from tiermem.shared_history import shared_of
from tiermem.storage.embedded import outside
from tiermem.storage.embedded.vectors import Watermark
from tiermem.storage.owners import key_of
from tiermem.storage.pgvector import asked
from tiermem.storage.pgvector.asked import Scored
from tiermem.storage.sessions import SessionRow

if TYPE_CHECKING:
    import sqlalchemy as sa

HNSW_FROM = 20_000  # messages; to score 20,000 passages takes the server as long as its index takes for 400
NAMED = 400  # passages that the index names
SAMPLED = 500  # passages that tell how far apart all of those are of which only the nearest were named
STRETCH = 2_000  # passages that are read at once where the table lacks some


def in_database(
    core: Core, scope: Scope, rows: Sequence[SessionRow], marks: Mapping[int, Watermark], unit: Vectors
) -> Flow[dict[int, Nearest]]:
    """`Nearest` of each of these sessions, by key, up to the messages that have vectors."""
    key, owner = marks[rows[0].pk].key, key_of(scope)
    done = {row.pk: marks[row.pk].done for row in rows}
    if not unit.any():
        return {pk: nothing() for pk in done}
    if core.vector_index == HNSW and sum(done.values()) >= HNSW_FROM:
        near = yield from _named(core, owner, key, rows, done, unit)
        if near is not None:
            return near
    return (yield from _scored(core, owner, key, done, unit))


def _scored(core: Core, owner: bytes, key: int, done: Mapping[int, int], unit: Vectors) -> Flow[dict[int, Nearest]]:
    """Every passage's score; of a session whose table lacks some, of its vectors themselves."""
    sizes = yield from _sizes(core, key, done)
    found: dict[int, Scored] = yield Read(partial(asked.scores, owner=owner, key=key, sessions=list(done), unit=unit))
    near: dict[int, Nearest] = {}
    for pk, through in done.items():
        scored = _until(found.get(pk), through)
        if len(scored[0]) != sizes[pk]:
            core.rounds.lacking((int(pk), key))
            scored = yield from _read(key, pk, through, unit)
        near[pk] = yield Compute(partial(nearest_of, *scored))
    return near


def _until(scored: Scored | None, through: int) -> Scored:
    if scored is None:
        return np.zeros(0, np.int64), np.zeros(0)
    inside = int(np.searchsorted(scored[0], through, side="right"))
    return scored[0][:inside], scored[1][:inside]


def _sizes(core: Core, key: int, through: Mapping[int, int]) -> Flow[dict[int, int]]:
    """How many vectors each of these sessions has, up to these messages."""
    known = {pk: core.sizes.get((int(pk), key, last)) for pk, last in through.items()}
    unknown = {pk: through[pk] for pk, size in known.items() if size is None}
    counted: dict[int, int] = (yield Read(partial(outside.counts, key=key, through=unknown))) if unknown else {}
    for pk, size in counted.items():
        core.sizes.put((int(pk), key, through[pk]), size)
    return {pk: counted[pk] if size is None else size for pk, size in known.items()}


def _read(key: int, pk: int, through: int, unit: Vectors) -> Flow[Scored]:
    """The score of every vector of a session, read a stretch at a time."""
    numbers, cosines, above = list[int](), [np.zeros(0)], 0
    while above < through:
        some = yield Read(partial(_stretch, pk=pk, key=key, above=above))
        if not some:
            break
        above = some[-1][0].sequence
        fitting = [(place.sequence, value) for place, value in some if len(value) == 2 * len(unit)]
        fitting = [(sequence, value) for sequence, value in fitting if sequence <= through]
        numbers += [sequence for sequence, _ in fitting]
        if fitting:
            cosines.append((units_of([value for _, value in fitting]) @ unit).astype(np.float64))
    return np.array(numbers, np.int64), np.concatenate(cosines)


def _stretch(connection: sa.Connection, pk: int, key: int, above: int) -> list[tuple[PassageKey, bytes]]:
    return list(outside.some(connection, pk, key, above, STRETCH))


def _named(
    core: Core, owner: bytes, key: int, rows: Sequence[SessionRow], done: Mapping[int, int], unit: Vectors
) -> Flow[dict[int, Nearest] | None]:
    shared = any(shared_of(row.pk) for row in rows)
    ask = partial(asked.named, owner=owner, key=key, sessions=list(done), unit=unit, k=NAMED, shared=shared)
    found: dict[int, Scored] | None = yield Read(ask)
    if found is None:
        return None
    mean, spread = yield from _spread(core, owner, key, done, unit)
    core.rounds.begin({(int(pk), key): last for pk, last in done.items()}, core.now().timestamp())
    return {pk: nearest_of(*_until(found.get(pk), last), mean, spread) for pk, last in done.items()}


def _spread(core: Core, owner: bytes, key: int, done: Mapping[int, int], unit: Vectors) -> Flow[tuple[float, float]]:
    """Mean and standard deviation of the cosine over all of these sessions, by a sample that is kept."""
    each = max(1, sum(done.values()) // SAMPLED)
    name = (owner, key, hash(tuple(sorted(map(int, done)))), each.bit_length())
    sample = core.samples.get(name)
    if sample is None:
        read = partial(asked.sample, owner=owner, key=key, sessions=list(done), dimensions=len(unit))
        sample = core.samples.put(name, (yield Read(partial(read, each=each, most=SAMPLED + SAMPLED // 4))))
    cosines = sample.astype(np.float32) @ unit if len(sample) else np.zeros(1)
    return float(cosines.mean()), float(cosines.std())
