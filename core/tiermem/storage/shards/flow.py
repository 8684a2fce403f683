"""Whose rows a flow means, from one of its transactions to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class MeantUser:
    """The number of the user who was named last; None: everybody's rows are meant."""

    __slots__ = ("shard",)

    def __init__(self) -> None:
        self.shard: int | None = None


_running: ContextVar[MeantUser | None] = ContextVar("tiermem_whose", default=None)


@contextmanager
def flow(said: MeantUser | None = None) -> Iterator[None]:
    """A flow of its own, for what it says of whose rows it means is nothing to the one that started it; or one that has
    *said* something already, in another thread."""
    token = _running.set(MeantUser() if said is None else said)
    try:
        yield
    finally:
        _running.reset(token)


def running() -> MeantUser | None:
    """What the flow that runs here has said; None outside of one."""
    return _running.get()
