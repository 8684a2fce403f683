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
from tiermem.index.remaining import Remaining, newly_fresh
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
        self._refreshed: tuple[tuple[int, bytes], NDArray[np.float64]] | None = None  # of the newest question

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

    def remaining(self, left: Remaining) -> Talk:
        """The conversation without what is gone, as if it had never been said."""
        talk = self.talk(len(left.moved))
        if left.whole or talk.roles is None or talk.fresh is None or talk.talked is None:
            return talk
        speakers, roles = talk.speakers[left.kept], talk.roles[left.kept]
        with self._lock:
            known = list(self._speakers)
        present = set(speakers.tolist())
        names = [name if code in present else () for code, name in enumerate(talk.names)]
        assistants = {known[code].lower() for code in set(speakers[roles == ASSISTANT].tolist())}
        at = left.moved[talk.talked.place]
        talked = Mentions(at[at >= 0], talk.talked.start[at >= 0], talk.talked.end[at >= 0])
        fresh = (talk.fresh + self._newly_fresh(talk.speakers, left.gone))[left.kept]
        assistant = bool(assistants) and assistants <= ASSISTANTS
        return Talk(talk.sizes[left.kept], talk.said[left.kept], speakers, names, roles, fresh, talked, assistant)

    def _newly_fresh(self, speakers: NDArray[np.int64], gone: NDArray[np.bool_]) -> NDArray[np.float64]:
        """`newly_fresh`; it looks at every posting, so it is kept until something else is gone or new."""
        with self._lock:
            blocks, kept, key = list(self._blocks), self._refreshed, (self.last, gone.tobytes())
        if kept is not None and kept[0] == key:
            return kept[1]
        terms = np.concatenate([block.terms for block in blocks]) if blocks else np.zeros(0, np.int64)
        places = np.concatenate([block.places for block in blocks]) if blocks else np.zeros(0, np.int64)
        inside = places < len(gone)
        more = newly_fresh(terms[inside], places[inside], speakers, gone, DISTINCT)
        self._refreshed = (key, more)
        return more

    def speakers(self, gone: NDArray[np.bool_]) -> list[str]:
        """The names of everybody who spoke, but for those whose every word is *gone*."""
        with self._lock:
            known = list(self._speakers)
            rows = self._rows = [np.concatenate(self._rows)] if self._rows else []
        if not gone.any() or not rows:
            return [name for name in known if name]
        places = rows[0][:, 0].astype(np.int64) - 1
        there = (places >= len(gone)) | ~gone[np.minimum(places, len(gone) - 1)]
        return [known[int(code)] for code in np.unique(rows[0][there, 3]) if known[int(code)]]

    def postings(self, terms: Iterable[str], left: Remaining, frequencies: Mapping[str, int]) -> dict[str, Posting]:
        """Where *terms* stand in what is left; absent ones are left out.

        *frequencies* are the better known ones, where only some of the messages were added; they count what is gone.
        """
        with self._lock:
            blocks = list(self._blocks)
            wanted = {term: self._codes[term] for term in terms if term in self._codes}
        standing = {}
        for term, code in wanted.items():
            parts = [_slice(block, code) for block in blocks]
            places, counts = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
            places, counts = places[places < len(left.moved)], counts[places < len(left.moved)]
            moved = places if left.whole else left.moved[places]
            there = moved >= 0
            if there.any():
                known = max(frequencies.get(term, 0) - int((~there).sum()), int(there.sum()))
                standing[term] = Posting(moved[there], counts[there], known)
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
