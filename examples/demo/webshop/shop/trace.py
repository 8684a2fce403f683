"""Every SQL statement of a few checkouts, as the database sees them. `python -m shop.trace CUSTOMERS`."""

from __future__ import annotations

import sqlite3
import sys
import time
from pathlib import Path

from . import repository, settings


def main() -> None:
    now = settings.load(Path.cwd())
    connection = sqlite3.connect(now.database)
    for customer in range(int(sys.argv[1])):
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        started = time.perf_counter()
        history = repository.order_history(connection, f"customer{customer:05}@example.com", now.history_length)
        repository.order_lines(connection, [int(str(row[0])) for row in history])
        took = 1000 * (time.perf_counter() - started)
        print(f"customer {customer}: {len(statements)} statements in {took:.2f} ms", *statements, sep="\n")


if __name__ == "__main__":
    main()
