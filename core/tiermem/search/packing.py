"""Which of the hits are shown within a budget of tokens, by score per token, for a recalled block. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Tokens up to which a message pays nothing for its length (at least, and as a part of the budget), and how fast it pays
# beyond: all evidence of BEAM and LoCoMo fits best here, on wide plateaus.
SHORT, PART, LONGER = 80, 32, 0.85


def by_value(
    scores: Mapping[int, float],
    costs: Mapping[int, int],
    budget: int,
    header: int = 0,
    longer: Mapping[int, int] = MappingProxyType({}),
) -> list[int]:
    """The messages to show within *budget* tokens, in reading order: best score per token first.

    A message above 80 tokens (above 1/32 of a large budget) pays for its length with (80 / tokens)^0.85; what does not
    fit is passed over. A message next to none that is shown costs *header* more, and what *longer* says: it is a
    passage of its own.
    """
    short = max(SHORT, budget / PART)
    order = [(-score * _discount(costs[s], short) if costs[s] > short else -score, -s) for s, score in scores.items()]
    order.sort()
    chosen: set[int] = set()
    left = budget
    for _, negative in order:
        sequence = -negative
        beside = (sequence - 1 in chosen) + (sequence + 1 in chosen)
        head = header + longer.get(sequence, 0) if longer else header
        cost = costs[sequence] + head * (1 - beside)  # one between two passages makes them one
        if cost <= left:
            chosen.add(sequence)
            left -= cost
    return sorted(chosen)


def _discount(tokens: int, short: float) -> float:
    return float((short / tokens) ** LONGER)
