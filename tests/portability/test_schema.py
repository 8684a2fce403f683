"""No table and no column is forgotten by an export."""

from __future__ import annotations

from tiermem.storage.exported.content import COLUMNS, LEFT_BEHIND, OF_THE_ROW, WORKED_OUT
from tiermem.storage.tables.columns import metadata


def test_each_table_is_exported_or_left_behind_for_a_reason() -> None:
    moved = {table.name for table in COLUMNS} | {table.name for table in WORKED_OUT}
    assert moved.isdisjoint(LEFT_BEHIND)
    assert {table.name for table in metadata.sorted_tables} == moved | LEFT_BEHIND.keys()


def test_each_column_is_exported_or_worked_out() -> None:
    for table in COLUMNS.keys() | WORKED_OUT.keys():
        known = OF_THE_ROW & set(table.c.keys())
        named = [*COLUMNS.get(table, ()), *WORKED_OUT.get(table, ()), *known]
        assert sorted(named) == sorted(column.name for column in table.columns), table.name
