"""`rescue`: what is still readable of a damaged database, brought into a fresh one; what is lost is named.

Rule 1: the damaged file is not changed, and not one byte of it is written to.
Rule 2: what cannot be derived is copied row by row; what can be is derived anew: words, facts of rules, counts, totals,
views. Vectors are made by whoever opens the fresh one with an embedder.
Rule 3: a message keeps its number, also where others before it are gone, so references and heads of chains hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiermem.errors import SchemaTooOld, StorageCorrupt
from tiermem.facts.stated.record import APPLICATION, MODEL
from tiermem.memory import Memory
from tiermem.rescue.rows import DamagedTable, connected, unkeyed
from tiermem.storage import decisions, owners, sessions
from tiermem.storage.blobs.bodies import matches
from tiermem.storage.erasures.taking import GONE
from tiermem.storage.migrated.shape import of_today
from tiermem.storage.schema import (
    VERSION,
    broken,
    decision,
    fact,
    message,
    meta,
    refuse_newer,
    sealed,
    session,
    version_of,
)
from tiermem.storage.sessions import ERASED, encoded
from tiermem.storage.sqlite import driver
from tiermem.storage.tables import seals
from tiermem.storage.tables.columns import metadata
from tiermem.storage.tables.erasures import TOMBSTONE, erased
from tiermem.storage.tables.items import collection, item
from tiermem.storage.tables.media import blob, media

# What is derived of the others, or says nothing that anybody said.
_DERIVED = ("segment", "shelf", "conversation", "tally", "owner", "vector", "embedded", "embedder", "import")
DERIVED = frozenset(f"tiermem_{name}" for name in _DERIVED)
USER = "rescued"  # whose that is of which nobody can say any more whose it was


@dataclass(frozen=True, slots=True)
class Rescued:
    """How many rows came over, by table, and what is lost: each a table, a row, and why."""

    rows: Mapping[str, int] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


def rescue(source: str | PathLike[str], target: str | PathLike[str]) -> Rescued:
    """Bring what can still be read of the SQLite database *source* into the new file *target*.

    Raises:
        FileExistsError: *target* is there; it was not touched.
        FileNotFoundError: *source* is not.
        StorageCorrupt: not even the list of its tables can be read. SchemaTooNew, SchemaTooOld: it is of another
            version: rescue it with a tiermem of that one. Where its tables are of this version, the row is damaged
            which says an older one, or none.
        StorageError, OSError: *target* cannot be written; what was begun of it is removed.
    """
    old, new = Path(source), Path(target)
    if not old.is_file():
        raise FileNotFoundError(2, "no such database", str(old))
    if new.exists():
        raise FileExistsError(17, "it is there already", str(new))
    Memory.open(new, durability="relaxed").close()
    try:
        disk = connected(driver(), old)
        try:
            return _brought(disk, new)
        finally:
            disk.close()
    except BaseException:  # an interrupt leaves half of it as well
        for name in (new, *(new.with_name(new.name + end) for end in ("-wal", "-shm", "-journal", "-lock"))):
            name.unlink(missing_ok=True)
        raise


def _brought(disk: Any, new: Path) -> Rescued:
    rows: dict[str, int] = {}
    lost: list[str] = list(_check_version(disk))
    engine = sa.create_engine(f"sqlite:///{new}", module=driver())
    try:
        with engine.begin() as connection:
            _copied_meta(connection, disk, lost)
            for table in metadata.sorted_tables:
                if table is not meta and table.name not in DERIVED:
                    rows[table.name] = _copied(connection, disk, table, lost)
            _owned(connection, lost)
            _media(connection, lost)
            _derived(connection, lost)
    finally:
        engine.dispose()
    return Rescued(rows, tuple(lost))


def _check_version(disk: Any) -> Iterator[str]:
    try:
        row = disk.execute("SELECT value FROM tiermem_meta WHERE key = 'version'").fetchone()
        whole = of_today(lambda name: [one[1] for one in disk.execute(f"PRAGMA table_info({name})")])
    except driver().DatabaseError:
        return  # as if it were this one; columns that are not there are told
    try:
        version = version_of(row[0] if row else None)
    except StorageCorrupt:
        if not whole:
            raise
        version = 0
    refuse_newer(version)
    if version < VERSION and not whole:
        raise SchemaTooOld(f"the database has schema {version}: rescue it with the tiermem that wrote it")
    if version < VERSION:
        yield f"tiermem_meta: the version; its tables are those of version {VERSION}, so it is that one"


def _copied_meta(connection: sa.Connection, disk: Any, lost: list[str]) -> None:
    """The id of the database and the keys of its digests; its version and its analyser are those of the fresh one."""
    known = {str(row["key"]): row["value"] for row in _readable(disk, meta, lost)}
    damaged = seals.wrong({key: str(value) for key, value in known.items()})
    lost += damaged.values()
    known = {key: value for key, value in known.items() if not key.startswith(seals.CHECK) and key not in damaged}
    for key, value in known.items():
        if seals.is_sealed(key) and isinstance(value, str):
            seals.keep(connection, key, value)
        elif key not in {"version", "analyser"} and isinstance(value, str):
            connection.execute(meta.delete().where(meta.c.key == key))
            connection.execute(meta.insert().values(key=key, value=value))
    if "database" not in known:
        lost.append("tiermem_meta: the id of the database; it has a new one, by which no receipt knows it")


def _copied(connection: sa.Connection, disk: Any, table: sa.Table, lost: list[str]) -> int:
    """Copies the rows of *table* that can be read and are what they were; how many. What is not is *lost*."""
    count = 0
    for row in _readable(disk, table, lost):
        wrong = _wrong(table, row)
        if wrong:
            lost.append(f"{table.name}, {_named(row)}: {wrong}")
            if table is not message and table is not session and table is not collection:
                continue  # those stay: others are known by them
        try:
            with connection.begin_nested():
                connection.execute(table.insert().values(**row))
        except sa.exc.SQLAlchemyError:
            lost.append(f"{table.name}, {_named(row)}: another row has its place, or a value is missing")
        else:
            count += 1
    return count


def _readable(disk: Any, table: sa.Table, lost: list[str]) -> Iterator[dict[str, Any]]:
    if table in (meta, erased):
        order = " ".join(column.name for column in table.primary_key)
        found, whole = unkeyed(driver(), disk, table.name, order)
        lost += [] if whole else [f"{table.name}: a page of it cannot be read"]
        yield from _with_columns(table, found)
        return
    damaged = DamagedTable(driver(), disk, table.name)
    yield from _with_columns(table, damaged.rows())
    lost += [f"{table.name}, rows {first} to {last}: their pages cannot be read" for first, last in damaged.lost]


def _with_columns(table: sa.Table, rows: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows as *table* has them now; facts that rules read are read anew."""
    for row in rows:
        if table is fact and row.get("how") not in {APPLICATION, MODEL}:
            continue
        yield {name: row.get(name) for name in [column.name for column in table.columns]}


def _wrong(table: sa.Table, row: Mapping[str, Any]) -> str:
    try:
        if "checksum" in table.c and broken(table, row):
            return "not as it was written"
        body = row["body"] if table is message else None
        if table is message and not bytes(row["id"]).startswith(TOMBSTONE):
            return "" if matches(bytes(body), bytes(row["sha256"])) else "its words do not match their hash"  # type: ignore[arg-type]
    except (TypeError, ValueError, AttributeError):
        return "its values are of another kind"
    return ""


def _media(connection: sa.Connection, lost: list[str]) -> None:
    """Names the media whose bytes did not come over as they were."""
    for key, digest in connection.execute(sa.select(media.c.pk, media.c.sha256)).all():
        body = connection.execute(sa.select(blob.c.body).where(blob.c.media == key)).scalar()
        if body is None or sha256(bytes(body)).digest() != bytes(digest):
            lost.append(f"tiermem_blob, media {key}: its bytes; the messages that refer to it say so")


def _named(row: Mapping[str, Any]) -> str:
    places = [f"{name} {row[name]}" for name in ("pk", "session", "sequence", "number", "key") if name in row]
    return ", ".join(place for place in places if "b'" not in place)


def _owned(connection: sa.Connection, lost: list[str]) -> None:
    """Whoever's session or collection is gone has one again, by a name of ours."""
    for table, column, owner in ((message, message.c.session, session), (item, item.c.collection, collection)):
        missing = sa.select(column).where(column.not_in(sa.select(owner.c.pk))).distinct()
        for pk in list(connection.execute(missing.select_from(table)).scalars()):
            names = {"tenant": b"", "owner": encoded(USER)}
            more = {"name": b"session-%d" % pk, "created_at": ""} if owner is session else {"stamp": 1}
            if owner is collection:
                names["owner"] = b"%s-%d" % (encoded(USER), pk)
            connection.execute(owner.insert().values(pk=pk, **sealed(owner, names | more)))
            lost.append(f"{owner.name}, row {pk}: whose it was; what it holds is the user {USER!r}'s now")


def _derived(connection: sa.Connection, lost: list[str]) -> None:
    """Totals and views of all sessions, derived of what came over."""
    somebodys = sa.select(session.c.pk).where(session.c.tenant < ERASED, session.c.messages != GONE)
    for pk in list(connection.execute(somebodys.order_by(session.c.pk)).scalars()):
        try:
            _settled(connection, pk)
            scope = sessions.scope_of_key(connection, pk)
            owners.obtain(connection, scope)
            owners.unsure(connection, scope)
        except (StorageCorrupt, ValueError, TypeError) as error:
            lost.append(f"tiermem_session, row {pk}: its view cannot be derived: {error}")


def _settled(connection: sa.Connection, pk: int) -> None:
    mine = message.c.session == pk
    base = connection.execute(sa.select(session.c.base).where(session.c.pk == pk)).scalar() or 0
    totals = sa.select(sa.func.max(message.c.sequence), sa.func.sum(message.c.tokens)).where(mine)
    last, tokens = connection.execute(totals).one()
    revision = connection.execute(sa.select(sa.func.max(decision.c.number)).where(decision.c.session == pk)).scalar()
    zero: dict[str, Any] = {"floor": 0, "window_tokens": 0, "failures": 0, "failed_at": 0.0, "last_error": ""}
    numbers = {"messages": max(last or 0, base), "tokens": int(tokens or 0), "indexed": base, "revision": revision or 0}
    sessions.update(connection, pk, **numbers, **zero)
    decisions.settle(connection, sessions.by_key(connection, pk), 0)
