"""One checkout: look at what the customer bought before, then ask the gateway for the money."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise

from . import gateway, repository
from .pool import ConnectionPool
from .settings import Settings


@dataclass(frozen=True)
class Receipt:
    """What one checkout took, in milliseconds."""

    wait_ms: float
    query_ms: float
    gateway_ms: float


def place_order(pool: ConnectionPool, settings: Settings, address: gateway.Address, email: str) -> Receipt:
    """Check out the cart of a customer; raises PoolTimeout when no connection is free in time."""
    times = [time.perf_counter()]
    with pool.connection() as connection:
        times.append(time.perf_counter())
        history = repository.order_history(connection, email, settings.history_length)
        lines = repository.order_lines(connection, [int(str(row[0])) for row in history])
        times.append(time.perf_counter())
        gateway.authorise(address, sum(float(str(line[2])) for line in lines))
        times.append(time.perf_counter())
    wait, query, money = (1000 * (after - before) for before, after in pairwise(times))
    return Receipt(wait, query, money)
