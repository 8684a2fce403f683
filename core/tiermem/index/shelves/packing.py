"""A shelf as bytes: up to `MOST` indexed messages of one user, of any of their sessions, cut by term. Pure.

Its head says which messages they are, by row from 0; its columns are what ranking needs of each; and every term is in
the block that its hash says, with the rows where it stands. So a question reads a block for each of its words.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiermem.index.segment import Column, Segment, joined
from tiermem.index.spelling import pieces_of
from tiermem.search.ranking import likeness

MOST = 1 << 16  # messages: rows take two bytes
ROOM = 1 << 11  # keys that the rows of one shelf may take
HEAD, COLUMNS, SPELLING, TERMS = range(4)  # the parts; blocks of terms are the last and what follows
_OFTEN = 64  # messages a block, about
_MOST_BLOCKS = 1 << 10
_BLOCK = struct.Struct("<3I")  # terms, postings, bytes of the terms
_COLUMNS = struct.Struct("<3I")  # messages, times talked about, speakers
_SPELLING = struct.Struct("<I")  # terms
_KINDS = ("<f4", "<f8", "<u4", "u1", "<f4", "<f4")

Span = tuple[int, int, int]  # a session, its first message here, its last
Posted = tuple[NDArray[np.int32], NDArray[np.uint8]]  # rows, and how often a term stands in each


@dataclass(frozen=True, slots=True)
class ShelfHead:
    """Which messages a shelf has, in the order of its rows, and how many blocks."""

    blocks: int
    spans: Sequence[Span]

    @property
    def messages(self) -> int:
        """How many they are."""
        return sum(last - first + 1 for _, first, last in self.spans)

    def part_of(self, term: str) -> int:
        """The part where *term* would stand."""
        return TERMS + block_of(term, self.blocks)

    def packed(self) -> bytes:
        """As it is stored."""
        return np.array([self.blocks, *(number for span in self.spans for number in span)], "<i8").tobytes()


@dataclass(frozen=True, slots=True)
class ShelfColumns:
    """What ranking needs of each message, by row; as in `Segment`, `lengths` as `likeness` measures."""

    names: Sequence[str]
    sizes: NDArray[np.float32]
    said: NDArray[np.float64]
    speakers: NDArray[np.int32]
    roles: NDArray[np.uint8]
    fresh: NDArray[np.float32]
    lengths: NDArray[np.float32]
    talked: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spelling:
    """The terms of a shelf that are spelt in pieces, and in how many of its messages each stands."""

    words: Sequence[str]
    often: NDArray[np.int64]


def united(spans: Iterable[Span]) -> list[Span]:
    """*spans* in their order, those that follow each other as one."""
    found: list[Span] = []
    for session, first, last in spans:
        if found and found[-1][0] == session and found[-1][2] + 1 == first:
            found[-1] = (session, found[-1][1], last)
        else:
            found.append((session, first, last))
    return found


def block_of(term: str, blocks: int) -> int:
    """The block of *term*, of so many, a power of two."""
    return zlib.crc32(term.encode("utf-8", "surrogatepass")) & (blocks - 1)


def packed(parts: Sequence[tuple[int, Segment]]) -> list[bytes]:
    """The bodies of a shelf of these stretches (session, segment), by part."""
    whole = joined([part for _, part in parts])
    spans = united((int(key), int(part.numbers[0]), int(part.numbers[-1])) for key, part in parts)
    blocks = min(_MOST_BLOCKS, 1 << max(0, (len(whole) // _OFTEN).bit_length() - 1))
    _, pieces = pieces_of(whole.words)
    first = ShelfHead(blocks, spans).packed()
    return [first, _columns(whole, pieces), _spelling(whole, pieces), *_terms(whole, blocks)]


def _spelling(whole: Segment, pieces: NDArray[np.int32]) -> bytes:
    often = np.bincount(whole.codes, minlength=len(whole.words))
    there = np.flatnonzero(pieces)
    words = _joined([whole.words[place] for place in there.tolist()])
    return b"".join([_SPELLING.pack(len(there)), often[there].astype("<u4").tobytes(), words])


def _joined(words: Sequence[str]) -> bytes:
    return " ".join(words).encode("utf-8", "surrogatepass")


def _columns(whole: Segment, pieces: NDArray[np.int32]) -> bytes:
    lengths = likeness.lengths(whole.counts, pieces[whole.codes], whole.lengths)
    columns: tuple[Column, ...] = (whole.sizes, whole.said, whole.speakers, whole.roles, whole.fresh, lengths)
    arrays = [column.astype(kind).tobytes() for column, kind in zip(columns, _KINDS, strict=True)]
    head = _COLUMNS.pack(len(whole), len(whole.talked), len(whole.names))
    names = "\0".join(whole.names).encode("utf-8", "surrogatepass")
    return b"".join([head, *arrays, whole.talked.astype("<f8").tobytes(), names])


def _terms(whole: Segment, blocks: int) -> list[bytes]:
    """The blocks of all terms, in their order."""
    where = np.array([block_of(word, blocks) for word in whole.words], np.int64)
    order = np.argsort(where, kind="stable")  # the words, block by block
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    ranks = rank[whole.codes]
    rows = np.repeat(np.arange(len(whole), dtype="<u2"), whole.lengths)
    by_word = np.argsort(ranks, kind="stable")
    rows, counts = rows[by_word], whole.counts[by_word].astype("u1")
    often = np.bincount(ranks, minlength=len(order))
    starts = np.concatenate([[0], np.cumsum(often)])
    borders = np.searchsorted(where[order], np.arange(blocks + 1))
    bodies = []
    for low, high in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        words = _joined([whole.words[place] for place in order[low:high].tolist()])
        begin, end = int(starts[low]), int(starts[high])
        head = _BLOCK.pack(high - low, end - begin, len(words))
        own = often[low:high].astype("<u4").tobytes()
        bodies.append(b"".join([head, own, rows[begin:end].tobytes(), counts[begin:end].tobytes(), words]))
    return bodies


def head(stored: bytes) -> ShelfHead:
    """The inverse of `ShelfHead.packed`.

    Raises:
        ValueError: these are no bytes of ours.
    """
    blocks, *numbers = np.frombuffer(stored, "<i8").tolist() or [0]
    if not 0 < blocks <= _MOST_BLOCKS or len(numbers) % 3:
        raise ValueError("a shelf without its head")
    return ShelfHead(blocks, list(zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)))


def columns(stored: bytes) -> ShelfColumns:
    """The columns of a shelf.

    Raises:
        ValueError: these are no bytes of ours.
    """
    if len(stored) < _COLUMNS.size:
        raise ValueError("columns without their head")
    messages, times, speakers = _COLUMNS.unpack_from(stored)
    at, read = _COLUMNS.size, list[Column]()
    for kind, size in (*((kind, messages) for kind in _KINDS), ("<f8", 3 * times)):
        read.append(np.frombuffer(stored, kind, size, at))
        at += size * np.dtype(kind).itemsize
    sizes, said, codes, roles, fresh, lengths, talked = read
    names = stored[at:].decode("utf-8", "surrogatepass").split("\0")
    if len(names) != max(speakers, 1) or int(codes.max(initial=0)) >= len(names):
        raise ValueError("columns that do not hold together")
    return ShelfColumns(
        names=names,
        sizes=sizes.astype(np.float32),
        said=said.astype(np.float64),
        speakers=codes.astype(np.int32),
        roles=roles.astype(np.uint8),
        fresh=fresh.astype(np.float32),
        lengths=lengths.astype(np.float32),
        talked=talked.astype(np.float64).reshape(-1, 3),
    )


def spelling(stored: bytes) -> Spelling:
    """The terms of a shelf that are spelt in pieces.

    Raises:
        ValueError: these are no bytes of ours.
    """
    if len(stored) < _SPELLING.size:
        raise ValueError("terms without their head")
    (count,) = _SPELLING.unpack_from(stored)
    often = np.frombuffer(stored, "<u4", count, _SPELLING.size).astype(np.int64)
    words = stored[_SPELLING.size + 4 * count :].decode("utf-8", "surrogatepass").split(" ") if count else []
    if len(words) != count:
        raise ValueError("terms that do not hold together")
    return Spelling(words, often)


def postings(stored: bytes, wanted: Sequence[str], first: int) -> dict[str, Posted]:
    """Where each of the *wanted* terms of a block stands; the rows of its shelf begin with *first*.

    Raises:
        ValueError: these are no bytes of ours.
    """
    if len(stored) < _BLOCK.size:
        raise ValueError("a block without its head")
    terms, total, size = _BLOCK.unpack_from(stored)
    at = _BLOCK.size + 4 * terms
    if at + 3 * total + size != len(stored):
        raise ValueError("a block that is cut short or too long")
    words = stored[at + 3 * total :].decode("utf-8", "surrogatepass").split(" ") if terms else []
    often = np.frombuffer(stored, "<u4", terms, _BLOCK.size)
    ends = np.cumsum(often, dtype=np.int64)
    found = {}
    for term in wanted:
        if term in words:
            place = words.index(term)
            end = int(ends[place])
            begin = end - int(often[place])
            rows = np.frombuffer(stored, "<u2", end - begin, at + 2 * begin).astype(np.int32) + np.int32(first)
            found[term] = rows, np.frombuffer(stored, np.uint8, end - begin, at + 2 * total + begin)
    return found
