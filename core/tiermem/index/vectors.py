"""One session's vectors in RAM: a cache of what the database keeps. Drop it, and the next question fills it again.

Small sessions are searched exactly with numpy, larger ones with FAISS. Vectors are stored as float16, so FAISS's own
float16 scores are the exact ones. IVF starts where a flat scan of one session takes long; its identifiers are its own,
because IDMap2 over IVF aborts the process when ids are removed.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT_BELOW = 2_000
IVF_ABOVE = 300_000  # a flat scan of fewer 512-dimensional vectors takes less than 30 ms
PROBES = 32
TRAINED_ON = 40  # vectors a list; faiss itself warns below 39. More made the one turn that trains take 15 s

Vectors = NDArray[np.float32]


class VectorIndex:
    """Cosine search over the vectors of one session. Thread-safe."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.last = 0
        self._lock = Lock()
        self._sequences: list[int] = []
        self._rows: list[Vectors] = []
        self._matrix: Vectors | None = None
        self._total = np.zeros(dimensions, dtype=np.float64)
        self._faiss: Any = None

    def __len__(self) -> int:
        return len(self._sequences)

    def add(self, sequences: list[int], values: list[bytes]) -> None:
        """Add vectors (float16 bytes) with sequence numbers above `last`; others are known already."""
        with self._lock:
            fresh = [(s, v) for s, v in zip(sequences, values, strict=True) if s > self.last]
            if not fresh:
                return
            rows = np.stack([np.frombuffer(v, dtype="<f2") for _, v in fresh]).astype(np.float32)
            norms = np.linalg.norm(rows, axis=1, keepdims=True)
            rows /= np.where(norms > 0, norms, 1.0)
            self._sequences += [s for s, _ in fresh]
            self._total += rows.sum(axis=0)
            self.last = self._sequences[-1]
            self._keep(rows)

    def search(self, question: Vectors, k: int) -> dict[int, float]:
        """Cosine minus its mean over the session, for the *k* nearest, by sequence number."""
        with self._lock:
            if not self._sequences or not question.any():
                return {}
            unit = (question / np.linalg.norm(question)).astype(np.float32)
            mean = float(self._total @ unit) / len(self._sequences)
            positions, scores = self._nearest(unit, min(k, len(self._sequences)))
            return {self._sequences[p]: float(s) - mean for p, s in zip(positions, scores, strict=True) if p >= 0}

    def _keep(self, rows: Vectors) -> None:
        if self._faiss is None and len(self._sequences) < EXACT_BELOW:
            self._rows.append(rows)
            self._matrix = None
        elif self._faiss is None:
            self._build(np.concatenate([*self._rows, rows]))
        elif not self._grown():
            self._faiss.add(rows)
        else:
            self._build(np.concatenate([self._stored(), rows]))

    def _grown(self) -> bool:
        import faiss

        return len(self._sequences) > IVF_ABOVE and not isinstance(self._faiss, faiss.IndexIVF)

    def _stored(self) -> Vectors:
        count = self._faiss.ntotal
        rows: Vectors = self._faiss.reconstruct_n(0, count)
        return rows

    def _build(self, rows: Vectors) -> None:
        import faiss

        faiss.omp_set_num_threads(1)  # two threads on a busy machine made a 0.5 ms search take 10 to 27 ms
        lists = int(math.sqrt(len(rows)))
        if len(rows) > IVF_ABOVE:
            flat = faiss.IndexFlatIP(self.dimensions)
            index: Any = faiss.IndexIVFScalarQuantizer(
                flat, self.dimensions, lists, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
            index.nprobe = PROBES
            self._quantizer = flat  # faiss keeps a bare pointer to it
        else:
            index = faiss.IndexScalarQuantizer(
                self.dimensions, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
            )
        index.train(rows[:: max(1, len(rows) // (TRAINED_ON * lists))])
        index.add(rows)
        self._faiss, self._rows, self._matrix = index, [], None

    def _nearest(self, unit: Vectors, k: int) -> tuple[list[int], list[float]]:
        if self._faiss is not None:
            scores, positions = self._faiss.search(unit[None, :], k)
            return positions[0].tolist(), scores[0].tolist()
        if self._matrix is None:
            self._matrix = np.concatenate(self._rows)
        scores = self._matrix @ unit
        best = np.argsort(-scores, kind="stable")[:k]
        return best.tolist(), scores[best].tolist()
