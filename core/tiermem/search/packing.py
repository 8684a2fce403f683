"""Which of the hits are shown within a budget of tokens, by score per token, for a recalled block. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# A message pays nothing for its length up to as many tokens as a short one of those found has (the tenth part of them
# has fewer), times `TIMES`, within these bounds, or up to a part of the budget: what is long in a meeting is short in
# work with an assistant. `LONGER` is how fast it pays beyond.
TENTH, TIMES, SHORTEST, SHORT, PART, LONGER = 10, 4, 30, 100, 48, 0.8


def by_value(scores: Mapping[int, float], costs: Mapping[int, int], budget: int) -> list[int]:
    """The messages, best score per token first: one above some number of tokens (`_short`) pays for its length with
    (that number / tokens)^0.8."""
    short = _short(costs, budget)
    order = [(-score * _discount(costs[s], short) if costs[s] > short else -score, -s) for s, score in scores.items()]
    order.sort()
    return [-negative for _, negative in order]


def _short(costs: Mapping[int, int], budget: int) -> float:
    """Tokens up to which a message of these *costs* pays nothing for its length."""
    small = sorted(costs.values())[len(costs) // TENTH] if costs else SHORT
    return max(budget / PART, min(SHORT, max(SHORTEST, TIMES * small)))


def _discount(tokens: int, short: float) -> float:
    return float((short / tokens) ** LONGER)


@dataclass(frozen=True, slots=True)
class Headers:
    """What is said beside messages: *passage* tokens before one that stands next to none, and what *longer* says of it;
    *day* tokens before the first of a day, by `days`."""

    passage: int = 0
    longer: Mapping[int, int] = field(default_factory=dict)
    day: int = 0
    days: Mapping[int, int] = field(default_factory=dict)


def fitting(order: Sequence[int], costs: Mapping[int, int], budget: int, headers: Headers) -> set[int]:
    """The messages to show within *budget* tokens, taken in *order*; what does not fit is passed over."""
    chosen: set[int] = set()
    told: set[int | None] = set()
    left, longer, days = budget, headers.longer, headers.days
    for sequence in order:
        cost = costs[sequence]
        if cost > left + headers.passage:
            continue
        beside = (sequence - 1 in chosen) + (sequence + 1 in chosen)
        head = headers.passage + longer.get(sequence, 0) if longer else headers.passage
        cost += head * (1 - beside)  # one between two passages makes them one
        day = days.get(sequence)
        if day is not None and told and day not in told:  # the first day is part of what any block costs
            cost += headers.day
        if cost <= left:
            chosen.add(sequence)
            told.add(day)
            left -= cost
    return chosen
