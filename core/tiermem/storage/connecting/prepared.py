"""Statements that every turn runs: put into SQL once, and on SQLite run by the driver itself.

SQLAlchemy spends 30 to 60 µs on each execution (parameters, cursor, result), SQLite 2 to 5 µs on these statements. What
they are stays an expression of SQLAlchemy, and PostgreSQL runs that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import exc

from tiermem.storage.tables.columns import octets


class _Compiled(NamedTuple):
    sql: str
    names: tuple[str, ...]  # of the parameters, in their order
    fixed: dict[str, Any]  # what the statement itself says


class Prepared:
    """*statement*, of which no column needs a type of its own to be written or read: numbers, text and bytes.

    Args:
        statement: what is run.
        columns: of an insert or update without values: those that are set.
    """

    def __init__(self, statement: sa.ClauseElement, columns: Sequence[str] = ()) -> None:
        self._statement: Any = statement
        self._columns = list(columns) or None
        self._compiled: _Compiled | None = None  # for SQLite; two threads may compute the same twice
        given = getattr(statement, "selected_columns", ())
        self._octets = [place for place, one in enumerate(given) if isinstance(one.type, sa.LargeBinary)]

    def rows(self, connection: sa.Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """All rows that it gives with *values*."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, dict(values)).all()
        sql, names, fixed = self._compiled or self._compile(connection)
        try:
            found: Sequence[Any] = _driver(connection).execute(sql, _ordered(names, fixed, values)).fetchall()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _known(connection, sql, error) from error
        for place in self._octets:
            for row in found:
                octets(row[place])  # `bytes` of a number, which a damaged file may have there, is as many zeros
        return found

    def run(self, connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run it once for each of *rows*."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, [dict(values) for values in rows])
            return
        sql, names, fixed = self._compiled or self._compile(connection)
        try:
            _driver(connection).executemany(sql, [_ordered(names, fixed, values) for values in rows])
        except connection.dialect.loaded_dbapi.Error as error:
            raise _known(connection, sql, error) from error

    def _compile(self, connection: sa.Connection) -> _Compiled:
        made: Any = self._statement.compile(dialect=connection.dialect, column_keys=self._columns)
        fixed = {name: bind.value for name, bind in made.binds.items() if not bind.required}
        self._compiled = compiled = _Compiled(str(made), tuple(made.positiontup or ()), fixed)
        return compiled


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _ordered(names: tuple[str, ...], fixed: Mapping[str, Any], values: Mapping[str, Any]) -> list[Any]:
    return [values[name] if name in values else fixed[name] for name in names]


def _known(connection: sa.Connection, sql: str, error: Exception) -> BaseException:
    """*error* of the driver as SQLAlchemy raises it, so that one place translates both; no parameters are shown."""
    base = connection.dialect.loaded_dbapi.Error
    return exc.DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=connection.dialect)
