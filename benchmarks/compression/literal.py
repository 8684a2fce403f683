"""Questions whose answer stands word for word in what they rest on, so that a shorter text either has it or has not."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.recall.conversations import Conversation, Question, read
from tiermem import Message
from tiermem.compression.reading.details import Forms, particulars, pieces

SPAN = 32_000
"""Characters of a span: some 8,000 tokens of English, what a summary covers."""
LONGEST = 80  # characters of an answer that is taken as it stands


@dataclass(frozen=True)
class Literal:
    """A question, and the words in a row of which each must stand in a text that answers it."""

    question: str
    forms: tuple[tuple[str, ...], ...]

    def answered(self, text: str) -> bool:
        """Whether *text* has the answer."""
        held = Forms(text.splitlines())
        return all(map(held.holds, self.forms))


@dataclass(frozen=True)
class Span:
    """Messages in a row of one conversation, and the questions that rest on these alone."""

    conversation: Conversation
    messages: tuple[Message, ...]
    literals: tuple[Literal, ...]


def spans(path: Path, most: int | None = None) -> Iterator[Span]:
    """The spans with a question, of the first *most* conversations of *path*."""
    answers = answers_of(path)
    for conversation in read(path)[:most]:
        messages = [replace(one, sequence=number) for number, one in enumerate(conversation.messages, 1)]
        numbers = {one.id: number for number, one in enumerate(messages)}
        for first, last in _cut([len(one.text) for one in messages]):
            inside = [
                found
                for question in conversation.questions
                if question.evidence and all(first <= numbers[ident] < last for ident in question.evidence)
                for found in literal(question, answers, [messages[numbers[one]] for one in question.evidence])
            ]
            if inside:
                yield Span(conversation, tuple(messages[first:last]), tuple(inside))


def answers_of(path: Path) -> dict[str, str]:
    """The answers by their question, where a data set has them."""
    if path.is_dir():
        return {}
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        records = [json.loads(line) for line in file if line.strip()]
    return {one["id"]: str(one.get("answer") or "") for record in records for one in record["questions"]}


def _cut(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    first, size = 0, 0
    for place, own in enumerate(sizes):
        if size and size + own > SPAN:
            yield first, place
            first, size = place, 0
        size += own
    yield first, len(sizes)


def literal(question: Question, answers: Mapping[str, str], evidence: Sequence[Message]) -> Iterator[Literal]:
    """The answer itself where it is short and stands in the evidence; else those of its details that do; where a set
    has no answers, all details of the evidence. What the question itself says is no answer."""
    answer, asked = answers.get(question.id, ""), Forms([question.text])
    held = Forms(message.text for message in evidence)
    whole = tuple(pieces(answer))
    if whole and len(answer) <= LONGEST and held.holds(whole):
        yield Literal(question.text, (whole,))
        return
    told = answer or "\n".join(message.text for message in evidence)
    forms = [one.form for one in particulars(told) if held.holds(one.form) and not asked.holds(one.form)]
    if forms:
        yield Literal(question.text, tuple(forms))
