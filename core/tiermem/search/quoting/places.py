"""A number for each hit, in reading order: only what stands beside each other in one conversation has consecutive ones.

What is chosen, joined to passages or compared goes by these numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tiermem.records import Hit
from tiermem.times.nearness import wall_clock

APART = 1 << 40  # places of a conversation: more than it has messages


def places(hits: Sequence[Hit]) -> list[int]:
    """The place of each of *hits*: its number; of other sessions before those, by when what was found there begins; of
    chunks behind them, apart because no two of them share a header."""
    if all(hit.home and not hit.source for hit in hits):
        return [hit.message.sequence for hit in hits]
    offsets = _offsets(hits)
    return [
        APART + 2 * hit.message.sequence
        if hit.source
        else hit.message.sequence + (0 if hit.home else offsets[hit.session])
        for hit in hits
    ]


def _offsets(hits: Sequence[Hit]) -> dict[str, int]:
    began: dict[str, float] = {}
    for hit in hits:
        if not hit.home:
            said = wall_clock(hit.message.when)
            began[hit.session] = min(began.get(hit.session, math.inf), said if math.isfinite(said) else -math.inf)
    order = sorted(began, key=lambda session: (began[session], session))
    return {session: (number - len(order)) * APART for number, session in enumerate(order)}
