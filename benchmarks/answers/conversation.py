"""The conversation that is asked about: a file of messages, a file of questions, and when a question is answered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tiermem import Message
from tiermem.evaluation.talks import folded


@dataclass(frozen=True)
class Question:
    """A question, and the ids of the messages that answer it."""

    id: str
    text: str
    category: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    """Messages in order, and questions about them."""

    messages: tuple[Message, ...]
    questions: tuple[Question, ...]

    @cached_property
    def lines(self) -> list[str]:
        """Every message as "speaker: text", the form in which the peers are given it."""
        return [f"{one.name}: {one.text}" if one.name else one.text for one in self.messages]

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {one.id: folded(one.text) for one in self.messages}

    def answered(self, question: Question, prompt: str) -> bool:
        """True when the text of every message of evidence is in *prompt*, whole, white space aside."""
        shown = folded(prompt)
        return all(self._texts[ident] in shown for ident in question.evidence)


def read(messages: Path, questions: Path) -> Conversation:
    """The conversation of two files.

    Raises:
        OSError: a file cannot be read.
        InvalidMessage: a line is no message.
        ValueError: a question rests on a message that is not there.
    """
    from tiermem.importers import formats

    found = tuple(formats.read(messages))
    asked = tuple(_question(json.loads(line)) for line in questions.read_text("utf-8").splitlines() if line.strip())
    known = {one.id for one in found}
    if missing := {ident for one in asked for ident in one.evidence} - known:
        raise ValueError(f"questions rest on messages that are not there: {', '.join(sorted(missing))}")
    return Conversation(found, asked)


def _question(record: dict[str, object]) -> Question:
    evidence = record["evidence_ids"]
    if not isinstance(evidence, Sequence):
        raise TypeError(f"evidence_ids of {record['id']} is no list")
    return Question(str(record["id"]), str(record["question"]), str(record["category"]), tuple(map(str, evidence)))
