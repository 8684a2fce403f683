"""Questions made of a conversation where nobody wrote any, as compression makes them: of each clause with a detail.

The detail that fewest messages have is the answer, and the rest of the clause is what is asked. They share words with
their answers, so recall on them is an upper bound of that on people's questions; it is good for comparing settings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from tiermem.compression.reading.clauses import spoken
from tiermem.compression.reading.details import Particular, particulars
from tiermem.evaluation.talks import Probe, ProbedTalk
from tiermem.text.analyzer import terms

CATEGORY: Final = "generated"
WORDS: Final = 3  # that a question must have beside its answer, to be about something
MOST: Final = 60  # questions of one conversation
_ASKS = ("?", "？")


def generated(talk: ProbedTalk, most: int = MOST) -> ProbedTalk:
    """*talk* with at most *most* questions made of it, spread evenly, in place of those that it had."""
    clauses = [*_clauses(talk)]
    frequency = Counter(one.form for _, _, found in clauses for one in found)
    made: dict[str, Probe] = {}
    for ident, text, found in clauses:
        if ident not in made and (asked := _question(text, found, frequency)):
            made[ident] = Probe(f"of {ident}", asked, CATEGORY, (ident,))
    chosen = list(made.values())
    return replace(talk, questions=tuple(chosen[:: max(1, -(-len(chosen) // most))]))


def _clauses(talk: ProbedTalk) -> Iterator[tuple[str, str, list[Particular]]]:
    """Each clause that has details: the id of its message, its words, its details."""
    for ident, _, said in spoken([(one.id, one) for one in talk.messages]):
        for text, _ in said:
            if not text.endswith(_ASKS) and (found := particulars(text)):
                yield ident, text, found


def _question(text: str, found: list[Particular], frequency: Counter[tuple[str, ...]]) -> str:
    """What is asked of a clause; "" where its detail is said elsewhere as well, or nothing stands beside it."""
    answer = min(found, key=lambda one: (frequency[one.form], -len(one.form)))
    asked = " ".join(text.replace(answer.text, "…").split())
    telling = frequency[answer.form] == 1 and len(set(terms(asked))) >= WORDS
    return asked if telling and answer.text not in asked else ""
