"""Packing: which of the messages found are shown within a budget of tokens. Pure."""

from __future__ import annotations

from collections.abc import Mapping

SHORT, LONGER = 110, 0.7  # tokens up to which a message pays nothing for its length, and how fast it pays beyond


def by_value(scores: Mapping[int, float], costs: Mapping[int, int], budget: int, header: int = 0) -> list[int]:
    """The messages to show within *budget* tokens, in reading order: best score per token first.

    A message above 110 tokens pays for its length with (110 / tokens)^0.7; what does not fit is passed over. A message
    next to none that is shown costs *header* more, because it is a passage of its own.
    """
    order = sorted(scores, key=lambda s: (-scores[s] * _discount(costs[s]), -s))
    chosen: set[int] = set()
    left = budget
    for sequence in order:
        beside = (sequence - 1 in chosen) + (sequence + 1 in chosen)
        cost = costs[sequence] + header * (1 - beside)  # one between two passages makes them one
        if cost <= left:
            chosen.add(sequence)
            left -= cost
    return sorted(chosen)


def _discount(tokens: int) -> float:
    return float(min(1.0, (SHORT / max(tokens, 1)) ** LONGER))
