"""Association: which messages a question reaches through what its own words stand beside. Pure numbers.

A bridge is the short way: the rare words of a question's best messages, as a second question of small weight. A
question about a trip finds where the trip is named, and from the name the rest of it. The graph is the long way:
it knows relations over up to `DEPTH` steps.

Entities (names, identifiers, rare words: strings that the caller chose) are related when messages mention both. The
graph is kept as who is mentioned where, not as edges: the weight between a and b is

    w(a, b) = Σ over messages that mention both of 1 / (entities of the message - 1)

so a message that lists many tells less about each pair (Newman 2001 weights co-authors so). A step from a to b has
the probability w(a, b) · rarity(b), scaled to sum to 1, where rarity(b) = 1 / (1 + ln(messages that mention b)):
an entity that stands everywhere relates everything to everything. Keeping mentions makes adding one append, and one
step of a question two passes over the mentions, whatever the number of edges.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from tiermem.errors import InvalidSettings
from tiermem.recall.talk import Posting, idf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.float64]
    Places: TypeAlias = NDArray[np.int64]

LIMIT = 5_000  # entities that are kept; the ones seen least recently go
SEEDS, BRIDGES = 8, 10  # best messages of a question that lend it words, and how many words all of them lend
BRIDGE_SHARE = 0.01  # of the messages: a word that stands in more of them leads anywhere
DEPTH = 3  # steps from a question's entities
GAMMA = 0.7  # what a further step counts
MENTIONS = 64  # entities of one message that are related; a longer list is an inventory and not a statement


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
    found: dict[str, float] = {}
    for sequence in sorted(best):
        for word in dict.fromkeys(mentioned.get(sequence, ())):
            often = frequencies.get(word, 0)
            if word not in known and 2 <= often <= rare and best[sequence] > 0:
                found[word] = found.get(word, 0.0) + best[sequence] * idf(often, count)
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:BRIDGES])


def bridged(
    weights: Mapping[str, float], postings: Mapping[str, Posting], best: Collection[int], count: int
) -> Numbers:
    """What the words of `bridges` lend each of *count* messages, 0 to 1; the *best* ones themselves get nothing."""
    import numpy as np

    found = np.zeros(count)
    for word, weight in weights.items():
        if word in postings:
            found[postings[word].places] += weight
    found[[sequence - 1 for sequence in best if 0 < sequence <= count]] = 0.0
    most = found.max(initial=0.0)
    return found / most if most > 0 else found


class EntityGraph:
    """Entities of one session's messages and how strongly they are related.

    The same messages added in the same order give the same numbers. Not thread-safe.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        """Keep at most *limit* entities. Raises InvalidSettings when that is below 1."""
        if limit < 1:
            raise InvalidSettings(f"a graph of {limit} entities cannot hold any")
        self.limit = limit
        self.last = 0
        self._codes: OrderedDict[str, int] = OrderedDict()  # least recently seen first
        self._next = 0
        self._rows: list[int] = []  # sequence numbers, one a mention
        self._columns: list[int] = []  # codes, one a mention
        self._arrays: _Mentions | None = None

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, name: str) -> bool:
        return name in self._codes

    def add(self, sequence: int, names: Iterable[str]) -> None:
        """Message *sequence* mentions *names* (the first `MENTIONS` distinct ones); known messages are passed over."""
        if sequence <= self.last:
            return
        self.last = sequence
        for name in list(dict.fromkeys(names))[:MENTIONS]:
            self._rows.append(sequence)
            self._columns.append(self._code(name))
        while len(self._codes) > self.limit:
            self._codes.popitem(last=False)
        self._arrays = None

    def _code(self, name: str) -> int:
        if name in self._codes:
            self._codes.move_to_end(name)
        else:
            self._codes[name] = self._next
            self._next += 1
        return self._codes[name]

    def related(self, name: str, most: int = 20) -> list[tuple[str, float]]:
        """The entities most strongly related to *name* and the weight w of each, strongest first, ties by name."""
        import numpy as np

        if name not in self._codes:
            return []
        known = self._known()
        start = np.zeros(len(known.names))
        start[known.names.index(name)] = 1.0
        weights = known.weights(start)
        found = [(other, float(w)) for other, w in zip(known.names, weights, strict=True) if w > 0 and other != name]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:most]

    def associated(self, asked: Mapping[str, float], depth: int = DEPTH, gamma: float = GAMMA) -> dict[str, float]:
        """Entities reached from *asked* (name: share of the question) and how strongly: Σ over i ≤ depth of γ^i · pᵢ.

        p₀ is the question's own shares, pᵢ the probability to stand there after i steps: a personalised PageRank
        (Haveliwala 2002) cut off after *depth* steps. Shares of unknown names are lost, not spread over the others.
        Raises InvalidSettings when depth is negative or gamma is not within 0 to 1.
        """
        known = self._known()
        strength = known.walk(_start(known.names, asked), _steps(depth, gamma))
        return {name: float(s) for name, s in zip(known.names, strength, strict=True) if s > 0}

    def scores(
        self, asked: Mapping[str, float], count: int, depth: int = DEPTH, gamma: float = GAMMA, own: bool = True
    ) -> Numbers:
        """How strongly each of the first *count* messages is associated with *asked*, 0 to 1, the best being 1.

        A message has the strength of what it mentions, each share being divided by how many messages have it, so
        that naming what is rare counts. Without *own* the question's names themselves count nothing, only what
        they lead to: ranking by words has scored the names. All are 0 when nothing is reached. Raises as
        `associated` does.
        """
        import numpy as np

        known = self._known()
        start = _start(known.names, asked)
        strength = known.walk(start, _steps(depth, gamma))
        if not own:
            strength = np.where(start > 0, 0.0, strength)
        total = np.bincount(known.rows, strength[known.columns] * known.rarity[known.columns], minlength=count + 1)
        found = total[1 : count + 1]
        best = found.max(initial=0.0)
        return np.asarray(found / best if best > 0 else found, dtype=np.float64)

    def _known(self) -> _Mentions:
        if self._arrays is None:
            self._arrays = _Mentions(self._rows, self._columns, self._codes)
            if 2 * len(self._arrays.rows) < len(self._rows):  # most mentions are of entities that were dropped
                self._forget()
        return self._arrays

    def _forget(self) -> None:
        kept = set(self._codes.values())
        pairs = [pair for pair in zip(self._rows, self._columns, strict=True) if pair[1] in kept]
        self._rows, self._columns = [row for row, _ in pairs], [column for _, column in pairs]


class _Mentions:
    """Mentions of the entities still kept, as arrays; codes are made consecutive in order of first mention."""

    def __init__(self, rows: list[int], columns: list[int], codes: Mapping[str, int]) -> None:
        import numpy as np

        self.names = sorted(codes, key=codes.__getitem__)
        kept = np.array([codes[name] for name in self.names], dtype=np.int64)
        all_rows, all_columns = np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)
        alive = np.isin(all_columns, kept)
        self.rows: Places = all_rows[alive]
        self.columns: Places = np.searchsorted(kept, all_columns[alive])
        sizes = np.bincount(self.rows, minlength=1)
        self.share: Numbers = 1.0 / np.maximum(sizes - 1.0, 1.0)
        mentioned = np.bincount(self.columns, minlength=len(kept))
        self.rarity: Numbers = 1.0 / (1.0 + np.log(np.maximum(mentioned, 1)))
        own = np.bincount(self.columns, self.share[self.rows], minlength=len(kept))
        self.own: Numbers = np.asarray(own, dtype=np.float64)
        self.out: Numbers = self.weights(self.rarity)  # Σ over b of w(a, b) · rarity(b)

    def weights(self, values: Numbers) -> Numbers:
        """Σ over b ≠ a of w(a, b) · values[b], for each a."""
        import numpy as np

        at = np.bincount(self.rows, values[self.columns], minlength=len(self.share)) * self.share
        found = np.bincount(self.columns, at[self.rows], minlength=len(values)) - self.own * values
        return np.asarray(np.maximum(found, 0.0))  # the difference can be -1e-17

    def step(self, share: Numbers) -> Numbers:
        """Where *share* stands after one step; what stands on an entity without relations stays nowhere."""
        import numpy as np

        scaled = np.divide(share, self.out, out=np.zeros_like(share), where=self.out > 1e-12)
        return self.rarity * self.weights(scaled)

    def walk(self, share: Numbers, steps: list[float]) -> Numbers:
        """Σ over i of steps[i] · share after i steps."""
        total = steps[0] * share
        for part in steps[1:]:
            share = self.step(share)
            total = total + part * share
        return total


def _start(names: list[str], asked: Mapping[str, float]) -> Numbers:
    import numpy as np

    total = sum(weight for weight in asked.values() if weight > 0)
    return np.array([max(0.0, asked.get(name, 0.0)) / total if total else 0.0 for name in names], dtype=np.float64)


def _steps(depth: int, gamma: float) -> list[float]:
    if depth < 0 or not 0 <= gamma <= 1:
        raise InvalidSettings(f"a walk of {depth} steps, each counting {gamma}, makes no sense")
    return [gamma**i for i in range(depth + 1)]
