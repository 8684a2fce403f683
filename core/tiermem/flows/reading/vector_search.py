"""Vector search for ranking: the question embedded, the index brought up to date, every message scored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from tiermem.errors import Closed, StorageError, described
from tiermem.flows import reporting
from tiermem.flows.effects import Compute, Embed, Flow, Read, Wake
from tiermem.flows.indexing import outside, pgvector
from tiermem.flows.indexing import vectors as embedding
from tiermem.flows.reading.nominating import Candidates, candidates
from tiermem.flows.reading.pgvector.asking import in_database
from tiermem.flows.services import Core
from tiermem.index.outside.kinds import RAM
from tiermem.index.vectors import Row, VectorIndex, Vectors, unit_of
from tiermem.messages import Message
from tiermem.providers.calls import refuse_recursion
from tiermem.search.ranking.embedder_trust import EmbedderTrust, Nearest, competence, nothing, texts, together
from tiermem.settings import Scope
from tiermem.shared_history import base_of, parts, shared_of
from tiermem.storage import messages as log
from tiermem.storage.embedded import vectors
from tiermem.storage.embedded.vectors import Watermark
from tiermem.storage.sessions import SessionRow
from tiermem.text.analyzer import han_share

if TYPE_CHECKING:
    import sqlalchemy as sa

Reasons: TypeAlias = tuple[str, ...]

# Waiting messages that a question embeds by itself, of all its sessions: as many texts as an embedder is asked for at
# once. If more wait, words alone find them.
OWN = embedding.BATCH


def nearest(
    core: Core,
    scope: Scope,
    home: int,
    rows: Mapping[int, tuple[str, SessionRow]],
    query: str,
    shared: Mapping[int, tuple[str, SessionRow]] = MappingProxyType({}),
) -> Flow[tuple[dict[int, Nearest], Reasons]]:
    """How near each message of the sessions *rows* is to *query*, by session; nothing while the embedder fails, or none
    is there. And why vectors are missing, where they are. *home* is the key of the session that was asked in *scope*;
    *rows* are names and rows by key, and *shared* those that forks among them share messages with.

    Raises:
        Reentrant: the embedder itself searches, which would ask it again.
    """
    refuse_recursion(core.embedder_name)
    named = [(name, row) for name, row in {**shared, **rows}.values() if row.messages]
    near, reasons = yield from _nearest(core, scope, home, named, query)
    yield from reporting.noticed(core, scope)
    if home and not core.known.embed_error:
        yield from reporting.begun(core, scope, home, reporting.SEMANTIC, "; ".join(reasons))
    core.vectors.trim(core.settings.index_memory)
    if shared:
        near = {key: _with_shared(row.pk, near) for key, (_, row) in rows.items() if key in near}
    return near, reasons


def _with_shared(key: int, near: Mapping[int, Nearest]) -> Nearest:
    """How near the messages of a session are, also those that it shares with others."""
    own = near[key]
    if not shared_of(key):
        return own
    every = [_between(near[owner], low, high) for owner, low, high in parts(key, 1, base_of(key)) if owner in near]
    return together([*every, own])


def _between(near: Nearest, low: int, high: int) -> Nearest:
    inside = (near.sequences >= low) & (near.sequences <= high)
    return replace(near, sequences=near.sequences[inside], scores=near.scores[inside], waiting=0)


def _nearest(
    core: Core, scope: Scope, home: int, named: Sequence[tuple[str, SessionRow]], query: str
) -> Flow[tuple[dict[int, Nearest], Reasons]]:
    if not named or not query.strip():
        return {}, ()
    rows = [row for _, row in named]
    keys = [row.pk for row in rows]
    marks = yield Read(lambda connection: vectors.watermarks(connection, keys, core.embedder_name))
    waiting = {row.pk: row.messages - min(marks[row.pk].done, row.messages) for row in rows}
    blocked = [key for key in keys if embedding.blocked(marks[key])]
    own = _own(home, {key: count for key, count in waiting.items() if key not in blocked})
    yield from _woken(scope, named, {key for key in keys if waiting[key] and key not in own})
    reasons = _reasons(core, marks, waiting, blocked, own)
    near = {key: nothing(count) for key, count in waiting.items()}
    ready = [row for row in rows if row.pk not in blocked and (marks[row.pk].done or row.pk in own)]
    if not ready:
        return near, reasons
    if embedding.resting(core):
        return near, (f"embedder: {core.known.embed_error}",)
    try:
        near |= yield from _compared(core, scope, ready, marks, own, query)
    except (StorageError, Closed):
        raise
    except Exception as error:  # noqa: BLE001  # user code; `stats` and the context say so
        embedding.fail(core, error)
        return {key: nothing(count) for key, count in waiting.items()}, (f"embedder: {core.known.embed_error}",)
    core.known.embed_error = ""
    behind = {key for key in keys if outside.behind(core, key, marks[key]) or pgvector.behind(core, key, marks[key])}
    yield from _woken(scope, named, behind, embed=True)
    return near, (*reasons, *_of_store(core))


def _woken(
    scope: Scope, named: Sequence[tuple[str, SessionRow]], keys: Collection[int], *, embed: bool = False
) -> Flow[None]:
    """Let the background see to those of *named* with these keys: what waits for its vectors, as after a restart, when
    nothing may be added there for a long time; or with *embed* what a vector store lacks."""
    for name, row in named:
        if name and row.pk in keys:
            yield Wake(Scope(scope.tenant, scope.user, name, scope.kind), embed=embed)


def _of_store(core: Core) -> Reasons:
    why = core.vector_store is not None and (core.known.store_error or core.known.store_short)
    return (f"vector store: {why}; our own index answers",) if why else ()


def _own(home: int, waiting: Mapping[int, int]) -> frozenset[int]:
    """The sessions whose *waiting* messages the question embeds itself: that which was asked, then the newest, while
    all together are few."""
    own: list[int] = []
    left = OWN
    for key in sorted(waiting, key=lambda key: (key == home, key), reverse=True):
        if 0 < waiting[key] <= left:
            own.append(key)
            left -= waiting[key]
    return frozenset(own)


def _reasons(
    core: Core, marks: Mapping[int, Watermark], waiting: Mapping[int, int], blocked: Sequence[int], own: frozenset[int]
) -> Reasons:
    others = {words: None for key in sorted(blocked) for words in told(core, marks[key], waiting[key])}
    late = sum(count for key, count in waiting.items() if key not in own and key not in blocked)
    return (*others, *([_waits(late)] if late else []))


def told(core: Core, mark: Watermark, waiting: int) -> Iterator[str]:
    """What people should know of the vectors of a session in which *waiting* messages have none."""
    names = ", ".join(name for name, _ in mark.others)
    if embedding.blocked(mark):
        yield f"embedder: the vectors are of {names}, not of {core.embedder_name}; words alone until reembed() is run"
    elif waiting > OWN:
        yield _waits(waiting)


def _waits(count: int) -> str:
    return f"embedder: {count} messages wait for their vectors; words alone find them"


def _compared(
    core: Core,
    scope: Scope,
    rows: Sequence[SessionRow],
    marks: Mapping[int, Watermark],
    own: frozenset[int],
    query: str,
) -> Flow[dict[int, Nearest]]:
    """How near the messages of *rows* are to *query*; those of the sessions *own* that have no vector are given one."""
    mark = marks[rows[0].pk]
    if mark.key:
        yield from embedding.probed(core, scope, mark)
    asked = (yield Embed([query], scope, query=True))[0]
    if core.vector_index != RAM and mark.key:
        return (yield from _inside(core, scope, rows, marks, own, asked))
    found = yield from _nominated(core, scope, rows, marks, unit_of(asked))
    indexes = found.indexes if found else (yield from _loaded(core, rows, marks, len(asked)))
    spreads = found.spreads if found else {}
    yield from _lent(core, scope, [row for row in rows if row.pk in own], mark.key, indexes)

    def compared() -> dict[int, Nearest]:
        unit = unit_of(asked)
        scored = {row.pk: _compare(indexes[row.pk], unit, row.messages) for row in rows}
        for pk, spread in spreads.items():
            scored[pk] = replace(scored[pk], mean=spread.mean, spread=spread.deviation)
        return scored

    near: dict[int, Nearest] = yield Compute(compared)
    return near


def _inside(
    core: Core,
    scope: Scope,
    rows: Sequence[SessionRow],
    marks: Mapping[int, Watermark],
    own: frozenset[int],
    asked: Vectors,
) -> Flow[dict[int, Nearest]]:
    """`_compared` where the database compares what it has, and here is only what waits for its vector."""
    unit = unit_of(asked)
    stored = yield from in_database(core, scope, rows, marks, unit)
    indexes: dict[int, VectorIndex] = {}
    for row in rows:
        indexes[row.pk] = VectorIndex(len(asked))
        indexes[row.pk].extend((), marks[row.pk].done)
    yield from _lent(core, scope, [row for row in rows if row.pk in own], marks[rows[0].pk].key, indexes)

    def compared() -> dict[int, Nearest]:
        return {
            row.pk: together([stored[row.pk], _compare(indexes[row.pk], unit, row.messages)])
            if indexes[row.pk].lent_through
            else replace(stored[row.pk], waiting=max(0, row.messages - marks[row.pk].done))
            for row in rows
        }

    near: dict[int, Nearest] = yield Compute(compared)
    return near


def _nominated(
    core: Core, scope: Scope, rows: Sequence[SessionRow], marks: Mapping[int, Watermark], unit: Vectors
) -> Flow[Candidates | None]:
    """What the user's vector store names; None without one, and while it fails: our own index has all of it."""
    if core.vector_store is None or not unit.any() or outside.resting(core):
        return None
    try:
        return (yield from candidates(core, scope, core.vector_store, rows, marks, unit))
    except (StorageError, Closed):
        raise
    except Exception as error:  # noqa: BLE001  # the user's store; the context says so
        outside.fail(core, error)
        return None


def _compare(index: VectorIndex, unit: Vectors, last: int) -> Nearest:
    found, left = index.nearest(unit, last), last - max(index.through, index.lent_through)
    return replace(found, waiting=left) if left > 0 else found


def _loaded(
    core: Core, rows: Sequence[SessionRow], marks: Mapping[int, Watermark], dimensions: int
) -> Flow[dict[int, VectorIndex]]:
    """The indexes of the sessions, by key, with everything that is stored."""
    key = marks[rows[0].pk].key
    indexes = {
        row.pk: core.vectors.get((row.pk, key, core.embedder_name, dimensions), lambda: VectorIndex(dimensions))
        for row in rows
    }
    stale = {pk: index.through for pk, index in indexes.items() if index.through < marks[pk].done}
    if stale:
        stored = yield Read(lambda connection: vectors.read_many(connection, key, stale))

        def extended() -> None:
            for pk in stale:
                done = marks[pk].done  # what came since the watermarks were read waits for the next question
                indexes[pk].extend([row for row in stored.get(pk, ()) if row[0] <= done], done)

        yield Compute(extended)
    return indexes


def _lent(
    core: Core, scope: Scope, rows: Sequence[SessionRow], key: int, indexes: Mapping[int, VectorIndex]
) -> Flow[None]:
    """Gives the indexes vectors of what waits in *rows*, embedded as one batch and stored nowhere."""
    first = {row.pk: max(indexes[row.pk].through, indexes[row.pk].lent_through) + 1 for row in rows}
    open_ones = {row.pk: (first[row.pk], row.messages) for row in rows if first[row.pk] <= row.messages}
    if not open_ones:
        return
    fresh = yield Read(partial(_waiting, spans=open_ones))
    texts = yield Compute(lambda: [(pk, message.sequence, embedding.passages(message)) for pk, message in fresh])
    if sum(len(passages) for _, _, passages in texts) > 2 * OWN:
        return
    numbered = [(place, passages) for place, (_, _, passages) in enumerate(texts)]
    embedded = yield from embedding.embed(core, scope, key, numbered)
    lent: dict[int, list[Row]] = {pk: [] for pk in open_ones}
    for vector in embedded:
        pk, sequence, _ = texts[vector.sequence]
        lent[pk].append((sequence, vector.part, vector.value))

    def lend() -> None:
        for pk, (start, last) in open_ones.items():
            indexes[pk].lend(lent[pk], start, last)

    yield Compute(lend)


def _waiting(connection: sa.Connection, spans: Mapping[int, tuple[int, int]]) -> list[tuple[int, Message]]:
    return [(pk, message) for pk, (first, last) in spans.items() for message in log.read(connection, pk, first, last)]


def trust(core: Core, scope: Scope, query: str, vectors: int) -> Flow[EmbedderTrust]:
    """How well the embedder separates texts of the languages of *query*, among so many *vectors*."""
    if not vectors:
        return EmbedderTrust()
    if core.known.competence is None:
        try:
            embedded = yield Embed(texts(), scope)
        except (StorageError, Closed):
            raise
        except Exception as error:  # noqa: BLE001  # user code; it just embedded the question, so it is trusted
            core.known.embed_error = described(error)
            return EmbedderTrust()
        core.known.competence = yield Compute(lambda: competence(embedded))
    return EmbedderTrust.of(core.known.competence, han_share(query), vectors)
