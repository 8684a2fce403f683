"""Notes of all kinds as one quoted block within a budget. Pure.

Rule 1: no more tokens than the budget by the counter that is given; "" where not even one note fits.
Rule 2: the first ones first; one that does not fit is left out, and shorter ones behind it may come in.
"""

from __future__ import annotations

from collections.abc import Sequence

from tiermem.notes.kinds import AnyNote
from tiermem.notes.wording import brief
from tiermem.text.clipping import Count
from tiermem.window.quotation import noted

MISSES = 30  # notes that do not fit, after which nobody looks for shorter ones


def fitted(notes: Sequence[AnyNote], budget: int, count: Count) -> str:
    """The block of those of *notes* that *budget* tokens hold, in their order."""
    chosen: list[AnyNote] = []
    left, missed = budget - count(noted(())), 0
    for note in notes:
        if left <= 0 or missed == MISSES:
            break
        cost = count(f"[{note.ref}, {note.kind}] {brief(note)}\n")
        if cost <= left:
            chosen.append(note)
            left -= cost
        else:
            missed += 1
    while chosen:  # what was counted apart may cost more together
        text = noted([(note.ref, note.kind, brief(note)) for note in chosen])
        if count(text) <= budget:
            return text
        chosen.pop()
    return ""
