"""Links as they are written, in the transaction of their rows; what an erasure leaves of them; the head."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from tiermem.shared_history import Shared, base_of
from tiermem.storage.chain import links
from tiermem.storage.chain.links import START, LinkedRow, link
from tiermem.storage.connecting.prepared import Prepared
from tiermem.storage.tables.erasures import TOMBSTONE

CHUNK = 500  # bound values a statement


def _table(name: str, columns: str) -> sa.TableClause:
    """A table by the columns that links need; all of it is a floor above."""
    return sa.table(f"tiermem_{name}", sa.column("session"), *map(sa.column, columns.split()))


session = _table("session", "pk journal_chain")
message = _table("message", "sequence id sha256 role chain")
stub = _table("stub", "decision sequence tokens strategy content witness")
summary = _table("summary", "number first last level tokens strategy children body witness")
decision = _table("decision", "pk number witness chain")
loan = _table("borrowed", "decision owner number first last")
fork = _table("fork", "chain")
_JOURNAL = Prepared(sa.select(session.c.journal_chain).where(session.c.pk == sa.bindparam("key")))
_MOVE = Prepared(session.update().where(session.c.pk == sa.bindparam("key")).values(journal_chain=sa.bindparam("new")))


def salt() -> bytes:
    """A new witness of words."""
    return secrets.token_bytes(links.SALT)


def appended(rows: Iterable[dict[str, Any]], before: object) -> bytes:
    """Give *rows*, messages that are about to be written behind the link *before*, theirs; the last of them."""
    last = link(before)
    for row in rows:
        row["witness"] = salt()
        if row["id"].startswith(TOMBSTONE):  # nobody is to try words against it
            row["witness"] = links.leaf_of(row["witness"], row["sha256"])
        last = row["chain"] = links.of_message(last, row)
    return last


def decided(connection: sa.Connection, pk: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """*rows*, decisions of the locked session *pk* that are about to be written, with their links; what they show is
    stored already."""
    last = link(_JOURNAL.rows(connection, {"key": int(pk)})[0][0])
    shown = Attached(connection, pk, rows)
    for row in rows:
        row["witness"] = None
        last = row["chain"] = links.of_decision(last, row, shown.by(row))
    _MOVE.run(connection, [{"key": int(pk), "new": last}])
    return rows


class Attached:
    """What *decisions* of the session *pk* show, for their links: stubs, summaries, tombstones that are its own."""

    def __init__(self, connection: sa.Connection, pk: int, decisions: Sequence[LinkedRow]) -> None:
        self._connection, self._pk = connection, int(pk)
        compacts = [row["number"] for row in decisions if row["kind"] == "compact"]
        stubs = sorted(_picked(connection, stub, self._pk, stub.c.decision, compacts), key=itemgetter("decision"))
        self.stubs = {number: [*own] for number, own in groupby(stubs, key=itemgetter("decision"))}
        self.loans = {row.decision: row for row in _loans(connection, self._pk)} if compacts else {}
        covers = {row["reference"] for row in decisions if row["kind"] == "cover"}
        told = _picked(connection, summary, self._pk, summary.c.number, sorted(covers))
        self.summaries = {row["number"]: row for row in told}

    def by(self, row: LinkedRow) -> bytes:
        """The hash of all that the decision *row* shows."""
        if row["kind"] == "compact" and row["number"] in self.loans:
            lent = self.loans[row["number"]]
            return links.lent(lent.number, lent.first, lent.last, lent.chain)
        if row["kind"] == "compact" and links.is_taken_over(row["witness"]):
            return links.link(row["witness"])
        if row["kind"] == "compact":
            own = {one["sequence"]: links.of_stub(one) for one in self.stubs.get(row["number"], ())}
            return links.attached(links.kept(row["witness"]) | own)
        if row["kind"] == "cover":
            told = self.summaries.get(row["reference"])
            return links.attached({told["number"]: links.of_summary(told)} if told else {})
        return links.attached({0: self._tombstones(row)}) if row["kind"] == "erase" else START

    def _tombstones(self, row: LinkedRow) -> bytes:
        """The hash of the tombstones that the erasure *row* left."""
        columns = (message.c.sequence, message.c.id, message.c.sha256, message.c.role)
        mine = sa.and_(message.c.session == self._pk, message.c.sequence.between(row["first"], row["last"]))
        rows = self._connection.execute(sa.select(*columns).where(mine).order_by(message.c.sequence))
        return links.of_tombstones(rows.mappings())


def _picked(
    connection: sa.Connection, table: sa.TableClause, pk: int, column: sa.ColumnElement[Any], wanted: Sequence[int]
) -> Iterator[sa.RowMapping]:
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(table).where(table.c.session == pk, column.in_(wanted[start : start + CHUNK]))
        yield from connection.execute(query).mappings()


def _loans(connection: sa.Connection, pk: int, *conditions: sa.ColumnElement[bool]) -> Sequence[Any]:
    """What the session *pk* borrows, each with the link of the decision there."""
    there = sa.and_(decision.c.session == loan.c.owner, decision.c.number == loan.c.number)
    columns = (loan.c.decision, loan.c.number, loan.c.first, loan.c.last, decision.c.chain)
    query = sa.select(*columns).select_from(loan.outerjoin(decision, there)).where(loan.c.session == pk, *conditions)
    return connection.execute(query).all()


def taken_over(connection: sa.Connection, pk: int, owner: int) -> None:
    """Keep what links need of the stubs that the session *pk* borrows from *owner*, which is about to be erased."""
    for one in _loans(connection, pk, loan.c.owner == owner):
        mine = sa.and_(decision.c.session == pk, decision.c.number == one.decision)
        lent = links.lent(one.number, one.first, one.last, one.chain)
        connection.execute(decision.update().where(mine).values(witness=lent))


def forgotten(connection: sa.Connection, pk: int, numbers: Collection[int]) -> None:
    """Keep what links need of the stubs of these messages of a session, which are about to be removed."""
    kept: dict[int, dict[int, bytes]] = {}
    for row in _picked(connection, stub, int(pk), stub.c.sequence, sorted(numbers)):
        kept.setdefault(row["decision"], {})[row["sequence"]] = links.of_stub(row)
    for row in list(_picked(connection, decision, int(pk), decision.c.number, sorted(kept))):
        if links.is_taken_over(row["witness"]):
            continue
        more = links.keeping(row["witness"], kept[row["number"]])
        connection.execute(decision.update().where(decision.c.pk == row["pk"]).values(witness=more))


def at_fork(connection: sa.Connection, parent: int, shared: Shared) -> bytes:
    """The link of the last message that a fork of the session *parent* shares; where its row went with an erased
    session, what *parent* knows of it."""
    owner, base = shared[-1]
    known = linked(connection, owner, base)
    if known is None and base == base_of(parent):
        known = connection.execute(sa.select(fork.c.chain).where(fork.c.session == int(parent))).scalar()
    return link(known)


def linked(connection: sa.Connection, owner: int, number: int) -> bytes | None:
    """The link of message *number*, which the session with the plain key *owner* stores."""
    mine = sa.and_(message.c.session == owner, message.c.sequence == number)
    stored = connection.execute(sa.select(message.c.chain).where(mine)).scalar()
    return None if stored is None else bytes(stored)
