"""A text cut to the room that there is, for whatever shows a part of one: summaries, stubs, contexts, answers of tools.

Rule 1: where something is left out, the text says so: by "…", or by a marker of the caller's.
Rule 2: a counter of tokens may be any function of a text, so what is promised about a number of tokens is counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import TypeAlias

from tiermem.text import late

Count: TypeAlias = Callable[[str], int]
"""The tokens of a text, by whatever the caller counts with."""

ELLIPSIS = "…"
_LONGEST_WORD = 24  # characters before the cut in which the end of a word is looked for
_LONGEST_STUB = 400  # characters of a text of few tokens; more are not looked at
_PIECE = late.compile(r"[A-Za-z]+|[0-9]+|\s+|.", re.DOTALL)
_JOINER = "\u200d"
_MOST_FLAGS = 2_000  # halves of flags in a row that are counted back, so that a text of flags takes linear time
# Skin tones; the tags of a flag; the vowels and finals of Hangul that is written in parts.
_EXTENDING = (("\U0001f3fb", "\U0001f3ff"), ("\U000e0020", "\U000e007f"), ("\u1160", "\u11ff"))
_WORD_END = late.compile(r"[\s,.;:!?，。；：！？、)）」”]")


def shorten(text: str, limit: int, focus: int = 0) -> str:
    """*text* within *limit* characters, cut at a word with "…"; the cut keeps the character *focus* in sight."""
    if len(text) <= limit:
        return text
    if focus > limit * 2 // 3:
        start = _word_start(text, max(0, focus - limit // 3), focus)
        return ELLIPSIS + shorten(text[start:].lstrip(), limit - 1)
    end = limit - 1
    for border in range(end, max(end - _LONGEST_WORD, 0), -1):
        if _WORD_END.match(text, border) or (text[border] >= "\u3400" and text[border - 1] >= "\u3400"):
            end = border
            break
    return text[:end].rstrip(" ,;:，；：、") + ELLIPSIS


def _word_start(text: str, start: int, stop: int) -> int:
    border = _WORD_END.search(text, start, stop)
    return border.end() if border else start


def shorten_with_length(text: str, limit: int) -> str:
    """The beginning of *text* and how many characters it had, in *limit* characters where the number leaves room.

    Never longer than *text*; doing it twice changes nothing more.
    """
    marker = f"{ELLIPSIS} ({len(text):,} characters)"
    short = text[: max(0, limit - len(marker))] + marker
    return short if len(text) > limit and len(short) < len(text) else text


def shorten_to_tokens(text: str, tokens: float) -> str:
    """*text* cut to about *tokens* tokens, a few dozen at most, without a tokeniser.

    The estimate was set against o200k_base: an English word is a token up to 7 letters, three digits are one, a Han
    character is 0.9, punctuation is one, an emoji or another script two; a space costs only before a digit.
    """
    cut = shorten(text, _LONGEST_STUB)
    left = tokens
    for piece in _PIECE.finditer(cut):
        left -= _cost(piece[0]) + (piece[0].isdigit() and cut[piece.start() - 1 : piece.start()] == " ")
        if left < 0:
            return cut[: piece.start()].rstrip(" ,;:，；：、(（-_/.") + ELLIPSIS
    return cut


def _cost(piece: str) -> float:
    first = piece[0]
    if first.isspace():
        return 0.0
    if first < "\x80":
        return 1 + (len(piece) - 1) // (7 if first.isalpha() else 3)
    return 0.9 if "\u3000" <= first <= "\u9fff" or first in "，。！？：；" else 1.0 if first in "…–—·“”→" else 2.0


def clip(text: str, budget: int, count: Count, marker: str, *, tail: bool = True) -> str:
    """*text* if it fits *budget* tokens, or else its head (2/3) and tail (1/3) around *marker*, as long as fits.

    Without *tail* all that is kept is the head. What is returned was counted, so it fits by any *count*; the longest
    is found where longer texts never count less. O(log n) counts, after that of the whole text none of more than
    about twice what is returned. "" if not even the marker fits.
    """
    if count(text) <= budget:
        return text
    if count(marker) > budget:
        return ""

    def fits(kept: int) -> bool:
        return count(_around(text, kept, marker, tail)) <= budget

    good, bad = 0, min(len(text), max(1, budget))  # kept characters; a token is seldom less than one
    while bad < len(text) and fits(bad):
        good, bad = bad, min(len(text), bad * 2)
    return _around(text, largest(good, bad - 1, fits), marker, tail)


def largest(least: int, most: int, fits: Callable[[int], bool]) -> int:
    """A number up to *most* that *fits*, or *least*, which is not tried; the largest where what fits is a beginning."""
    good, bad = least, most + 1
    while bad - good > 1:
        middle = (good + bad) // 2
        good, bad = (middle, bad) if fits(middle) else (good, middle)
    return good


def word_end(text: str, earliest: int, end: int) -> int:
    """Behind the last blank, line end or 。 between *earliest* and *end*; *end* where there is none."""
    border = max(text.rfind(mark, earliest, end) for mark in (" ", "\n", "。"))
    return border + 1 if border >= 0 else end


def both_ends(text: str, size: int) -> str:
    """*text*, or of a long one *size* characters from each end, a line end between them. For rules, not to be shown."""
    return text if len(text) <= 2 * size else f"{text[:size]}\n{text[-size:]}"


def _around(text: str, kept: int, marker: str, tail: bool) -> str:
    head = kept * 2 // 3 if tail else kept
    rest = len(text) - (kept - head)
    head, rest = _whole(text, head, -1), _whole(text, rest, 1)
    return f"{text[:head]}{marker}{text[rest:]}"


def _whole(text: str, cut: int, step: int) -> int:
    """*cut*, moved by at most 16 characters so that it parts no character."""
    moved = cut
    for _ in range(16):
        if not within_character(text, moved):
            return moved
        moved += step
    return cut


def within_character(text: str, position: int) -> bool:
    """True where a cut would part what is one character to a reader (a subset of Unicode's UAX 29)."""
    if not 0 < position < len(text):
        return False
    before, after = text[position - 1], text[position]
    if after < "\u0300":
        return before == "\r" and after == "\n"
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return True
    return _extends(after) or before == _JOINER or (_is_flag(after) and _flags_before(text, position) % 2 == 1)


def _extends(character: str) -> bool:
    if character == _JOINER or unicodedata.category(character) in {"Mn", "Me", "Mc"}:
        return True
    return any(low <= character <= high for low, high in _EXTENDING)


def _is_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flags_before(text: str, position: int) -> int:
    first = position
    while first > 0 and _is_flag(text[first - 1]) and position - first < _MOST_FLAGS:
        first -= 1
    return position - first
