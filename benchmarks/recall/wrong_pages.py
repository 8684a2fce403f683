"""`python -m benchmarks.recall.wrong_pages --data FILE`: what a memory recalls for questions it has no answer to.

Such questions are those of the other conversations of the same data, or of other data (`--others`), and those that
the data call unanswerable. A memory that never recalls would do best at this, so its own questions stand beside.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from benchmarks.recall import conversations, memories
from benchmarks.recall.__main__ import common, quiet
from benchmarks.recall.conversations import ABSTENTION, Conversation, Question
from benchmarks.recall.measure import Asked, tokens
from benchmarks.recall.results import percent
from benchmarks.recall.vectors import embedding
from benchmarks.report import number, table
from tiermem.evaluation.talks import strangers

RECALLING = ("tiermem", "tiermem-context", "langchain-vector", "langchain-vector-buffer", "langgraph-store", "bm25")
KINDS = ("another conversation's", "unanswerable", "its own")
COLUMNS = ("memory", "questions", "asked", "with something recalled %", "tokens recalled, mean")


@dataclass(frozen=True)
class Page:
    """One question: of which kind, and how many tokens were recalled for it."""

    kind: str
    tokens: int


def unanswerable(conversation: Conversation) -> list[Question]:
    """Questions that the data themselves call unanswerable."""
    return [one for one in conversation.questions if one.category == ABSTENTION and not one.evidence]


def pages(
    memory: Asked, asked: Sequence[Conversation], others: Sequence[Conversation], count: int, budget: int
) -> list[Page]:
    """Every conversation asked *count* foreign questions, its unanswerable ones and *count* of its own."""
    found = []
    for conversation in asked:
        memory.feed(conversation)
        own = conversations.sampled([conversation], count)[0].questions
        groups = strangers(conversation, others, count), unanswerable(conversation), own
        for kind, questions in zip(KINDS, groups, strict=True):
            for question in questions:
                shown = memory.ask(question, budget)
                recalled = shown.text if shown.recalled is None else shown.recalled
                found.append(Page(kind, tokens(recalled.strip())))
    return found


def lines(name: str, found: Sequence[Page]) -> list[list[str]]:
    """A row a kind of question that was asked: how many, share with something recalled, tokens of what was."""
    rows = []
    for kind in KINDS:
        sizes = [page.tokens for page in found if page.kind == kind]
        if sizes:
            share = percent(fmean(size > 0 for size in sizes))
            rows.append([name, kind, str(len(sizes)), share, number(fmean(sizes))])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.recall.wrong_pages")
    common(made)
    made.add_argument("--others", type=Path, help="data whose questions are asked; needed for a single conversation")
    made.add_argument("--memories", type=lambda text: tuple(text.split(",")), default=RECALLING)
    made.add_argument("--budget", type=int, default=2_048, help="tokens (default: %(default)s)")
    made.add_argument("--count", type=int, default=60, help="questions a conversation (default: %(default)s)")
    given = made.parse_args(arguments)
    quiet()
    asked = conversations.read(given.data)
    others = conversations.read(given.others) if given.others else asked
    vectors = embedding(given.embedder, given.cache)
    rows = []
    for key in given.memories:
        memory = memories.made(key, vectors)
        try:
            rows += lines(memory.name, pages(memory, asked, others, given.count, given.budget))
        finally:
            memory.close()
    print(f"### {conversations.label(given.data)}: recalled for a question, {given.budget:,} tokens allowed\n")
    print(table(COLUMNS, rows, markdown=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
