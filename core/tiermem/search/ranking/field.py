"""What a question ranks: messages of one session or of many, in reading order, as columns. Never changed once made.

Sessions stand one behind the other; between two of them nothing is lent. What is hidden, or was said too late, is not
in it: the others are ranked as if it had never been said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tiermem.search.ranking.proximity import Chain, Talks, chain, talks
from tiermem.text.dialogue import ASSISTANT, ASSISTANTS
from tiermem.times.nearness import Mentions

NOWHERE = -1
LINK = 22  # bytes of a chain and of talks for each message: joined, step, two and fade; opens, first and behind


@dataclass(frozen=True, eq=False)
class Field:
    """Messages by place, from 0.

    Args:
        sessions: keys of the sessions, in order; that of `starts[i]` to `starts[i + 1]` is `sessions[i]`.
        starts: int64, one more than there are sessions.
        rows: int32, the row of each message in the index.
        places: int32, by row of the index the place, or `NOWHERE`.
        numbers: int64, of the messages in their sessions.
        sizes: float32, terms of each message.
        said: float64, wall-clock seconds; NaN where unknown.
        speakers: int32, codes of `names`; 0 is nobody.
        roles: uint8, codes of `text.dialogue.ROLES`.
        fresh: float32, share (0 to 1) of the terms that the speaker had not used before in the session.
        names: by code, the name and its terms; also of those who do not speak here.
        talked: times that messages talk about.
        whole: whether every message of the index is in it.
    """

    sessions: Sequence[int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    places: NDArray[np.int32]
    numbers: NDArray[np.int64]
    sizes: NDArray[np.float32]
    said: NDArray[np.float64]
    speakers: NDArray[np.int32]
    roles: NDArray[np.uint8]
    fresh: NDArray[np.float32]
    names: Sequence[tuple[str, Sequence[str]]]
    talked: Mentions
    whole: bool

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about, with the `chain` and the `talks`."""
        columns = (self.starts, self.rows, self.places, self.numbers, self.sizes, self.said, self.speakers, self.roles)
        talked = (self.talked.place, self.talked.start, self.talked.end)
        return sum(column.nbytes for column in (*columns, self.fresh, *talked)) + LINK * len(self)

    @cached_property
    def chain(self) -> Chain:
        """How the messages hang together."""
        inner = self.starts[1:-1]
        return chain(self.sizes, self.said, inner[(inner > 0) & (inner < len(self))], self._notes())

    @cached_property
    def talks(self) -> Talks:
        """How the messages stand in their talks."""
        return talks(self.sizes, self.chain)

    def _notes(self) -> NDArray[np.bool_]:
        """Whether each message is of a session in which nobody answers. Such are notes where they are written faster
        than anybody talks, and each says what it says alone."""
        first = self.starts[:-1][np.diff(self.starts) > 0]
        if not len(first):
            return np.zeros(len(self), dtype=bool)
        who = self.speakers.astype(np.int64) * (1 << 8) + self.roles
        alone = np.maximum.reduceat(who, first) == np.minimum.reduceat(who, first)
        return np.repeat(alone, np.diff([*first, len(self)]))

    @cached_property
    def mean_size(self) -> float:
        """Terms of a message, on average."""
        return float(self.sizes.mean(dtype=np.float64)) if len(self) else 1.0

    @cached_property
    def straight(self) -> bool:
        """Whether each message has the place of its row."""
        return self.whole and bool((self.rows[1:] > self.rows[:-1]).all())

    @cached_property
    def present(self) -> Mapping[int, Sequence[str]]:
        """The terms of the names of those who speak here, by code."""
        codes = np.flatnonzero(np.bincount(self.speakers, minlength=1)).tolist()
        return {code: self.names[code][1] for code in codes if self.names[code][0]}

    @cached_property
    def speaking(self) -> list[str]:
        """The names of those who speak here."""
        return [self.names[code][0] for code in self.present]

    @cached_property
    def assistant(self) -> bool:
        """Whether one side is an assistant, and no person of a name."""
        codes = np.flatnonzero(np.bincount(self.speakers[self.roles == ASSISTANT], minlength=1)).tolist()
        return bool(codes) and {self.names[code][0].lower() for code in codes} <= ASSISTANTS

    @cached_property
    def years(self) -> list[int]:
        """The years in which something was said."""
        known = self.said[np.isfinite(self.said)].astype("int64").astype("datetime64[s]").astype("datetime64[Y]")
        return [int(year) + 1970 for year in np.unique(known.astype("int64"))]

    def at(self, places: Sequence[int]) -> list[tuple[int, int]]:
        """The session's key and the message's number at each of *places*."""
        positions = np.searchsorted(self.starts, places, side="right") - 1
        keys = [self.sessions[position] for position in positions.tolist()]
        return list(zip(keys, self.numbers[np.asarray(places, np.int64)].tolist(), strict=True))

    def of(self, session: int) -> slice:
        """The places of the session of that key; none where it is not here."""
        if session not in self.order:
            return slice(0, 0)
        position = self.order[session]
        return slice(int(self.starts[position]), int(self.starts[position + 1]))

    @cached_property
    def order(self) -> Mapping[int, int]:
        """The position of each session by its key."""
        return {key: position for position, key in enumerate(self.sessions)}

    def find(self, session: int, numbers: Iterable[int]) -> NDArray[np.int64]:
        """The places of messages by their numbers; of those that are not here, nothing."""
        inside = self.of(session)
        known = self.numbers[inside]
        wanted = np.array(sorted(numbers), np.int64)
        at = np.searchsorted(known, wanted)
        there = at < len(known)
        there[there] = known[at[there]] == wanted[there]
        found: NDArray[np.int64] = at[there] + inside.start
        return found

    def mask(self, session: int, ranges: Iterable[tuple[int, int]]) -> NDArray[np.bool_]:
        """The messages in *ranges* of numbers of one session, by place."""
        marked = np.zeros(len(self), dtype=bool)
        inside = self.of(session)
        for first, last in ranges:
            low, high = np.searchsorted(self.numbers[inside], [first, last + 1])
            marked[inside.start + low : inside.start + high] = True
        return marked

    def standing(self, starts: NDArray[np.int64], rows: NDArray[np.int32], counts: NDArray[np.uint8]) -> Standing:
        """Where terms stand here, of which those of the i-th have *rows* from `starts[i]` to `starts[i + 1]`."""
        if self.whole and int(rows.max(initial=-1)) < len(self.places):  # others may have come since
            return Standing(starts, rows if self.straight else self.places[rows], counts.astype(np.float32))
        there = rows < len(self.places)
        there[there] = self.places[rows[there]] >= 0
        kept = np.concatenate([[0], np.cumsum(there)])
        return Standing(kept[starts], self.places[rows[there]], counts[there].astype(np.float32))


@dataclass(frozen=True, slots=True)
class Standing:
    """Postings of several terms by place: those of the i-th from `starts[i]` to `starts[i + 1]`; a term's places are
    distinct. Where only one session is ranked they ascend."""

    starts: NDArray[np.int64]
    places: NDArray[np.int32]
    counts: NDArray[np.float32]

    @property
    def frequencies(self) -> NDArray[np.int64]:
        """In how many messages each term stands."""
        return np.diff(self.starts)

    def of(self, position: int) -> NDArray[np.int32]:
        """The places of the term at *position*."""
        return self.places[self.starts[position] : self.starts[position + 1]]
