"""How much of each message is new once others count as never said, from all postings, for fields without them. Pure."""

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
