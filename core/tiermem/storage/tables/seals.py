"""Checks of the values of `tiermem_meta` that nothing else would tell from others: the id of the database, the keys of
its digests, the rules of retention. Each has a row beside it, under its own name, with a hash of both.

Rule 1: a value is written with its check, in one transaction; one from before there were checks gets its own at the
next opening for writing.
Rule 2: a key or rule that its check does not fit is used for nothing: with another key what was erased could come
again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import sqlalchemy as sa

from tiermem.errors import StorageCorrupt
from tiermem.storage.tables.columns import meta
from tiermem.storage.tables.erasures import KEY

CHECK = "check."  # how the name of a check begins
DATABASE, RETENTION = "database", "retention"
LOCK = 0x7469_6578  # that of the migrations, plus six


def is_sealed(key: str) -> bool:
    """Whether the value under *key* has a check."""
    return key.partition(".")[0] in (DATABASE, KEY, RETENTION)


def checked(key: str) -> sa.ColumnElement[bool]:
    """The condition of the row *key*, of those that its name begins, and of their checks."""
    of = [meta.c.key == f"{before}{key}" for before in ("", CHECK)]
    return sa.or_(*of, *(meta.c.key.like(f"{before}{key}.%") for before in ("", CHECK)))


_SEALED = sa.or_(*(checked(key) for key in (DATABASE, KEY, RETENTION)))


def keep(connection: sa.Connection, key: str, value: str) -> None:
    """Keep *value* under *key*, in place of what was there, with its check; "" takes it away."""
    connection.execute(meta.delete().where(meta.c.key.in_([key, CHECK + key])))
    if value:
        rows = [{"key": key, "value": value}, {"key": CHECK + key, "value": _hash(key, value)}]
        connection.execute(meta.insert().values(rows))


def unsealed(connection: sa.Connection) -> list[str]:
    """The names of values from before there were checks."""
    known = _rows(connection)
    return [key for key in known if not key.startswith(CHECK) and CHECK + key not in known]


def seal(connection: sa.Connection) -> None:
    """Give those their checks."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    known = _rows(connection)
    for key in unsealed(connection):
        connection.execute(meta.insert().values(key=CHECK + key, value=_hash(key, known[key])))


def differences(connection: sa.Connection) -> list[str]:
    """What is wrong with them, in words."""
    return [*wrong(_rows(connection)).values()]


def wrong(rows: Mapping[str, str]) -> dict[str, str]:
    """Which of *rows* are not what their checks say, or missing: in words, by key."""
    checks = {key.removeprefix(CHECK): value for key, value in rows.items() if key.startswith(CHECK)}
    return {
        key: f"tiermem_meta, row {key}: it does not match its check"
        for key, check in checks.items()
        if check != _hash(key, rows.get(key, ""))
    }


def sound(rows: Mapping[str, str]) -> Mapping[str, str]:
    """The values of *rows*.

    Raises:
        StorageCorrupt: a check does not fit.
    """
    if problems := wrong(rows):
        raise StorageCorrupt(
            f"{next(iter(problems.values()))}; `tiermem rescue` brings what can still be read into a new file"
        )
    return {key: value for key, value in rows.items() if not key.startswith(CHECK)}


def _rows(connection: sa.Connection) -> dict[str, str]:
    return {str(key): str(value) for key, value in connection.execute(sa.select(meta).where(_SEALED))}


def _hash(key: str, value: str) -> str:
    return hashlib.sha256(f"{key}={value}".encode("utf-8", "surrogatepass")).hexdigest()[:32]
