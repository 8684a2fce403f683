"""The tools of the debugging session. Each one really does what it says to the project in its folder."""

from __future__ import annotations

import difflib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from examples.demo import database

PROJECT = Path(__file__).with_name("webshop")


class Workbench:
    """A copy of the web shop with its database, in a folder of its own, and the tools to work on it.

    Args:
        folder: an empty folder; everything the tools read and change is in there.
        orders: rows of the order table.
    """

    def __init__(self, folder: Path, orders: int = database.ORDERS) -> None:
        self.folder = folder
        shutil.copytree(PROJECT, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        database.build(folder / "shop.db", orders)
        self.tools: dict[str, Callable[..., str]] = {
            tool.__name__: tool
            for tool in (
                self.list_files, self.read_file, self.edit_file, self.write_file, self.read_log, self.search_log,
                self.load_test, self.thread_dump, self.profile, self.run_checks,
                self.run_sql, self.migrate, self.explain, self.time_query, self.trace_checkout, self.describe_database,
            )
        }  # fmt: skip

    def call(self, tool: str, arguments: dict[str, Any]) -> str:
        """What *tool* answers; a KeyError when there is no such tool."""
        return self.tools[tool](**arguments)

    # Files

    def list_files(self) -> str:
        """Every file of the project with its size."""
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return "\n".join(f"{path.stat().st_size:>12,}  {path.relative_to(self.folder)}" for path in paths)

    def read_file(self, path: str) -> str:
        """The lines of a file, numbered."""
        lines = (self.folder / path).read_text(encoding="utf-8").splitlines()
        return "\n".join(f"{number:>4}  {line}" for number, line in enumerate(lines, 1))

    def edit_file(self, path: str, old: str, new: str) -> str:
        """Replace *old*, which must occur exactly once, and show the difference."""
        before = (self.folder / path).read_text(encoding="utf-8")
        if before.count(old) != 1:
            raise ValueError(f"{path}: the text to replace occurs {before.count(old)} times")
        return self.write_file(path, before.replace(old, new))

    def write_file(self, path: str, text: str) -> str:
        """Write a file and show the difference to what was there."""
        target = self.folder / path
        before = target.read_text(encoding="utf-8") if target.exists() else ""
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")
        names = (f"a/{path}", f"b/{path}")
        return "\n".join(difflib.unified_diff(before.splitlines(), text.splitlines(), *names, lineterm=""))

    def read_log(self, first: int = 1, last: int | None = None) -> str:
        """Lines *first* to *last* of checkout.log; negative numbers count from the end."""
        lines = (self.folder / "checkout.log").read_text(encoding="utf-8").splitlines()
        return "\n".join(lines[first - 1 if first > 0 else first : last])

    def search_log(self, word: str) -> str:
        """The lines of checkout.log with *word*, and how many there are."""
        found = [line for line in self.read_log().splitlines() if word in line]
        return "\n".join([f"{len(found)} lines with {word!r}", *found])

    # Runs of the service

    def load_test(self, name: str, clients: int, requests: int) -> str:
        """Let so many clients check out at once, each several times."""
        return self._python("-m", "shop.loadtest", name, str(clients), str(requests))

    def thread_dump(self, clients: int, after_s: float) -> str:
        """The stack of every thread while *clients* check out."""
        return self._python("-m", "shop.loadtest", "thread dump", str(clients), "1", str(after_s))

    def profile(self, lines: int) -> str:
        """Where the time of one run goes, by the standard profiler."""
        out = self._python("-m", "cProfile", "-s", "cumulative", "-m", "shop.loadtest", "profile", "1", "5")
        return "\n".join(out.splitlines()[:lines])

    def run_checks(self) -> str:
        """The acceptance checks of the service."""
        return self._python("-m", "unittest", "-v", "shop.checks")

    def _python(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        output = f"{done.stdout}{done.stderr}".replace(f"{self.folder}/", "")  # paths as one would type them
        return f"exit code {done.returncode}\n{output}"

    # The database

    def _database(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(self.folder / "shop.db"))

    def run_sql(self, sql: str) -> str:
        """The rows of a query, with the time it took."""
        with self._database() as connection:
            started = time.perf_counter()
            cursor = connection.execute(sql)
            rows = cursor.fetchall()
            took = _ms(started)
        header = [" | ".join(column[0] for column in cursor.description)] if cursor.description else []
        return "\n".join([*header, *(_row(row) for row in rows), f"{len(rows)} rows in {took:.1f} ms"])

    def migrate(self, path: str) -> str:
        """Run a migration file, then look at the whole database for damage."""
        with self._database() as connection:
            started = time.perf_counter()
            connection.executescript((self.folder / path).read_text(encoding="utf-8"))
            took = _ms(started)
            sound = _one(connection, "PRAGMA quick_check")
            versions = connection.execute("SELECT version, name FROM schema_versions ORDER BY version").fetchall()
        return "\n".join([f"{path} applied in {took:.0f} ms", f"quick_check: {sound}", *map(_row, versions)])

    def explain(self, sql: str) -> str:
        """The query plan and the whole program of the database machine for *sql*."""
        values = ("customer00042@example.com", 20)[: sql.count("?")]
        with self._database() as connection:
            plan = [f"query plan: {row[3]}" for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            program = [_row(row) for row in connection.execute(f"EXPLAIN {sql}", values)]
        return "\n".join([*plan, "addr | opcode | p1 | p2 | p3 | p4 | p5 | comment", *program])

    def time_query(self, sql: str, runs: int) -> str:
        """How long *sql* takes for different customers, each run and the median."""
        lines, times = [], []
        with self._database() as connection:
            for run in range(runs):
                email = f"customer{run * 37 % database.CUSTOMERS:05}@example.com"
                started = time.perf_counter()
                rows = connection.execute(sql, (email, 20)).fetchall()
                times.append(_ms(started))
                lines.append(f"{email}: {len(rows)} orders in {times[-1]:.3f} ms")
        summary = f"order history query: median {statistics.median(times):.3f} ms, slowest {max(times):.3f} ms"
        return "\n".join([summary, *lines])

    def trace_checkout(self, customers: int) -> str:
        """Every SQL statement of the checkouts of some customers, as the database sees them."""
        return self._python("-m", "shop.trace", str(customers))

    def describe_database(self) -> str:
        """Tables, indexes, row counts, page numbers and the pragmas that matter for speed."""
        with self._database() as connection:
            schema = [row[0] for row in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            counts = [f"{name}: {_one(connection, f'SELECT count(*) FROM {name}'):,} rows" for name in names]
            pragmas = [f"PRAGMA {name} = {_one(connection, f'PRAGMA {name}')}" for name in _PRAGMAS]
        return "\n".join([*schema, *counts, *pragmas])


_PRAGMAS = ("page_size", "page_count", "cache_size", "journal_mode", "synchronous", "mmap_size", "busy_timeout")


def _one(connection: sqlite3.Connection, sql: str) -> Any:
    return connection.execute(sql).fetchone()[0]


def _row(row: Sequence[object]) -> str:
    return " | ".join("" if value is None else str(value) for value in row)


def _ms(started: float) -> float:
    return 1000 * (time.perf_counter() - started)
