"""A long text as overlapping chunks that can be found and quoted on their own, for documents and vectors.

Rule 1: every character lies in a chunk, chunks are in order, and none is longer than asked.
Rule 2: a cut is made where the text itself parts most: before a heading, between paragraphs, lines, sentences, clauses,
words; a code fence that fits into a chunk is not cut, nor what is seen as one character.
Rule 3: the time is linear in the characters of all chunks together.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.text import late
from tiermem.text.chinese_numerals import NUMERALS
from tiermem.text.clipping import within_character
from tiermem.text.sentences import sentences

SIZE, OVERLAP = 1000, 200  # characters; SPEC E
# How well a text parts at a border. In a fence that fits into a chunk only where nothing else is left.
FENCED, WEAK, SENTENCE, LINE, PARAGRAPH, HEADING = range(6)

_HEADING = late.compile(
    r"^(?: {0,3}#{1,6}[ \t]+\S[^\n]*"
    rf"|第[{NUMERALS}\d]{{1,8}}[章节節回部篇卷][^\n。！？]{{0,60}}$"
    r"|(?:Chapter|CHAPTER|Part|PART) (?:\d{1,3}|[IVXLC]{1,7})\b[^\n]{0,80}$"
    r"|[^\s#>|*+-][^\n]{0,119}\n(?:={3,}|-{3,})[ \t]*$)",
    re.MULTILINE,
)
_FENCE = late.compile(r"^[ \t]*(`{3,}|~{3,})([^\n]*)(?:\n|\Z)", re.MULTILINE)
_CLAUSE = late.compile(r"[，、；：][”’」』）》】]?|[,;:]\s+")
_SPACE = late.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Chunk:
    """The characters `start`..`end` (exclusive) of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Borders:
    """Where a text may be cut: places in order, how well it parts at each, and its fences."""

    places: Sequence[int]
    levels: Sequence[int]
    fences: Sequence[tuple[int, int]]

    def best(self, low: int, high: int) -> tuple[int, int]:
        """(level, place) of the best border in `low`..`high`, the last of equals; (-1, 0) when there is none."""
        inside = range(bisect_left(self.places, low), bisect_right(self.places, high))
        return max(((self.levels[i], self.places[i]) for i in inside), default=(-1, 0))

    def first(self, low: int, high: int) -> int | None:
        """The first border in `low`..`high - 1` that lies in no fence which fits."""
        inside = range(bisect_left(self.places, low), bisect_left(self.places, high))
        return next((self.places[i] for i in inside if self.levels[i] > FENCED), None)

    def fence(self, position: int) -> tuple[int, int] | None:
        """The fence around *position*, or the one that begins there."""
        index = bisect_right(self.fences, (position, float("inf"))) - 1
        return self.fences[index] if index >= 0 and position < self.fences[index][1] else None


def cut(text: str, size: int = SIZE, overlap: int = OVERLAP) -> list[Chunk]:
    """Chunks of at most *size* characters; each begins up to *overlap* characters before the end of the last one,
    at a sentence where there is one. A text that fits is one chunk, and "" is none.

    Raises:
        InvalidSettings: *size* is below 1, or *overlap* is not within 0..size - 1.
    """
    if type(size) is not int or type(overlap) is not int or size < 1 or not 0 <= overlap < size:
        raise InvalidSettings(
            f"chunks need a size from 1 on and an overlap below it, not {brief_repr(size)} and {brief_repr(overlap)}"
        )
    if len(text) <= size:
        return [Chunk(0, len(text))] if text else []
    borders = _borders(text, size)
    chunks: list[Chunk] = []
    start = end = 0
    while len(text) - start > size:
        # At least half full, and half of what is new: so the number of chunks stays in proportion to the text.
        low = max(start + (size + 1) // 2, end + max(1, (size - overlap) // 2))
        end = _end(text, borders, Chunk(start, end), low, start + size)
        chunks.append(Chunk(start, end))
        start = _next_start(text, borders, chunks[-1], size, overlap)
    return [*chunks, Chunk(start, len(text))]


def _end(text: str, borders: _Borders, last: Chunk, low: int, high: int) -> int:
    """Where to end the chunk that begins at `last.start`, after the one before it ended at `last.end`."""
    level, border = borders.best(low, high)
    if level <= FENCED:
        fence = borders.fence(high)
        if fence and fence[0] > max(last.start, last.end) and fence[1] - fence[0] <= high - last.start:
            return fence[0]
    if level >= FENCED:
        return border
    for pattern in (_CLAUSE, _SPACE):
        ends = [match.end() for match in pattern.finditer(text, low, high)]
        if ends and not within_character(text, ends[-1]):
            return ends[-1]
    return next((border for border in range(high, low - 1, -1) if not within_character(text, border)), high)


def _next_start(text: str, borders: _Borders, last: Chunk, size: int, overlap: int) -> int:
    low = max(last.end - overlap, last.start + 1)
    follows = borders.fence(last.end)
    if follows and follows[1] - follows[0] <= size:
        low = max(low, follows[1] - size)  # so that the fence behind it still fits
    border = borders.first(low, last.end)
    if border is not None:
        return border
    around = borders.fence(low)
    if low >= last.end or (around and around[1] - around[0] <= size):
        return last.end
    space = _SPACE.search(text, low, last.end)
    if space and space.end() < last.end:
        return space.end()
    return next((position for position in range(low, last.end) if not within_character(text, position)), last.end)


def _borders(text: str, size: int) -> _Borders:
    fences = list(_fences(text))
    headings = {match.start(): match.end() for match in _HEADING.finditer(text)}
    fitting = _Spans([fence for fence in fences if fence[1] - fence[0] <= size])
    long = _Spans([fence for fence in fences if fence[1] - fence[0] > size])
    places, levels = [], []
    end = titled = 0  # where the last heading ends
    for piece in sentences(text):
        titled = headings.get(end, titled)
        beginning, end = end, end + len(piece)
        if within_character(text, end):
            continue
        places.append(end)
        if fitting.hold(end):
            levels.append(FENCED)
        elif long.hold(end) or beginning < titled:
            levels.append(WEAK)  # a heading stays with what it is about
        else:
            levels.append(HEADING if end in headings else _level(piece))
    return _Borders(places, levels, fences)


class _Spans:
    """Ordered spans that are asked with growing places, whether one of them holds the place within."""

    def __init__(self, spans: Sequence[tuple[int, int]]) -> None:
        self._spans = spans
        self._next = 0

    def hold(self, position: int) -> bool:
        while self._next < len(self._spans) and self._spans[self._next][1] <= position:
            self._next += 1
        return self._next < len(self._spans) and self._spans[self._next][0] < position


def _level(piece: str) -> int:
    """How well the text parts behind the sentence *piece*, by the white space that it ends with."""
    ends = piece[len(piece.rstrip()) :].count("\n")
    return PARAGRAPH if ends > 1 else LINE if ends else SENTENCE


def _fences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every closed code fence, its marks included; a fence that is never closed is ordinary text."""
    opened: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if opened is None:
            opened = match
        elif match[1].startswith(opened[1]) and not match[2].strip():
            yield opened.start(), match.end()
            opened = None
