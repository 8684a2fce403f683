"""What of a text a model tells in its own words: what it is asked about, and which of its sentences hold. Pure.

Rule 1: it is asked about contextual and ancillary sentences alone. What is factual or to be done stays word for word.
Rule 2: a sentence stands where the originals bear it out: its figures and files (as in summaries), its names, half of
its words, and where a sentence of them says much the same, it denies what that denies and has its names in that order.
What is refused is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from tiermem.compression.reading.clauses import PLAIN, Material, SpokenClause, clause_of, spoken
from tiermem.compression.reading.details import IDENTIFIER, NAME, Forms, particulars
from tiermem.compression.reading.layers import ANCILLARY, CONTEXTUAL, turns
from tiermem.compression.rendering import joined
from tiermem.messages import Message
from tiermem.summaries.grounding import Ground
from tiermem.summaries.parsing import claimed, source_size
from tiermem.text.analyzer import terms
from tiermem.text.sanitizing import one_line
from tiermem.text.sentences import sentences

ASKED_FROM: Final = 60  # tokens that a model would tell in fewer; below that nobody is asked
SHARE: Final = (
    0.5  # of a sentence's words that must stand in the originals; also, in one sentence, to be about the same
)
TRIED: Final = 64  # places of a word that are looked at; the words that stand more often tell least


@dataclass(frozen=True, slots=True)
class ModelWords:
    """What a model told: its *sentences* that hold, how many were *refused*, and why there is none, "" if there is."""

    sentences: tuple[SpokenClause, ...] = ()
    refused: int = 0
    error: str = ""


def to_tell(messages: Sequence[tuple[str, Message]], material: Material) -> list[Message]:
    """What of *messages*, of which *material* was made, a model is asked to tell; [] where it is not worth a call."""
    telling = [clause for clause in material.clauses if clause.layer in (CONTEXTUAL, ANCILLARY)]
    if sum(clause.tokens for clause in telling) < ASKED_FROM:
        return []
    voices = [voice for _, voice, _ in spoken(messages)]
    parts = groupby(telling, key=lambda clause: clause.part)
    return [_with(voices[part], joined(clauses)) for part, clauses in parts]


def _with(message: Message, text: str) -> Message:
    if message.role == PLAIN:
        return Message(role="user", content=text)
    return message.shown_as(text, raw=None)


def told_by(
    answer: Any,
    asked: Sequence[Message],
    messages: Sequence[tuple[str, Message]],
    material: Material,
    count: Callable[[str], int],
) -> ModelWords:
    """What of a model's *answer* about *asked* holds against all *messages*.

    Args:
        answer: text, a list of sentences, or what a summariser returns.
        asked: what it was asked about.
        messages, material: the originals.
        count: counts tokens.

    Raises:
        SummaryRejected: it is none of these, a refusal, or longer than what it is about.
    """
    lines = _lines(answer, source_size(asked))
    judge = _Judge([message for _, message in messages], material)
    kept: list[SpokenClause] = []
    for line in lines:
        if (nearest := judge.borne_out(line)) is not None:
            place = len(material.clauses) + len(kept)
            kept.append(clause_of(place, nearest.part, line, gap=True, reply=False, count=count))
    if not kept:
        return ModelWords((), len(lines), f"none of its {len(lines)} sentences is borne out")
    return ModelWords(tuple(kept), len(lines) - len(kept))


def _lines(answer: Any, size: int) -> list[str]:
    """The sentences of *answer*, about something of *size* characters."""
    if isinstance(answer, str) and not answer.lstrip().startswith(("{", "```")):
        answer = {"key_decisions": [one_line(part) for part in sentences(answer)]}
    elif isinstance(answer, (list, tuple)):
        answer = {"key_decisions": list(answer)}
    lines, _ = claimed(answer, size)
    told = (f"{line.label}: {line.text}" if line.label else line.text for line in lines)
    return [text for line in told for part in sentences(line) if (text := one_line(part))]


class _Judge:
    """Whether originals bear a sentence out."""

    def __init__(self, messages: Sequence[Message], material: Material) -> None:
        self._ground = Ground(messages)
        self._forms = Forms(clause.text for clause in material.clauses)
        self._clauses = material.clauses
        self._having: dict[str, list[int]] = defaultdict(list)
        for clause in material.clauses:
            for term in clause.terms:
                self._having[term].append(clause.place)

    def borne_out(self, text: str) -> SpokenClause | None:
        """The clause that is nearest to *text*, where the originals bear it out; else None."""
        found = frozenset(terms(text))
        known = [term for term in found if term in self._having]
        named = [one.form for one in particulars(text) if one.kind in (NAME, IDENTIFIER)]
        if not known or len(known) < SHARE * len(found) or not all(map(self._forms.holds, named)):
            return None
        if not self._ground.bears(text):
            return None
        near = Counter(place for term in known for place in self._having[term][:TRIED])
        alike = [self._clauses[place] for place, shared in near.items() if shared >= SHARE * len(found)]
        own = Forms([text])
        if alike and not any(clause.turned == turns(text) and own.in_order(clause.names) for clause in alike):
            return None
        return self._clauses[max(near, key=lambda place: (near[place], -place))]
