"""Vectors of items, made before a transaction begins: which model asks, what was put, what is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tiermem.errors import StorageReadOnly
from tiermem.flows.effects import Call, Compute, Flow, Read, Transact
from tiermem.flows.indexing.vectors import PROBE, alike, packed
from tiermem.flows.services import Core
from tiermem.items import spaces
from tiermem.items import store as stored
from tiermem.items.item import Operation, Put, Search
from tiermem.items.texts import every, text_hash, texts
from tiermem.providers.calls import refuse_reentry
from tiermem.providers.related_words import related_words
from tiermem.search.query import read
from tiermem.settings import Scope

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tiermem.items.embedder import VectorSpace

BATCH = 128  # texts an embedder is asked for at once, within `embedder_timeout`
Vectored = list[tuple[bytes, bytes]]  # (hash, float32 bytes) of each text of an item


def label_of(core: Core, scope: Scope, space: VectorSpace) -> Flow[str]:
    """Under which label vectors of *space* are kept and compared. Its probe is asked for once in a process.

    Raises:
        EmbeddingMismatch, or what the embedder raises.
    """
    key = (id(space.embed), space.name)
    known = core.spaces.get(key)
    if known is not None and known[0] is space.embed:
        return known[1]
    values = yield from vectors_of(core, scope, space, [PROBE])
    label = yield from _label(core, scope, space, packed(values[0]))
    core.spaces.put(key, (space.embed, label))  # with the embedder itself, so that no other one gets its address
    return label


def _label(core: Core, scope: Scope, space: VectorSpace, probe: bytes) -> Flow[str]:
    known: str | None = yield Read(lambda connection: spaces.find(connection, space.name, probe))
    if known is not None:
        return known
    inherits = yield from _inherits(core, scope, space)
    with suppress(StorageReadOnly):  # then nothing will be kept under it either
        kept: str = yield Transact(lambda c: spaces.obtain_label(c, space.name, probe, inherits=inherits))
        return kept
    return spaces.new_label(space.name, probe, plain=inherits)


def _inherits(core: Core, scope: Scope, space: VectorSpace) -> Flow[bool]:
    """Whether vectors that were kept under the name before there were probes are those of this model: it is asked for a
    few of them again."""
    rows = yield Read(lambda connection: spaces.unproved(connection, space.name))
    known = {every(row.content() or {}, space.fields).get(digest): value for row, digest, value in rows}
    compared = {text: value for text, value in known.items() if text is not None}
    if not compared:
        return False
    values = yield from vectors_of(core, scope, space, list(compared))
    return all(alike(packed(one), packed(_stored(value))) for one, value in zip(values, compared.values(), strict=True))


def _stored(value: bytes) -> Any:
    import numpy as np

    return np.frombuffer(value, dtype="<f4")


def vectors_of(core: Core, scope: Scope, space: VectorSpace, asked: Sequence[str]) -> Flow[Any]:
    """Unit vectors of texts, a row each.

    Raises:
        EmbeddingMismatch, or what the embedder raises.
    """
    refuse_reentry(scope)
    rows: list[Any] = []
    for start in range(0, len(asked), BATCH):
        part = list(asked[start : start + BATCH])
        answer = yield Call(space.many, space.amany, part, scope, core.settings.embedder_timeout)
        rows += list(space.units(answer, len(part)))
    return rows


def embedded(
    core: Core, scope: Scope, puts: Sequence[Put], space: VectorSpace | None
) -> Flow[tuple[str, dict[int, Vectored]]]:
    """The label, "" where nothing has a text, and by put the hash and vector of each of its texts."""
    nothing: dict[int, Vectored] = {id(put): [] for put in puts}
    hashed = {id(put): [(text_hash(text), text) for text in _texts(put, space)] for put in puts if space}
    wanted = {digest: text for own in hashed.values() for digest, text in own}
    if space is None or not wanted:
        return "", nothing
    label = yield from label_of(core, scope, space)
    names = [stored.named(put.path, put.key) for put in puts if hashed[id(put)]]
    known = yield from _known(scope, names, label)
    missing = [digest for digest in wanted if digest not in known]
    if missing:
        rows = yield from vectors_of(core, scope, space, [wanted[digest] for digest in missing])
        known |= {digest: row.tobytes() if row.any() else b"" for digest, row in zip(missing, rows, strict=True)}
    made = {key: [(digest, known[digest]) for digest, _ in own if known[digest]] for key, own in hashed.items()}
    return label, nothing | made


def _texts(put: Put, space: VectorSpace) -> list[str]:
    if put.value is None or put.fields is False:
        return []
    return texts(put.value, space.fields if put.fields is None else put.fields)


def _known(scope: Scope, names: Sequence[bytes], label: str) -> Flow[dict[bytes, bytes]]:
    """By hash: the vectors that the items about to be written have already."""

    def body(connection: sa.Connection) -> dict[bytes, bytes]:
        pk, _ = stored.find(connection, scope)
        return dict(stored.known_vectors(connection, pk, names, label)) if pk else {}

    return dict((yield Read(body)))


def asked(
    core: Core, scope: Scope, operations: Iterable[Operation], space: VectorSpace | None
) -> Flow[tuple[str, dict[str, Any]]]:
    """The label, "" where nothing is asked by vectors, and what each query is compared by: unit vector or words."""
    queries = list(dict.fromkeys(op.asked for op in operations if isinstance(op, Search) and op.asked))
    if not queries:
        return "", {}
    if space is None:
        words = yield Compute(lambda: {query: read(query, related_words(), core.synonyms()) for query in queries})
        return "", words
    label = yield from label_of(core, scope, space)
    refuse_reentry(scope)
    answer = yield Call(space.questions, space.aquestions, queries, scope, core.settings.embedder_timeout)
    return label, dict(zip(queries, space.units(answer, len(queries)), strict=True))
