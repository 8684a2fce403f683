"""A profile as a text within a budget: one quoted block, which no line can close. Pure.

Rule 1: no more tokens than the budget by the counter that is given, whatever the lines say; "" where not even one fits.
Rule 2: the most valuable lines first; one that does not fit is left out, and shorter ones behind it may come in.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tiermem.profiles.lines.line import ProfileLine
from tiermem.profiles.lines.wording import is_chinese
from tiermem.text.clipping import Count
from tiermem.window.quotation import profiled

MISSES = 30  # lines that do not fit, after which nobody looks for shorter ones
LONG = 24  # characters of a reference from which on it is left out of the text: names like UUIDs cost more than lines


def told(lines: Sequence[ProfileLine]) -> list[tuple[str, str]]:
    """What the block says of *lines*, each with where it was said first, if that is short; interests in a row are one
    line, without sources."""
    said: list[tuple[str, str]] = []
    for interest, several in groupby(lines, key=_is_interest):
        if interest:
            said.append((talks(list(several)), ""))
        else:
            said += [(line.text, _short(line)) for line in several]
    return said


def talks(interests: Sequence[ProfileLine]) -> str:
    """Several interests on one line, in the language of the first."""
    chinese = is_chinese(interests[0].value)
    names = ("、" if chinese else ", ").join(line.value for line in interests)
    return f"常聊: {names}" if chinese else f"talks about: {names}"


def _is_interest(line: ProfileLine) -> bool:
    return line.section == "interest" and not line.pinned


def _short(line: ProfileLine) -> str:
    source = line.sources[0] if line.sources else ""
    return source if len(source) <= LONG else ""


def _cost(line: ProfileLine, before: ProfileLine | None, count: Count) -> int:
    """About what *line* costs behind the one *before*."""
    if _is_interest(line) and before is not None and _is_interest(before):
        return count(f", {line.value}")
    ((text, source),) = told([line])
    return count(f"{text} [{source}]\n")


def fitted(lines: Sequence[ProfileLine], budget: int, count: Count) -> tuple[str, list[ProfileLine]]:
    """The block of those of *lines*, most valuable first, that *budget* tokens hold, and which these are."""
    chosen: list[ProfileLine] = []
    left, missed = budget - count(profiled(())), 0
    for line in lines:
        if left <= 0 or missed == MISSES:
            break
        cost = _cost(line, chosen[-1] if chosen else None, count)
        if cost <= left:
            chosen.append(line)
            left -= cost
        else:
            missed += 1
    while chosen:  # what was counted apart may cost more together
        text = profiled(told(chosen))
        if count(text) <= budget:
            return text, chosen
        chosen.pop()
    return "", []
