"""The index of a user of very many messages: what ranking needs of each message in RAM, where terms stand on shelves.

What no shelf has yet is in RAM as ever, behind the rows of the shelves. Which terms are spelt how, on which shelves
they stand and how often is in RAM too, so that nothing is read of a shelf that has none of a question's words.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tiermem.index.cache import Recent
from tiermem.index.growing import Growing
from tiermem.index.postings import gathered, lengths
from tiermem.index.renewed import newly_fresh
from tiermem.index.segment import Segment, joined, moved
from tiermem.index.shelves import mapped
from tiermem.index.shelves.gone import ShelfGone
from tiermem.index.shelves.kept import PostingsKept
from tiermem.index.shelves.packing import Posted, ShelfColumns, ShelfHead, Spelling
from tiermem.index.user import DISTINCT, Choice, UserIndex
from tiermem.search.ranking import likeness
from tiermem.search.ranking.field import NOWHERE, Field, Standing
from tiermem.text.analyzer import spelt

FIELDS = 1  # of a million messages it is large
MORE = 1 << 14  # messages for which there is room before columns grow
MASKED = 64  # shelves of which it is known which terms they have; of further ones each is asked
UNKNOWN = 20_000  # messages in which a term stands that is not known in RAM, guessed
SAID = 64  # sessions with messages that wait, of which it is kept who used which terms
RENEWED = 4_000  # sessions with hidden messages of which it is kept what is new in the others
FORWARD = 4_000  # messages whose terms are kept

Pairs = set[tuple[str, str]]  # a speaker and a term


class ShelvedIndex(UserIndex):
    """The messages of shelves and those that came since. Thread-safe once it was loaded (`finish`)."""

    _zeros = staticmethod(mapped.zeros)
    _taken = staticmethod(mapped.taken)

    def __init__(self) -> None:
        super().__init__()
        self.shelves: dict[int, tuple[int, ShelfHead]] = {}  # by key: its first row, its head
        self._fields = Recent(FIELDS)
        self._on = Growing(np.uint64)  # by code of a term, a bit for each of the first shelves
        self._often = Growing(np.int64)  # by code, in how many messages of shelves
        self.postings = PostingsKept()
        self._spoken: Recent[tuple[int, Pairs]] = Recent(SAID)
        self._renewed: Recent[NDArray[np.float64]] = Recent(RENEWED)
        self._sorting: list[NDArray[np.int64]] = []
        self._spans: list[tuple[int, int]] = []  # first rows and sessions
        self.forward: Recent[list[str]] = Recent(FORWARD)  # the terms of messages on shelves, by row

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about."""
        renewed = sum(more.nbytes for more in self._renewed.values())
        return super().nbytes + self.postings.nbytes + renewed + self._on.nbytes + self._often.nbytes

    def begin(self, messages: int) -> None:
        """Have room for so many *messages* of shelves."""
        columns = (self._numbers, self._sizes, self._said, self._said_by, self._roles, self._fresh, self._lengths)
        for column in columns:
            column.reserve(messages + MORE)
        self._sorting = []

    def take(self, key: int, head: ShelfHead, own: ShelfColumns, spelling: Spelling) -> None:
        """Take in the shelf *key*, after `begin`."""
        first = len(self)
        speakers = np.array([self._speaker(name) for name in own.names], np.int32)
        for growing, values in (
            (self._sizes, own.sizes),
            (self._said, own.said),
            (self._said_by, speakers[own.speakers]),
            (self._roles, own.roles),
            (self._fresh, own.fresh),
            (self._lengths, own.lengths),
            (self._talked, moved(own.talked, first)),
        ):
            growing.add(values)
        self._spans += [(first + start, session) for start, session in _starts(head)]
        self._sorting += [np.full(last - low + 1, session, np.int64) for session, low, last in head.spans]
        self._note(self._vocabulary.coded(spelling.words), spelling.often)
        self.shelves[key] = first, head
        self._numbers.add(np.concatenate([np.arange(low, last + 1) for _, low, last in head.spans]))
        self._heard = len(self)

    def _note(self, codes: NDArray[np.int32], often: NDArray[np.int64]) -> None:
        self._on.add(np.zeros(len(self._vocabulary) - len(self._on), np.uint64))
        self._often.add(np.zeros(len(self._vocabulary) - len(self._often), np.int64))
        self._often.values[codes] += often
        if len(self.shelves) < MASKED:
            self._on.values[codes] |= np.uint64(1 << len(self.shelves))

    def finish(self, bases: Mapping[int, int]) -> None:
        """What was taken is all; *bases* are those of forks, by session. Of each session those messages count that
        follow its base without a gap."""
        if self._sorting:
            self._sort(np.concatenate(self._sorting), bases)
        self._sorting = []

    def _sort(self, keys: NDArray[np.int64], bases: Mapping[int, int]) -> None:
        numbers = self._numbers.values
        order = np.lexsort((numbers, keys)).astype(np.int32)
        ordered = keys[order]
        borders = np.flatnonzero(np.diff(ordered)) + 1
        for rows in np.split(order, borders):
            if len(rows):
                session = int(keys[rows[0]])
                first = bases.get(session, 0) + 1
                following = numbers[rows] == np.arange(first, first + len(rows))
                good = len(rows) if following.all() else int(np.argmin(following))
                if good:
                    self._rows_of(session).add(rows[:good])

    def field(self, choices: Sequence[Choice]) -> Field:
        """The messages of these *choices*, in their order."""
        kept = self._fields.get(tuple(choices))
        if kept is None or len(kept.places) != len(self):
            self._fields.clear()  # before there is another one
        return super().field(choices)

    # Where terms stand.

    def places_of(self, terms: Collection[str]) -> dict[int, list[str]]:
        """By key of a shelf those of *terms* that it has, or may have."""
        every = list(self.shelves)
        wanted: dict[int, list[str]] = {}
        for term in terms:
            code = self._vocabulary.code(term)
            if spelt(term):
                on = int(self._on.values[code]) if 0 <= code < len(self._on) else 0
                keys = [key for place, key in enumerate(every) if place >= MASKED or on >> place & 1]
            else:
                keys = every
            for key in keys:
                wanted.setdefault(key, []).append(term)
        return wanted

    def often(self, term: str) -> int:
        """In how many messages of shelves *term* stands; a guess where that is not known in RAM."""
        code = self._vocabulary.code(term)
        known = int(self._often.values[code]) if 0 <= code < len(self._often) else 0
        return known or (0 if spelt(term) else UNKNOWN)

    def standing_by(self, field: Field, terms: Sequence[str], looked: Mapping[str, Posted]) -> Standing:
        """`standing`, by what was *looked* up of *terms*."""
        recent = gathered(self._blocks, self._vocabulary.codes(terms))
        starts = recent.starts.tolist()
        rows, counts = list[NDArray[np.int32]](), list[NDArray[np.uint8]]()
        sizes = np.zeros(len(terms) + 1, np.int64)
        for place, term in enumerate(terms):
            there, often = looked[term]
            low, high = starts[place], starts[place + 1]
            rows += [there, recent.rows[low:high]]
            counts += [often, recent.counts[low:high]]
            sizes[place + 1] = len(there) + high - low
        ends = np.cumsum(sizes)
        if not len(terms):
            return field.standing(ends, np.zeros(0, np.int32), np.zeros(0, np.uint8))
        return field.standing(ends, np.concatenate(rows), np.concatenate(counts))

    def alike(self, text: str) -> tuple[list[str], NDArray[np.float32], float]:
        """The terms that count for how alike messages are to *text*, what each does, and the length of *text*."""
        vocabulary, sought = self._vocabulary, likeness.sought(text)
        own = list(sought.terms)
        codes = vocabulary.codes(own)
        unknown = codes == NOWHERE
        codes[unknown] = len(vocabulary) + np.arange(int(unknown.sum()))
        new = dict(zip(codes[unknown].tolist(), [own[at] for at in np.flatnonzero(unknown).tolist()], strict=True))
        asked = list(zip(codes.tolist(), sought.terms.values(), strict=True))
        found, worths = likeness.worths(asked, *vocabulary.alike(sought.pieces), vocabulary.counts)
        words = [new[code] if code in new else vocabulary.word(code) for code in found.tolist()]
        return words, worths, sought.length

    def cosines(
        self, field: Field, standing: Standing, worths: NDArray[np.float32], length: float
    ) -> NDArray[np.float32]:
        """How alike each message of *field* is to a text of that *length*, of whose words *standing* says where."""
        return likeness.cosines(standing, worths, length, self._lengths.values[field.rows])

    def leading(self, field: Field, terms: Collection[str], most: float) -> list[str]:
        """Those of *terms* that may stand in no more than *most* messages of *field*."""
        gone = len(self) - len(field)
        codes = self._vocabulary.codes(list(terms))
        recent = lengths(self._blocks, codes)
        kept = []
        for term, code, beside in zip(terms, codes.tolist(), recent.tolist(), strict=True):
            often = int(self._often.values[code]) if 0 <= code < len(self._often) else 0
            if often + beside - gone <= most:
                kept.append(term)
        return kept

    # What messages say.

    def unread(self, rows: Sequence[int]) -> list[int]:
        """Those of *rows* whose terms are to be read of the database."""
        return [row for row in rows if row < self._heard and self.forward.get(row) is None]

    def stored_at(self, row: int) -> tuple[int, int]:
        """The session and the number of the message in that *row* of a shelf."""
        place = bisect_right(self._spans, row, key=lambda span: span[0]) - 1
        return self._spans[place][1], int(self._numbers.values[row])

    def terms_at(self, row: int, read: Mapping[int, list[str]]) -> list[str]:
        """The distinct terms of the message in *row*, in order; *read* has those of shelves."""
        if row < self._heard:
            return read[row]
        _, _, codes = self._terms_of(np.array([row], np.int32))
        return [self._vocabulary.word(code) for code in codes.tolist()]

    def knows_used(self, session: int) -> bool:
        """Whether it is known who used which terms in *session*, as far as shelves go."""
        return self._spoken.get(int(session)) is not None

    def note_used(self, session: int, through: int, pairs: Pairs) -> None:
        """Keep who used which terms in the messages of *session* up to number *through*."""
        self._spoken.put(int(session), (through, pairs))

    def _used(self, session: int, part: Segment) -> set[tuple[str, str]]:
        known = self._spoken.get(int(session))
        if known is None:
            raise ShelfGone
        through, pairs = known
        rows = self._before(session, part)
        rows = rows[self._numbers.values[rows] > through]
        if len(rows):
            if int(rows.min()) < self._heard:
                raise ShelfGone
            speakers, sizes, codes = self._terms_of(rows)
            named = [self._names[code][0] for code in np.repeat(speakers, sizes).tolist()]
            pairs = pairs | set(zip(named, map(self._vocabulary.word, codes.tolist()), strict=True))
            self._spoken.put(int(session), (int(self._numbers.values[rows[-1]]), pairs))
        own = {(name, word) for name in part.names for word in part.words}
        return own & pairs

    # What is new in messages once others count as never said.

    def touched(self, field: Field, gone: NDArray[np.bool_]) -> list[int]:
        """The positions of the sessions of *field* in which something stays that follows what is *gone*."""
        starts = field.starts
        places = np.flatnonzero(gone)
        touched = []
        for position in np.unique(np.searchsorted(starts, places, side="right") - 1).tolist():
            inside = gone[starts[position] : starts[position + 1]]
            if not inside[int(np.argmax(inside)) :].all():
                touched.append(position)
        return touched

    def renewed(
        self, field: Field, position: int, gone: NDArray[np.bool_]
    ) -> tuple[object, NDArray[np.float64] | None]:
        """The key of what is new in the session at *position*, and that, where it is kept."""
        inside = slice(int(field.starts[position]), int(field.starts[position + 1]))
        key = (field.sessions[position], field.rows[inside].tobytes(), gone[inside].tobytes())
        hashed = (key[0], hash(key))
        return hashed, self._renewed.get(hashed)

    def renew(
        self, field: Field, position: int, gone: NDArray[np.bool_], parts: Mapping[int, Sequence[Segment]]
    ) -> NDArray[np.float64]:
        """How much more of each message of that session is new; *parts* has what segments hold of it, by whose they
        are."""
        inside = slice(int(field.starts[position]), int(field.starts[position + 1]))
        rows, away = field.rows[inside], gone[inside]
        codes: dict[str, int] = {}
        terms, sizes = list[int](), list[int]()
        said = self._by_row(rows, parts)
        for row in rows.tolist():
            own = said[row] if row in said else self.terms_at(row, {})
            terms += [codes.setdefault(term, len(codes)) for term in own]
            sizes.append(len(own))
        at = np.repeat(np.arange(len(rows)), sizes)
        speakers = field.speakers[inside].astype(np.int64)
        more = newly_fresh(np.array(terms, np.int64), at, speakers, away, DISTINCT)
        key, _ = self.renewed(field, position, gone)
        return self._renewed.put(key, more)

    def _by_row(self, rows: NDArray[np.int32], parts: Mapping[int, Sequence[Segment]]) -> dict[int, list[str]]:
        """The terms of those messages of *rows* that shelves have."""
        said: dict[int, list[str]] = {}
        for owner, stretches in parts.items():
            whole = joined(stretches)
            if not len(whole):
                continue
            ends = np.cumsum(whole.lengths)
            there = self._between(owner, int(whole.numbers[0]), int(whole.numbers[-1]))
            by_number = dict(zip(self._numbers.values[there].tolist(), there.tolist(), strict=True))
            for number, end, size in zip(whole.numbers.tolist(), ends.tolist(), whole.lengths.tolist(), strict=True):
                row = by_number.get(number, self._heard)
                if row < self._heard:
                    said[row] = [whole.words[code] for code in whole.codes[end - size : end].tolist()]
        if not said.keys() >= {row for row in rows.tolist() if row < self._heard}:
            raise ShelfGone
        return said

    def without_by(self, field: Field, gone: NDArray[np.bool_], more: NDArray[np.float64]) -> Field:
        """`without`, by how much more of each message is new."""
        kept = ~gone
        with self._lock:
            fresh = self._fresh.values.copy()
            fresh[field.rows] += more
            starts = np.concatenate([[0], np.cumsum(kept)])[field.starts]
            return self._field(field.rows[kept], field.sessions, starts, fresh)


def _starts(head: ShelfHead) -> Iterator[tuple[int, int]]:
    """The first row and the session of each stretch of a shelf."""
    start = 0
    for session, first, last in head.spans:
        yield start, session
        start += last - first + 1
