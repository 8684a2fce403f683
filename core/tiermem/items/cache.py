"""What a search compares of the store items under one path, in RAM: a cache of what the database keeps.

A search brings it up to date with its own snapshot (items by their stamps) and scores under one lock, so that searches
with different snapshots can share it. What it takes stands with `tiermem.items.Items`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tiermem.index.cache import fork_lock
from tiermem.items.ranking import word_scores
from tiermem.search.query import Question

K = TypeVar("K")
Scores: TypeAlias = dict[int, float]  # by item; those that have none are not in it
Marked: TypeAlias = Sequence[tuple[int, int, float | None]]  # item, stamp, expires


class Under(Generic[K]):
    """Keeps what `load` gives for each item; subclasses say what that is and score it. Thread-safe."""

    def __init__(self) -> None:
        self._lock = fork_lock(self)
        self._stamp = 0
        self._marks: dict[int, int] = {}
        self._first: float | None = None  # when the first of them expires

    def scored(
        self,
        stamp: int,
        now: float,
        marks: Callable[[], Marked],
        load: Callable[[Sequence[int]], Iterable[tuple[int, K]]],
        question: Question | NDArray[np.float32],
    ) -> tuple[list[int], Scores]:
        """All items, oldest first, and the scores of those that have one.

        Args:
            stamp: of the collection, in the snapshot of the search; *now* in seconds.
            marks, load: read the items of that snapshot, and what is kept of some.
            question: what to score for.
        """
        with self._lock:
            if stamp != self._stamp or (self._first is not None and self._first <= now):
                self._update(stamp, marks(), load)
            return list(self._marks), self._score(question)

    def _update(self, stamp: int, marks: Marked, load: Callable[[Sequence[int]], Iterable[tuple[int, K]]]) -> None:
        self._stamp = 0  # what fails half-way must not look whole
        stamps = {key: own for key, own, _ in marks}
        for key in [key for key, own in self._marks.items() if stamps.get(key) != own]:
            del self._marks[key]
            self._drop(key)
        for key, value in load([key for key in stamps if key not in self._marks]):
            self._keep(key, value)
        self._marks = stamps
        self._first = min((expires for _, _, expires in marks if expires is not None), default=None)
        self._stamp = stamp

    def _keep(self, key: int, value: K) -> None:
        raise NotImplementedError

    def _drop(self, key: int) -> None:
        raise NotImplementedError

    def _score(self, question: Question | NDArray[np.float32]) -> Scores:
        raise NotImplementedError


class WordsUnder(Under[list[str]]):
    """Index terms of items, by term."""

    def __init__(self) -> None:
        super().__init__()
        self._postings: dict[str, dict[int, int]] = {}
        self._terms: dict[int, frozenset[str]] = {}
        self._sizes: dict[int, int] = {}

    def _keep(self, key: int, value: list[str]) -> None:
        counts = Counter(value)
        self._terms[key], self._sizes[key] = frozenset(counts), len(value)
        for term, count in counts.items():
            self._postings.setdefault(term, {})[key] = count

    def _drop(self, key: int) -> None:
        for term in self._terms.pop(key, ()):
            del self._postings[term][key]
            if not self._postings[term]:
                del self._postings[term]
        self._sizes.pop(key, None)

    def _score(self, question: Question | NDArray[np.float32]) -> Scores:
        assert isinstance(question, Question)  # noqa: S101  # words are asked with words
        return word_scores(question, self._postings, self._sizes)


class VectorsUnder(Under[bytes]):
    """Unit vectors of items; one may have several, of which the best counts."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[int, list[NDArray[np.float32]]] = {}
        self._matrix: tuple[int, NDArray[np.float32], list[int], list[int]] | None = None

    def _keep(self, key: int, value: bytes) -> None:
        self._rows.setdefault(key, []).append(np.frombuffer(value, dtype="<f4"))
        self._matrix = None

    def _drop(self, key: int) -> None:
        if self._rows.pop(key, None) is not None:
            self._matrix = None

    def _score(self, question: Question | NDArray[np.float32]) -> Scores:
        assert isinstance(question, np.ndarray)  # noqa: S101  # vectors are asked with a vector
        if not self._rows or not question.any():
            return {}
        _, matrix, starts, keys = self._stacked(len(question))
        if not keys:
            return {}
        best = np.maximum.reduceat(matrix @ question, starts)
        return dict(zip(keys, best.tolist(), strict=True))

    def _stacked(self, size: int) -> tuple[int, NDArray[np.float32], list[int], list[int]]:
        """All vectors of *size* numbers, item after item, where each item's begin, and the items. Others cannot be
        compared: two models once had one name."""
        if self._matrix is None or self._matrix[0] != size:
            fitting = {key: [row for row in rows if len(row) == size] for key, rows in self._rows.items()}
            fitting = {key: rows for key, rows in fitting.items() if rows}
            stacked = [row for rows in fitting.values() for row in rows]
            matrix = np.stack(stacked) if stacked else np.zeros((0, size), np.float32)
            starts, place = [], 0
            for key, rows in fitting.items():
                starts.append(place)
                place += len(rows)
                if len(rows) == len(self._rows[key]):
                    self._rows[key] = list(matrix[starts[-1] : place])  # views, so that nothing is kept twice
            self._matrix = size, matrix, starts, list(fitting)
        return self._matrix


def best_first(keys: Sequence[int], scores: Scores, most: int) -> list[tuple[int, float | None]]:
    """The first *most* of *keys*: those with a score by score, of equals the oldest first, then the others in order."""

    def place(key: int) -> tuple[float, int]:
        return -scores[key], key  # a later item has a larger key

    ranked = nsmallest(most, scores, place) if most < len(scores) else sorted(scores, key=place)
    first: list[tuple[int, float | None]] = [(key, scores[key]) for key in ranked]
    return first + [(key, None) for key in islice((key for key in keys if key not in scores), most - len(first))]
