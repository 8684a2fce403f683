"""A stretch of indexed messages as columns, for the index in RAM; and as bytes, for the database. Pure.

Terms stand in the order of the messages, each distinct one of a message once, with how often it is there: half of what
both orders would take, and a radix sort makes the other one in 20 ns a term when it is loaded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tiermem.text.dialogue import ROLES, Spoken

FORM = 2  # of the bytes
MOST = 255  # times that a term counts in one message; BM25 is flat long before
_HEAD = struct.Struct("<8I")  # form, messages, postings, distinct terms, times talked about; bytes: terms, names, roles
_ROLE = {code: name for name, code in reversed(ROLES.items())}

Column: TypeAlias = NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class Segment:
    """Messages of one session, in order.

    Args:
        words: distinct terms, by code.
        names: distinct speakers, by code.
        numbers: int64, of the messages.
        sizes: float32, terms with repeats.
        said: float64, wall-clock seconds, NaN where unknown.
        speakers: int32, codes of `names`.
        roles: uint8, codes of `ROLES`.
        fresh: float32, the share of a message's terms that its speaker had not used before in the session.
        lengths: int64, distinct terms of each message.
        codes: int32, those terms, message by message.
        counts: uint8, how often each stands there, at most `MOST`.
        talked: float64 of shape (times, 3): the message's place from 0, and the start and end of a time it talks about.
        moods: int8, hundredths from -100 to 100 of how a speaker feels, `UNTOLD` where nothing tells it.
        zones: int32, seconds by which the clock of `said` is before UTC.
    """

    words: Sequence[str]
    names: Sequence[str]
    numbers: NDArray[np.int64]
    sizes: NDArray[np.float32]
    said: NDArray[np.float64]
    speakers: NDArray[np.int32]
    roles: NDArray[np.uint8]
    fresh: NDArray[np.float32]
    lengths: NDArray[np.int64]
    codes: NDArray[np.int32]
    counts: NDArray[np.uint8]
    talked: NDArray[np.float64]
    moods: NDArray[np.int8]
    zones: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.numbers)

    def used(self) -> set[tuple[str, str]]:
        """The pairs of a speaker and a term of theirs."""
        speakers = np.repeat(self.speakers, self.lengths).astype(np.int64)
        pairs = np.unique(speakers * max(len(self.words), 1) + self.codes)
        named, terms = np.divmod(pairs, max(len(self.words), 1))
        return {(self.names[one], self.words[term]) for one, term in zip(named.tolist(), terms.tolist(), strict=True)}

    def spoken(self) -> Iterator[Spoken]:
        """The messages again, each term as often as it is counted, without what is `fresh`."""
        start = 0
        for place, length in enumerate(self.lengths.tolist()):
            pairs = zip(self.codes[start : start + length].tolist(), self.counts[start : start + length], strict=True)
            terms = [self.words[code] for code, count in pairs for _ in range(count)]
            start += length
            times = self.talked[self.talked[:, 0] == place, 1:]
            yield Spoken(
                int(self.numbers[place]),
                float(self.said[place]),
                self.names[self.speakers[place]],
                terms,
                _ROLE.get(int(self.roles[place]), ""),
                [(float(begin), float(end)) for begin, end in times],
                int(self.moods[place]),
                int(self.zones[place]),
            )


def segment(messages: Sequence[Spoken]) -> Segment:
    """*messages* as columns, with nothing that is `fresh`: that depends on what was said before."""
    words: dict[str, int] = {}
    names: dict[str, int] = {}
    codes: list[int] = []
    counts: list[int] = []
    lengths: list[int] = []
    for message in messages:
        often: dict[int, int] = {}
        for term in message.terms:
            code = words.setdefault(term, len(words))
            often[code] = often.get(code, 0) + 1
        codes += often
        counts += often.values()
        lengths.append(len(often))
    speakers = [names.setdefault(message.speaker, len(names)) for message in messages]
    talked = [(place, *times) for place, message in enumerate(messages) for times in message.talked]
    return Segment(
        words=list(words),
        names=list(names),
        numbers=np.array([message.sequence for message in messages], np.int64),
        sizes=np.array([len(message.terms) for message in messages], np.float32),
        said=np.array([message.said for message in messages], np.float64),
        speakers=np.array(speakers, np.int32),
        roles=np.array([ROLES.get(message.role, 0) for message in messages], np.uint8),
        fresh=np.zeros(len(messages), np.float32),
        lengths=np.array(lengths, np.int64),
        codes=np.array(codes, np.int32),
        counts=np.minimum(np.array(counts, np.int64), MOST).astype(np.uint8),
        talked=np.array(talked, np.float64).reshape(-1, 3),
        moods=np.array([message.mood for message in messages], np.int8),
        zones=np.array([message.zone for message in messages], np.int32),
    )


def joined(segments: Sequence[Segment]) -> Segment:
    """Segments that follow each other, as one."""
    if not segments:
        return EMPTY
    words: dict[str, int] = {}
    names: dict[str, int] = {}
    codes = [_renamed(part.codes, part.words, words) for part in segments]
    speakers = [_renamed(part.speakers, part.names, names) for part in segments]
    starts = np.cumsum([0, *(len(part) for part in segments)])
    talked = [moved(part.talked, start) for part, start in zip(segments, starts[:-1].tolist(), strict=True)]
    return Segment(
        words=list(words),
        names=list(names),
        numbers=np.concatenate([part.numbers for part in segments]),
        sizes=np.concatenate([part.sizes for part in segments]),
        said=np.concatenate([part.said for part in segments]),
        speakers=np.concatenate(speakers),
        roles=np.concatenate([part.roles for part in segments]),
        fresh=np.concatenate([part.fresh for part in segments]),
        lengths=np.concatenate([part.lengths for part in segments]),
        codes=np.concatenate(codes),
        counts=np.concatenate([part.counts for part in segments]),
        talked=np.concatenate(talked),
        moods=np.concatenate([part.moods for part in segments]),
        zones=np.concatenate([part.zones for part in segments]),
    )


EMPTY = segment([])


def moved(talked: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    """*talked* of messages whose places are *by* higher."""
    return talked + np.array([by, 0, 0], np.float64)


def cut(part: Segment, first: int, last: int) -> Segment:
    """*part* from message *first* to message *last*, both included."""
    low, high = (int(place) for place in np.searchsorted(part.numbers, [first, last + 1]))
    if (low, high) == (0, len(part)):
        return part
    begin, end = int(part.lengths[:low].sum()), int(part.lengths[:high].sum())
    inside = (part.talked[:, 0] >= low) & (part.talked[:, 0] < high)
    return replace(
        part,
        numbers=part.numbers[low:high],
        sizes=part.sizes[low:high],
        said=part.said[low:high],
        speakers=part.speakers[low:high],
        roles=part.roles[low:high],
        fresh=part.fresh[low:high],
        lengths=part.lengths[low:high],
        codes=part.codes[begin:end],
        counts=part.counts[begin:end],
        talked=moved(part.talked[inside], -low),
        moods=part.moods[low:high],
        zones=part.zones[low:high],
    )


def _renamed(codes: NDArray[np.int32], known: Sequence[str], table: dict[str, int]) -> NDArray[np.int32]:
    """*codes* of *known* words as those of *table*, which learns what is new to it."""
    others = np.array([table.setdefault(word, len(table)) for word in known], np.int32)
    renamed: NDArray[np.int32] = others[codes]
    return renamed


def packed(part: Segment) -> bytes:
    """*part* as it is stored: little-endian columns behind a head of lengths."""
    words = " ".join(part.words).encode("utf-8", "surrogatepass")
    names = "\0".join(part.names).encode("utf-8", "surrogatepass")
    head = _HEAD.pack(
        FORM, len(part), len(part.codes), len(part.words), len(part.talked), len(words), len(names), len(part.names)
    )
    columns = [column.astype(kind).tobytes() for column, kind in _columns(part)]
    return b"".join([head, *columns, words, names])


def _columns(part: Segment) -> list[tuple[Column, str]]:
    kinds = ("<u4", "<f4", "<f8", "<u4", "u1", "<f4", "<u4", "<f8", _code(len(part.words)), "u1", "i1", "<i4")
    columns: tuple[Column, ...] = (
        part.numbers,
        part.sizes,
        part.said,
        part.speakers,
        part.roles,
        part.fresh,
        part.lengths,
        part.talked,
        part.codes,
        part.counts,
        part.moods,
        part.zones,
    )
    return list(zip(columns, kinds, strict=True))


def _code(distinct: int) -> str:
    return "<u2" if distinct <= 1 << 16 else "<u4"


def unpacked(stored: bytes) -> Segment:
    """The inverse of `packed`.

    Raises:
        ValueError: these are no bytes of ours, or not all of them.
    """
    if len(stored) < _HEAD.size:
        raise ValueError("a segment without its head")
    form, messages, postings, distinct, times, words, names, speakers = _HEAD.unpack_from(stored)
    if form != FORM:
        raise ValueError(f"a segment of form {form}")
    sizes = [messages] * 7 + [3 * times, postings, postings, messages, messages]
    kinds = ["<u4", "<f4", "<f8", "<u4", "u1", "<f4", "<u4", "<f8", _code(distinct), "u1", "i1", "<i4"]
    at, columns = _HEAD.size, list[Column]()
    for size, kind in zip(sizes, kinds, strict=True):
        columns.append(np.frombuffer(stored, kind, size, at))
        at += size * np.dtype(kind).itemsize
    if at + words + names != len(stored):
        raise ValueError("a segment that is cut short or too long")
    known = stored[at : at + words].decode("utf-8", "surrogatepass")
    said_by = stored[at + words :].decode("utf-8", "surrogatepass")
    part = _of_columns(columns, known.split(" ") if distinct else [], said_by.split("\0") if speakers else [])
    _check(part, distinct, speakers)
    return part


def _of_columns(columns: Sequence[Column], words: Sequence[str], names: Sequence[str]) -> Segment:
    numbers, sizes, said, speakers, roles, fresh, lengths, talked, codes, counts, moods, zones = columns
    return Segment(
        words=words,
        names=names,
        numbers=numbers.astype(np.int64),
        sizes=sizes.astype(np.float32),
        said=said.astype(np.float64),
        speakers=speakers.astype(np.int32),
        roles=roles.astype(np.uint8),
        fresh=fresh.astype(np.float32),
        lengths=lengths.astype(np.int64),
        codes=codes.astype(np.int32),
        counts=counts.astype(np.uint8),
        talked=talked.astype(np.float64).reshape(-1, 3),
        moods=moods.astype(np.int8),
        zones=zones.astype(np.int32),
    )


def _check(part: Segment, distinct: int, speakers: int) -> None:
    """Refuses what would point beyond its tables: damage, which its checksum tells of too."""
    inside = (
        len(part.words) == distinct
        and len(part.names) == speakers
        and int(part.lengths.sum()) == len(part.codes)
        and int(part.codes.max(initial=-1)) < distinct
        and int(part.speakers.max(initial=-1)) < speakers
    )
    if not inside:
        raise ValueError("a segment that does not hold together")
