"""The measure: which share of the messages that answer a question stands whole in a context of so many tokens.

Rule 1: tokens are counted here (cl100k), and what is above the budget is cut off before anything is looked for.
Rule 2: a message counts when its whole text stands in the context, runs of white space aside; a part of it is nothing.
Rule 3: a mean is over questions; an interval is over conversations, because questions of one are not independent.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random
from statistics import fmean
from typing import NamedTuple, Protocol

from benchmarks.answers.conversation import folded
from benchmarks.recall.conversations import Conversation, Question
from tiermem.providers.tokenizers import Counter, encoding_counter

ROUNDS = 2_000  # of the bootstrap


class Shown(NamedTuple):
    """What a memory puts before the model.

    *frame*: tokens in it that are not the memory's (a chain's own prompt). *recalled*: what was fetched because of the
    question; None says that all of it was.
    """

    text: str
    frame: int = 0
    recalled: str | None = None


class Asked(Protocol):
    """A memory: takes a conversation, is asked questions about it, is closed. One object serves many conversations."""

    name: str

    def feed(self, conversation: Conversation) -> None:
        """Take the whole conversation in, and forget the one before."""

    def ask(self, question: Question, budget: int) -> Shown:
        """The context for *question*, of at most *budget* tokens."""

    def close(self) -> None:
        """Let go of files and connections."""


@dataclass(frozen=True)
class Row:
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
class Point:
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
    return encoding_counter("cl100k_base")


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


def share(conversation: Conversation, question: Question, context: str) -> float:
    """Share of the evidence of *question* that stands whole in *context*.

    Raises:
        ValueError: the question has no evidence.
    """
    if not question.evidence:
        raise ValueError(f"{question.id} has no evidence to look for")
    shown = folded(context)
    return fmean(any(form in shown for form in conversation.wanted[ident]) for ident in question.evidence)


def asked(memory: Asked, conversations: Iterable[Conversation], budgets: Sequence[int]) -> Iterator[Row]:
    """One row a question with evidence and a budget, as *memory* answers them."""
    for conversation in conversations:
        memory.feed(conversation)
        for question in conversation.questions:
            if question.evidence:
                yield from (row(memory, conversation, question, budget) for budget in budgets)


def row(memory: Asked, conversation: Conversation, question: Question, budget: int) -> Row:
    """How *memory* answers; a memory that fails shows nothing, and is asked the other questions all the same."""
    started = time.perf_counter()
    try:
        shown, failed = memory.ask(question, budget), False
    except Exception as error:  # the peers' code may raise anything
        print(f"{memory.name}, {question.id} at {budget}: {type(error).__name__}: {error}", file=sys.stderr)
        shown, failed = Shown(""), True
    spent = time.perf_counter() - started
    allowed = budget + shown.frame
    text, used = clipped(shown.text, allowed)
    return Row(
        conversation.id,
        question.id,
        question.category,
        budget,
        share(conversation, question, text),
        max(0, used - shown.frame),
        len(text) < len(shown.text),
        failed,
        1_000 * spent,
    )


def curve(rows: Iterable[Row]) -> dict[int, Point]:
    """The means by budget, smallest budget first."""
    groups: dict[int, list[Row]] = {}
    for one in rows:
        groups.setdefault(one.budget, []).append(one)
    return {budget: _point(groups[budget]) for budget in sorted(groups)}


def _point(rows: Sequence[Row]) -> Point:
    spent = [one.milliseconds for one in rows]
    return Point(
        len(rows),
        fmean(one.recall for one in rows),
        fmean(one.recall == 1 for one in rows),
        fmean(one.tokens for one in rows),
        fmean(one.overspent for one in rows),
        sum(one.failed for one in rows),
        percentile(spent, 0.50),
        percentile(spent, 0.95),
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least *part* of the values do not exceed.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, -int(-part * len(values) // 1) - 1)]


def by_category(rows: Iterable[Row]) -> dict[str, dict[int, Point]]:
    """The curve of each category."""
    groups: dict[str, list[Row]] = {}
    for one in rows:
        groups.setdefault(one.category, []).append(one)
    return {name: curve(groups[name]) for name in sorted(groups)}


def difference(
    ours: Iterable[Row], theirs: Iterable[Row], budget: int, seed: int = 13
) -> tuple[float, float, float] | None:
    """Mean of ours minus theirs over the questions that both were asked, and its 95 % interval; None: there are none.

    Conversations are drawn with replacement, and the questions of each drawn one (Davison and Hinkley 1997, 3.8).
    """
    before = {(one.conversation, one.question): one.recall for one in theirs if one.budget == budget}
    groups: dict[str, list[float]] = {}
    for one in ours:
        key = (one.conversation, one.question)
        if one.budget == budget and key in before:
            groups.setdefault(one.conversation, []).append(one.recall - before[key])
    if not groups:
        return None
    pick, drawn = Random(seed), []
    for _ in range(ROUNDS):
        chosen = pick.choices(list(groups.values()), k=len(groups))
        drawn.append(fmean(value for group in chosen for value in pick.choices(group, k=len(group))))
    drawn.sort()
    mean = fmean(value for group in groups.values() for value in group)
    return mean, drawn[int(0.025 * ROUNDS)], drawn[int(0.975 * ROUNDS) - 1]


def rows_of(records: Iterable[Mapping[str, object]]) -> list[Row]:
    """Rows as they were written to JSON."""
    return [Row(**one) for one in records]  # type: ignore[arg-type]
