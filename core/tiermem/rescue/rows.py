"""The rows of a damaged SQLite file that can still be read, whatever pages of it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tiermem.errors import StorageCorrupt

STEP = 256  # rows that are read at once while nothing is wrong
BEYOND = 100_000  # keys that are tried where nobody can say how far a table goes


def connected(module: ModuleType, file: Path) -> Any:
    """A connection that reads *file* and changes nothing of it; what its log has is read where that can be.

    Raises:
        StorageCorrupt: not even the list of its tables can be read.
    """
    for mode in ("mode=ro", "mode=ro&immutable=1"):
        connection = module.connect(f"{file.absolute().as_uri()}?{mode}", uri=True)
        try:
            connection.execute("SELECT name FROM sqlite_master").fetchall()
        except module.Error as error:
            connection.close()
            reason = error
            continue
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return connection
    raise StorageCorrupt(f"{file}: not even the list of its tables can be read: {reason}")


class DamagedTable:
    """A table with keys, of which some pages may be unreadable; *lost* are the runs of keys that are."""

    def __init__(self, module: ModuleType, connection: Any, name: str) -> None:
        self._module, self._connection, self._name = module, connection, name
        self.lost: list[tuple[int, int]] = []

    def rows(self) -> Iterator[dict[str, Any]]:
        """All rows that can be read, in the order of their keys."""
        last = self._last()
        for first in range(1, last + 1, STEP):
            yield from self._between(first, min(first + STEP - 1, last))

    def _last(self) -> int:
        found = self._asked("SELECT max(rowid) FROM {}")
        if found is not None:
            return int(found[0][0] or 0)
        known = self._asked("SELECT max(rowid) FROM (SELECT rowid FROM {} ORDER BY rowid LIMIT 1)")
        return (int(known[0][0] or 0) if known else 0) + BEYOND

    def _between(self, first: int, last: int) -> Iterator[dict[str, Any]]:
        rows = self._asked("SELECT * FROM {} WHERE rowid BETWEEN ? AND ? ORDER BY rowid", first, last)
        if rows is not None:
            yield from rows
        elif first == last:
            self._lose(first)
        else:
            middle = (first + last) // 2
            yield from self._between(first, middle)
            yield from self._between(middle + 1, last)

    def _asked(self, query: str, *values: int) -> list[Any] | None:
        """The rows, as what the table calls its columns; None where a page that they are on cannot be read."""
        try:
            cursor = self._connection.execute(query.format(self._name), values)
            names = [column[0] for column in cursor.description]
            found = cursor.fetchall()
        except (self._module.DatabaseError, OverflowError):
            return None
        return [dict(zip(names, row, strict=True)) for row in found] if "*" in query else found

    def _lose(self, key: int) -> None:
        if self.lost and self.lost[-1][1] == key - 1:
            self.lost[-1] = self.lost[-1][0], key
        else:
            self.lost.append((key, key))


def unkeyed(module: ModuleType, connection: Any, name: str, order: str) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a table without keys, from both ends up to where a page cannot be read, and whether they are all."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for direction in ("", " DESC"):
        terms = ", ".join(f"{term}{direction}" for term in order.split())
        try:
            cursor = connection.execute(f"SELECT * FROM {name} ORDER BY {terms}")  # noqa: S608  # our names
            names = [column[0] for column in cursor.description]
            for row in cursor:
                found[tuple(row)] = dict(zip(names, row, strict=True))
        except module.DatabaseError:
            continue
        return list(found.values()), True
    return list(found.values()), False
