"""Embedding items anew: those whose vectors another model made get vectors of the one in use, in place of the old."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tiermem.errors import InvalidSettings
from tiermem.flows.effects import Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.items import embedding, spaces
from tiermem.items import store as stored
from tiermem.items.embedder import VectorSpace
from tiermem.items.spaces import Anew, Old
from tiermem.items.texts import every, text_hash, texts
from tiermem.settings import Scope

BATCH = 100  # items of one transaction


def reembed(
    core: Core, scope: Scope, space: VectorSpace | None, on_progress: Callable[[int], object] | None
) -> Flow[int]:
    """Embed the items of a user whose vectors other models made; how many. What was never embedded stays so.

    *on_progress* is given the items embedded so far, after each batch. Called again after it was stopped, it goes on.

    Raises:
        InvalidSettings: there is no embedder.
        Exception: what the embedder or *on_progress* raised; what was embedded until then is kept.
    """
    if space is None:
        raise InvalidSettings("these items have no embedder: name one with index=")
    label = yield from embedding.label_of(core, scope, space)
    pk, _ = yield Read(lambda connection: stored.find(connection, scope))
    above = done = 0
    while waiting := (yield Read(lambda connection, above=above: spaces.old(connection, pk, label, above, BATCH))):  # type: ignore[misc]
        made = yield from _anew(core, scope, space, waiting)
        done += yield Transact(lambda connection, made=made: spaces.replace(connection, scope, label, made))  # type: ignore[misc]
        above = waiting[-1].row.pk
        if on_progress is not None:
            on_progress(done)
    return done


def _anew(core: Core, scope: Scope, space: VectorSpace, waiting: Sequence[Old]) -> Flow[list[Anew]]:
    own = {one.row.pk: {text_hash(text): text for text in _texts(one, space)} for one in waiting}
    wanted = {digest: text for found in own.values() for digest, text in found.items()}
    rows = yield from embedding.vectors_of(core, scope, space, list(wanted.values()))
    values = {digest: row.tobytes() for digest, row in zip(wanted, rows, strict=True) if row.any()}
    return [
        Anew(one.row.pk, one.row.stamp, [(digest, values[digest]) for digest in own[one.row.pk] if digest in values])
        for one in waiting
        if one.row.content() is not None  # what is damaged keeps what it has
    ]


def _texts(one: Old, space: VectorSpace) -> list[str]:
    """The texts that had a vector, for a put may name fields of its own; if none is known again, the usual ones."""
    value = one.row.content() or {}
    found = every(value, space.fields)
    return [found[digest] for digest in sorted(one.hashes & found.keys())] or texts(value, space.fields)
