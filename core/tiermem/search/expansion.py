"""The second hop: which messages a question reaches through rare words of its best ones, for scores. Pure numbers.

A bridge is a rare word of a question's best messages; all of them are a second question of small weight. A question
about a trip finds where the trip is named, and from the name the rest of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from tiermem.search.bm25 import idf
from tiermem.text.dialogue import Posting

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]

SEEDS, BRIDGES = 8, 10  # best messages of a question that lend it words, and how many words all of them lend
BRIDGE_SHARE = 0.01  # of the messages: a word that stands in more of them leads anywhere


def bridges(
    best: Mapping[int, float],
    mentioned: Mapping[int, Iterable[str]],
    frequencies: Mapping[str, int],
    count: int,
    asked: Collection[str],
) -> dict[str, float]:
    """The words that lead from the *best* messages (sequence: score) to further ones, and what each weighs.

    Words that are *mentioned* in those messages, not *asked* for, in at least 2 and at most `BRIDGE_SHARE` of the
    *count* messages; a word weighs its idf times the scores of the best that mention it. The `BRIDGES` heaviest.
    """
    rare = max(3.0, BRIDGE_SHARE * count)
    known = set(asked)
    weights: dict[str, float] = {}
    for sequence in sorted(best):
        for word in dict.fromkeys(mentioned.get(sequence, ())):
            often = frequencies.get(word, 0)
            if word not in known and 2 <= often <= rare and best[sequence] > 0:
                weights[word] = weights.get(word, 0.0) + best[sequence] * idf(often, count)
    return dict(sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))[:BRIDGES])


def bridged(
    weights: Mapping[str, float], postings: Mapping[str, Posting], best: Collection[int], count: int
) -> Numbers:
    """What the words of `bridges` lend each of *count* messages, 0 to 1; the *best* ones themselves get nothing."""
    import numpy as np

    lift = np.zeros(count)
    for word, weight in weights.items():
        if word in postings:
            lift[postings[word].places] += weight
    lift[[sequence - 1 for sequence in best if 0 < sequence <= count]] = 0.0
    most = lift.max(initial=0.0)
    return lift / most if most > 0 else lift
