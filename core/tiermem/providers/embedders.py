"""Embedders: the built-in lexical one, and the door for those of LangChain, LlamaIndex or the caller.

Rule 1: vectors of two names are never compared; a name says algorithm or class, model and, where it is ours, size.
Rule 2: what comes from foreign code is checked (how many, how long, finite) before anything is done with it.
Rule 3: no framework is imported; an embedder is known by its methods.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache, partial
from typing import Any, Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tiermem.errors import EmbeddingMismatch, InvalidSettings, brief_repr
from tiermem.providers.local import LocalEmbedder
from tiermem.providers.minilm import MiniLMEmbedder
from tiermem.text.analyzer import analyser, features

Vectors = NDArray[np.float32]

# Measured on 600 texts of 30 English words, queries of 4 of their words, right text first, for weights
# 0 / 0.3 / 0.5 / 1: words as written 0.92 / 0.95 / 0.94 / 0.91, half of them misspelt 0.30 / 0.43 / 0.51 / 0.56.
_PIECE_WEIGHT = 0.5

# Share of the evidence found by these vectors alone within 512 to 4,096 tokens, mean of five sets of conversations in
# English and Chinese, for 512 / 1024 / 2048 dimensions: 75.2 / 77.3 / 78.5 %; with BM25 beside them 81.0 / 81.7 / 81.8.
# Tried and left out, at 512: two hashes a feature (72.2), counting each feature once (73.6), pieces without weight
# (74.2), less weight for short words (74.7); at 1024: less for the 150 commonest words of both languages (77.4).
DIMENSIONS = 1024


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors of one length. `dimensions` is None until the first vector was seen."""

    @property
    def name(self) -> str:
        """Identifies the vector space; stored beside every vector."""

    @property
    def dimensions(self) -> int | None:
        """Length of a vector."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (texts, dimensions), row i for text i."""

    def embed_query(self, text: str) -> Vectors:
        """float32 array of shape (dimensions,)."""


class HashEmbedder:
    """Lexical vectors without a model: words, Chinese character pairs and word pieces hashed into `dimensions`.

    It finds the same and similarly spelt words, in English and Chinese; it knows nothing of meaning. For messages it is
    only the sign that there is no model: they get no vectors, the word index says the same
    (`search.ranking.likeness`). Each feature
    adds (1 + ln count) with a sign to one coordinate (signed feature hashing, Weinberger et al. 2009), and the
    vector is scaled to length 1. A text without a word gives the zero vector.
    """

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        if isinstance(dimensions, bool) or not isinstance(dimensions, int) or not 1 <= dimensions <= 65_536:
            raise InvalidSettings(f"dimensions must be an integer from 1 to 65536, not {brief_repr(dimensions)}")
        self.dimensions = dimensions
        self.name = f"tiermem-hash-1/{analyser()}/{dimensions}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (texts, dimensions); rows have length 1 or 0."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self.embed_query(text)
        return vectors

    def embed_query(self, text: str) -> Vectors:
        """float32 array of shape (dimensions,)."""
        counts = Counter(features(text))
        if not counts:
            return np.zeros(self.dimensions, dtype=np.float32)
        hashes = np.fromiter(map(_hash, counts), dtype=np.uint32, count=len(counts))
        weights = np.fromiter((_weight(f, n) for f, n in counts.items()), dtype=np.float64, count=len(counts))
        signed = np.where(hashes >> 31, weights, -weights)
        vector = np.bincount(hashes % self.dimensions, weights=signed, minlength=self.dimensions)
        length = float(np.linalg.norm(vector))
        # Opposite signs can cancel out exactly: then there is no direction, as with no feature.
        return np.asarray(vector / length if length > 0 else vector, dtype=np.float32)


@lru_cache(maxsize=65_536)
def _hash(feature: str) -> int:
    return zlib.crc32(feature.encode())


def _weight(feature: str, count: int) -> float:
    return (1 + math.log(count)) * (_PIECE_WEIGHT if feature[0] == "#" else 1.0)


class CheckedEmbedder:
    """A foreign embedder whose answers are checked. Errors it raises pass through unchanged.

    Raises:
        EmbeddingMismatch: not one vector a text, vectors of different lengths (also between calls), or values
            that are not finite numbers.
    """

    def __init__(self, name: str, many: Callable[[list[str]], Any], one: Callable[[str], Any] | None = None) -> None:
        self.name = name
        self.dimensions: int | None = None
        self._many = many
        self._one = one

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 array of shape (texts, dimensions). No text, no call."""
        if not texts:
            return np.zeros((0, self.dimensions or 0), dtype=np.float32)
        return self._checked(self._many(list(texts)), len(texts))

    def embed_query(self, text: str) -> Vectors:
        """float32 array of shape (dimensions,); by the embedder's own query method if it has one."""
        if self._one is None:
            return _first(self.embed([text]))
        answer = self._one(text)
        return _first(self._checked(answer if _is_awaitable(answer) else [answer], 1))

    def _checked(self, answer: Any, wanted: int) -> Vectors:
        if _is_awaitable(answer):
            raise EmbeddingMismatch(f"{self.name} is asynchronous; give a synchronous embedder")
        rows = as_rows(answer, wanted, self.name, self.dimensions)
        self.dimensions = len(rows[0])
        return rows


def as_rows(answer: Any, wanted: int, name: str, size: int | None = None) -> Vectors:
    """*answer* of the embedder *name* as a float32 array of shape (wanted, size).

    Raises:
        EmbeddingMismatch: it is not *wanted* vectors of one length, of *size* where that is given, or not finite.
    """
    rows = [_row(vector, name) for vector in _listed(answer, name)]
    if len(rows) != wanted:
        raise EmbeddingMismatch(f"{name} returned {len(rows)} vectors for {wanted} texts")
    sizes = {len(row) for row in rows} | ({size} if size else set())
    if len(sizes) != 1 or 0 in sizes:
        raise EmbeddingMismatch(f"{name} returned vectors of lengths {sorted(sizes)}; one length is needed")
    return np.stack(rows)


def _first(vectors: Vectors) -> Vectors:
    row: Vectors = vectors[0]
    return row


def _is_awaitable(answer: Any) -> bool:
    if not isinstance(answer, Awaitable):
        return False
    if callable(close := getattr(answer, "close", None)):
        close()  # or Python warns of a coroutine that was never awaited
    return True


def _listed(answer: Any, name: str) -> list[Any]:
    try:
        return list(answer)
    except TypeError:
        raise EmbeddingMismatch(f"{name} returned a {type(answer).__name__}, not a list of vectors") from None


def _row(vector: Any, name: str) -> Vectors:
    try:
        with np.errstate(over="ignore"):  # too large for float32 becomes infinite and is refused below
            row = np.asarray(vector, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise EmbeddingMismatch(f"{name} returned a vector that is not numbers ({type(error).__name__})") from None
    if row.ndim != 1:
        raise EmbeddingMismatch(f"{name} returned a vector with {row.ndim} axes; one is needed")
    if not np.isfinite(row).all():
        raise EmbeddingMismatch(f"{name} returned a vector with values that are not finite")
    return row


NAMED: Final[dict[str, type[LocalEmbedder | MiniLMEmbedder]]] = {"local": LocalEmbedder, "minilm": MiniLMEmbedder}


def as_embedder(given: Any = None) -> Embedder:
    """The embedder meant by `given`.

    Args:
        given: None (the built-in `HashEmbedder`), "local" (`providers.local.LocalEmbedder`), "minilm"
            (`providers.minilm.MiniLMEmbedder`), an `Embedder`, a LangChain embedding (``embed_documents`` and
            ``embed_query``), a LlamaIndex embedding (``get_text_embedding_batch`` and ``get_query_embedding``), or a
            function from a list of texts to as many vectors.

    Raises:
        InvalidSettings: `given` is none of these, or one that has a name and its extra is not installed.
    """
    if given is None:
        return HashEmbedder()
    if isinstance(given, str) and given in NAMED:
        return NAMED[given]()
    if isinstance(given, (HashEmbedder, CheckedEmbedder, LocalEmbedder, MiniLMEmbedder)):
        return given
    for many, single in (("embed_documents", "embed_query"), ("get_text_embedding_batch", "get_query_embedding")):
        if callable(getattr(given, many, None)) and callable(getattr(given, single, None)):
            return CheckedEmbedder(name_of(given), getattr(given, many), getattr(given, single))
    if isinstance(given, Embedder):
        return CheckedEmbedder(given.name, given.embed, given.embed_query)
    if callable(given) and not isinstance(given, type):
        return CheckedEmbedder(name_of(given), given)
    if isinstance(given, str):
        raise InvalidSettings(f'embedders that have a name are "local" and "minilm", not {brief_repr(given)}')
    raise InvalidSettings(f"an embedder has a method that embeds, or is a function; {type(given).__name__} is neither")


def name_of(given: Any) -> str:
    """Module, qualified name and model, the same in every process: never an address."""
    while isinstance(given, partial):
        given = given.func
    named = given if hasattr(given, "__qualname__") else type(given)
    models = (getattr(given, attribute, None) for attribute in ("model", "model_name"))
    model = next((m for m in models if isinstance(m, str) and m), None)
    return ":".join(filter(None, (f"{named.__module__}.{named.__qualname__}", model)))
