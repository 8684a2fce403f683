"""What measured costs mean for many users: arithmetic on stated assumptions, not a measurement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.load.arrivals import REQUESTS_A_TURN
from benchmarks.load.curves import SERVED, Point

TURNS_A_DAY = 20.0  # of a user
PEAK = 4.0  # times the mean of a day, in its busiest hour
BUSY = 0.5  # share of a core that is used at the peak, so that queues stay short
PER_MESSAGE = 1.0  # kB in the database of a message, its words and what is derived of both: of the million's files


class Need(NamedTuple):
    """What so many users need at their peak."""

    users: int
    mean: float
    peak: float
    ours: int
    server: float
    year: float


def needed(users: int, point: Point, kilobytes: float) -> Need:
    """Requests a second; cores of ours and of the server, by the CPU of *point*; GB that a year adds."""
    mean = users * TURNS_A_DAY * REQUESTS_A_TURN / 86_400
    peak = mean * PEAK
    ours = max(1, math.ceil(peak * point.ours / 1_000 / BUSY))
    server = peak * point.server / 1_000 / BUSY
    return Need(users, mean, peak, ours, server, users * TURNS_A_DAY * 2 * 365 * kilobytes / 1e6)


def best(points: Sequence[Point]) -> Point | None:
    """The highest load at which users were served well."""
    served = [one for one in points if one.p99 <= SERVED and not one.broken]
    return max(served, key=lambda one: one.offered, default=None)
