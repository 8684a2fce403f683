"""A batch of reads and writes of store items as one transaction. Reads see what was there before the batch.

Texts are embedded before the transaction begins: those of puts, equal ones once, and none that the item has a vector
of already. Where the embedder fails nothing is kept. Without an embedder a query ranks by words, which are read when
somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from tiermem.errors import InvalidMessage, StorageCorrupt, StorageReadOnly
from tiermem.flows import reporting
from tiermem.flows.effects import Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.items import embedding, filters, spaces
from tiermem.items import store as stored
from tiermem.items.item import Get, Item, Operation, Paths, Put, Search, last_puts, path_of
from tiermem.items.store import New, Row
from tiermem.items.texts import words
from tiermem.plain_json import dumps
from tiermem.redaction.walking import value_of
from tiermem.settings import Scope
from tiermem.storage.sessions import decoded

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tiermem.items.cache import Under
    from tiermem.items.embedder import VectorSpace

ITEMS = "items"  # the mode that is told of
SWEPT = 5_000  # expired items that one transaction removes
MOST_ROWS = 2**62  # what a database takes as a limit


@dataclass
class _Reads:
    """One batch inside its transaction."""

    core: Core
    scope: Scope
    label: str  # of the model whose vectors are compared; "" for words
    asked: Mapping[str, Any]  # by query: what it is compared by
    now: datetime
    connection: Any = None
    pk: int = 0
    stamp: int = 0
    used: list[int] = field(default_factory=list)  # items whose time to live begins again
    others: int = 0  # items that were ranked by nothing, since another model made their vectors

    @property
    def seconds(self) -> float:
        return self.now.timestamp()


def batch(core: Core, scope: Scope, operations: Sequence[Operation], space: VectorSpace | None) -> Flow[list[Any]]:
    """What each operation gives, in order: an item or None, None for a put, a list of items, or of paths.

    Raises:
        InvalidMessage: a value is too large, or a filter no filter; nothing was kept.
        RedactionFailed: the caller's redactor failed; nothing was kept.
        EmbeddingMismatch, or what the embedder raises; nothing was kept.
    """
    for op in operations:
        if isinstance(op, Search):
            filters.check(op.filter)
    puts = [_redacted(core, put) for put in last_puts(operations)]
    kept = [(put, _value(core, put)) for put in puts if put.value is not None]
    label, vectors = yield from embedding.embedded(core, scope, puts, space)
    compared, asked = yield from embedding.asked(core, scope, operations, space)
    reads = _Reads(core, scope, compared, asked, core.now())
    new = [New(tuple(put.path), put.key, value, _seconds(put), vectors[id(put)]) for put, value in kept]
    gone = [stored.named(put.path, put.key) for put in puts if put.value is None]

    def body(connection: sa.Connection) -> list[Any]:
        if puts and len(puts) < len(operations):
            stored.lock(connection, scope)  # or PostgreSQL would show each read what others write in between
        results = _results(connection, reads, operations)
        if reads.used and puts:
            stored.refresh(connection, scope, reads.used, reads.seconds)
        if puts:
            now = reads.now.isoformat(), reads.seconds
            stored.write(connection, scope, new, gone, label, now)
        return results

    results: list[Any] = yield (Transact(body) if puts else Read(body))
    yield from _told(reads)
    if reads.used and not puts:
        with suppress(StorageReadOnly):  # where nothing can be written, reading starts no time to live again
            yield Transact(lambda connection: stored.refresh(connection, scope, reads.used, reads.seconds))
    return results


Decide: TypeAlias = Callable[[list[Item]], tuple[Sequence[Put], Any]]


def edited(core: Core, scope: Scope, path: Sequence[str], decide: Decide) -> Flow[Any]:
    """What *decide* says to all items at and under *path*, oldest first: puts, which are kept, and what it is returned.

    It is one transaction that nobody writes between: *decide* must be pure, for it may be asked again. What it raises
    is raised, and nothing is kept. Its values are kept as they are, without vectors.

    Raises:
        InvalidMessage: a value is too large; nothing was kept.
    """
    now = core.now()

    def body(connection: sa.Connection) -> Any:
        stored.obtain(connection, scope)  # locked until the end, also where nothing was ever put
        (items,) = _results(connection, _Reads(core, scope, "", {}, now), [Search(path, limit=MOST_ROWS)])
        puts, answer = decide(items)
        kept = [put for put in puts if put.value is not None]
        new = [New(tuple(put.path), put.key, _value(core, put), _seconds(put), ()) for put in kept]
        gone = [stored.named(put.path, put.key) for put in puts if put.value is None]
        if puts:
            stored.write(connection, scope, new, gone, "", (now.isoformat(), now.timestamp()))
        return answer

    return (yield Transact(body))


def _told(reads: _Reads) -> Flow[None]:
    """Tell, once, that another model made the vectors of some items."""
    reason = f"another model made the vectors of {reads.others} items; reembed() of the items makes them anew"
    if reads.label:
        yield from reporting.begun(reads.core, reads.scope, reads.pk, ITEMS, reason if reads.others else "")


def sweep(core: Core, scope: Scope) -> Flow[int]:
    """Remove all that has expired; returns how many items."""
    total, removed = 0, SWEPT
    while removed == SWEPT:
        now = core.now().timestamp()
        removed = yield Transact(lambda connection, now=now: stored.sweep(connection, scope, now, SWEPT))  # type: ignore[misc]
        total += removed
    return total


def _redacted(core: Core, put: Put) -> Put:
    """*put* without what is private in its value; its path and key are how it is found."""
    if core.redactor is None or put.value is None:
        return put
    return replace(put, value=value_of(dict(put.value), core.redactor))


def _value(core: Core, put: Put) -> bytes:
    value = dumps(dict(put.value or {}))
    if len(value) > core.settings.max_message_bytes:
        raise InvalidMessage(f"an item of {len(value)} bytes; max_message_bytes is {core.settings.max_message_bytes}")
    return value


def _seconds(put: Put) -> float | None:
    return None if put.ttl is None else put.ttl * 60.0


# --- reading


def _results(connection: sa.Connection, reads: _Reads, operations: Sequence[Operation]) -> list[Any]:
    reads.connection = connection
    reads.pk, reads.stamp = stored.find(connection, reads.scope)
    names = {id(op): stored.named(op.path, op.key) for op in operations if isinstance(op, Get)}
    rows = stored.get(connection, reads.pk, set(names.values()), reads.seconds) if reads.pk and names else {}
    return [_result(reads, op, rows.get(names.get(id(op), b""))) for op in operations]


def _result(reads: _Reads, op: Operation, row: Row | None) -> Any:
    if isinstance(op, Put):
        return None
    if isinstance(op, Get):
        return _asked_for(reads, row, op) if row else None
    if not reads.pk:
        return []
    if isinstance(op, Paths):
        return op.listed(stored.paths(reads.connection, reads.pk, op.common(), reads.seconds))
    ranked = _answers(reads, op) if op.asked else _oldest(reads, op)
    return [_item(reads, row, value, op.refresh, score) for row, value, score in _found(reads, op, ranked)]


def _asked_for(reads: _Reads, row: Row, op: Get) -> Item:
    value = row.content()
    if value is None:
        raise StorageCorrupt(f"tiermem_item, row {row.pk}: the item does not match its checksum; put it again")
    return _item(reads, row, value, op.refresh)


def _item(reads: _Reads, row: Row, value: dict[str, Any], refresh: bool, score: float | None = None) -> Item:  # private
    if refresh and row.ttl is not None:
        reads.used.append(row.pk)
    return Item(
        path=path_of(row.path),
        key=decoded(row.key),
        value=value,
        created_at=datetime.fromisoformat(row.created_at),
        updated_at=datetime.fromisoformat(row.updated_at),
        score=score,
    )


def _oldest(reads: _Reads, op: Search) -> list[tuple[int, float | None]]:
    path = tuple(op.path)
    return [(key, None) for key in stored.keys(reads.connection, reads.pk, path, reads.seconds, _most(op))]


def _most(op: Search) -> int:
    """How many of the ranked items can be on the page; with a filter, any of them."""
    return MOST_ROWS if op.filter else min(op.offset + op.limit, MOST_ROWS)


def _found(
    reads: _Reads, op: Search, ranked: Sequence[tuple[int, float | None]]
) -> Iterator[tuple[Row, dict[str, Any], float | None]]:
    """This page of what is *ranked*; with a filter, values are read in order until the page is full. What is damaged
    hides nothing else: it is passed over, and `verify` names it."""
    if not op.filter:
        ranked = ranked[op.offset : op.offset + op.limit]
    scores = dict(ranked)
    rows = ((row, row.content(), scores[row.pk]) for row in stored.pick(reads.connection, list(scores)))
    legible = ((row, value, score) for row, value, score in rows if value is not None)
    if not op.filter:
        return legible
    passing = (found for found in legible if filters.passes(found[1], op.filter))
    return islice(passing, op.offset, op.offset + op.limit)


def _answers(reads: _Reads, op: Search) -> list[tuple[int, float | None]]:
    """The items at and under the path, best answer first."""
    from tiermem.items.cache import best_first

    path, connection = tuple(op.path), reads.connection
    under, load = _index(reads, path)
    keys, scores = under.scored(
        reads.stamp,
        reads.seconds,
        lambda: stored.marks(connection, reads.pk, path, reads.seconds),
        load,
        reads.asked[op.asked],
    )
    if reads.label and len(scores) < len(keys):
        reads.others += spaces.others(connection, [key for key in keys if key not in scores], reads.label)
    return best_first(keys, scores, _most(op))


def _index(reads: _Reads, path: tuple[str, ...]) -> tuple[Under[Any], Callable[[Sequence[int]], Any]]:
    """What is kept in RAM of the items under *path*, and how to read it."""
    from tiermem.items.cache import VectorsUnder, WordsUnder

    label, connection = reads.label, reads.connection
    key = (reads.pk, path, label)
    if label:
        vectors = reads.core.items.get(key) or reads.core.items.put(key, VectorsUnder())
        return vectors, lambda keys: stored.vectors(connection, keys, label)
    index = reads.core.items.get(key) or reads.core.items.put(key, WordsUnder())
    return index, lambda keys: ((row.pk, words(row.content() or {})) for row in stored.pick(connection, keys))
