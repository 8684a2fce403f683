"""When requests come and what they are: an open loop, in which nobody waits for the answer to the one before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

# Of one turn: the user's message and the answer are added, a context is made for it; one turn in five searches too.
MIX = {"add": 2.0, "context": 1.0, "search": 0.2}
REQUESTS_A_TURN = sum(MIX.values())


class Arrival(NamedTuple):
    """A request: seconds after the beginning, verb, number of the user."""

    at: float
    verb: str
    user: int


def arrivals(rate: float, seconds: float, users: int, seed: str) -> Iterator[Arrival]:
    """Poisson arrivals, *rate* a second, of users drawn by lot."""
    chance, at = random.Random(seed), 0.0
    while (at := at + chance.expovariate(rate)) < seconds:
        yield Arrival(at, chance.choices([*MIX], [*MIX.values()])[0], chance.randrange(users))
