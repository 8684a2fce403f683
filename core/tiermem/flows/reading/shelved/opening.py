"""Which index a question has: that in RAM, or for a user whose words would not fit, one that has shelves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from tiermem.flows.effects import Await, Compute, Flow, Read, Wake
from tiermem.flows.indexing.shelving import large, shelvable, user_of
from tiermem.flows.services import Core
from tiermem.index.shelves.index import ShelvedIndex
from tiermem.index.user import UserIndex
from tiermem.settings import Scope
from tiermem.storage import owners
from tiermem.storage.sessions import SessionRow
from tiermem.storage.shelves import rows as shelves

PATIENCE = 60.0  # seconds that a question waits for another one that loads the same


def index_for(core: Core, scope: Scope, rows: Sequence[SessionRow]) -> Flow[UserIndex]:
    """The index for a question to *rows*, sessions of the user of *scope*."""
    whole = sum(row.messages for row in rows)
    if not (shelvable(scope) and large(core, whole)) or any(row.foreign for row in rows):
        return core.index_of(scope)
    place = (scope.tenant, scope.user, scope.kind, "shelves")
    if place in core.loading:  # another thread reads the same
        yield Await(lambda _: place not in core.loading, PATIENCE)
    keys: tuple[int, ...] = yield Read(partial(shelves.keys, scope=scope))
    known = core.indexes.known(place)
    if isinstance(known, ShelvedIndex) and known.shelves.keys() == set(keys):
        index: ShelvedIndex | None = known
    else:
        core.loading.add(place)
        try:
            index = yield from _loaded(scope, {int(row.pk): row.base for row in rows if row.base})
        finally:
            core.loading.discard(place)
    beside = sum(max(0, row.indexed - index.last(row.pk)) for row in rows) if index is not None else whole
    if beside >= core.shelf_least:
        core.unshelved.add(user_of(scope))
        yield Wake(scope)
    if index is None or large(core, beside):
        return core.index_of(scope)
    core.indexes.drop((scope.tenant, scope.user, scope.kind))
    if index is not known:
        core.indexes.put(place, index)
    return index


def _loaded(scope: Scope, bases: Mapping[int, int]) -> Flow[ShelvedIndex | None]:
    """An index with the shelves that there are; None where there are none."""
    heads: shelves.Listed = yield Read(partial(shelves.heads, whose=owners.key_of(scope)))
    if not heads:
        return None
    index = ShelvedIndex()
    index.begin(sum(head.messages for head in heads.values()))
    for key, head in heads.items():
        columns, spelling = yield Read(partial(shelves.columns, key=key))
        yield Compute(partial(index.take, key, head, columns, spelling))
    yield Compute(partial(index.finish, bases))
    return index
