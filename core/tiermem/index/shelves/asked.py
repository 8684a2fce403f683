"""What one question has of an index with shelves: the postings of its words, and the terms of its best messages, as
they were read for it. The verbs are those of the index in RAM; whoever asks reads first what they need."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tiermem.index.segment import Segment
from tiermem.index.shelves import mapped
from tiermem.index.shelves.gone import ShelfGone
from tiermem.index.shelves.index import ShelvedIndex
from tiermem.index.shelves.packing import Posted
from tiermem.index.stated import StatedIndex
from tiermem.index.user import Choice
from tiermem.search.ranking.field import Field, Standing

_NOWHERE: Posted = (np.zeros(0, np.int32), np.zeros(0, np.uint8))


class AskedIndex:
    """One question's look into a `ShelvedIndex`. Not thread-safe."""

    def __init__(self, index: ShelvedIndex) -> None:
        self.index = index
        self._looked: dict[str, Posted] = {}
        self._read: dict[int, list[str]] = {}

    @property
    def stated(self) -> StatedIndex:
        """What is stated in the messages."""
        return self.index.stated

    def field(self, choices: Sequence[Choice]) -> Field:
        """The messages of these *choices*, in their order."""
        return self.index.field(choices)

    def lacking(self, terms: Collection[str], most: int) -> list[list[str]]:
        """Those of *terms* that are to be read, so many together as have some *most* places."""
        new = dict.fromkeys(term for term in terms if term not in self._looked)
        self._looked |= self.index.postings.pick(new)
        batches, held = list[list[str]](), most
        for term in (term for term in new if term not in self._looked):
            often = self.index.often(term)
            if held >= most:
                batches.append([])
                held = 0
            batches[-1].append(term)
            held += often
        return batches

    def learn(self, terms: Collection[str], read: Mapping[str, Sequence[Posted]], most: int) -> None:
        """Take in what was *read* of *terms*, and have the index keep at most *most* bytes of such."""
        new = {term: _together(read.get(term, ())) for term in terms}
        self._looked |= new
        self.index.postings.keep(new, most)

    def standing(self, field: Field, terms: Sequence[str]) -> Standing:
        """Where each of *terms* stands in *field*."""
        try:
            return self.index.standing_by(field, terms, self._looked)
        except KeyError as error:
            raise ShelfGone from error

    def unread(self, rows: Sequence[int]) -> list[int]:
        """Those of *rows* whose terms are to be read of the database."""
        kept = {row: terms for row in rows if (terms := self.index.forward.get(row)) is not None}
        self._read |= kept
        return [row for row in self.index.unread(rows) if row not in self._read]

    def hear(self, terms: Mapping[int, list[str]]) -> None:
        """Take in the *terms* of messages, by row."""
        self._read |= terms
        for row, own in terms.items():
            self.index.forward.put(row, own)

    def mentioned(self, field: Field, rows: Sequence[int], most: float) -> list[str]:
        """The terms of the messages in *rows* that may stand in no more than *most* of *field*."""
        terms = dict.fromkeys(term for row in rows for term in self.index.terms_at(row, self._read))
        return self.index.leading(field, terms, most)

    def rare(self, field: Field, rows: Sequence[int], most: float) -> tuple[list[list[str]], dict[str, int]]:
        """As `UserIndex.rare`; `mentioned` says which terms are to be read first."""
        leading = self.mentioned(field, rows, most)
        often = dict(zip(leading, self.standing(field, leading).frequencies.tolist(), strict=True))
        kept = {term: count for term, count in often.items() if 2 <= count <= most}
        return [[term for term in self.index.terms_at(row, self._read) if term in kept] for row in rows], kept

    def alike(self, text: str) -> tuple[list[str], NDArray[np.float32], float]:
        """The terms that count for how alike messages are to *text*, what each does, and the length of *text*."""
        return self.index.alike(text)

    def cosines(self, field: Field, alike: tuple[list[str], NDArray[np.float32], float]) -> NDArray[np.float32]:
        """As `UserIndex.likeness`, of what `alike` said."""
        words, worths, length = alike
        return self.index.cosines(field, self.standing(field, words), worths, length)

    def without(
        self, field: Field, gone: NDArray[np.bool_], read: Mapping[int, Mapping[int, Sequence[Segment]]]
    ) -> Field:
        """As `UserIndex.without`; *read* has the segments of those sessions that `unheard` named, by position."""
        more = np.zeros(len(field), np.float64)
        for position in self.index.touched(field, gone):
            _, known = self.index.renewed(field, position, gone)
            if known is None:
                if position not in read:
                    raise ShelfGone
                known = self.index.renew(field, position, gone, read[position])
            more[int(field.starts[position]) : int(field.starts[position + 1])] = known
        return self.index.without_by(field, gone, more)

    def unheard(self, field: Field, gone: NDArray[np.bool_]) -> list[int]:
        """The positions of sessions in *field* whose segments are to be read before `without`."""
        touched = self.index.touched(field, gone)
        return [position for position in touched if self.index.renewed(field, position, gone)[1] is None]


def _together(posted: Sequence[Posted]) -> Posted:
    if not posted:
        return _NOWHERE
    if len(posted) == 1:
        return posted[0]
    return mapped.joined([rows for rows, _ in posted], np.int32), mapped.joined(
        [often for _, often in posted], np.uint8
    )
