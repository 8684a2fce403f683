"""The measure is that of `tiermem eval` (`tiermem.evaluation`); here are the intervals.

A mean is over questions; an interval is over conversations, because questions of one are not independent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from statistics import fmean

from tiermem.evaluation.asking import Presented as Shown
from tiermem.evaluation.asking import Questioned as Asked
from tiermem.evaluation.asking import asked, row
from tiermem.evaluation.counting import Means as Point
from tiermem.evaluation.counting import Scored as Row
from tiermem.evaluation.counting import by_category, clipped, curve, percentile, share, tokens

__all__ = [
    "Asked",
    "Point",
    "Row",
    "Shown",
    "asked",
    "by_category",
    "clipped",
    "curve",
    "difference",
    "percentile",
    "row",
    "rows_of",
    "share",
    "tokens",
]
ROUNDS = 2_000  # of the bootstrap


def difference(
    ours: Iterable[Row], theirs: Iterable[Row], budget: int, seed: int = 13
) -> tuple[float, float, float] | None:
    """Mean of ours minus theirs over the questions that both were asked, and its 95 % interval; None: there are none.

    Conversations are drawn with replacement, and the questions of each drawn one (Davison and Hinkley 1997, 3.8).
    """
    before = {(one.conversation, one.question): one.recall for one in theirs if one.budget == budget}
    groups: dict[str, list[float]] = {}
    for one in ours:
        key = (one.conversation, one.question)
        if one.budget == budget and key in before:
            groups.setdefault(one.conversation, []).append(one.recall - before[key])
    if not groups:
        return None
    pick, drawn = Random(seed), []
    for _ in range(ROUNDS):
        chosen = pick.choices(list(groups.values()), k=len(groups))
        drawn.append(fmean(value for group in chosen for value in pick.choices(group, k=len(group))))
    drawn.sort()
    mean = fmean(value for group in groups.values() for value in group)
    return mean, drawn[int(0.025 * ROUNDS)], drawn[int(0.975 * ROUNDS) - 1]


def rows_of(records: Iterable[Mapping[str, object]]) -> list[Row]:
    """Rows as they were written to JSON."""
    return [Row(**one) for one in records]  # type: ignore[arg-type]
