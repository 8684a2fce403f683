"""How all that is held of a user is written to a file: session after session, each as it is at one moment.

Rule 1: no transaction lasts longer than the journal of one session takes, so that who writes waits for no export.
Rule 2: messages never change but by an erasure: where one came between, the export begins anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa

from tiermem.errors import StorageBusy, StorageCorrupt
from tiermem.flows.effects import Compute, Flow, Read, Tell
from tiermem.flows.services import Core
from tiermem.items.item import path_of
from tiermem.portability import files, lines, readable
from tiermem.portability.files import Sink
from tiermem.portability.kinship import Places
from tiermem.portability.lines import FORMAT, Manifest, Raw
from tiermem.portability.redacting import Redaction
from tiermem.settings import Scope
from tiermem.storage.blobs.bodies import opened
from tiermem.storage.exported import media, reading
from tiermem.storage.exported.content import JSON
from tiermem.storage.exported.reading import HeldSession
from tiermem.storage.log.legible import legible
from tiermem.storage.schema import VERSION
from tiermem.storage.sessions import scope_of_key
from tiermem.storage.tables.erasures import TOMBSTONE
from tiermem.storage.tables.forks import borrowed

ATTEMPTS = 5
IN_RAM = 16 << 20  # bytes of a journal that are kept in RAM before they go to a file without a name


def export(core: Core, scope: Scope, file: Path, *, twin: bool, redaction: Redaction) -> Flow[Manifest]:
    """See `Memory.export`."""
    with files.new(file, readable=twin, redaction=redaction) as sink:
        for _ in range(ATTEMPTS):
            erased = yield Read(partial(reading.last_erasure, scope=scope))
            manifest = yield from _written(core, scope, sink)
            if erased == (yield Read(partial(reading.last_erasure, scope=scope))):
                break
            sink.restart()
        else:
            raise StorageBusy("something of this user was erased while it was exported, again and again; try it later")
    yield Tell("exported", scope, lambda: {"sessions": manifest.counts.get("session", 0), **_count(manifest)})
    return manifest


def _count(manifest: Manifest) -> dict[str, Any]:
    return {"count": manifest.counts.get("message", 0)}


def _written(core: Core, scope: Scope, sink: Sink) -> Flow[Manifest]:
    manifest = Manifest(format=FORMAT, schema=VERSION, tenant=scope.tenant, user=scope.user)
    sink.begin(manifest)
    sink.tell(sink.redaction.text(readable.title(scope)))
    keys: list[int] = yield Read(partial(reading.keys_of_sessions, scope=scope))
    places = Places(keys)
    sent: set[int] = set()
    for pk in keys:
        yield from _session(pk, places, sink, sent)
    yield from _spooled(partial(_items, scope, core.now().timestamp()), sink)
    rows = yield Read(partial(reading.erasures, scope=scope))
    sink.add(lines.line("erasure", {"key": key, **values}) for key, values in rows)
    yield from _spooled(partial(_erased, scope), sink)
    whole: Manifest = yield Compute(partial(sink.finish, manifest))
    return whole


def _session(pk: int, places: Places, sink: Sink, sent: set[int]) -> Flow[None]:
    """Its journal, of one moment, and its messages up to then, of a fork those that are its own; nothing where it is
    gone meanwhile."""
    with new_spool() as spool:
        whose, held = yield Read(partial(_journal, pk=pk, spool=spool, places=places))
        if held is None:
            return
        values = held.values | {"name": whose.session, "kind": whose.kind}
        sink.add(iter([lines.line("session", values)]))
        if held.fork is not None:
            sink.add(iter([lines.line("fork", places.line(held.fork))]))
        sink.tell(sink.redaction.text(readable.heading(whose, held.row.messages, held.row.base)))
        yield Compute(lambda: sink.add(_lines_of(spool)))
        yield from _media(pk, held, sink, sent)
        yield from _messages(pk, whose, held, sink)
        if sink.readable:
            yield Compute(lambda: sink.tell_all(map(readable.summary, _summaries(spool, sink))))


def _media(pk: int, held: HeldSession, sink: Sink, sent: set[int]) -> Flow[None]:
    """The media that the messages of a session refer to, but for those that were *sent* before, one after the other."""
    listed = yield Read(partial(media.of_session, pk=pk, last=held.row.messages))
    for key in listed:
        if key not in sent:
            values = yield Read(partial(media.medium, key=key))
            sent.add(key)
            if values is not None:  # else its message was erased meanwhile, and the export begins anew
                sink.add(iter([lines.line("media", values)]))


def _messages(pk: int, whose: Scope, held: HeldSession, sink: Sink) -> Flow[None]:
    first, last = held.row.base + 1, held.row.messages
    while first <= last:
        rows = yield Read(partial(reading.messages, pk=pk, first=first, last=last))
        yield Compute(partial(_put, rows, whose, held, sink))
        first += len(rows)


def _journal(connection: sa.Connection, pk: int, spool: BinaryIO, places: Places) -> tuple[Scope, HeldSession | None]:
    spool.seek(0)
    spool.truncate()  # it may be the second time
    held = reading.held(connection, pk)
    if held is not None:
        for table, values in reading.belongings(connection, pk):
            kind = table.name.removeprefix("tiermem_")
            if table is borrowed:
                values |= {"owner": places.of(values["owner"])}
            spool.write(lines.line(kind, {name: _plain(name, value) for name, value in values.items()}))
    return scope_of_key(connection, pk), held


def _plain(name: str, value: Any) -> Any:
    """A column's *value* as a line has it."""
    return Raw(value) if name in JSON and isinstance(value, bytes | memoryview) else value


def _put(rows: Sequence[sa.RowMapping], whose: Scope, held: HeldSession, sink: Sink) -> None:
    sink.add(map(_message, rows))
    if sink.readable:
        for row in rows:
            body = (row[name] for name in ("sequence", "tokens", "stored_at", "sha256", "body", "id", "role"))
            sink.tell(readable.message(sink.redaction.message(legible(*body)), whose, held.hidden))


def _message(row: sa.RowMapping) -> bytes:
    kept = {name: row[name] for name in ("sequence", "tokens", "stored_at", "witness", "chain")}
    body, identifier, digest = bytes(row["body"]), bytes(row["id"]), bytes(row["sha256"])
    if identifier.startswith(TOMBSTONE):
        role = bytes(row["role"]).decode("utf-8", "surrogatepass")
        return lines.line("message", kept | {"sha256": digest, "erased": identifier, "role": role})
    if (reduced := opened(body, digest)) is not None:
        return lines.line("message", kept | {"sha256": digest, "media": 1, "message": Raw(reduced)})
    if sha256(body).digest() != digest:
        raise StorageCorrupt(
            f"tiermem_message: message {row['sequence']} does not match its hash; nothing was exported"
        )
    return lines.line("message", kept | {"sha256": digest, "message": Raw(body)})


def _items(scope: Scope, now: float, connection: sa.Connection, spool: BinaryIO) -> None:
    for values, vectors in reading.items(connection, scope, now):
        path, key = path_of(values["path"]), bytes(values["key"]).decode("utf-8", "surrogatepass")
        kept = values | {"path": [*path], "key": key, "value": Raw(bytes(values["value"]))}
        spool.write(lines.line("item", kept))
        spool.writelines(lines.line("item vector", vector) for vector in vectors)


def _erased(scope: Scope, connection: sa.Connection, spool: BinaryIO) -> None:
    spool.writelines(lines.line("erased", values) for values in reading.erased_ids(connection, scope))


def _spooled(write: Any, sink: Sink) -> Flow[None]:
    """Have *write* fill a file in one transaction, and put it behind the others."""

    def body(connection: sa.Connection) -> None:
        spool.seek(0)
        spool.truncate()
        write(connection, spool)

    with new_spool() as spool:
        yield Read(body)
        yield Compute(lambda: sink.add(_lines_of(spool)))
        if sink.readable:
            yield Compute(lambda: sink.tell_all(readable.items(sink.redaction.lines(_lines_of(spool)))))


def new_spool() -> BinaryIO:
    """A file without a name, in RAM while it is small."""
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_RAM))


def _lines_of(spool: BinaryIO) -> Iterator[bytes]:
    spool.seek(0)
    yield from spool


def _summaries(spool: BinaryIO, sink: Sink) -> Iterator[dict[str, Any]]:
    summaries = (raw for raw in _lines_of(spool) if lines.kind_of(raw) == "summary")
    return (lines.parsed(raw, 0) for raw in sink.redaction.lines(summaries))
