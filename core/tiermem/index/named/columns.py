"""Which names stand in which sentence of which message, as columns; and as bytes, for the database. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

FORM = 1  # of the bytes
_HEAD = struct.Struct("<4I")  # form, mentions, distinct names, bytes of the names
_KINDS = ("<u4", "<u4", "<u4", "<f8", "u1")
Rows: TypeAlias = NDArray[np.bool_]


class Mention(NamedTuple):
    """One name in one sentence: the message's number, the sentence's place in it, the name, when it was said, in
    seconds since 1970 in UTC, NaN where unknown; and whether it is a name for sure, or only where others know it."""

    number: int
    sentence: int
    name: str
    said: float
    sure: bool = True


@dataclass(frozen=True, slots=True)
class NamesSaid:
    """The names in messages of one session, in order, one row a mention.

    Args:
        names: distinct names as they were written, by code.
        numbers: int64, of the messages.
        sentences: int64, places of sentences in their message, from 0.
        codes: int64, of `names`.
        said: float64, seconds since 1970 in UTC, NaN where unknown.
        sure: bool, whether it is a name for sure.
    """

    names: Sequence[str]
    numbers: NDArray[np.int64]
    sentences: NDArray[np.int64]
    codes: NDArray[np.int64]
    said: NDArray[np.float64]
    sure: Rows

    def __len__(self) -> int:
        return len(self.numbers)

    def mentions(self) -> list[Mention]:
        """The rows again."""
        columns = (self.numbers, self.sentences, self.codes, self.said, self.sure)
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [Mention(number, place, self.names[code], said, sure) for number, place, code, said, sure in rows]


def of_mentions(mentions: Iterable[Mention]) -> NamesSaid:
    """*mentions*, which stand in order, as columns."""
    rows, codes = list(mentions), dict[str, int]()
    numbered = [codes.setdefault(one.name, len(codes)) for one in rows]
    return NamesSaid(
        list(codes),
        np.array([one.number for one in rows], np.int64),
        np.array([one.sentence for one in rows], np.int64),
        np.array(numbered, np.int64),
        np.array([one.said for one in rows], np.float64),
        np.array([one.sure for one in rows], np.bool_),
    )


NONE = of_mentions(())


def joined(parts: Sequence[NamesSaid]) -> NamesSaid:
    """*parts* of one session, which follow each other, as one."""
    if len(parts) < 2:
        return parts[0] if parts else NONE
    codes: dict[str, int] = {}
    moved = [
        np.array([codes.setdefault(name, len(codes)) for name in part.names], np.int64)[part.codes] for part in parts
    ]
    return NamesSaid(
        list(codes),
        np.concatenate([part.numbers for part in parts]),
        np.concatenate([part.sentences for part in parts]),
        np.concatenate(moved),
        np.concatenate([part.said for part in parts]),
        np.concatenate([part.sure for part in parts]),
    )


def packed(part: NamesSaid) -> bytes:
    """*part* as it is stored: little-endian columns behind a head, then the names."""
    names = "\0".join(part.names).encode("utf-8", "surrogatepass")
    columns = (part.numbers, part.sentences, part.codes, part.said, part.sure)
    octets = (column.astype(kind).tobytes() for column, kind in zip(columns, _KINDS, strict=True))
    return b"".join([_HEAD.pack(FORM, len(part), len(part.names), len(names)), *octets, names])


def unpacked(stored: bytes) -> NamesSaid:
    """The inverse of `packed`.

    Raises:
        ValueError: these are no bytes of ours, or not all of them.
    """
    if len(stored) < _HEAD.size:
        raise ValueError("names without their head")
    form, rows, distinct, length = _HEAD.unpack_from(stored)
    sizes = [rows * np.dtype(kind).itemsize for kind in _KINDS]
    if form != FORM or _HEAD.size + sum(sizes) + length != len(stored):
        raise ValueError("names of another form, cut short, or too long")
    starts = [_HEAD.size + sum(sizes[:place]) for place in range(len(sizes))]
    columns = [np.frombuffer(stored, kind, rows, at) for kind, at in zip(_KINDS, starts, strict=True)]
    text = stored[len(stored) - length :].decode("utf-8", "surrogatepass")
    names = text.split("\0") if distinct else []
    if len(names) != distinct or int(columns[2].max(initial=0)) >= max(distinct, 1):
        raise ValueError("names that do not hold together")
    numbers, sentences, codes = (column.astype(np.int64) for column in columns[:3])
    return NamesSaid(names, numbers, sentences, codes, columns[3].astype(np.float64), columns[4] == 1)
