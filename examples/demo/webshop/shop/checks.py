"""The acceptance checks of the service: `python -m unittest -v shop.checks`."""

from __future__ import annotations

import sqlite3
import time
import unittest
from pathlib import Path

from . import loadtest, repository, settings

FOLDER = Path.cwd()
SETTINGS = settings.load(FOLDER)


class OrderHistory(unittest.TestCase):
    def setUp(self) -> None:
        self.connection = sqlite3.connect(SETTINGS.database)
        self.addCleanup(self.connection.close)

    def test_the_order_history_is_found_by_an_index(self) -> None:
        plan = self.connection.execute(f"EXPLAIN QUERY PLAN {repository.ORDER_HISTORY}", ("a@example.com", 20))
        steps = " | ".join(row[3] for row in plan)
        assert "USING INDEX" in steps, steps
        assert "TEMP B-TREE" not in steps, steps

    def test_the_order_history_takes_less_than_five_milliseconds(self) -> None:
        started = time.perf_counter()
        for number in range(10):
            repository.order_history(self.connection, f"customer{number:05}@example.com", 20)
        took = 1000 * (time.perf_counter() - started) / 10
        assert took < 5.0, f"{took:.1f} ms a query"

    def test_the_lines_of_twenty_orders_are_one_query(self) -> None:
        statements: list[str] = []
        self.connection.set_trace_callback(statements.append)
        repository.order_lines(self.connection, list(range(1, 21)))
        assert len(statements) == 1, f"{len(statements)} statements"


class Pool(unittest.TestCase):
    def test_the_pool_is_no_smaller_than_the_expected_clients(self) -> None:
        assert SETTINGS.pool_size >= SETTINGS.expected_clients, f"{SETTINGS.pool_size} connections"

    def test_all_expected_clients_check_out_at_once(self) -> None:
        attempts, _ = loadtest.run(FOLDER, SETTINGS.expected_clients, 1)
        failed = [attempt for attempt in attempts if attempt.error]
        assert not failed, "\n".join(map(str, failed))


if __name__ == "__main__":
    unittest.main()
