"""What counts: which share of the messages that answer a question stands whole in a context of so many tokens.

Rule 1: tokens are counted here (cl100k), and what is above the budget is cut off before anything is looked for.
Rule 2: a message counts when its whole text stands in the context, runs of white space aside; a part of it is nothing.
Rule 3: a mean is over questions, not over conversations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from statistics import fmean
from typing import Final

from tiermem.evaluation.talks import Probe, ProbedTalk, folded
from tiermem.providers.tokenizers import Counter, encoding_counter
from tiermem.text.analyzer import terms

ENCODING: Final = "cl100k_base"
ALIKE: Final = 0.8  # of a sentence's words that stand in one line, where a summary puts it otherwise


@dataclass(frozen=True)
class Scored:
    """One question at one budget: share of its evidence, tokens of the context, and what went wrong."""

    conversation: str
    question: str
    category: str
    budget: int
    recall: float
    tokens: int
    overspent: bool
    failed: bool
    milliseconds: float


@dataclass(frozen=True)
class Means:
    """Means over questions at one budget: shares from 0 to 1, tokens, milliseconds."""

    questions: int
    recall: float
    complete: float
    tokens: float
    overspent: float
    failed: int
    p50: float
    p95: float


@cache
def _counter() -> Counter:
    return encoding_counter(ENCODING)


@lru_cache(maxsize=100_000)
def tokens(text: str) -> int:
    """cl100k tokens of *text*."""
    return _counter()(text)


def clipped(text: str, budget: int) -> tuple[str, int]:
    """The longest beginning of *text*, to a character, that is no longer than *budget* tokens, and its tokens."""
    used = tokens(text)
    if used <= budget:
        return text, used
    # A longer beginning hardly ever has fewer tokens, and where it has, the shorter one is taken: never too much.
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens(text[:middle]) <= budget else (low, middle - 1)
    return text[:low], tokens(text[:low])


def share(talk: ProbedTalk, question: Probe, context: str) -> float:
    """Share of the evidence of *question* that stands whole in *context*.

    Raises:
        ValueError: the question has no evidence.
    """
    if not question.evidence:
        raise ValueError(f"{question.id} has no evidence to look for")
    shown = folded(context)
    return fmean(any(form in shown for form in talk.wanted[ident]) for ident in question.evidence)


def curve(rows: Iterable[Scored]) -> dict[int, Means]:
    """The means by budget, smallest budget first."""
    groups: dict[int, list[Scored]] = {}
    for one in rows:
        groups.setdefault(one.budget, []).append(one)
    return {budget: _means(groups[budget]) for budget in sorted(groups)}


def _means(rows: Sequence[Scored]) -> Means:
    spent = [one.milliseconds for one in rows]
    return Means(
        len(rows),
        fmean(one.recall for one in rows),
        fmean(one.recall == 1 for one in rows),
        fmean(one.tokens for one in rows),
        fmean(one.overspent for one in rows),
        sum(one.failed for one in rows),
        percentile(spent, 0.50),
        percentile(spent, 0.95),
    )


def by_category(rows: Iterable[Scored]) -> dict[str, dict[int, Means]]:
    """The curve of each category."""
    groups: dict[str, list[Scored]] = {}
    for one in rows:
        groups.setdefault(one.category, []).append(one)
    return {name: curve(groups[name]) for name in sorted(groups)}


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least *part* of the values do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, -int(-part * len(values) // 1) - 1)]


def in_common(earlier: str, later: str) -> int:
    """How many characters both begin with."""
    low, high = 0, min(len(earlier), len(later))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if earlier[:middle] == later[:middle] else (low, middle - 1)
    return low


class Look:
    """A context that sentences are looked for in: word for word, or a line that has most of their words."""

    def __init__(self, text: str) -> None:
        self._folded = folded(text)
        self._lines = [set(terms(one)) for one in text.splitlines()]

    def has(self, sentence: str) -> bool:
        """Whether it says *sentence*."""
        if folded(sentence) in self._folded:
            return True
        wanted = set(terms(sentence))
        return any(len(wanted & one) >= ALIKE * len(wanted) for one in self._lines)
