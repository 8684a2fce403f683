"""A row of the tables: a figure of both trees, and the most that this tree's may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.report import number, table


@dataclass(frozen=True)
class Row:
    """*now* and *before* in one unit, less is better; *most*, None where nothing is asked, in the words of *target*."""

    what: str
    before: float | None
    now: float
    most: float | None = None
    target: str = ""

    @property
    def met(self) -> bool:
        """No more than may be."""
        return self.most is None or self.now <= self.most


def part(what: str, before: float, now: float, parts: int | None) -> Row:
    """At most one of *parts* of what it was before; None asks for nothing."""
    if parts is None:
        return Row(what, before, now)
    return Row(what, before, now, before / parts, f"1/{parts} of before")


def multiple(what: str, now: float, times: float, base: float, of: str, before: float | None = None) -> Row:
    """At most *times* the figure *base*, which is called *of*."""
    return Row(what, before, now, times * base, f"{times:g} x {of} ({number(base)})")


def limited(what: str, now: float, most: float, before: float | None = None) -> Row:
    """At most *most*."""
    return Row(what, before, now, most, f"{most:g}")


def printed(rows: Sequence[Row], before: str, now: str, *, markdown: bool) -> str:
    """The rows as a table; the ratio is now to before, and the share that one of many would be is written as such."""
    lines = []
    for row in rows:
        old = "" if row.before is None else number(row.before)
        share = "" if not row.before or not row.now else f"1/{row.before / row.now:.1f}"
        verdict = "" if row.most is None else "met" if row.met else f"not met, {row.now / row.most:.2f} x too much"
        lines.append([row.what, old, number(row.now), share, row.target, verdict])
    return table(["", before, now, "now is", "at most", ""], lines, markdown=markdown)
