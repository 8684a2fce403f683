"""The second hop: which messages a question reaches through rare words of its best ones, for scores. Pure numbers.

A bridge is a rare word of a question's best messages; all of them are a second question of small weight. A question
about a trip finds where the trip is named, and from the name the rest of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from tiermem.search.ranking.bm25 import idf
from tiermem.search.ranking.field import Standing
from tiermem.search.ranking.proximity import Numbers

SEEDS, BRIDGES = 8, 10  # best messages of a question that lend it words, and how many words all of them lend
BRIDGE_SHARE = 0.01  # of the messages: a word that stands in more of them leads anywhere


def most(count: int) -> float:
    """In how many of *count* messages a word may stand that leads somewhere."""
    return max(3.0, BRIDGE_SHARE * count)


def bridges(
    best: Mapping[int, float],
    mentioned: Mapping[int, Iterable[str]],
    frequencies: Mapping[str, int],
    count: int,
    asked: Collection[str],
) -> dict[str, float]:
    """The words that lead from the *best* messages (place: score) to further ones, and what each weighs.

    Words that are *mentioned* in those messages, not *asked* for, in at least 2 and at most `BRIDGE_SHARE` of the
    *count* messages; a word weighs its idf times the scores of the best that mention it. The `BRIDGES` heaviest.
    """
    rare, known = most(count), set(asked)
    weights: dict[str, float] = {}
    for place in sorted(best):
        for word in dict.fromkeys(mentioned.get(place, ())):
            often = frequencies.get(word, 0)
            if word not in known and 2 <= often <= rare and best[place] > 0:
                weights[word] = weights.get(word, 0.0) + best[place] * idf(often, count)
    return dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:BRIDGES])


def bridged(weights: Sequence[float], standing: Standing, best: Collection[int], count: int) -> Numbers:
    """What the words of `bridges` lend each of *count* messages, 0 to 1, float32; the *best* ones get nothing.

    *standing* says where the words stand, in the order of their *weights*; *best* are places.
    """
    lift = np.zeros(count, np.float32)
    for position, weight in enumerate(weights):
        lift[standing.of(position)] += np.float32(weight)
    lift[list(best)] = 0
    most = lift.max(initial=0)
    return lift / most if most > 0 else lift
