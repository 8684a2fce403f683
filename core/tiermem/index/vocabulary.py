"""The terms of an index by code, and which of them are spelt alike: those that share pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tiermem.index.growing import Growing
from tiermem.index.postings import Postings, gathered, grown, inverted
from tiermem.index.spelling import code_of, pieces_of
from tiermem.search.ranking.field import NOWHERE

TERM_BYTES = 120  # of RAM for a term: its text, its code, and what the dictionary spends on them


class Vocabulary:
    """Distinct terms, each with a code from 0. Whoever adds holds a lock; reading needs none."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._words: list[str] = []
        self._spelt: list[Postings] = []  # by piece, the terms that it stands in
        self._counts = Growing(np.int32)  # pieces of each term

    def __len__(self) -> int:
        return len(self._words)

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about."""
        spelt = sum(part.nbytes for part in self._spelt) + self._counts.nbytes
        return TERM_BYTES * len(self._words) + spelt

    @property
    def counts(self) -> NDArray[np.int32]:
        """How many pieces each term has, by code."""
        counts: NDArray[np.int32] = self._counts.values
        return counts

    def code(self, word: str) -> int:
        """The code of *word*; `NOWHERE` where it is not here."""
        return self._codes.get(word, NOWHERE)

    def word(self, code: int) -> str:
        """The term of that code."""
        return self._words[code]

    def codes(self, words: Sequence[str]) -> NDArray[np.int32]:
        """The code of each of *words*; `NOWHERE` for one that is not here."""
        return np.array([self._codes.get(word, NOWHERE) for word in words], np.int32)

    def coded(self, words: Sequence[str]) -> NDArray[np.int32]:
        """The code of each of *words*; what is new gets one."""
        known, codes, first = self._codes, list[int](), len(self._words)
        for word in words:
            code = known.get(word)
            if code is None:
                self._words.append(word)
                code = known[word] = len(self._words) - 1
            codes.append(code)
        if len(self._words) > first:
            self._spell(first)
        return np.array(codes, np.int32)

    def _spell(self, first: int) -> None:
        """Note the pieces of the terms from the code *first* on."""
        codes, counts = pieces_of(self._words[first:])
        terms = np.repeat(np.arange(first, first + len(counts), dtype=np.int32), counts)
        if len(codes):
            self._spelt = grown(self._spelt, inverted(codes, terms, np.ones(len(codes), np.uint8)))
        self._counts.add(counts)

    def alike(self, wanted: Mapping[str, float]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The codes of the terms in which *wanted* pieces stand, and the sum of what these weigh in each."""
        slices = gathered(self._spelt, np.array([code_of(piece) for piece in wanted], np.int32))
        weights = np.repeat(np.array(list(wanted.values()), np.float64), np.diff(slices.starts))
        sums = np.bincount(slices.rows, weights).astype(np.float64)
        found = np.flatnonzero(sums)
        return found.astype(np.int64), sums[found]
