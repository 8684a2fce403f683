"""The built-in table of related English words, read from the package once and kept."""

from __future__ import annotations

import io
from functools import lru_cache
from importlib import resources

import numpy as np

from tiermem.text.synonyms import Related


@lru_cache(maxsize=1)
def related_words() -> Related:
    """The table (some 20 ms the first time).

    Raises:
        OSError, ValueError, KeyError: the package's file is missing or damaged.
    """
    packed = (resources.files(__package__) / "related.npz").read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as table:
        words = tuple(table["words"].tobytes().decode().split("\n"))
        return Related(words, table["starts"], table["others"], table["cosines"])
