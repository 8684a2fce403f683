"""95 % intervals over conversations, and what a change does to a set beside what it does to the others."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from statistics import fmean

from benchmarks.recall.measure import ROUNDS
from benchmarks.sets.asking import CONTEXT, RECALL, Answer


def groups(found: Sequence[Answer], way: str, budget: int) -> dict[str, list[float]]:
    """The shares of evidence by conversation."""
    made: dict[str, list[float]] = {}
    for one in found:
        if (one.way, one.budget) == (way, budget):
            made.setdefault(one.conversation, []).append(one.recall)
    return made


def interval(several: dict[str, list[float]], seed: int = 13) -> tuple[float, float]:
    """The 95 % interval of the mean: conversations are drawn with replacement, and the questions of each; of a single
    conversation its questions alone."""
    pick, values, drawn = Random(seed), [*several.values()], []
    for _ in range(ROUNDS):
        chosen = pick.choices(values, k=len(values))
        drawn.append(fmean(value for group in chosen for value in pick.choices(group, k=len(group))))
    drawn.sort()
    return drawn[int(0.025 * ROUNDS)], drawn[int(0.975 * ROUNDS) - 1]


def rows(found: Sequence[Answer], way: str, budgets: Sequence[int]) -> list[list[str]]:
    """A row a set: at each budget the mean in %, with its interval."""
    made = []
    for name in dict.fromkeys(one.data for one in found):
        cells = [name]
        for budget in budgets:
            several = groups([one for one in found if one.data == name], way, budget)
            low, high = interval(several)
            mean = fmean(value for group in several.values() for value in group)
            cells.append(f"{100 * mean:.1f} ({100 * low:.0f}…{100 * high:.0f})")
        made.append(cells)
    return made


def below(found: Sequence[Answer], data: str, budget: int) -> float:
    """Points that a context of the set *data* is below a recall of as many tokens."""
    means = [
        fmean(one.recall for one in found if (one.data, one.way, one.budget) == (data, way, budget))
        for way in (RECALL, CONTEXT)
    ]
    return 100 * (means[0] - means[1])


def held_out(now: Sequence[Answer], before: Sequence[Answer], budgets: Sequence[int]) -> list[list[str]]:
    """A row a set: what the change does to contexts of all others, by which it would be taken or left, and to its own;
    in points over *budgets*, of the sets that both have."""
    names = [name for name in dict.fromkeys(one.data for one in now) if any(one.data == name for one in before)]
    gained = {name: fmean(_gained(now, before, name, budget) for budget in budgets) for name in names}
    made = []
    for name in names:
        others = fmean(points for other, points in gained.items() if other != name)
        made.append([name, f"{others:+.1f}", "taken" if others > 0 else "left", f"{gained[name]:+.1f}"])
    return made


def _gained(now: Sequence[Answer], before: Sequence[Answer], data: str, budget: int) -> float:
    means = [
        fmean(one.recall for one in found if (one.data, one.way, one.budget) == (data, CONTEXT, budget))
        for found in (now, before)
    ]
    return 100 * (means[0] - means[1])
