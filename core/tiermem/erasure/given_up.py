"""What imports put aside that came to no end is removed, a batch a transaction."""

from __future__ import annotations

from functools import partial

from tiermem.flows.effects import Flow, Read, Transact
from tiermem.storage.exported import staging


def finish() -> Flow[int]:
    """Remove what imports put aside that came to no end; how many there were."""
    numbers: list[int] = yield Read(staging.left)
    for number in numbers:
        yield from removed(number)
    return len(numbers)


def removed(number: int) -> Flow[None]:
    """Remove what the import *number* put aside."""
    while (yield Transact(partial(staging.purge_some, number=number))):
        pass
