"""Embedding anew: every message gets a vector of the embedder in use, and only then the old vectors go. Where there is
no model, they just go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import sqlalchemy as sa

from tiermem.flows.effects import Embed, Flow, Read, Transact
from tiermem.flows.indexing import vectors as embedding
from tiermem.flows.services import Core
from tiermem.providers.calls import refuse_reentry
from tiermem.settings import Scope, scope_of
from tiermem.storage import sessions
from tiermem.storage.embedded import vectors

DROPPED = 5_000  # vectors removed in one transaction


def reembed(
    core: Core, namespace: str | tuple[str, str] | None, on_progress: Callable[[int, int], object] | None
) -> Flow[int]:
    """Embed all messages of a namespace (None: of the database) with the embedder in use; returns how many were.

    *on_progress* is given the messages that have vectors and their total, before the first batch and after each. A run
    that was stopped goes on where it was when it is called again.

    Raises:
        Exception: what the embedder or *on_progress* raised; what was embedded until then is kept.
    """
    scopes = yield from _scopes(namespace)
    for scope in scopes:
        refuse_reentry(scope)
    if not scopes:
        return 0
    key, embedded = (0, 0) if core.lexical else (yield from _embedded(core, scopes, on_progress))
    for scope in scopes:
        row, _ = yield from embedding.position(core, scope)
        while (yield Transact(partial(_drop, pk=row.pk, key=key))):
            pass
    yield Transact(lambda connection: vectors.drop_unused(connection, key))
    return embedded


def _embedded(
    core: Core, scopes: Sequence[Scope], on_progress: Callable[[int, int], object] | None
) -> Flow[tuple[int, int]]:
    """The row of the embedder in use, and how many messages got a vector of it."""
    key = yield from _vector_space(core, scopes[0])
    done, total = yield Read(partial(_progress, scopes=scopes, name=core.embedder_name))
    before = done
    _tell(on_progress, done, total)
    for scope in scopes:
        done, total = yield from _session(core, scope, (done, total), on_progress)
    return key, done - before


def _scopes(namespace: str | tuple[str, str] | None) -> Flow[list[Scope]]:
    every = [scope for _, scope in (yield Read(sessions.scopes))]
    if namespace is None:
        return every
    asked = scope_of("-", namespace)
    return [scope for scope in every if (scope.tenant, scope.user) == (asked.tenant, asked.user)]


def _vector_space(core: Core, scope: Scope) -> Flow[int]:
    """The row of the embedder in use; a new one when the stored probe is of another model of that name."""
    values = yield Embed([embedding.PROBE], scope)
    probe = embedding.packed(values[0])

    def body(connection: sa.Connection) -> int:
        known = vectors.watermark(connection, 0, core.embedder_name)
        if known.key and embedding.alike(probe, known.probe):
            return known.key
        return vectors.renew(connection, core.embedder_name, probe)

    key: int = yield Transact(body)
    core.known.probed, core.known.embed_error = key, ""
    return key


def _session(
    core: Core, scope: Scope, progress: tuple[int, int], on_progress: Callable[[int, int], object] | None
) -> Flow[tuple[int, int]]:
    """Embed what one session lacks, also what is added meanwhile."""
    done, total = progress
    while True:
        row, mark = yield from embedding.position(core, scope)
        if mark.done >= row.messages:
            return done, total
        probe, rows, through = yield from embedding.batch(core, scope, row, mark)
        if not (yield from embedding.keep(core, row, mark, probe, rows, through)):
            continue
        done += through - mark.done
        total = max(total, done)  # more may be added while this runs
        _tell(on_progress, done, total)


def _tell(on_progress: Callable[[int, int], object] | None, done: int, total: int) -> None:
    if on_progress is not None:
        on_progress(done, total)


def _progress(connection: sa.Connection, scopes: Sequence[Scope], name: str) -> tuple[int, int]:
    rows = [sessions.find(connection, scope) for scope in scopes]
    marks = [vectors.watermark(connection, row.pk, name) for row in rows]
    return sum(mark.done for mark in marks), sum(row.messages for row in rows)


def _drop(connection: sa.Connection, pk: int, key: int) -> bool:
    return vectors.drop_others(connection, pk, key, DROPPED)
