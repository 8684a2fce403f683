"""What a migration says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MANY = 100  # differences that are named


@dataclass(frozen=True, slots=True)
class Migrated:
    """What was moved and compared: rows by table, sessions (heads and views of each), questions asked on both sides.

    `differences` are what is not the same there, at most `MANY` and how many more; empty, where the target was given
    free. `notes`: what is damaged in the source already, and was moved as it is.
    """

    source: str
    target: str
    rows: Mapping[str, int] = field(default_factory=dict)
    sessions: int = 0
    questions: int = 0
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything is the same on both sides."""
        return not self.differences


def shortened(told: list[str]) -> tuple[str, ...]:
    """The first `MANY` of *told*, and how many more there are."""
    more = len(told) - MANY
    return (*told[:MANY], f"and {more:,} more") if more > 0 else tuple(told)
