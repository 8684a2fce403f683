"""Arrays apart from the heap, for what is large and kept for long; and the heap rid of what it holds for nothing.

glibc's heap gives memory back at its end only, so a column that is kept there holds everything below it: a process that
ranked a million messages kept 110 MB of what it had needed for a moment.
"""

from __future__ import annotations

import ctypes
import math
import mmap
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGE = 1 << 18  # bytes from which on an array has memory of its own
_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None


def zeros(shape: int | Sequence[int], kind: Any) -> NDArray[Any]:
    """An array of zeros."""
    dimensions = (shape,) if isinstance(shape, int) else tuple(shape)
    size = math.prod(dimensions) * np.dtype(kind).itemsize
    if size < LARGE:
        return np.zeros(dimensions, kind)
    private = {} if sys.platform == "win32" else {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS}
    return np.frombuffer(mmap.mmap(-1, size, **private), kind).reshape(dimensions)


def given_back() -> None:
    """Give memory of the heap that nobody uses back to the system, where its allocator is glibc's."""
    trim = getattr(_LIBRARY, "malloc_trim", None)
    if trim is not None:
        trim(0)


def taken(values: NDArray[Any], rows: NDArray[np.int32]) -> NDArray[Any]:
    """*values* of these *rows*."""
    out = zeros(len(rows), values.dtype)
    return np.take(values, rows, out=out, mode="clip")  # other modes make a copy first; the rows are there


def joined(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    """*arrays* one behind the other."""
    return np.concatenate(arrays, out=zeros(sum(map(len, arrays)), kind))
