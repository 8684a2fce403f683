"""What is new in a message: which terms its speaker had used before, and how much more of it is new once others count
as never said. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def newly_fresh(
    terms: NDArray[np.int64],
    places: NDArray[np.int64],
    speakers: NDArray[np.int64],
    gone: NDArray[np.bool_],
    distinct: int,
) -> NDArray[np.float64]:
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
    sizes: NDArray[np.float64] = np.maximum(np.bincount(places, minlength=len(gone)), distinct).astype(np.float64)
    return more / sizes


def _first_of_each(terms: NDArray[np.int64], speakers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where a pair of term and speaker begins, in arrays sorted by both."""
    begins = np.ones(len(terms), dtype=bool)
    begins[1:] = (np.diff(terms) != 0) | (np.diff(speakers) != 0)
    return begins


class Used:
    """Which terms each speaker of a session has used, in its first `messages` ones: read on as more come."""

    def __init__(self) -> None:
        self.messages = 0
        self._by_speaker: dict[int, NDArray[np.bool_]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of RAM."""
        return sum(terms.nbytes for terms in list(self._by_speaker.values()))

    def read_on(self, speakers: NDArray[np.int32], lengths: NDArray[np.int64], terms: NDArray[np.int32]) -> None:
        """Take in the messages that follow.

        Args:
            speakers: of each message.
            lengths: how many distinct terms each has; these stand in *terms*, message by message.
        """
        self.messages += len(speakers)
        owners = np.repeat(speakers, lengths)
        most = int(terms.max(initial=-1)) + 1
        for speaker in np.unique(speakers).tolist():
            known = self._by_speaker.get(speaker, _NOTHING)
            if len(known) < most:
                known = np.concatenate([known, np.zeros(most + most // 2 - len(known), dtype=bool)])
            known[terms[owners == speaker]] = True
            self._by_speaker[speaker] = known

    def has(self, speaker: int, term: int) -> bool:
        """Whether *speaker* has used *term*."""
        known = self._by_speaker.get(speaker, _NOTHING)
        return term < len(known) and bool(known[term])


_NOTHING = np.zeros(0, dtype=bool)
