"""How fast what is said fades: Ebbinghaus' curve, made slower by use. Pure.

    R = R0 · e^(−λ·t / S)            what is left of it after t days without use
    I = min(1, I0 · R · (1 + α·n))   how much it matters now; it is active while I ≥ θ

R0 is 1, λ 0.03 a day, α and β 0.1, θ 0.1, as the model this follows has them. Taken literally that model divides by
zero (S begins at 0), lets S and n grow without end (after 1,000 uses a message would be active for 64 years), and I
exceed 1. So S begins at 1, uses count less the more there are, S stays below 30, and I at most 1. `literal` gives its
own numbers, with S from 1 on, for comparison (`benchmarks/forgetting.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log
from typing import Final

from tiermem.errors import InvalidSettings, brief_repr

MOST_USES: Final = 20.0  # what uses come to, at most
MOST_STRENGTH: Final = 30.0
APART: Final = 1.0  # days; uses within one day are one, for spaced ones are what makes a memory last


@dataclass(frozen=True, slots=True)
class Forgetting:
    """The curve.

    Args:
        rate: λ, a day.
        alpha: how much each use adds to what matters.
        beta: how much each use adds to the strength.
        prune: θ, below which a memory fades.
        literal: uses count one for one, and nothing has a limit.

    Raises:
        InvalidSettings: one of them is no number, or out of range.
    """

    rate: float = 0.03
    alpha: float = 0.1
    beta: float = 0.1
    prune: float = 0.1
    literal: bool = False

    def __post_init__(self) -> None:
        for name in ("rate", "alpha", "beta", "prune"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < inf:
                raise InvalidSettings(f"{name} must be a number of at least 0, not {brief_repr(value)}")
        if not isinstance(self.literal, bool):
            raise InvalidSettings(f"literal must be True or False, not {brief_repr(self.literal)}")
        if self.prune > 1:
            raise InvalidSettings(f"prune must be at most 1, not {self.prune:g}")

    def counted(self, uses: float) -> float:
        """What so many *uses* come to."""
        return uses if self.literal else MOST_USES * (1 - exp(-uses / MOST_USES))

    def strength(self, uses: float) -> float:
        """S after so many *uses*."""
        grown = 1 + self.beta * self.counted(uses)
        return grown if self.literal else min(MOST_STRENGTH, grown)

    def retention(self, days: float, uses: float = 0) -> float:
        """R after so many *days* without use; a clock that went back says nothing of time, so R is 1 then."""
        return exp(-self.rate * max(0.0, days) / self.strength(uses))

    def importance(self, days: float, uses: float = 0, initial: float = 1.0) -> float:
        """I after so many *days*, of what mattered *initial* (0 to 1) when it was said."""
        grown = initial * self.retention(days, uses) * (1 + self.alpha * self.counted(uses))
        return grown if self.literal else min(1.0, grown)

    def lasts(self, uses: float = 0, initial: float = 1.0) -> float:
        """Days for which it stays active without use; inf where nothing fades."""
        start = initial * (1 + self.alpha * self.counted(uses))
        if start <= self.prune:
            return 0.0 if start < self.prune else (inf if not self.rate else 0.0)
        return inf if not self.rate or not self.prune else self.strength(uses) * log(start / self.prune) / self.rate


def spaced(days: Sequence[float]) -> int:
    """How many uses at these *days*, in order, count: two within `APART` are one."""
    count, last = 0, -inf
    for day in days:
        if day - last >= APART:
            count, last = count + 1, day
    return count
