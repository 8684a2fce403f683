"""What threads of this process are at, so that no two do the same."""

from __future__ import annotations

import os
import weakref
from typing import Any, TypeVar

T = TypeVar("T")
_every: list[weakref.ref[UnderWay[Any]]] = []


class UnderWay(set[T]):
    """A set of what is being done; a forked child, in which the threads that do it do not run, begins with none."""

    def __init__(self) -> None:
        super().__init__()
        _every.append(weakref.ref(self, _every.remove))


def _forget() -> None:
    for one in _every.copy():
        if (known := one()) is not None:
            known.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
