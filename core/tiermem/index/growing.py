"""An array that grows at its end, by doubling: adding is linear, and what was handed out before stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Growing:
    """Values of one kind, in the order in which they were added."""

    def __init__(self, kind: type[np.generic], width: int = 0, zeros: Callable[..., NDArray[Any]] = np.zeros) -> None:
        self._zeros = zeros
        self._room: NDArray[Any] = np.zeros((0, width) if width else 0, kind)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def values(self) -> NDArray[Any]:
        """All of them; a later `add` does not change it."""
        return self._room[: self._count]

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, room to grow included."""
        return self._room.nbytes

    def reserve(self, count: int) -> None:
        """Have room for so many values more, and no more than that."""
        if self._count + count > len(self._room):
            self._resize(self._count + count)

    def add(self, more: NDArray[Any]) -> None:
        """Put *more* behind what is here."""
        count = self._count + len(more)
        if count > len(self._room):
            self._resize(max(count, 3 * self._count // 2))
        self._room[self._count : count] = more
        self._count = count

    def _resize(self, count: int) -> None:
        room = self._zeros((count, *self._room.shape[1:]), self._room.dtype)
        room[: self._count] = self.values
        self._room = room
