"""Postings in RAM: where each term stands, as slices of compressed rows, in blocks that merge as they grow.

Rule: a block is never changed, so whoever reads needs no lock; appending makes a new one, and merges it with those of
its size, so that a term's every place lies in a few slices (the logarithmic method of Bentley and Saxe 1980, which
Lucene's merge policy is one of).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.int32]
Rows: TypeAlias = NDArray[np.int32]
Counts: TypeAlias = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Postings:
    """Compressed rows: `codes` ascending, and from `starts[i]` to `starts[i + 1]` the rows of `codes[i]`, ascending."""

    codes: Codes
    starts: NDArray[np.int64]
    rows: Rows
    counts: Counts

    @property
    def nbytes(self) -> int:
        """Bytes of RAM."""
        return self.codes.nbytes + self.starts.nbytes + self.rows.nbytes + self.counts.nbytes


@dataclass(frozen=True, slots=True)
class Slices:
    """Postings of several terms, term by term: those of the i-th stand from `starts[i]` to `starts[i + 1]`."""

    starts: NDArray[np.int64]
    rows: Rows
    counts: Counts


def inverted(codes: Codes, rows: Rows, counts: Counts) -> Postings:
    """The block of postings that stand in the order of their rows."""
    order = _order(codes)
    ordered = codes[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(ordered) else _NONE
    return Postings(ordered[starts], np.append(starts, len(ordered)), rows[order], counts[order])


_NONE = np.zeros(0, np.int64)


def _order(codes: Codes) -> NDArray[np.int64]:
    """A stable order of *codes*; numpy sorts 16 bits by radix, four times as fast as 32."""
    if not len(codes) or int(codes.max()) < 1 << 16:
        return np.argsort(codes.astype(np.uint16), kind="stable")
    low = np.argsort((codes & 0xFFFF).astype(np.uint16), kind="stable")
    return low[np.argsort((codes >> 16)[low].astype(np.uint16), kind="stable")]


def merged(older: Postings, newer: Postings) -> Postings:
    """Both as one; all rows of *newer* come after those of *older*."""
    codes = np.concatenate([np.repeat(part.codes, np.diff(part.starts)) for part in (older, newer)])
    return inverted(codes, np.concatenate([older.rows, newer.rows]), np.concatenate([older.counts, newer.counts]))


def grown(blocks: Sequence[Postings], newer: Postings) -> list[Postings]:
    """*blocks* with one more, merged until each is at least twice as large as the next."""
    grown = [*blocks, newer]
    while len(grown) > 1 and len(grown[-2].rows) < 2 * len(grown[-1].rows):
        grown[-2:] = [merged(grown[-2], grown[-1])]
    return grown


def gathered(blocks: Sequence[Postings], codes: Codes) -> Slices:
    """Where the terms of *codes* stand, in all *blocks*; -1 is a term that stands nowhere."""
    if not blocks:
        return Slices(np.zeros(len(codes) + 1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.uint8))
    found = [_found(part, codes) for part in blocks]
    low, high = (np.stack(side, axis=1).ravel() for side in zip(*found, strict=True))
    there = np.flatnonzero(high > low)  # term by term, of each the older block first
    starts = np.zeros(len(codes) + 1, np.int64)
    np.cumsum((high - low).reshape(len(codes), len(blocks)).sum(axis=1), out=starts[1:])
    if not len(there):
        return Slices(starts, np.zeros(0, np.int32), np.zeros(0, np.uint8))
    spans = zip((there % len(blocks)).tolist(), low[there].tolist(), high[there].tolist(), strict=True)
    rows, counts = list[Rows](), list[Counts]()  # slices: a copy of each in one go is faster than every place by itself
    for block, begin, end in spans:
        part = blocks[block]
        rows.append(part.rows[begin:end])
        counts.append(part.counts[begin:end])
    return Slices(starts, np.concatenate(rows), np.concatenate(counts))


def lengths(blocks: Sequence[Postings], codes: Codes) -> NDArray[np.int64]:
    """In how many rows each term of *codes* stands."""
    total: NDArray[np.int64] = np.zeros(len(codes), np.int64)
    for part in blocks:
        low, high = _found(part, codes)
        total += high - low
    return total


def _found(part: Postings, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From where to where each of *codes* stands in *part*; both 0 where it does not."""
    if not len(part.codes):
        return np.zeros(len(codes), np.int64), np.zeros(len(codes), np.int64)
    at = np.minimum(np.searchsorted(part.codes, codes), len(part.codes) - 1)
    there = part.codes[at] == codes
    return np.where(there, part.starts[at], 0), np.where(there, part.starts[at + 1], 0)
