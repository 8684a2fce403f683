"""How likely it is that what is shown answers a question: by scores, words, names and times, without a model. Pure.

`likely` is the chance that a message which answers the question is among those that are shown, whole: of several such
messages, one drawn at random. It tells a question that can be answered here from one that cannot, and what is shown
first from what is left; it does not know whether an answer is complete.

Its numbers were fitted to ten sets of talk and meetings, English and Chinese, each asked as many questions of its own
as of others', each set weighing the same, by `python -m benchmarks.sufficiency`; `benchmarks/RESULTS.md` says how well
what it says holds, on sets that it was not fitted to. Where few questions that are asked can be answered, it says too
much; a threshold should be chosen on one's own questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from math import exp, log
from typing import Final, NamedTuple

from tiermem.search.ranking.coverage import Coverage

# By `features`: the constant; then what the best message, the words, names and times, the share and the second say.
# As the benchmark prints them; times say next to nothing.
FITTED: Final = (-0.39, 1.04, 1.70, -1.49, 0.03, 0.98, -1.36)
FARTHEST = 3.0  # of the logarithm of how far the best is above the threshold: beyond it nothing is known
TINY = 1e-6
SMALLEST_SHARE = 0.01
# What `until="sufficient"` stops at: a chance, or as much below what all that was found would bring. Chosen so that
# evidence stays what it was; with 0.05 in place of 0.03 MemoryBank's Chinese half loses 5 points of it.
SUFFICIENT, GAIN = 0.9, 0.03


class Seen(NamedTuple):
    """A message beside a question: its score; which of the question's terms it has, as bits; whether it is near a time
    that the question names."""

    score: float
    held: int = 0
    near: bool = False


@dataclass(frozen=True, slots=True)
class WeighedQuestion:
    """A question beside what was searched for it.

    Args:
        worth: the score from which on the best hit is worth a page, by the default threshold.
        coverage: what the question's terms weigh.
        dated: it names a time.
    """

    worth: float = 0.0
    coverage: Coverage = field(default_factory=Coverage)
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """All that was found for a question: the sum of squared scores, and how near the second best comes to the best."""

    mass: float = 0.0
    second: float = 0.0

    @classmethod
    def of(cls, found: Iterable[Seen]) -> Pool:
        """The pool of what was *found*."""
        scores = sorted((one.score for one in found if one.score > 0), reverse=True)
        return cls(sum(score * score for score in scores), scores[1] / scores[0] if len(scores) > 1 else 0.0)


@dataclass(frozen=True, slots=True)
class ShownTogether:
    """What is shown, as it adds up: the best message, the terms that are held together, whether a time is met, the sum
    of squared scores."""

    best: Seen = field(default=Seen(0.0))
    held: int = 0
    near: bool = False
    mass: float = 0.0

    @classmethod
    def of(cls, shown: Iterable[Seen]) -> ShownTogether:
        """All that is *shown*; a loop of plain values, for it is asked several times a context."""
        best, held, near, mass = Seen(0.0), 0, False, 0.0
        for one in shown:
            if one.score > 0:
                best = max(best, one)
                held, near, mass = held | one.held, near or one.near, mass + one.score * one.score
        return cls(best, held, near, mass)

    def and_(self, one: Seen) -> ShownTogether:
        """It and *one*, where that has anything to do with the question."""
        if one.score <= 0:
            return self
        mass = self.mass + one.score * one.score
        return ShownTogether(max(self.best, one), self.held | one.held, self.near or one.near, mass)


def features(asked: WeighedQuestion, shown: ShownTogether, pool: Pool) -> tuple[float, ...]:
    """What `likely` looks at, of what is *shown* of a *pool*: the constant 1; the logarithm of the best score over what
    is worth a page; how much of the question the best message has (0 to 1); the share of its names that nothing shown
    has, and whether nothing has its times; the logarithm of the share of squared scores that is shown; and how near the
    second best of all comes to the best (0 to 1)."""
    margin = log(max(shown.best.score, TINY) / max(asked.worth, TINY))
    return (
        1.0,
        min(FARTHEST, max(-FARTHEST, margin)),
        asked.coverage.share(shown.best.held),
        asked.coverage.unnamed(shown.held),
        float(asked.dated and not shown.near),
        log(min(1.0, shown.mass / max(pool.mass, TINY)) + SMALLEST_SHARE),
        pool.second,
    )


def likely(asked: WeighedQuestion, shown: Iterable[Seen], found: Iterable[Seen]) -> float:
    """The chance (0 to 1) that what is *shown* answers, of all that was *found* (which has what is shown); 0 where
    nothing that is shown has anything to do with the question."""
    return likely_of(asked, shown, Pool.of(found))


def likely_of(asked: WeighedQuestion, shown: Iterable[Seen], pool: Pool) -> float:
    """`likely`, where several are asked of one *pool*."""
    return _chance(asked, ShownTogether.of(shown), pool)


def _chance(asked: WeighedQuestion, shown: ShownTogether, pool: Pool) -> float:
    if not shown.mass:
        return 0.0
    values = features(asked, shown, pool)
    return 1 / (1 + exp(-sum(weight * value for weight, value in zip(FITTED, values, strict=True))))


def enough(asked: WeighedQuestion, ranked: Sequence[Seen], beside: Iterable[Seen] = ()) -> int:
    """How many of the *ranked*, best first, are enough *beside* what is in view: the chance is `SUFFICIENT`, or all of
    them would raise it by no more than `GAIN`."""
    seen = [*beside]
    pool = Pool.of([*seen, *ranked])
    steps = [*accumulate(ranked, ShownTogether.and_, initial=ShownTogether.of(seen))]
    goal = min(SUFFICIENT, _chance(asked, steps[-1], pool) - GAIN)
    return next((count for count, shown in enumerate(steps) if shown.mass and _chance(asked, shown, pool) >= goal), 0)
