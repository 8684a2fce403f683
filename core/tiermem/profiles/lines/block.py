"""A profile as a text within a budget: one quoted block, which no line can close. Pure.

Rule 1: no more tokens than the budget by the counter that is given, whatever the lines say; "" where not even one fits.
Rule 2: the most valuable lines first; one that does not fit is left out, and shorter ones behind it may come in.
"""

from __future__ import annotations

from collections.abc import Sequence

from tiermem.profiles.lines.line import ProfileLine
from tiermem.text.clipping import Count
from tiermem.window.quotation import profiled

MISSES = 30  # lines that do not fit, after which nobody looks for shorter ones
LONG = 24  # characters of a reference from which on it is left out of the text: names like UUIDs cost more than lines


def told(line: ProfileLine) -> tuple[str, str]:
    """What the block says of *line*, and where it was said first, where that is short."""
    source = line.sources[0] if line.sources else ""
    return line.text, source if len(source) <= LONG else ""


def fitted(lines: Sequence[ProfileLine], budget: int, count: Count) -> tuple[str, list[ProfileLine]]:
    """The block of those of *lines*, most valuable first, that *budget* tokens hold, and which these are."""
    chosen: list[ProfileLine] = []
    left, missed = budget - count(profiled(())), 0
    for line in lines:
        if left <= 0 or missed == MISSES:
            break
        text, source = told(line)
        cost = count(f"{text} [{source}]\n")
        if cost <= left:
            chosen.append(line)
            left -= cost
        else:
            missed += 1
    while chosen:  # what was counted apart may cost more together
        text = profiled([told(line) for line in chosen])
        if count(text) <= budget:
            return text, chosen
        chosen.pop()
    return "", []
