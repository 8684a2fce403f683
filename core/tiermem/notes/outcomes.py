"""How well a procedure does by what was reported of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from typing import Final, Literal, TypeAlias

Standing: TypeAlias = Literal["untried", "promising", "reliable", "mixed", "failing"]

Z: Final = 1.96  # standard deviations of a normal distribution that hold 95 %
RELIABLE: Final = 0.5  # at least so often it works, as 95 of 100 such records say: four times in four, seven in eight


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How often a procedure *worked* and *failed*, and at which step last, "" where nobody said."""

    worked: int = 0
    failed: int = 0
    failed_at: str = ""

    @property
    def tried(self) -> int:
        """How often an outcome was reported."""
        return self.worked + self.failed

    @property
    def success(self) -> float | None:
        """How often it works at least, 0 to 1: the lower bound of Wilson's interval at 95 %; None while untried.

        E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927). The plain
        share would put one success in one above 90 in 100.
        """
        if not self.tried:
            return None
        share, spread = self.worked / self.tried, Z * Z / self.tried
        middle = share + spread / 2
        margin = Z * sqrt((share * (1 - share) + spread / 4) / self.tried)
        return max(0.0, (middle - margin) / (1 + spread))

    @property
    def standing(self) -> Standing:
        """In a word: "failing" where it failed more often than it worked."""
        if self.success is None:
            return "untried"
        if self.failed > self.worked:
            return "failing"
        if self.success >= RELIABLE:
            return "reliable"
        return "mixed" if self.failed else "promising"


def counted(reports: Iterable[tuple[bool, str]]) -> Outcomes:
    """The outcomes of *reports*, oldest first: whether it worked, and the step it failed at."""
    worked, failed, at = 0, 0, ""
    for ok, step in reports:
        worked, failed = worked + ok, failed + (not ok)
        at = at if ok else step
    return Outcomes(worked, failed, at)
