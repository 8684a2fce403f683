"""Which of several lines stand where there is no room for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from tiermem.facts.rules.record import KINDS

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def chosen(kinds: Sequence[str], tokens: Sequence[int], room: int) -> list[int]:
    """The places of those lines, in order, that fit *room* together: constraints and wishes before deadlines, tasks and
    questions, of each the newest first; what is too long leaves its place to others."""
    left, kept = room, list[int]()
    for place in sorted(range(len(kinds)), key=lambda place: (_RANK.get(kinds[place], len(_RANK)), -place)):
        if tokens[place] <= left:
            left -= tokens[place]
            kept.append(place)
    return sorted(kept)
