"""Ways to tamper with rows, as somebody does who may write to the database: one change, as random as it gets."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from tiermem.errors import TiermemError
from tiermem.messages import from_canonical
from tiermem.storage import schema
from tiermem.storage.messages import copies
from tiermem.storage.tables.columns import metadata
from tiermem.storage.tables.forks import borrowed, fork

CHAINED = (schema.message, schema.decision, schema.stub, schema.summary, borrowed)
NUMBERED = {"tiermem_message": "sequence", "tiermem_decision": "number"}
ENDS = ((schema.session, "chain"), (schema.session, "journal_chain"), (fork, "chain"))
Row = dict[str, Any]


class Unchanged(Exception):
    """A tampering that changed nothing."""


def rows(disk: sqlite3.Connection, table: sa.Table) -> list[Row]:
    """All rows of *table*, but those of what is no conversation."""
    names = [column.name for column in table.columns]
    own = "pk" if table is schema.session else "session"
    mine = f"SELECT pk FROM {schema.session.name} WHERE name < x'ff' AND tenant < x'ff'"
    found = disk.execute(f"SELECT {', '.join(names)} FROM {table.name} WHERE {own} IN ({mine}) ORDER BY pk")
    return [dict(zip(names, row, strict=True)) for row in found]


def _any(disk: sqlite3.Connection, table: sa.Table, rng: random.Random) -> Row:
    if not (every := rows(disk, table)):
        raise Unchanged
    return rng.choice(every)


def bit(value: Any, rng: random.Random) -> Any:
    """*value* with one bit of it another one; NULL becomes something."""
    if isinstance(value, int):
        return value ^ 1 << rng.randrange(6)
    if isinstance(value, str):
        place = rng.randrange(len(value)) if value else 0
        return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :] if value else "0"
    raw = bytearray(value or b"\0")
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return bytes(raw)


def change(disk: sqlite3.Connection, table: sa.Table, old: Row, new: Row) -> None:
    """Write *new* in place of *old*.

    Raises:
        Unchanged: they are the same, since what was changed follows from what was not.
    """
    names = [name for name in new if new[name] != old[name]]
    if not names:
        raise Unchanged
    columns = ", ".join(f"{name} = ?" for name in names)
    disk.execute(f"UPDATE {table.name} SET {columns} WHERE pk = ?", [*(new[name] for name in names), old["pk"]])


def sealed(table: sa.Table, row: Row) -> Row:
    """*row* with all that a forger can work out again: its checksum, and of a message hash and copies."""
    made = dict(row)
    if table is schema.message and row["body"]:
        made["sha256"] = sha256(row["body"]).digest()
        try:
            original = from_canonical(row["body"])
            made |= copies(original) | {"id": original.id.encode()}
        except TiermemError:
            pass  # it is no message any more
    return made | {"checksum": schema.checksum(table, made)} if "checksum" in made else made


def flip(disk: sqlite3.Connection, rng: random.Random, *, forged: bool) -> str:
    """A bit of one column, as it is, or *forged* so that hashes and checksums fit."""
    table, name = rng.choice([*((table, None) for table in CHAINED for _ in range(6)), *ENDS])
    row = _any(disk, table, rng)
    column = name or rng.choice([one for one in row if one not in {"pk", *(("checksum", "sha256") if forged else ())}])
    new = row | {column: bit(row[column], rng)}
    change(disk, table, row, sealed(table, new) if forged else new)
    return f"{table.name}.{column}"


def drop(disk: sqlite3.Connection, rng: random.Random, *, forged: bool) -> str:
    """A row is gone; *forged*: those behind it move up, and the totals fit."""
    table = rng.choice(CHAINED)
    row = _any(disk, table, rng)
    disk.execute(f"DELETE FROM {table.name} WHERE pk = ?", [row["pk"]])  # our names
    if forged and table.name in NUMBERED:
        _shift(disk, table, row, -1)
    return table.name


def insert(disk: sqlite3.Connection, rng: random.Random, *, forged: bool) -> str:
    """A copy of a row more, in its place or at the end; *forged*: the totals fit."""
    table = rng.choice(CHAINED)
    row, every = _any(disk, table, rng), rows(disk, table)
    mine = [one for one in every if one["session"] == row["session"]]
    new = {name: value for name, value in row.items() if name != "pk"}
    number = NUMBERED.get(table.name, "decision" if table in {schema.stub, borrowed} else "number")
    if table.name in NUMBERED and forged:
        _shift(disk, table, row, 1)
    else:
        new[number] = max(one[number] for one in mine) + 1
    if table is schema.message:
        new["id"] = rng.randbytes(8).hex().encode()
        if new["body"]:
            new["body"] = replace(from_canonical(new["body"]), id=new["id"].decode()).canonical
    new = sealed(table, new) if forged else new
    names = list(new)
    places = ", ".join("?" * len(names))
    disk.execute(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", [new[name] for name in names])
    return table.name


def swap(disk: sqlite3.Connection, rng: random.Random, *, forged: bool) -> str:
    """Two rows change places; *forged*: their checksums fit."""
    table = rng.choice((schema.message, schema.decision))
    number = NUMBERED[table.name]
    every = rows(disk, table)
    pairs = [(a, b) for a in every for b in every if a["pk"] < b["pk"]]
    a, b = rng.choice([pair for pair in pairs if pair[0]["session"] == pair[1]["session"] and differ(table, *pair)])
    change(disk, table, a, a | {number: -1})
    for old, new in ((b, b | {number: a[number]}), (a | {number: -1}, a | {number: b[number]})):
        change(disk, table, old, sealed(table, new) if forged else new)
    return table.name


def differ(table: sa.Table, one: Row, other: Row) -> bool:
    """Whether two rows say different things, so that it makes a difference which comes first."""
    said = ("kind", "first", "last", "reference", "strategy", "reason") if table is schema.decision else ("id",)
    return any(one[name] != other[name] for name in said)


def _shift(disk: sqlite3.Connection, table: sa.Table, row: Row, by: int) -> None:
    """Those behind *row* get other numbers, itself too if one comes in; their session has more or fewer."""
    number, total = NUMBERED[table.name], "messages" if table is schema.message else "revision"
    mine = [one for one in rows(disk, table) if one["session"] == row["session"]]
    behind = [one for one in mine if one[number] >= row[number]]
    for one in sorted(behind, key=lambda one: -by * one[number]):
        change(disk, table, one, sealed(table, one | {number: one[number] + by}))
    tokens = f", tokens = tokens + {by * row['tokens']}" if table is schema.message else ""
    disk.execute(
        f"UPDATE {schema.session.name} SET {total} = {total} + {by}{tokens} WHERE pk = ?",  # our names
        [row["session"]],
    )


TAMPERS: Sequence[Callable[..., str]] = (flip, flip, flip, drop, insert, swap)
assert all(table.name in metadata.tables for table in CHAINED)
