"""What was dropped as an answer for a model: one quoted block within a number of tokens, a line for each message."""

from __future__ import annotations

from collections.abc import Sequence

from tiermem.dropped.record import Dropped
from tiermem.text.clipping import Count
from tiermem.text.sanitizing import one_line
from tiermem.window.quotation import CLOSE, OPEN, label, safe

_LEFT = "nothing of it is in view"


def told(found: Sequence[Dropped], budget: int, count: Count) -> str:
    """The first of *found* that fit into *budget* tokens; words that say so where nothing was dropped."""
    if not found:
        return "Nothing was taken out of view."
    lines: list[str] = []
    for one in found:
        if lines and count(_block([*lines, _line(one)])) > budget:
            break
        lines.append(_line(one))
    return _block(lines)


def _line(one: Dropped) -> str:
    kinds = f" ({', '.join(one.kinds)})" if one.kinds else ""
    kept = "stands in every context" if one.pinned else " · ".join(map(one_line, one.kept)) or _LEFT
    return f"[{one.ref}]{kinds} {label(one.role)}: {safe(one.line)} → {safe(kept)}"


def _block(lines: Sequence[str]) -> str:
    opening = f'{OPEN[:-1]} dropped="{len(lines)}" next="expand_memory(ref) shows one in full">'
    return "\n".join([opening, *lines, CLOSE])
