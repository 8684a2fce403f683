"""Related words: which other words mean nearly the same as one of a question's, and how nearly. Pure.

The built-in table says it of English (`benchmarks/packing/related_words.py` made it, from distances between word
vectors); `synonyms` of Chinese, of spellings, and of what the caller adds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tiermem.text.synonyms import Synonyms

Others: TypeAlias = Mapping[str, Mapping[str, float]]

FAR = 0.30  # the cosine at which a related word counts nothing; at 1 it would count like the word itself


@dataclass(frozen=True, slots=True)
class Related:
    """The built-in table: row i of `words` is related to words[others[starts[i]:starts[i + 1]]], nearest first."""

    words: tuple[str, ...]
    starts: NDArray[np.uint32]
    others: NDArray[np.uint16]
    cosines: NDArray[np.uint8]  # times 255
    rows: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", {word: row for row, word in enumerate(self.words)})

    def to(self, term: str) -> dict[str, float]:
        """Other index terms and their weight (0 to 1), nearest first; none for a term that is not in the table."""
        row = self.rows.get(term)
        if row is None:
            return {}
        low, high = int(self.starts[row]), int(self.starts[row + 1])
        pairs = zip(self.others[low:high].tolist(), self.cosines[low:high].tolist(), strict=True)
        return {self.words[o]: w for o, c in pairs if (w := (c / 255 - FAR) / (1 - FAR)) > 0}


def expand(terms: Iterable[str], text: str, related: Related | None, synonyms: Synonyms | None) -> Others:
    """For each of a question's *terms*: other index terms and their weight, from both tables, the larger one counting.

    A question's own terms are never among the others: they count for themselves.
    """
    asked = list(terms)
    own = set(asked)
    written = synonyms.expand(asked, text) if synonyms else {}
    expanded: dict[str, dict[str, float]] = {}
    for term in asked:
        others = {o: w for o, w in (related.to(term) if related else {}).items() if o not in own}
        for other, weight in written.get(term, {}).items():
            others[other] = max(others.get(other, 0.0), weight)
        if others:
            expanded[term] = others
    return expanded
