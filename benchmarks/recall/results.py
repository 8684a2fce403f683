"""Results: a JSON file a memory and data set, and the tables that are made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.recall import measure
from benchmarks.recall.measure import Point, Row
from benchmarks.report import number, table


@dataclass(frozen=True)
class Result:
    """What one memory came to on one data set. *key* is its name on the command line."""

    data: str
    embedder: str
    key: str
    name: str
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """The memory, and the vectors where it uses them."""
        return f"{self.name} ({self.embedder})" if self.embedder else self.name

    @cached_property
    def curve(self) -> dict[int, Point]:
        """The means by budget."""
        return measure.curve(self.rows)

    @cached_property
    def categories(self) -> dict[str, dict[int, Point]]:
        """The means by category and budget."""
        return measure.by_category(self.rows)


def file_of(folder: Path, data: str, key: str, embedder: str) -> Path:
    """Where a result lies."""
    return folder / ("-".join(filter(None, (data, key, embedder))) + ".json")


def write(result: Result, folder: Path) -> Path:
    """Write *result* into *folder*, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    file = file_of(folder, result.data, result.key, result.embedder)
    record = {**asdict(result), "rows": [asdict(row) for row in result.rows]}
    file.write_text(json.dumps(record, ensure_ascii=False), "utf-8")
    return file


def read(file: Path) -> Result:
    """The result in *file*.

    Raises:
        OSError, ValueError, KeyError: it cannot be read, or holds something else.
    """
    record = json.loads(file.read_text("utf-8"))
    rows = tuple(measure.rows_of(record["rows"]))
    return Result(record["data"], record["embedder"], record["key"], record["name"], rows)


def percent(share: float) -> str:
    """A share from 0 to 1 with one digit."""
    return f"{100 * share:.1f}"


def overview(results: Sequence[Result]) -> str:
    """Recall by budget, then what the largest budget that all share tells beside it."""
    budgets = _shared(results)
    columns = ["memory", *(f"@{one:,}" for one in budgets)]
    columns += [
        f"all evidence @{budgets[-1]:,}",
        f"tokens @{budgets[-1]:,}",
        "overspent %",
        "failed",
        "p50 ms",
        "p95 ms",
    ]
    rows = [_line(one, budgets) for one in results]
    return table(columns, rows, markdown=True)


def _shared(results: Sequence[Result]) -> list[int]:
    return sorted(set.intersection(*(set(one.curve) for one in results)))


def _line(result: Result, budgets: Sequence[int]) -> list[str]:
    points = [result.curve[budget] for budget in budgets]
    last = points[-1]
    times = measure.percentile, [row.milliseconds for row in result.rows]
    return [
        result.label,
        *(percent(point.recall) for point in points),
        percent(last.complete),
        number(last.tokens),
        percent(max(point.overspent for point in points)),
        str(sum(point.failed for point in points)),
        number(times[0](times[1], 0.50)),
        number(times[0](times[1], 0.95)),
    ]


def categories(results: Sequence[Result]) -> str:
    """Recall by category: a row a memory and category."""
    budgets = _shared(results)
    rows = [
        [f"{result.label}: {name}", str(points[budgets[0]].questions), *(percent(points[b].recall) for b in budgets)]
        for result in results
        for name, points in result.categories.items()
    ]
    return table(["memory: category", "questions", *(f"@{one:,}" for one in budgets)], rows, markdown=True)


def differences(ours: Result, others: Iterable[Result]) -> str:
    """Points of recall that *ours* is above each other memory, with 95 % intervals."""
    others = list(others)
    budgets = _shared([ours, *others])
    rows = [[other.label, *(_between(ours, other, budget) for budget in budgets)] for other in others]
    return table([f"{ours.label} minus", *(f"@{one:,}" for one in budgets)], rows, markdown=True)


def _between(ours: Result, other: Result, budget: int) -> str:
    found = measure.difference(ours.rows, other.rows, budget)
    if found is None:
        return "no common question"
    mean, low, high = (100 * value for value in found)
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
