"""What remains of a conversation when messages are gone (hidden, or not said yet): as if they had never been said.

Places are numbered anew, without gaps: what is gone lends nothing, counts nowhere, and does not stand between others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tiermem.search.embedder_trust import Nearest

if TYPE_CHECKING:
    from tiermem.text.dialogue import Numbers, Places


@dataclass(frozen=True, slots=True)
class Remaining:
    """The messages that are ranked: `kept` are their old places, in order; `moved` by old place the new one, -1 where
    it is gone. Places begin with 0, the numbers of messages with 1."""

    kept: Places
    moved: Places

    @classmethod
    def of(cls, gone: NDArray[np.bool_]) -> Remaining:
        """All places but those in *gone*."""
        return cls(np.flatnonzero(~gone), np.where(gone, -1, np.cumsum(~gone) - 1))

    def __len__(self) -> int:
        return len(self.kept)

    @property
    def gone(self) -> NDArray[np.bool_]:
        """Which old places are gone."""
        return self.moved < 0

    @property
    def whole(self) -> bool:
        """True when nothing is gone."""
        return len(self.kept) == len(self.moved)

    def number(self, place: int) -> int:
        """The number of the message that stands at the new *place*."""
        return int(self.kept[place]) + 1

    def places(self, numbers: Iterable[int]) -> list[int]:
        """The new places of messages by their numbers; of gone ones, and of those beyond the end, nothing."""
        there = (int(self.moved[number - 1]) for number in numbers if 0 < number <= len(self.moved))
        return [place for place in there if place >= 0]

    def near(self, near: Nearest) -> Nearest:
        """*near* without what is gone, by new numbers."""
        there = near.sequences <= len(self.moved)
        moved = self.moved[near.sequences[there] - 1]
        return replace(near, sequences=moved[moved >= 0] + 1, scores=near.scores[there][moved >= 0])


def newly_fresh(terms: Places, places: Places, speakers: Places, gone: NDArray[np.bool_], distinct: int) -> Numbers:
    """By place, how much more of a message is new once what is gone was never said.

    Args:
        terms: of all postings, in any order.
        places: where each stands, below the number of messages.
        speakers: by place.
        gone: by place.
        distinct: terms over which what is fresh is counted at least.
    """
    lost = np.zeros(int(terms.max(initial=-1)) + 1, dtype=bool)
    lost[terms[gone[places]]] = True
    said = lost[terms]
    own, at = terms[said], places[said]
    order = np.lexsort((at, speakers[at], own))
    own, at = own[order], at[order]
    left = ~gone[at]
    first = at[left][_first_of_each(own[left], speakers[at[left]])]
    was = at[_first_of_each(own, speakers[at])]
    more = np.bincount(first, minlength=len(gone)) - np.bincount(was[~gone[was]], minlength=len(gone))
    sizes: Numbers = np.maximum(np.bincount(places, minlength=len(gone)), distinct).astype(np.float64)
    return more / sizes


def _first_of_each(terms: Places, speakers: Places) -> NDArray[np.bool_]:
    """Where a pair of term and speaker begins, in arrays sorted by both."""
    begins = np.ones(len(terms), dtype=bool)
    begins[1:] = (np.diff(terms) != 0) | (np.diff(speakers) != 0)
    return begins
