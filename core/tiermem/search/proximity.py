"""What messages lend their neighbours, from sizes and times, for scores: an answer stands beside its question. Pure.

Lending fades with the *words* between two messages (`WORDS_APART`: some eight short ones, or not even one long answer)
and never crosses a long silence, so records that stand apart from each other lend nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.int64]

STRETCH = 5  # messages to either side that can lend their words
WORDS_APART = 80.0  # words between two messages at which a word lent counts 1/e
SILENCE = 6 * 3600.0  # seconds without a message that part two conversations
REACH, FADE = 4, 0.95  # messages that the best score reaches, and what is left of it a step further
SHARE = (0.2, 0.1)  # of a vector's score, for the neighbours at distance 1 and 2


def lending(sizes: Numbers, said: Numbers) -> list[Numbers]:
    """For each distance 1…`STRETCH`: how much message i may lend to message i + distance, and take from it (0 to 1).

    *sizes* are the messages' numbers of terms, *said* their wall-clock seconds (NaN: unknown, and then no silence).
    """
    import numpy as np

    count = len(sizes)
    with np.errstate(invalid="ignore"):
        silent = np.abs(np.diff(said)) > SILENCE
    talks = np.concatenate([[0], np.cumsum(silent)])[:count]
    steps = sizes + 2  # a message of one word is still a step
    middles = np.cumsum(steps) - steps / 2
    shares = []
    for distance in range(1, min(STRETCH, count - 1) + 1):
        near = np.exp((middles[:-distance] - middles[distance:]) / WORDS_APART)
        shares.append(near * (talks[:-distance] == talks[distance:]))
    return shares


def alone(shares: Sequence[Numbers], count: int) -> float:
    """The share (0 to 1) of messages that stand alone: silence before and after them."""
    import numpy as np

    if not shares or not count:
        return 1.0
    near = shares[0] > 0
    beside = np.concatenate([[False], near]) | np.concatenate([near, [False]])
    return 1.0 - float(beside.mean())


def lent(places: Places, values: Numbers, count: int, shares: Sequence[Numbers]) -> Numbers:
    """One term's value at each message: its own, or the most that a neighbour lends. *places* are distinct."""
    import numpy as np

    most = np.zeros(count)
    most[places] = values
    for distance, share in enumerate(shares, 1):
        older = places >= distance
        there = places[older] - distance
        most[there] = np.maximum(most[there], values[older] * share[there])
        newer = places < count - distance
        here = places[newer]
        most[here + distance] = np.maximum(most[here + distance], values[newer] * share[here])
    return most


def shared(score: Numbers, shares: Sequence[Numbers]) -> Numbers:
    """What each message gets of its neighbours' *score*, `SHARE` by distance."""
    import numpy as np

    gained = np.zeros(len(score))
    for distance, (part, near) in enumerate(zip(SHARE, shares, strict=False), 1):
        joined = part * (near > 0)
        gained[distance:] += joined * score[:-distance]
        gained[:-distance] += joined * score[distance:]
    return gained


def reached(score: Numbers, shares: Sequence[Numbers]) -> Numbers:
    """The best *score* within `REACH` messages, fading `FADE` a step; never below 0."""
    import numpy as np

    best = np.zeros(len(score))
    for distance, near in enumerate(shares[:REACH], 1):
        fade = FADE**distance * (near > 0)
        best[distance:] = np.maximum(best[distance:], fade * score[:-distance])
        best[:-distance] = np.maximum(best[:-distance], fade * score[distance:])
    return best
