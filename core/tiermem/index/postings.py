"""One session's words in RAM: a cache of what the database keeps. Drop it, and the next question fills it again.

Ranking looks at whole stretches of talk, so it wants a term's every place at once: 100,000 messages take some 25 MB and
a question 10 to 30 ms, where the rows of the database take 300 ms to be read and counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiermem.index.cache import fork_lock
from tiermem.text.analyzer import query_terms
from tiermem.text.dialogue import ASSISTANT, ASSISTANTS, ROLES, Posting, Spoken, Talk
from tiermem.times.nearness import Interval, Mentions

DISTINCT = 4  # distinct terms over which what is fresh is counted at least; one new word alone says little


@dataclass(frozen=True, slots=True)
class _Block:
    """Postings sorted by term and place."""

    terms: NDArray[np.int64]
    places: NDArray[np.int64]
    counts: NDArray[np.float64]


class WordIndex:
    """The terms of one session's messages by where they stand. Thread-safe.

    Messages that were not added (where only some are looked at) have the mean size and an unknown time.
    """

    def __init__(self) -> None:
        self.last = 0
        self._lock = fork_lock(self)
        self._codes: dict[str, int] = {}
        self._speakers: dict[str, int] = {"": 0}
        self._blocks: list[_Block] = []
        self._rows: list[NDArray[np.float64]] = []  # sequence, size, said, speaker, role, fresh
        self._talked: list[tuple[int, Interval]] = []
        self._used: dict[int, set[str]] = {}  # terms by speaker
        self._assistants: set[str] = set()

    def add(self, spoken: Iterable[Spoken]) -> None:
        """Add messages with numbers above `last`, in order; others are known already."""
        with self._lock:
            fresh = [message for message in spoken if message.sequence > self.last]
            if not fresh:
                return
            speakers = [self._speakers.setdefault(message.speaker, len(self._speakers)) for message in fresh]
            rows = [self._row(message, code) for message, code in zip(fresh, speakers, strict=True)]
            self._talked += [
                (message.sequence - 1, Interval(start, end, 1.0)) for message in fresh for start, end in message.talked
            ]
            self._assistants |= {message.speaker.lower() for message in fresh if ROLES.get(message.role) == ASSISTANT}
            self._rows.append(np.array(rows, dtype=np.float64))
            self._blocks.append(self._block(fresh))
            while len(self._blocks) > 1 and len(self._blocks[-2].terms) < 2 * len(self._blocks[-1].terms):
                self._blocks[-2:] = [_joined(self._blocks[-2], self._blocks[-1])]
            self.last = fresh[-1].sequence

    def talk(self, count: int) -> Talk:
        """The conversation's first *count* messages as ranking sees them."""
        with self._lock:
            self._rows = [np.concatenate(self._rows)] if self._rows else []
            rows = self._rows[0] if self._rows else np.zeros((0, 6))
            names = [query_terms(name) for name in self._speakers]
            talked = Mentions.of((place, interval) for place, interval in self._talked if place < count)
            assistant = bool(self._assistants) and self._assistants <= ASSISTANTS
        rows = rows[rows[:, 0] <= count]
        places = rows[:, 0].astype(np.int64) - 1
        sizes = np.full(count, rows[:, 1].mean() if len(rows) else 1.0)
        said, speakers = np.full(count, np.nan), np.zeros(count, dtype=np.int64)
        roles, fresh = np.zeros(count, dtype=np.int64), np.zeros(count)
        sizes[places], said[places], speakers[places] = rows[:, 1], rows[:, 2], rows[:, 3].astype(np.int64)
        roles[places], fresh[places] = rows[:, 4].astype(np.int64), rows[:, 5]
        return Talk(sizes, said, speakers, names, roles, fresh, talked, assistant)

    @property
    def speakers(self) -> list[str]:
        """The names of everybody who spoke."""
        with self._lock:
            return [name for name in self._speakers if name]

    def postings(self, terms: Iterable[str], count: int, frequencies: Mapping[str, int]) -> dict[str, Posting]:
        """Where *terms* stand in the first *count* messages; absent ones are left out.

        *frequencies* are the better known ones, where only some of the messages were added.
        """
        with self._lock:
            blocks = list(self._blocks)
            wanted = {term: self._codes[term] for term in terms if term in self._codes}
        standing = {}
        for term, code in wanted.items():
            parts = [_slice(block, code) for block in blocks]
            places, counts = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
            within = places < count
            if within.any():
                known = max(frequencies.get(term, 0), int(within.sum()))
                standing[term] = Posting(places[within], counts[within], known)
        return standing

    def _row(self, message: Spoken, speaker: int) -> tuple[float, ...]:
        used, distinct = self._used.setdefault(speaker, set()), set(message.terms)
        share = len(distinct - used) / max(len(distinct), DISTINCT)
        used |= distinct
        return message.sequence, len(message.terms), message.said, speaker, ROLES.get(message.role, 0), share

    def _block(self, fresh: Sequence[Spoken]) -> _Block:
        codes = self._codes
        numbers = [codes.setdefault(term, len(codes)) for message in fresh for term in message.terms]
        lengths = [len(message.terms) for message in fresh]
        places = np.repeat(np.array([message.sequence - 1 for message in fresh], dtype=np.int64), lengths)
        width = fresh[-1].sequence
        keys, counts = np.unique(np.array(numbers, dtype=np.int64) * width + places, return_counts=True)
        return _Block(keys // width, keys % width, counts.astype(np.float64))


def _joined(first: _Block, second: _Block) -> _Block:
    """Both blocks as one; a stable sort by term keeps places in order, because the second holds newer messages."""
    terms = np.concatenate([first.terms, second.terms])
    order = np.argsort(terms, kind="stable")
    places, counts = np.concatenate([first.places, second.places]), np.concatenate([first.counts, second.counts])
    return _Block(terms[order], places[order], counts[order])


def _slice(block: _Block, code: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    low, high = np.searchsorted(block.terms, [code, code + 1])
    return block.places[low:high], block.counts[low:high]
