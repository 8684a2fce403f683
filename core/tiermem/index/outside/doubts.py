"""Whether a vector store that names fewer passages than it was seen to have is asked again for all of them.

It lost some, or it is approximate and never names all. A comparison by ids tells which, and is remembered: where
nothing was missing, or what was given did not help `TIMES` times in a row, it is let be for `FIRST` seconds, then for
twice that, up to `PERIOD`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Kept: TypeAlias = tuple[int, int]  # the key of a session, and of its embedder

FIRST, PERIOD = 10.0, 600.0
TIMES = 5  # of losses without one whole answer in between; some stores cannot say what they have


@dataclass(slots=True)
class Finding:
    """Whether something was missing in any of the sessions of one answer: which of them, the answer does not say."""

    lacked: bool = False


@dataclass(slots=True)
class Doubt:
    """A comparison of a session up to message *through*, begun at *since*, in seconds."""

    through: int
    since: float
    times: int
    finding: Finding
    over: bool = False


class Doubts:
    """The comparisons that are under way, and what the last ones found."""

    def __init__(self) -> None:
        self._doubts: dict[Kept, Doubt] = {}
        self.moves = 0  # grows when a comparison begins or ends: answers from before say nothing of what is there after

    def raised(self, kept: Iterable[tuple[Kept, int]], now: float) -> list[Kept]:
        """What of *kept*, which was seen to be there up to these messages, is to be compared again."""
        begun, finding = [], Finding()
        for key, through in kept:
            last = self._doubts.get(key)
            if through and (last is None or (last.over and not _rests(last, now))):
                self._doubts[key] = Doubt(through, now, 1 if last is None else last.times + 1, finding)
                self.moves += 1
                begun.append(key)
        return begun

    def compared(self, key: Kept, through: int, missing: int | None) -> None:
        """All up to message *through* is there; before, what was missing began at message *missing*."""
        doubt = self._doubts.get(key)
        if doubt is None or doubt.over:
            return
        doubt.finding.lacked |= missing is not None and missing <= doubt.through
        doubt.over = through >= doubt.through
        self.moves += doubt.over

    def allayed(self, keys: Iterable[Kept], now: float) -> None:
        """All that should be named was: what was given did help."""
        for key in keys:
            doubt = self._doubts.get(key)
            if doubt is not None and doubt.over and not _rests(doubt, now):
                del self._doubts[key]

    def resting(self, keys: Iterable[Kept], now: float) -> bool:
        """True where one of *keys* was just compared in vain."""
        return any(doubt is not None and doubt.over and _rests(doubt, now) for doubt in map(self._doubts.get, keys))


def _rests(doubt: Doubt, now: float) -> bool:
    if doubt.finding.lacked and doubt.times < TIMES:
        return False
    return abs(now - doubt.since) < min(PERIOD, FIRST * (1 << min(doubt.times - 1, 10)))
