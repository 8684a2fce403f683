"""Small conversations as ranking sees them, by the index that applications have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tiermem.index.segment import segment
from tiermem.index.user import Choice, UserIndex
from tiermem.search.query import Question
from tiermem.search.ranking.field import Field
from tiermem.search.ranking.matching import planned
from tiermem.search.ranking.scoring import Signals, chosen, reaches, scored
from tiermem.settings import Weights
from tiermem.text.dialogue import Spoken

LEAST = 0.05
DEFAULT = Weights()


@dataclass(frozen=True)
class Made:
    """A conversation in an index of its own."""

    index: UserIndex
    field: Field

    def asked(self, question: Question | Sequence[str], weights: Weights = DEFAULT, **known: object) -> Signals:
        """*question*, looked up; *known* are the other fields of `Signals`."""
        if not isinstance(question, Question):
            question = Question(" ".join(question), dict.fromkeys(question, 1.0))
        plan = planned(question, weights.related)
        return Signals(question, plan, self.index.standing(self.field, plan.words), **known)  # type: ignore[arg-type]

    def near(self, values: dict[int, float]) -> np.ndarray:
        """Vectors' nearness by number of message."""
        near = np.zeros(len(self.field), np.float32)
        for number, value in values.items():
            near[number - 1] = value
        return near

    def rank(
        self, signals: Signals, limit: int = 100, without: frozenset[int] = frozenset()
    ) -> list[tuple[int, float, dict[str, float]]]:
        """(number, score, parts) of the best messages."""
        out = np.array([place + 1 in without for place in range(len(self.field))], dtype=bool)
        scores = scored(self.field, signals, DEFAULT)
        best = chosen(scores, out, limit, LEAST / 4) if reaches(scores, out, LEAST) else []
        return [(place + 1, score, parts) for place, score, parts in best]


def made(
    texts: Sequence[str],
    said: Sequence[float] | None = None,
    speakers: Sequence[str] | None = None,
    roles: Sequence[str] | None = None,
    fresh: Sequence[float] | None = None,
) -> Made:
    """*texts* as one conversation, their words as they stand; all of equal freshness unless *fresh* says otherwise."""
    count = len(texts)
    entries = zip(said or [math.nan] * count, speakers or [""] * count, texts, roles or [""] * count, strict=True)
    spoken = [
        Spoken(number, when, name, text.split(), role) for number, (when, name, text, role) in enumerate(entries, 1)
    ]
    part = replace(segment(spoken), fresh=np.array(fresh or [0.0] * count, np.float32))
    index = UserIndex()
    index.add([(1, part)])
    return Made(index, index.field([Choice(1, count)]))
