"""Links for a session that has none: of a database or an export from before schema 16.

In the SQL of that version, for the step from 15 to 16 runs it; its columns are still these.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from tiermem.storage.chain import links
from tiermem.storage.chain.links import SALT, SIZE, START, link

BATCH = 2_000  # messages that are held at once
_TOMBSTONE = b"\xffe"
_MESSAGES = """SELECT pk, sequence, tokens, stored_at, sha256, id, witness FROM tiermem_message
    WHERE session = :session AND sequence > :last ORDER BY sequence LIMIT :batch"""
_DECISIONS = """SELECT pk, number, kind, first, last, reference, tokens_before, tokens_after, strategy, reason,
    decided_at, witness FROM tiermem_decision WHERE session = :session ORDER BY number"""
_ERASED = """SELECT sequence, id, sha256, role FROM tiermem_message
    WHERE session = :session AND sequence BETWEEN :first AND :last ORDER BY sequence"""


_LOAN = """SELECT b.number, b.first, b.last, d.chain FROM tiermem_borrowed b
    LEFT JOIN tiermem_decision d ON d.session = b.owner AND d.number = b.number
    WHERE b.session = :session AND b.decision = :number"""


def lay(connection: sa.Connection, session: int, silenced: bytes) -> None:
    """Give the rows of *session*, a plain key, their links; the body *silenced* is that of summaries without words."""
    before = _shared(connection, session)
    chain = _messages(connection, session, before)
    journal = _decisions(connection, session, _summaries(connection, session, silenced))
    values = {"session": session, "chain": chain, "journal": journal}
    connection.execute(
        sa.text("UPDATE tiermem_session SET chain = :chain, journal_chain = :journal WHERE pk = :session"), values
    )


def _shared(connection: sa.Connection, session: int) -> bytes:
    """The link of the last message that a fork shares, which its row gets too."""
    made = sa.text("SELECT base, shared FROM tiermem_fork WHERE session = :session")
    row = connection.execute(made, {"session": session}).first()
    if row is None:
        return START
    owner = str(row.shared).rpartition(" ")[2].partition(":")[0]
    found = sa.text("SELECT chain FROM tiermem_message WHERE session = :owner AND sequence = :base")
    known = link(connection.execute(found, {"owner": int(owner), "base": row.base}).scalar())
    change = sa.text("UPDATE tiermem_fork SET chain = :chain WHERE session = :session")
    connection.execute(change, {"chain": known, "session": session})
    return known


def _messages(connection: sa.Connection, session: int, before: bytes) -> bytes:
    last, chain = -1, before
    while rows := _all(connection, _MESSAGES, session=session, last=last, batch=BATCH):
        for row in rows:
            erased = bytes(row["id"]).startswith(_TOMBSTONE)
            row["witness"] = secrets.token_bytes(SIZE if erased else SALT)
            chain = row["chain"] = links.of_message(chain, row)
        last = rows[-1]["sequence"]
        _put(connection, "tiermem_message", rows, "witness", "chain")
    return chain


def _summaries(connection: sa.Connection, session: int, silenced: bytes) -> dict[int, Mapping[str, Any]]:
    query = """SELECT pk, number, first, last, level, tokens, strategy, children, body FROM tiermem_summary
        WHERE session = :session"""
    rows = _all(connection, query, session=session)
    for row in rows:
        row["witness"] = secrets.token_bytes(SIZE if bytes(row["body"]) == silenced else SALT)
    _put(connection, "tiermem_summary", rows, "witness")
    return {row["number"]: row for row in rows}


def _decisions(connection: sa.Connection, session: int, told: Mapping[int, Mapping[str, Any]]) -> bytes:
    last, rows = START, _all(connection, _DECISIONS, session=session)
    for row in rows:
        shown: dict[int, bytes] = {}
        lent: list[dict[str, Any]] = []
        if row["kind"] == "compact":
            shown = _stubs(connection, session, row["number"])
            lent = _all(connection, _LOAN, session=session, number=row["number"])
        elif row["kind"] == "cover" and row["reference"] in told:
            shown = {row["reference"]: links.of_summary(told[row["reference"]])}
        elif row["kind"] == "erase":
            left = _all(connection, _ERASED, session=session, first=row["first"], last=row["last"])
            shown = {0: links.of_tombstones(left)}
        of = links.lent(*(lent[0][name] for name in ("number", "first", "last", "chain"))) if lent else None
        last = row["chain"] = links.of_decision(last, row, of or links.attached(shown))
    _put(connection, "tiermem_decision", rows, "chain")
    return last


def _stubs(connection: sa.Connection, session: int, number: int) -> dict[int, bytes]:
    query = """SELECT pk, sequence, tokens, strategy, content FROM tiermem_stub
        WHERE session = :session AND decision = :number"""
    rows = _all(connection, query, session=session, number=number)
    for row in rows:
        row["witness"] = secrets.token_bytes(SALT)
    _put(connection, "tiermem_stub", rows, "witness")
    return {row["sequence"]: links.of_stub(row) for row in rows}


def _all(connection: sa.Connection, query: str, **values: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(sa.text(query), values).mappings()]


def _put(connection: sa.Connection, table: str, rows: Iterable[Mapping[str, Any]], *names: str) -> None:
    changes = [{name: row[name] for name in ("pk", *names)} for row in rows]
    if changes:
        columns = ", ".join(f"{name} = :{name}" for name in names)
        connection.execute(sa.text(f"UPDATE {table} SET {columns} WHERE pk = :pk"), changes)  # noqa: S608  # our names
