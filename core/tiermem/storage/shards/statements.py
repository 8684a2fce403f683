"""Statements with the number of whose rows they mean (`whose`), as a server is sent them.

They are put in where SQLAlchemy makes SQL of an expression, which it does once for each: so none can forget it, and no
statement costs more the second time.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

from tiermem.storage.shards.tables import COLUMN, with_shard
from tiermem.storage.shards.whose import SHARD, about_to_send, is_meant


def keyed(engine: sa.Engine) -> sa.Engine:
    """*engine*, whose statements mean rows of the user who was named in their transaction."""
    engine.dialect.statement_compiler = _compiler(engine.dialect.statement_compiler)
    sa.event.listen(engine, "before_execute", about_to_send)
    return engine


def _compiler(base: type[SQLCompiler]) -> type[SQLCompiler]:
    class Keyed(base):  # type: ignore[misc,valid-type]
        """SQL with the number in it."""

        def visit_select(self, select_stmt: Any, **more: Any) -> str:
            conditions = _of_froms(select_stmt) if is_meant() else []
            return str(super().visit_select(select_stmt.where(*conditions) if conditions else select_stmt, **more))

        def visit_join(self, join: sa.Join, **more: Any) -> str:
            if is_meant() and (mine := _condition(join.right)) is not None and join.onclause is not None:
                on = sa.and_(join.onclause, mine)
                join = sa.Join(join.left, join.right, on, isouter=join.isouter, full=join.full)
            return str(super().visit_join(join, **more))

        def visit_update(self, update_stmt: Any, **more: Any) -> str:
            return str(super().visit_update(_mine(update_stmt), **more))

        def visit_delete(self, delete_stmt: Any, **more: Any) -> str:
            return str(super().visit_delete(_mine(delete_stmt), **more))

        def visit_insert(self, insert_stmt: Any, **more: Any) -> str:
            return str(super().visit_insert(_placed(insert_stmt), **more))

        def _on_conflict_target(self, clause: Any, **more: Any) -> str:
            target = str(super()._on_conflict_target(clause, **more))
            keys = clause.inferred_target_elements
            return target.replace(")", f", {COLUMN})", 1) if keys and is_meant() else target

    return Keyed


def _condition(source: sa.FromClause) -> sa.ColumnElement[bool] | None:
    """That the rows of *source*, a table or another name of one, are those of whom is meant."""
    of = source.element if isinstance(source, sa.Alias) else source
    if with_shard(of) is None:
        return None
    column: sa.ColumnClause[int] = sa.column(COLUMN, sa.BigInteger, _selectable=source)
    return column == SHARD


def _of_froms(statement: sa.Select[Any]) -> list[sa.ColumnElement[bool]]:
    """The conditions of what *statement* reads of; of joins the first one, for the others have it where they join."""
    found: list[sa.ColumnElement[bool]] = []
    for source in statement.get_final_froms():
        while isinstance(source, sa.Join):
            source = source.left  # noqa: PLW2901  # down to the first
        if (condition := _condition(source)) is not None:
            found.append(condition)
    return found


def _mine(statement: Any) -> Any:
    condition = _condition(statement.table) if is_meant() else None
    return statement if condition is None else statement.where(condition)


def _placed(statement: Any) -> Any:
    """*statement*, an insert, into the table as a server has it, with the number."""
    there = with_shard(statement.table) if is_meant() else None
    if there is None:
        return statement
    placed = statement._clone()  # noqa: SLF001  # SQLAlchemy offers no other way to name the table anew
    placed.table = there
    return placed.values({COLUMN: SHARD})
