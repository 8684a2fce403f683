"""One session's vectors in RAM: a cache of what the database keeps. Drop it, and the next question fills it again.

Up to `EXACT` passages every message is scored in float32, by FAISS's product. Above that FAISS nominates the nearest:
flat float16, and IVF where a flat scan of one session takes long. Vectors are stored as float16, so FAISS's own float16
scores are the exact ones. What is not in the database yet may be lent: it is kept beside, and gone with the next
`extend`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tiermem.index.cache import fork_lock
from tiermem.search.ranking.embedder_trust import Nearest, nothing

Vectors: TypeAlias = NDArray[np.float32]
Numbers: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.int64]
Row: TypeAlias = tuple[int, int, bytes]  # message, passage, float16 bytes; in order

EXACT = 50_000  # passages; 512 dimensions take 100 MB and 10 ms a question
FEW = 2_000  # rows that numpy's own loop multiplies in a millisecond
NOMINATED = 2_000  # passages that FAISS names
IVF_ABOVE = 300_000  # a flat scan of fewer 512-dimensional vectors takes less than 30 ms
PROBES = 32
TRAINED_ON = 40  # vectors a list; faiss itself warns below 39. More made the one turn that trains take 15 s
SAMPLED = 32  # of a session above EXACT, each 32nd passage stands for the spread: 1,600 give it within 2 %


class Block:
    """Unit vectors of passages in the order of their messages, with their sum."""

    def __init__(self, dimensions: int) -> None:
        self.sequences: Places = np.zeros(0, np.int64)
        self.matrix: Vectors | None = np.zeros((0, dimensions), np.float32)
        self._room = self.matrix
        self.total: Numbers = np.zeros(dimensions)
        self.single = True  # no message has several passages

    def __len__(self) -> int:
        return len(self.sequences)

    def add(self, rows: Sequence[Row]) -> Vectors:
        """Add rows of messages behind those that are here; returns their unit vectors."""
        units = units_of([value for _, _, value in rows])
        numbers = np.array([row[0] for row in rows], np.int64)
        self.single = self.single and not any(row[1] for row in rows)
        if self.matrix is not None:
            self._append(self.matrix, units)
        self.sequences = np.concatenate([self.sequences, numbers])
        self.total += units.sum(axis=0, dtype=np.float64)
        return units

    def release(self) -> Vectors:
        """Give the matrix away: something else holds the vectors from now on."""
        assert self.matrix is not None  # noqa: S101  # asked once, by whoever takes it over
        rows, self.matrix, self._room = self.matrix, None, np.zeros((0, 0), np.float32)
        return rows

    def _append(self, rows: Vectors, units: Vectors) -> None:
        """Room grows by doubling, so that adding stays linear."""
        count = len(rows) + len(units)
        if count > len(self._room):
            grown = np.zeros((max(count, 2 * len(rows)), units.shape[1]), np.float32)
            grown[: len(rows)] = rows
            self._room = grown
        self._room[len(rows) : count] = units
        self.matrix = self._room[:count]


@dataclass(frozen=True, slots=True)
class _Cosines:
    """Cosines of some passages, with the messages that they are of, in the order of the session."""

    sequences: Places
    values: Numbers


class VectorIndex:
    """The vectors of one session by one embedder. Thread-safe. `through`: messages up to which they are all here."""

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.through = 0
        self.lent_through = 0
        self._lock = fork_lock(self)
        self._stored = Block(dimensions)
        self._lent = Block(dimensions)
        self._faiss: Any = None
        self._sample: list[Vectors] = []

    def __len__(self) -> int:
        return len(self._stored) + len(self._lent)

    @property
    def nbytes(self) -> int:
        """Bytes of RAM, about; faiss keeps float16."""
        held = 4 if self._stored.matrix is not None else 2
        return self.dimensions * (held * len(self._stored) + 4 * len(self._lent)) + 8 * len(self)

    def extend(self, rows: Sequence[Row], through: int) -> None:
        """Add stored vectors of the messages beyond `through`, up to the new *through*; what was lent is dropped."""
        with self._lock:
            if through <= self.through:
                return
            fresh = self._fitting(rows, self.through)
            if fresh:
                self._keep(self._stored.add(fresh))
            self.through = through
            if self.lent_through:
                self._lent = Block(self.dimensions)
            self.lent_through = 0

    def lend(self, rows: Sequence[Row], first: int, through: int) -> None:
        """Add vectors of the messages *first*..*through*, which are not stored yet, if they follow what is here."""
        with self._lock:
            if first != max(self.through, self.lent_through) + 1:
                return
            if fresh := self._fitting(rows, first - 1):
                self._lent.add(fresh)
            self.lent_through = through

    def nearest(self, unit: Vectors, last: int) -> Nearest:
        """Scores of the messages up to *last* for a question as `unit_of` gives it; `waiting` and `degraded` are for
        the caller to add."""
        with self._lock:
            count = len(self)
            if not count or not unit.any():
                return nothing()
            mean = float((self._stored.total + self._lent.total) @ unit) / count
            cosines, spread = self._score(unit, mean)
            single = self._stored.single and self._lent.single
        sequences, scores = (cosines.sequences, cosines.values) if single else _best(cosines)
        if sequences[-1] > last:
            kept = int(np.searchsorted(sequences, last, side="right"))
            sequences, scores = sequences[:kept], scores[:kept]
        return Nearest(sequences, scores, mean, spread)

    def _fitting(self, rows: Sequence[Row], above: int) -> list[Row]:
        """Without what is known, what has another length, and the zero vector, which has no direction."""
        return [row for row in rows if row[0] > above and len(row[2]) == 2 * self.dimensions and row[2].strip(b"\0")]

    def _score(self, unit: Vectors, mean: float) -> tuple[_Cosines, float]:
        """Cosines of all passages, or of the nominated ones, and the standard deviation over the session."""
        lent, stored = self._lent, self._stored
        assert lent.matrix is not None  # noqa: S101  # only what is stored moves to FAISS
        if stored.matrix is not None:
            every, sequences = _cosines(stored.matrix, unit), stored.sequences
            if len(lent):
                every = np.concatenate([every, _cosines(lent.matrix, unit)])
                sequences = np.concatenate([sequences, lent.sequences])
            apart = every - mean
            return _Cosines(sequences, every), math.sqrt(float(apart @ apart) / len(every))
        values = _cosines(lent.matrix, unit)
        scores, places = self._faiss.search(unit[None, :], min(NOMINATED, len(stored)))
        order = np.argsort(places[0], kind="stable")
        order = order[places[0][order] >= 0]
        chosen = places[0][order]
        sampled = np.concatenate([block @ unit for block in self._sample]).astype(np.float64)
        named = _Cosines(
            np.concatenate([stored.sequences[chosen], lent.sequences]),
            np.concatenate([scores[0][order].astype(np.float64), values]),
        )
        return named, float(np.sqrt(np.mean((sampled - mean) ** 2)))

    def _keep(self, units: Vectors) -> None:
        stored = self._stored
        if stored.matrix is not None:
            if len(stored) > EXACT:
                rows = stored.release()
                self._sample = [rows[::SAMPLED].copy()]
                self._build(rows)
            return
        before = len(stored) - len(units)
        self._sample.append(units[-before % SAMPLED :: SAMPLED].copy())
        if self._grown():
            self._build(np.concatenate([self._faiss.reconstruct_n(0, before), units]))
        else:
            self._faiss.add(units)

    def _grown(self) -> bool:
        import faiss

        return len(self._stored) > IVF_ABOVE and not isinstance(self._faiss, faiss.IndexIVF)

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
        self._faiss = index


def _cosines(rows: Vectors, unit: Vectors) -> Numbers:
    """The product of each row with *unit*, in one thread.

    numpy's BLAS takes several for it, and on a busy machine they cost more than the product. By FAISS's kernel it takes
    0.35, 2.9 ms for 10,000 and 50,000 rows of 384 dimensions, and 1.6, 7.7 ms for 1,024; numpy in one thread takes 1.4,
    7.4 and 2.4, 12.6 (faiss 1.15.1, numpy 2.4.6). For a few rows importing FAISS (0.3 s) is not worth it.
    """
    if len(rows) <= FEW:
        products: Numbers = np.einsum("ij,j->i", rows, unit).astype(np.float64)
        return products
    import faiss

    library: Any = faiss  # its types know no kernels
    scores, rows = np.empty(len(rows), np.float32), np.ascontiguousarray(rows)
    pointers = (library.swig_ptr(array) for array in (scores, np.ascontiguousarray(unit), rows))
    library.fvec_inner_products_ny(*pointers, rows.shape[1], len(rows))
    return scores.astype(np.float64)


def unit_of(question: Vectors) -> Vectors:
    """*question* scaled to length 1; zero stays zero."""
    unit: Vectors = _units(np.asarray(question, np.float32)[None, :])[0]
    return unit


def units_of(values: Sequence[bytes]) -> Vectors:
    """Stored vectors, all of one length, as rows of length 1."""
    return _units(np.stack([np.frombuffer(value, dtype="<f2") for value in values]).astype(np.float32))


def _units(rows: Vectors) -> Vectors:
    """Rows scaled to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


def _best(cosines: _Cosines) -> tuple[Places, Numbers]:
    """Each message, once, and the greatest cosine of its passages."""
    starts = _starts(cosines.sequences)
    if not len(starts) or len(starts) == len(cosines.sequences):
        return cosines.sequences, cosines.values
    return cosines.sequences[starts], np.maximum.reduceat(cosines.values, starts)


def nearest_of(sequences: Places, cosines: Numbers, mean: float | None = None, spread: float = 0.0) -> Nearest:
    """How near messages are, of the *cosines* of their passages in order; of all there are, or of some among those with
    this *mean* and *spread*."""
    if not len(cosines):
        return nothing()
    if mean is None:
        mean, spread = float(cosines.mean()), float(cosines.std())
    return Nearest(*_best(_Cosines(sequences, cosines)), mean, spread)


def _starts(numbers: Places) -> Places:
    """Where each run of equal numbers begins."""
    if not len(numbers):
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.concatenate([[True], numbers[1:] != numbers[:-1]])).astype(np.int64)
