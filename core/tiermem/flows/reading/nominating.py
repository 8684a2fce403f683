"""Candidates of a user's vector database, checked and scored by what our own database has of them.

Rule 1: what comes back is a claim. Counted is what is a passage of the sessions that are asked, by the embedder in use,
and has a vector here: neither another user's nor what was erased. Its score is worked out of the vector here.
Rule 2: what the store was not yet given, or has lost, is read here where it is little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.indexing import outside as pushing
from tiermem.flows.services import Core
from tiermem.index.outside.store import OWNER, SESSION, Nearby, VectorStore, place_of, placed
from tiermem.index.vectors import NOMINATED, Row, VectorIndex, Vectors, units_of
from tiermem.settings import Scope
from tiermem.storage.embedded import outside, vectors
from tiermem.storage.embedded.vectors import Watermark
from tiermem.storage.sessions import SessionRow

SAMPLED = 1_000  # vectors that stand for all of a session, of which only the nearest were named


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and standard deviation of the cosine over all passages of a session."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """Indexes with the passages to score, by session; `spreads` of those of which only the nearest are in it."""

    indexes: Mapping[int, VectorIndex]
    spreads: Mapping[int, Spread] = field(default_factory=dict)


def candidates(
    core: Core,
    scope: Scope,
    store: VectorStore,
    rows: Sequence[SessionRow],
    marks: Mapping[int, Watermark],
    unit: Vectors,
) -> Flow[Candidates | None]:
    """What of the sessions *rows* is to be scored for *unit*; None where all of it is: the store is approximate, or has
    not been given much of it.

    Raises:
        Exception: what the store raises.
    """
    key = marks[rows[0].pk].key
    done = {row.pk: marks[row.pk].done for row in rows}
    moves, now = core.doubts.moves, core.now().timestamp()
    seen = {pk: min(pushing.pushed(core, pk, key), last) for pk, last in done.items()}
    total, given = (yield from _sizes(core, key, done)), (yield from _sizes(core, key, seen))
    known = yield from _named(core, scope, store, unit, key, seen, given)
    kept = [(int(pk), key) for pk in done]
    due = min(sum(given.values()), NOMINATED)
    if len(known) < due:  # it names less than it was seen to have
        if core.doubts.moves == moves:
            pushing.doubted(core, kept)
        if core.doubts.resting(kept, now):
            core.known.store_short = f"it names {len(known)} of {due} that it has"
            return None
        known, seen, given = {}, dict.fromkeys(done, 0), dict.fromkeys(done, 0)
    else:
        core.doubts.allayed(kept, now)
        core.known.store_short = ""
        if sum(given.values()) > NOMINATED:  # what it lacks beyond these it need not have named
            core.rounds.begin({(int(pk), key): size for pk, size in given.items()}, now)
    late = sum(total.values()) - sum(given.values())
    if late > NOMINATED:
        return None
    found = {pk: _rows(known, pk) for pk in done}
    if late:
        fresh = yield Read(partial(vectors.read_many, key=key, above=seen))
        found = {pk: _joined(own, fresh.get(pk, ()), seen[pk], done[pk]) for pk, own in found.items()}
    indexes = yield Compute(lambda: {pk: _index(found[pk], done[pk], len(unit)) for pk in done})
    spreads = yield from _spreads(core, key, unit, {pk: total[pk] for pk in done if len(found[pk]) < total[pk]})
    return Candidates(indexes, spreads)


def _sizes(core: Core, key: int, through: Mapping[int, int]) -> Flow[dict[int, int]]:
    """How many vectors each of these sessions has, up to these messages."""
    known = {pk: core.sizes.get((int(pk), key, last)) for pk, last in through.items()}
    unknown = {pk: through[pk] for pk, size in known.items() if size is None}
    counted = (yield Read(partial(outside.counts, key=key, through=unknown))) if unknown else {}
    for pk, size in counted.items():
        core.sizes.put((int(pk), key, through[pk]), size)
    return {pk: counted[pk] if size is None else size for pk, size in known.items()}


def _named(
    core: Core,
    scope: Scope,
    store: VectorStore,
    unit: Vectors,
    key: int,
    seen: Mapping[int, int],
    given: Mapping[int, int],
) -> Flow[dict[str, bytes]]:
    """Our own vectors of what the store names, by place, of these sessions up to the messages *seen*."""
    if not sum(given.values()):
        return {}
    identity = yield from pushing.database(core)
    one = len(given) == 1
    value = pushing.session(identity, next(iter(given))) if one else pushing.owner(identity, scope)
    direction = tuple(map(float, unit))
    told = yield from pushing.asked(
        core, scope, store.nearest, Nearby(direction, NOMINATED, SESSION if one else OWNER, value)
    )
    places = {place for one in told if (place := placed(identity, one)) and place.embedder == key}
    mine = [place for place in places if place.sequence <= seen.get(place.session, 0)]
    known: dict[str, bytes] = yield Read(partial(outside.values, places=mine))
    return {place.text: known[place.text] for place in mine if place.text in known}


def _index(rows: Sequence[Row], through: int, dimensions: int) -> VectorIndex:
    made = VectorIndex(dimensions)
    made.extend(rows, through)
    return made


def _rows(known: Mapping[str, bytes], pk: int) -> list[Row]:
    every = ((place_of(text), value) for text, value in known.items())
    return sorted((place.sequence, place.part, value) for place, value in every if place.session == pk)


def _joined(named: Sequence[Row], fresh: Iterable[Row], above: int, done: int) -> list[Row]:
    """Named passages up to *above*, and behind them those that are read here, up to *done*."""
    return [*(row for row in named if row[0] <= above), *(row for row in fresh if above < row[0] <= done)]


def _spreads(core: Core, key: int, unit: Vectors, sizes: Mapping[int, int]) -> Flow[dict[int, Spread]]:
    """Over sessions with so many passages, by a sample of each."""
    spreads: dict[int, Spread] = {}
    for pk, size in sizes.items():
        sample = core.samples.get((pk, key, size // SAMPLED))
        if sample is None:
            read = partial(outside.sample, pk=pk, key=key, each=max(1, size // SAMPLED))
            values: list[bytes] = yield Read(read)
            sample = core.samples.put((pk, key, size // SAMPLED), (yield Compute(partial(_units, values, len(unit)))))
        cosines = sample @ unit if len(sample) else np.zeros(1)
        spreads[pk] = Spread(float(cosines.mean()), float(cosines.std()))
    return spreads


def _units(values: Sequence[bytes], dimensions: int) -> Vectors:
    fitting = [value for value in values if len(value) == 2 * dimensions]
    return units_of(fitting) if fitting else np.zeros((0, dimensions), np.float32)
