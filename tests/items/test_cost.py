"""What items cost: a put and a get ask the database for as much beside 3,000 items as beside 10, and never scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tiermem import Memory
from tiermem.items.items import Items, Put

Asked = list[tuple[str, Any]]


def embed(texts: list[str]) -> list[list[float]]:
    return [[1.0, float(len(one))] for one in texts]


@contextmanager
def listening(memory: Memory) -> Iterator[Asked]:
    """What is asked of the database meanwhile: statements and their values."""
    database, asked = memory._performer._database._transactions, list[tuple[str, Any]]()

    def heard(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        asked.append((statement, values[0] if many else values))

    engines = {database.engine, database.readers}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", heard)
    yield asked
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", heard)


def plans(memory: Memory, asked: Asked) -> list[str]:
    """How SQLite carries out what was asked."""
    with memory._performer._database._transactions.readers.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        wanted = [one for one in asked if one[0].split()[0] in {"SELECT", "UPDATE", "DELETE", "INSERT"}]
        return [row[3] for text, values in wanted for row in driver.execute(f"EXPLAIN QUERY PLAN {text}", values)]


VERBS: dict[str, Callable[[Items], object]] = {
    "new": lambda items: items.put(("n", "new"), "k", {"text": "x"}, ttl=5),
    "update": lambda items: items.put(("n", "new"), "k", {"text": "xy"}),
    "get": lambda items: items.get(("n", "new"), "k"),
    "delete": lambda items: items.delete(("n", "new"), "k"),
}


def test_a_put_costs_the_same_beside_any_number_of_items(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        items = memory.items("anna", {"embed": embed, "fields": ["text"]})
        seen: list[dict[str, int]] = []
        for number in (10, 3_000):
            items.batch([Put(("n", str(n % 9)), str(n), {"text": f"item {n}"}) for n in range(number)])
            counts = {}
            for name, verb in VERBS.items():
                with listening(memory) as asked:
                    verb(items)
                counts[name] = len(asked)
                found = plans(memory, asked)
                assert [one for one in found if one.startswith("SCAN tiermem_")] == []
                assert [one for one in found if one.startswith("SEARCH tiermem_item ")] != []
            seen.append(counts)
    assert seen[0] == seen[1]
    assert max(seen[0].values()) <= 16


def test_a_search_reads_rows_only_of_what_it_shows(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "a.db") as memory:
        items = memory.items("anna")
        items.batch([Put(("n", str(n % 9)), str(n), {"text": f"item {n}"}) for n in range(2_000)])
        items.search(("n",), "item 7")
        for asking in ({}, {"query": "item 7"}):
            with listening(memory) as asked:
                assert len(items.search(("n",), **asking, limit=3)) == 3  # type: ignore[arg-type]
            rows = [values for text, values in asked if "tiermem_item.value" in text]
            assert [len(one) for one in rows] == [3]
