"""All that a user said, as an index in RAM: a cache of the segments that the database keeps, and of what waits.

One vocabulary and one set of postings for all sessions, so that a term is as rare as it is with this user, and a
question costs the same in one long session and in a thousand short ones. Messages have rows in the order in which they
came; the session is a column. Drop it, and the next question fills it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tiermem.index.cache import Recent, fork_lock
from tiermem.index.growing import Growing
from tiermem.index.postings import Postings, gathered, grown, inverted, lengths
from tiermem.index.renewed import Used, newly_fresh
from tiermem.index.segment import Segment, cut, joined, moved
from tiermem.index.stated import StatedIndex
from tiermem.index.vocabulary import Vocabulary
from tiermem.search.ranking import likeness
from tiermem.search.ranking.field import NOWHERE, Field, Standing
from tiermem.shared_history import base_of
from tiermem.shared_history import parts as stored_parts
from tiermem.text.analyzer import query_terms
from tiermem.times.nearness import Mentions

DISTINCT = 4  # distinct terms over which what is fresh is counted at least; one new word alone says little
FIELDS = 8  # choices of messages that are kept as they were made for the last questions
USES = 8  # sessions of which it is kept who used which terms: those that were added to last


@dataclass(frozen=True, slots=True)
class Choice:
    """Messages of one session that may be ranked: up to number `through`. Those up to number `without` are another
    choice's; of a fork `shared` are those of others that are its, each with a first and a last number."""

    session: int
    through: int
    without: int = 0
    shared: tuple[tuple[int, int, int], ...] = ()


class UserIndex:
    """The indexed messages of a user's sessions, and what is stated in them. Thread-safe."""

    def __init__(self) -> None:
        self._lock = fork_lock(self)
        self._vocabulary = Vocabulary()
        self._speakers: dict[str, int] = {"": 0}
        self._names: list[tuple[str, Sequence[str]]] = [("", ())]
        self._blocks: list[Postings] = []
        self._sessions: dict[int, Growing] = {}  # rows by session, in order
        self._numbers = self._growing(np.int64)
        self._sizes = self._growing(np.float32)
        self._said = self._growing(np.float64)
        self._said_by = self._growing(np.int32)
        self._roles = self._growing(np.uint8)
        self._fresh = self._growing(np.float32)
        self._lengths = self._growing(np.float32)  # as `likeness` measures
        self._talked = Growing(np.float64, 3)  # row, start, end
        self._forward = Growing(np.int32)  # the distinct terms of each row, one row behind the other
        self._starts = Growing(np.int64)  # where those of a row begin, from the row `_heard` on
        self._starts.add(np.zeros(1, np.int64))
        self._heard = 0
        self._fields: Recent[Field] = Recent(FIELDS)
        self._uses: Recent[Used] = Recent(USES)  # by session
        self.stated = StatedIndex()

    _zeros: ClassVar[Callable[..., NDArray[Any]]] = staticmethod(np.zeros)

    @staticmethod
    def _taken(values: NDArray[Any], rows: NDArray[np.int32]) -> NDArray[Any]:
        return values[rows]

    def _growing(self, kind: type[np.generic]) -> Growing:
        return Growing(kind, zeros=self._zeros)

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about, with the choices that are kept."""
        columns = (self._numbers, self._sizes, self._said, self._said_by, self._roles, self._fresh, self._lengths)
        arrays = (*columns, self._talked, self._forward, self._starts, *self._sessions.values())
        return (
            sum(column.nbytes for column in arrays)
            + sum(part.nbytes for part in self._blocks)
            + self._vocabulary.nbytes
            + self.stated.nbytes
            + sum(field.nbytes for field in self._fields.values())
            + sum(used.nbytes for used in self._uses.values())
        )

    def last(self, session: int) -> int:
        """The number of the session's last message that is here; 0 where none is, or what a fork shares with others."""
        rows = self._sessions.get(session)
        return int(self._numbers.values[rows.values[-1]]) if rows is not None and len(rows) else base_of(session)

    def add(self, parts: Sequence[tuple[int, Segment]]) -> None:
        """Add segments (session, segment) of messages with numbers above `last`, with what is `fresh` in them.

        Others are here already: those are left out.
        """
        with self._lock:
            fresh = [(session, part) for session, part in self._new(parts) if len(part)]
            if not fresh:
                return
            first, whole = len(self), joined([part for _, part in fresh])
            self._append(whole)
            row = first
            for session, part in fresh:
                self._rows_of(session).add(np.arange(row, row + len(part), dtype=np.int32))
                row += len(part)

    def _rows_of(self, session: int) -> Growing:
        return self._sessions.setdefault(session, Growing(np.int32))

    def _new(self, parts: Sequence[tuple[int, Segment]]) -> Iterable[tuple[int, Segment]]:
        last: dict[int, int] = {}
        for session, part in parts:
            above = last.get(session, self.last(session))
            if len(part) and part.numbers[0] > above:
                yield session, part
                last[session] = int(part.numbers[-1])
            elif len(part) and part.numbers[-1] > above:
                yield session, cut(part, above + 1, int(part.numbers[-1]))
                last[session] = int(part.numbers[-1])

    def _append(self, part: Segment) -> None:
        first = len(self)
        codes = self._vocabulary.coded(part.words)[part.codes]
        speakers = np.array([self._speaker(name) for name in part.names], np.int32)
        rows = np.arange(first, first + len(part), dtype=np.int32)
        for column, values in (
            (self._sizes, part.sizes),
            (self._said, part.said),
            (self._said_by, speakers[part.speakers]),
            (self._roles, part.roles),
            (self._fresh, part.fresh),
            (self._lengths, likeness.lengths(part.counts, self._vocabulary.counts[codes], part.lengths)),
            (self._talked, moved(part.talked, first)),
            (self._forward, codes),
            (self._starts, self._starts.values[-1] + np.cumsum(part.lengths)),
        ):
            column.add(values)
        self._blocks = grown(self._blocks, inverted(codes, np.repeat(rows, part.lengths), part.counts))
        self._numbers.add(part.numbers)  # last: it says how many rows there are

    def _speaker(self, name: str) -> int:
        code = self._speakers.setdefault(name, len(self._names))
        if code == len(self._names):
            self._names.append((name, tuple(query_terms(name))))
        return code

    def fresh(self, session: int, part: Segment) -> Segment:
        """*part*, which follows what is here of the *session*, with what is fresh in it."""
        with self._lock:
            return _freshened(part, self._used(session, part))

    def knows_used(self, session: int) -> bool:  # noqa: ARG002  # an index with shelves may not
        """Whether it can tell who used which terms in *session*."""
        return True

    def note_used(self, session: int, through: int, pairs: set[tuple[str, str]]) -> None:
        """Keep what `knows_used` asks for, of messages up to number *through*; here all of it is in RAM anyway."""

    def _used(self, session: int, part: Segment) -> set[tuple[str, str]]:
        """The pairs of speaker and term, of those in *part*, that were said in the *session* before."""
        rows = self._before(session, part)
        used = self._uses.get(session)
        if used is None or used.messages > len(rows):  # what follows is here too
            used = self._uses.put(session, Used())
        if used.messages < len(rows):
            used.read_on(*self._terms_of(rows[used.messages :]))
        known = [(word, code) for word in part.words if (code := self._vocabulary.code(word)) != NOWHERE]
        speakers = [(name, self._speakers.get(name, NOWHERE)) for name in part.names]
        return {(name, word) for name, speaker in speakers for word, code in known if used.has(speaker, code)}

    def _terms_of(self, rows: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
        """Of the messages in *rows* the speakers, how many distinct terms each has, and these, row by row."""
        starts, at = self._starts.values, rows - self._heard
        lengths = starts[at + 1] - starts[at]
        taken = np.arange(int(lengths.sum())) + np.repeat(starts[at] - (np.cumsum(lengths) - lengths), lengths)
        return self._said_by.values[rows], lengths, self._forward.values[taken]

    def _before(self, session: int, part: Segment) -> NDArray[np.int32]:
        """The rows of the *session* before *part*, which may be here too."""
        if not len(part):
            return np.zeros(0, np.int32)
        before = [self._between(*where) for where in stored_parts(session, 1, int(part.numbers[0]) - 1)]
        return np.concatenate(before) if len(before) > 1 else before[0] if before else np.zeros(0, np.int32)

    def _between(self, session: int, first: int, last: int) -> NDArray[np.int32]:
        """The rows of the session's own messages `first`..`last`, in order."""
        rows = self._sessions.get(session)
        if rows is None:
            return np.zeros(0, np.int32)
        numbers = self._numbers.values[rows.values]
        low = np.searchsorted(numbers, first) if first > 1 else 0
        inside: NDArray[np.int32] = rows.values[low : np.searchsorted(numbers, last, side="right")]
        return inside

    def standing(self, field: Field, terms: Sequence[str]) -> Standing:
        """Where each of *terms* stands in *field*."""
        return self._standing(field, self._vocabulary.codes(terms))

    def _standing(self, field: Field, codes: NDArray[np.int32]) -> Standing:
        slices = gathered(self._blocks, codes)
        return field.standing(slices.starts, slices.rows, slices.counts)

    def likeness(self, field: Field, text: str) -> NDArray[np.float32]:
        """How alike *text* and each message of *field* are in words and spelling: the cosine of `likeness`."""
        vocabulary, sought = self._vocabulary, likeness.sought(text)
        own = zip(vocabulary.codes(list(sought.terms)).tolist(), sought.terms.values(), strict=True)
        asked = [(code, weight) for code, weight in own if code != NOWHERE]
        codes, worths = likeness.worths(asked, *vocabulary.alike(sought.pieces), vocabulary.counts)
        standing = self._standing(field, codes)
        return likeness.cosines(standing, worths, sought.length, self._lengths.values[field.rows])

    def rare(self, field: Field, rows: Sequence[int], most: float) -> tuple[list[list[str]], dict[str, int]]:
        """Of the distinct terms of the messages in these *rows* those that stand in 2 to *most* messages of *field*, by
        message; and in how many each of them does."""
        starts, forward = self._starts.values, self._forward.values
        spans = [forward[starts[row] : starts[row + 1]] for row in rows]
        codes, at = np.unique(np.concatenate(spans), return_inverse=True)
        often = lengths(self._blocks, codes) if field.whole else self._standing(field, codes).frequencies
        kept = (often >= 2) & (often <= most)
        words = {code: self._vocabulary.word(code) for code in codes[kept].tolist()}
        places = np.flatnonzero(kept[at])
        owners = np.searchsorted(np.cumsum([len(span) for span in spans]), places, side="right")
        named: list[list[str]] = [[] for _ in spans]
        for owner, code in zip(owners.tolist(), codes[at[places]].tolist(), strict=True):
            named[owner].append(words[code])
        return named, dict(zip(words.values(), often[kept].tolist(), strict=True))

    def field(self, choices: Sequence[Choice]) -> Field:
        """The messages of these *choices*, in their order."""
        key = tuple(choices)
        known = self._fields.get(key)
        if known is not None and len(known.places) == len(self):
            return known
        with self._lock:
            made = self._chosen(choices)
        return self._fields.put(key, made)

    def _chosen(self, choices: Sequence[Choice]) -> Field:
        chosen, keys = [], []
        for choice in choices:
            shared = [self._between(*where) for where in choice.shared]
            if shared or choice.session in self._sessions:
                own = self._own(choice)
                every = np.concatenate([*shared, own]) if shared else own
                if len(every):
                    chosen.append(every)
                    keys.append(choice.session)
        rows = np.concatenate(chosen) if chosen else np.zeros(0, np.int32)
        return self._field(rows, keys, np.cumsum([0, *map(len, chosen)]), self._fresh.values)

    def _own(self, choice: Choice) -> NDArray[np.int32]:
        """The rows of a choice that its session stores itself."""
        known = self._sessions.get(choice.session)
        own: NDArray[np.int32] = np.zeros(0, np.int32) if known is None else known.values
        if len(own) and (choice.without or int(self._numbers.values[own[-1]]) > choice.through):
            own = self._between(choice.session, choice.without + 1, choice.through)
        return own

    def _field(
        self, rows: NDArray[np.int32], keys: Sequence[int], starts: NDArray[np.int64], fresh: NDArray[np.float32]
    ) -> Field:
        places = self._zeros(len(self), np.int32)
        places[:] = NOWHERE
        places[rows] = np.arange(len(rows), dtype=np.int32)
        talked = self._talked.values
        at = places[talked[:, 0].astype(np.int64)]
        there = at >= 0
        return Field(
            sessions=keys,
            starts=starts,
            rows=rows,
            places=places,
            numbers=self._taken(self._numbers.values, rows),
            sizes=self._taken(self._sizes.values, rows),
            said=self._taken(self._said.values, rows),
            speakers=self._taken(self._said_by.values, rows),
            roles=self._taken(self._roles.values, rows),
            fresh=self._taken(fresh, rows),
            names=self._names,
            talked=Mentions(at[there].astype(np.int64), talked[there, 1], talked[there, 2]),
            whole=len(rows) == len(self),
        )

    def without(self, field: Field, gone: NDArray[np.bool_]) -> Field:
        """*field* without the messages that are *gone* (bool, by place): as if they had never been said."""
        if not gone.any():
            return field
        kept = ~gone
        key = hash((tuple(field.sessions), field.rows.tobytes(), gone.tobytes()))  # two forks may have the same rows
        known = self._fields.get(key)
        if known is not None and len(known.places) == len(self) and np.array_equal(known.rows, field.rows[kept]):
            return known
        with self._lock:
            fresh = self._fresh.values.copy()
            fresh[field.rows] += self._newly_fresh(field, gone)
            starts = np.concatenate([[0], np.cumsum(kept)])[field.starts]
            made = self._field(field.rows[kept], field.sessions, starts, fresh)
        return self._fields.put(key, made)

    def _newly_fresh(self, field: Field, gone: NDArray[np.bool_]) -> NDArray[np.float64]:
        """How much more of each message is new once what is gone was never said; only in the sessions it is gone of."""
        session = np.repeat(np.arange(len(field.sessions)), np.diff(field.starts))
        touched = np.isin(session, np.unique(session[gone]))
        _, lengths, terms = self._terms_of(field.rows[touched])
        at = np.repeat(np.flatnonzero(touched), lengths)
        speakers = field.speakers.astype(np.int64) + len(self._names) * session
        return newly_fresh(terms.astype(np.int64), at, speakers, gone, DISTINCT)


def _freshened(part: Segment, used: set[tuple[str, str]]) -> Segment:
    shares, start = [], 0
    for speaker, length in zip(part.speakers.tolist(), part.lengths.tolist(), strict=True):
        name = part.names[speaker]
        pairs = {(name, part.words[code]) for code in part.codes[start : start + length].tolist()}
        shares.append(len(pairs - used) / max(length, DISTINCT))
        used |= pairs
        start += length
    return replace(part, fresh=np.array(shares, np.float32))
