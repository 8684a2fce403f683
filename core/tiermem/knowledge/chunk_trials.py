"""Choosing a chunk size by what it does: how much evidence a prompt of few tokens shows with it.

For each size the documents are cut, the chunks ranked for each question by the words they share with it, and read from
the best one on. A phrase that is shown after t of the budget's T tokens is worth 1 - t/T; one that is cut in two, or
not shown within the budget, nothing. The mean over all phrases is the share of the evidence shown, averaged over all
prompts of 0 to T tokens: evidence per token, and not for one prompt only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tiermem.errors import InvalidSettings
from tiermem.search.ranking.bm25 import idf, norms, value
from tiermem.text.analyzer import query_terms, terms
from tiermem.text.splitter import OVERLAP, SIZE, cut
from tiermem.tokens.estimate import estimate

SIZES = (300, 500, 800, 1000, 1500, 2000)  # characters; 1000 is the default of SPEC E
BUDGET = 2_000  # tokens of a prompt that documents may fill


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one chunk size did: `value` (0 to 1) as above, the share of phrases shown at all, and the mean number of
    tokens read until one was."""

    size: int
    overlap: int
    value: float
    found: float
    tokens: float


def trials(
    documents: Sequence[str],
    questions: Mapping[str, Sequence[str]],
    *,
    sizes: Sequence[int] = SIZES,
    budget: int = BUDGET,
    count: Callable[[str], int] = estimate,
) -> list[Trial]:
    """Each of *sizes* tried on *documents*, the best one first; of equals, the smaller one.

    Args:
        documents: texts like those that will be added; some 20 are enough.
        questions: for each question, the phrases of the documents that answer it.
        sizes: characters a chunk; the overlap is a fifth, as 200 is of 1,000.
        budget: tokens of a prompt that documents may fill.
        count: tokens of a text.

    Raises:
        InvalidSettings: there is nothing to measure by, or a phrase stands in none of the documents.
    """
    _check(documents, questions, sizes, budget)
    tried = [_trial(documents, questions, size, budget, count) for size in sizes]
    return sorted(tried, key=lambda trial: (-trial.value, trial.size))


def _check(documents: Sequence[str], questions: Mapping[str, Sequence[str]], sizes: Sequence[int], budget: int) -> None:
    if not sizes or budget < 1 or not questions or not all(questions.values()):
        raise InvalidSettings(
            "a trial needs sizes, a budget of at least 1, and questions with phrases that answer them"
        )
    texts = [_plain(text) for text in documents]
    for place, phrases in enumerate(questions.values()):
        if not all(_plain(phrase) and any(_plain(phrase) in text for text in texts) for phrase in phrases):
            raise InvalidSettings(f"a phrase of question {place} stands in none of the documents")


def _trial(
    documents: Sequence[str],
    questions: Mapping[str, Sequence[str]],
    size: int,
    budget: int,
    count: Callable[[str], int],
) -> Trial:
    overlap = size * OVERLAP // SIZE
    chunks = [text[c.start : c.end] for text in documents for c in cut(text, size, overlap)]
    bags = [Counter(terms(chunk)) for chunk in chunks]
    costs = [count(chunk) for chunk in chunks]
    plain = [_plain(chunk) for chunk in chunks]
    read: list[int | None] = []
    for question, phrases in questions.items():
        order = _ranked(bags, query_terms(question))
        read += [_tokens_until(_plain(phrase), order, plain, costs, budget) for phrase in phrases]
    shown = [tokens for tokens in read if tokens is not None]
    value = sum(1 - tokens / budget for tokens in shown) / len(read)
    mean = sum(shown) / len(shown) if shown else 0.0
    return Trial(size=size, overlap=overlap, value=value, found=len(shown) / len(read), tokens=mean)


def _ranked(bags: Sequence[Counter[str]], question: Sequence[str]) -> list[int]:
    """The chunks that share a word with *question*, best first, by BM25 as ranking has it."""
    mean = sum(bag.total() for bag in bags) / max(1, len(bags))
    weights = {term: idf(sum(1 for bag in bags if term in bag), len(bags)) for term in question}

    def score(bag: Counter[str]) -> float:
        longer = norms(float(bag.total()), mean)
        return sum(value(weight, float(bag[term]), longer) for term, weight in weights.items() if bag[term])

    scores = [score(bag) for bag in bags]
    answering = (place for place, total in enumerate(scores) if total > 0)
    return sorted(answering, key=lambda place: (-scores[place], place))


def _tokens_until(
    phrase: str, order: Sequence[int], plain: Sequence[str], costs: Sequence[int], budget: int
) -> int | None:
    total = 0
    for place in order:
        total += costs[place]
        if total > budget:
            return None
        if phrase in plain[place]:
            return total
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
