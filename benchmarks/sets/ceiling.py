"""`python -m benchmarks.sets.ceiling FOLDER [--kept FOLDER] [--sample 40]`: what could be recalled, and what is missed.

The ceiling is a block that is handed the evidence alone, the shortest first, with the block's own words. Beside it
stand what is recalled, at which rank the search puts the evidence, and why of what is missed at 1,024 tokens:

    too long    alone in a block it does not stand there whole
    too much    all evidence of its question does not fit together
    no word     it has none of the question's words
    passed over something that is ranked lower is shown: packing took what is shorter
    below       it is ranked lower than what is shown
    unsaid      nothing finds it: it has nothing to do with the question, or was said after it
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Final

from benchmarks import report
from benchmarks.recall import conversations
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.kept import KeptBlock
from benchmarks.recall.measure import share, tokens
from benchmarks.sets.__main__ import files
from tiermem import Hit, Message
from tiermem.search import quoting
from tiermem.search.query import telling
from tiermem.text.analyzer import query_terms, terms

BUDGETS: Final = (256, 512, 1_024, 4_096)
RANKS: Final = (1, 5, 10, 20, 50, 100, 200)
JUDGED: Final = 1_024
REASONS: Final = ("too long", "too much", "no word", "passed over", "below", "unsaid")
OVERHEAD: Final = 4  # tokens of a message that nobody sends


@dataclass
class Found:
    """Of one set: by budget the shares (0 to 1) that are recalled and that the ceiling has, by question; the rank of
    each evidence message, from 1, None where nothing finds it; why those that are missed are."""

    recalled: dict[int, list[float]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    ceiling: dict[int, list[float]] = field(default_factory=lambda: {budget: [] for budget in BUDGETS})
    ranks: list[int | None] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def alone(evidence: Sequence[Message], question: str, budget: int) -> str:
    """A block of *budget* tokens with as much of the *evidence* as fits, the shortest first."""
    hits = [Hit(message=one, score=1 / (1 + len(one.text))) for one in evidence]
    pieces, _ = quoting.block(hits, question, budget + OVERHEAD, tokens)
    return pieces[0].message.text if pieces else ""


def look(memory: KeptBlock, conversation: Conversation, question: Question, found: Found) -> None:
    """Adds what *question* shows to *found*."""
    blocks = {budget: memory.ask(question, budget).text for budget in BUDGETS}
    said = {one.id: one for one in memory.session.messages()}
    evidence = [said[ident] for ident in question.evidence]
    for budget, text in blocks.items():
        found.recalled[budget].append(share(conversation, question, text))
        found.ceiling[budget].append(share(conversation, question, alone(evidence, question.text, budget)))
    hits = memory.session.search(question.text, len(said), as_of=memory.as_of)
    ranks = {hit.message.id: rank for rank, hit in enumerate(hits, 1)}
    shown = [ranks[hit.message.id] for hit in memory.session.recall(question.text, JUDGED, as_of=memory.as_of).hits]
    for one in evidence:
        rank = ranks.get(one.id)
        found.ranks.append(rank)
        mine = Question(question.id, question.text, question.category, (one.id,))
        if not share(conversation, mine, blocks[JUDGED]):
            whole = found.ceiling[JUDGED][-1] == 1
            fits = share(conversation, mine, alone([one], question.text, JUDGED)) == 1
            found.reasons[reason(question.text, one, rank, shown, fits=fits, whole=whole)] += 1


def reason(question: str, one: Message, rank: int | None, shown: Sequence[int], *, fits: bool, whole: bool) -> str:
    """Why *one* at *rank* is not among those of the ranks *shown*; it *fits* alone, or all evidence as a *whole*."""
    if not fits:
        return "too long"
    if rank is None:
        return "unsaid"
    if rank < max(shown, default=0):
        return "passed over"
    if not whole:
        return "too much"
    return "below" if set(telling(query_terms(question))) & set(terms(one.text)) else "no word"


def rows(name: str, found: Found) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """The rows of one set, for three tables."""
    cells = [
        f"{100 * fmean(found.recalled[budget]):.1f} of {100 * fmean(found.ceiling[budget]):.1f}" for budget in BUDGETS
    ]
    within = [100 * fmean(rank is not None and rank <= most for rank in found.ranks) for most in RANKS]
    missed = max(1, found.reasons.total())
    yield (
        [name, str(len(found.recalled[JUDGED])), *cells],
        [name, str(len(found.ranks)), *(f"{value:.0f}" for value in within)],
        [name, str(found.reasons.total()), *(f"{100 * found.reasons[why] / missed:.0f}" for why in REASONS)],
    )


def main(given: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sets.ceiling", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", type=lambda text: text.split(","), help="sets, with commas; all by default")
    parser.add_argument("--kept", type=Path, help="folder of databases that are told once and then kept")
    parser.add_argument("--sample", type=int, default=40, help="questions of a set, about (default: %(default)s)")
    wanted = parser.parse_args(given)
    memory, every = KeptBlock(None, wanted.kept), []
    for name, file in files(wanted.folder, wanted.only).items():
        talks, found = conversations.read(file), Found()
        for talk in conversations.sampled(talks, -(-wanted.sample // len(talks))):
            memory.feed(talk)
            for question in talk.questions:
                if question.evidence:
                    look(memory, talk, question, found)
        every += rows(name, found)
    memory.close()
    recalled, ranked, missed = zip(*every, strict=True) if every else ((), (), ())
    print(f"{report.versions()}\n\nRecalled of the ceiling, %\n")
    print(report.table(["set", "questions", *(f"@{budget:,}" for budget in BUDGETS)], list(recalled), markdown=True))
    print("\nEvidence by its rank, %\n")
    print(report.table(["set", "messages", *(f"≤ {rank}" for rank in RANKS)], list(ranked), markdown=True))
    print(f"\nWhy evidence is missed at {JUDGED:,} tokens, %\n")
    print(report.table(["set", "messages", *REASONS], list(missed), markdown=True))


if __name__ == "__main__":
    main()
