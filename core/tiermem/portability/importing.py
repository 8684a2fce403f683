"""How an export comes into a database: read and compared with its hashes first, then put aside in batches, then shown
at once. Whatever stops it, nothing of it is ever seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiermem.erasure import given_up
from tiermem.errors import InvalidExport, InvalidMessage, StorageError, TiermemError
from tiermem.flows.effects import Compute, Flow, Read, Tell, Transact, Wake
from tiermem.items.item import path_bytes
from tiermem.items.store import digest as name_of
from tiermem.messages import Message, from_canonical
from tiermem.plain_json import dumps
from tiermem.portability import files
from tiermem.portability.files import ExportLine
from tiermem.portability.kinship import Brought, Kin
from tiermem.portability.lines import Manifest, parsed
from tiermem.settings import Scope
from tiermem.storage import facts
from tiermem.storage.blobs.bodies import packed
from tiermem.storage.chain.checking import NOTHING
from tiermem.storage.chain.laying import lay
from tiermem.storage.exported import media, reading, staging
from tiermem.storage.exported.content import COLUMNS, JSON, LINKS, fits
from tiermem.storage.exported.staging import Import
from tiermem.storage.messages import copies
from tiermem.storage.schema import decision, extraction, fact, message, session, stub, summary
from tiermem.storage.sessions import encoded, stored_name
from tiermem.storage.tables.erasures import TOMBSTONE, erased, erasure
from tiermem.storage.tables.forks import borrowed, fork
from tiermem.storage.tables.items import item, item_vector

LINKED = 16  # the schema from which on an export has links
BATCH, BATCH_BYTES = 1_000, 8 << 20  # lines and bytes that one transaction takes, whichever comes first
_OF_SESSIONS = (decision, borrowed, stub, summary, extraction, fact)
_BELONGING = {table.name.removeprefix("tiermem_"): table for table in _OF_SESSIONS}
_BYTES = frozenset(
    {(item_vector, "hash"), (item_vector, "value"), (erasure, "digest"), (erased, "digest")}
)  # which no JSON or name is


@dataclass(frozen=True, slots=True)
class _Place:
    """How far an import has come: its ticket, whether the file has links, the session or item that lines belong to,
    which session it is, how many messages it has of how many, the erasures, which come last, and who was forked from
    whom."""

    ticket: Import
    linked: bool
    session: int = 0
    number: int = 0
    scope: Scope | None = None
    messages: int = 0
    expected: int = 0
    item: int = 0
    erasures: tuple[Mapping[str, Any], ...] = field(default=())
    kin: Kin = field(default_factory=Kin)
    erased: int = 0


def import_(file: Path, scope: Scope | None) -> Flow[Manifest]:
    """See `Memory.import_`."""
    manifest: Manifest = yield Compute(partial(files.surveyed, file))
    whose = scope or _owner(manifest)
    yield from given_up.finish()
    ticket: Import = yield Transact(partial(staging.begin, scope=whose))
    try:
        place = yield from _put_aside(file, whose, _Place(ticket, linked=manifest.schema >= LINKED))
        yield Transact(
            lambda c: staging.publish(c, place.ticket, whose, place.erasures),
            lambda _: [_told(whose, manifest)],
        )
    except GeneratorExit:
        raise
    except BaseException:
        with suppress(StorageError):  # else the next import or opening removes it
            yield from given_up.removed(ticket.number)
        raise
    for one in (yield Read(partial(reading.scopes, scope=whose))):
        yield Wake(one)
    return replace(manifest, tenant=whose.tenant, user=whose.user)


def _owner(manifest: Manifest) -> Scope:
    try:
        return Scope(manifest.tenant, manifest.user, "-")
    except (TiermemError, AttributeError) as error:
        raise InvalidExport(f"the export names nobody: {error}") from error


def _told(scope: Scope, manifest: Manifest) -> Tell:
    numbers = {name: manifest.counts.get(kind, 0) for name, kind in (("sessions", "session"), ("count", "message"))}
    return Tell("imported", scope, lambda: numbers)


def _put_aside(file: Path, whose: Scope, place: _Place) -> Flow[_Place]:
    source = files.read(file)
    while batch := (yield Compute(partial(_batch, source))):
        place = yield Transact(partial(_put, batch=batch, whose=whose, place=place))
    yield Transact(partial(_complete, place=place, number=0))
    return place


def _batch(source: Iterator[ExportLine]) -> list[tuple[ExportLine, dict[str, Any]]]:
    batch: list[tuple[ExportLine, dict[str, Any]]] = []
    size = 0
    for line in islice(source, BATCH):
        batch.append((line._replace(raw=b""), parsed(line.raw, line.number)))
        size += len(line.raw)
        if size > BATCH_BYTES:
            break
    return batch


def _put(
    connection: sa.Connection, batch: list[tuple[ExportLine, dict[str, Any]]], whose: Scope, place: _Place
) -> _Place:
    staging.beat(connection, place.ticket)
    waiting: list[Mapping[str, Any]] = []
    table: sa.Table = session
    for line, read in batch:
        fields = read if place.linked else dict.fromkeys(LINKS) | read
        try:
            wanted = _BELONGING.get(line.kind, message if line.kind == "message" else None)
            if wanted is not table:
                staging.add_rows(connection, table, waiting)
                waiting, table = [], wanted if wanted is not None else session
            if wanted is None:
                place = _apart(connection, line, fields, whose, place)
            elif wanted is message:
                place = replace(place, messages=place.messages + 1)
                brought = partial(_with_media, connection, place)
                waiting.append(_message(fields, place, brought))
            else:
                waiting.append(_row(wanted, fields, whose, place))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(error, InvalidExport):
                raise
            raise InvalidExport(f"line {line.number} is no {line.kind or 'line'} of an export: {error}") from error
    staging.add_rows(connection, table, waiting)
    return place


def _apart(connection: sa.Connection, line: ExportLine, fields: dict[str, Any], whose: Scope, place: _Place) -> _Place:
    """A line that begins something: a session, an item; or belongs to none."""
    if line.kind == "session":
        _complete(connection, place, line.number)
        values = _checked(session, fields)
        scope = Scope(whose.tenant, whose.user, values["name"], fields["kind"])
        pk = staging.add_session(connection, place.ticket, stored_name(scope), values)
        number = place.number + 1
        place.kin.brought[number] = Brought(pk, 0, values["messages"])
        return replace(place, session=pk, number=number, scope=scope, messages=0, expected=values["messages"])
    if line.kind == "fork":
        return _fork(connection, fields, place)
    if line.kind == "item":
        ticket = place.ticket if place.ticket.collection else staging.add_collection(connection, place.ticket)
        return replace(place, ticket=ticket, item=staging.add_item(connection, _item(fields, ticket)))
    if line.kind == "erasure":
        values = _checked(erasure, fields) | {"key": bytes(fields["key"]), "whole": bool(fields["whole"])}
        return replace(place, erasures=(*place.erasures, values))
    _alone(connection, line.kind, fields, place)
    return place


def _alone(connection: sa.Connection, kind: str, fields: dict[str, Any], place: _Place) -> None:
    """A line that changes nothing for those that come after it."""
    if kind == "item vector":
        values = _checked(item_vector, fields) | {"item": place.item}
        staging.add_rows(connection, item_vector, [values])
    elif kind == "media":
        media.put_aside(connection, staging.owner_of(place.ticket), fields)
    elif kind == "erased":
        digest = _checked(erased, fields)["digest"]
        staging.add_erased(connection, place.ticket, bytes(fields["key"]), digest)
    else:
        raise ValueError("it is of a kind that is not known")


def _fork(connection: sa.Connection, fields: dict[str, Any], place: _Place) -> _Place:
    """What the session that a line before began shares; its own messages come behind those."""
    if place.messages:
        raise ValueError("it stands behind messages of its session")
    values = _checked(fork, fields) | {"erased": fields["erased"]}
    owner = staging.owner_of(place.ticket)
    shared, erased = place.kin.enter(connection, owner, place.number, place.erased, values)
    return replace(place, messages=shared, erased=erased)


def _complete(connection: sa.Connection, place: _Place, number: int) -> None:
    """All of a session is put aside."""
    if place.messages != place.expected:
        raise InvalidExport(f"before line {number}: a session has {place.messages} messages of {place.expected}")
    if place.session and not place.linked:
        lay(connection, place.session, NOTHING)


def _checked(table: sa.Table, fields: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in COLUMNS[table]:
        value = fields[name]
        if name in LINKS:
            if not _is_link(value):
                raise ValueError(f"{name} is no link")
        elif name in JSON and isinstance(table.c[name].type, sa.LargeBinary) and not isinstance(value, bytes):
            value = dumps(value)
        elif not (isinstance(value, bytes) if (table, name) in _BYTES else fits(table, name, value)):
            raise ValueError(f"{name} is of another kind")
        values[name] = value
    return values


def _is_link(value: Any) -> bool:
    return value is None or isinstance(value, bytes)


def _row(table: sa.Table, fields: dict[str, Any], whose: Scope, place: _Place) -> dict[str, Any]:
    values = _checked(table, fields) | {"session": place.session}
    if table is borrowed:
        values["owner"] = place.kin.lender(values["owner"], place.number)
    if table is fact:
        values["about"] = facts.about(whose, values["subject"], values["attribute"])
    return values


def _message(fields: dict[str, Any], place: _Place, brought: Callable[[bytes, bytes], Message]) -> dict[str, Any]:
    if fields["sequence"] != place.messages:
        raise ValueError(f"it has number {fields['sequence']}, where {place.messages} was to come")
    kept = {name: fields[name] for name in COLUMNS[message] if name != "body"} | {"session": place.session}
    plain = all(fits(message, name, kept[name]) for name in ("sequence", "tokens", "stored_at"))
    if not plain or not all(_is_link(kept[name]) for name in LINKS & kept.keys()):
        raise ValueError("a number or its time is of another kind")
    if "erased" in fields:
        if not fields["erased"].startswith(TOMBSTONE):
            raise ValueError("what is left of an erased message is something else")
        nothing = {"fixed": 0, "links": None, "body": b""}
        return kept | nothing | {"id": fields["erased"], "role": encoded(fields["role"])}
    body = dumps(fields["message"])
    if "media" in fields:
        original = brought(body, kept["sha256"])
        return kept | {"id": encoded(original.id), "body": packed(body, kept["sha256"])} | copies(original)
    if sha256(body).digest() != kept["sha256"]:
        raise ValueError("it does not match its hash")
    try:
        original = from_canonical(body)
    except InvalidMessage as error:
        raise ValueError(str(error)) from error
    return kept | {"id": encoded(original.id), "body": body} | copies(original)


def _with_media(connection: sa.Connection, place: _Place, reduced: bytes, digest: bytes) -> Message:
    """A message that refers to media which were put aside, proved by its *digest*; and that it does."""
    owner = staging.owner_of(place.ticket)
    original = media.original(reduced, digest, partial(media.stored, connection, owner))
    media.refer(connection, owner, place.session, place.messages, original)
    return original


def _item(fields: dict[str, Any], ticket: Import) -> dict[str, Any]:
    path, key = path_bytes(fields["path"]), encoded(fields["key"])
    if not isinstance(fields["value"], dict):
        raise TypeError("its value is no object")
    times = {name: fields[name] for name in ("created_at", "updated_at", "ttl", "expires")}
    if not all(fits(item, name, value) for name, value in times.items()):
        raise ValueError("a time is of another kind")
    owned = {"collection": ticket.collection, "stamp": 1, "name": name_of(path, key)}
    return owned | times | {"path": path, "key": key, "value": dumps(fields["value"])}
