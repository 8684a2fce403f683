"""The conversations that are asked about, from files of three forms. None of the files is part of this repository.

Normalised lines (`.jsonl`, `.jsonl.gz`): an object a line with conversation_id, messages [{id, timestamp, speaker,
role, text}, some with session] and questions [{id, question, category, evidence_ids}, some with asked].
Apollo 13: a folder with the two files that `benchmarks.answers.apollo` names.
LongMemEval (`.json`): a list of questions, each with a haystack of sessions of its own.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tiermem import Message
from tiermem.evaluation.talks import Probe as Question
from tiermem.evaluation.talks import ProbedTalk as Conversation
from tiermem.evaluation.talks import line, normalised, sampled, stamp

__all__ = [
    "ABSTENTION",
    "Conversation",
    "Question",
    "label",
    "line",
    "longmemeval",
    "normalised",
    "read",
    "sampled",
    "stamp",
]

ABSTENTION = "abstention"  # the category of questions that the conversation does not answer
LONGMEMEVAL_DATE = "%Y/%m/%d %H:%M"  # "2023/05/20 (Sat) 02:21" without its weekday


def read(path: Path) -> list[Conversation]:
    """The conversations of a file, or of the folder of Apollo 13.

    Raises:
        OSError: it cannot be read.
        ValueError, KeyError: it has another form, or a question rests on a message that is not there.
    """
    if path.is_dir():
        return [_apollo(path)]
    if path.suffix == ".json":
        return [longmemeval(record) for record in json.loads(path.read_text("utf-8"))]
    return [normalised(json.loads(one)) for one in _lines(path)]


def label(path: Path) -> str:
    """A short name of the data for titles and files."""
    return "apollo13" if path.is_dir() else path.name.split(".")[0]


def _lines(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from (one for one in file if one.strip())


def _apollo(folder: Path) -> Conversation:
    from benchmarks.answers import apollo, conversation

    found = conversation.read(folder / apollo.MESSAGES, folder / apollo.QUESTIONS)
    questions = tuple(Question(one.id, one.text, one.category, one.evidence) for one in found.questions)
    return Conversation("apollo13", found.messages, questions)


def longmemeval(record: Mapping[str, Any]) -> Conversation:
    """The haystack of one LongMemEval question. Evidence: the turns marked `has_answer`.

    A question whose id ends with "_abs" cannot be answered; nor is one without a marked turn asked for its evidence.
    """
    asked_as = str(record["question_id"])
    absent = asked_as.endswith("_abs")
    messages: list[Message] = []
    evidence: list[str] = []
    said_in: list[str] = []
    sessions = zip(record["haystack_session_ids"], record["haystack_dates"], record["haystack_sessions"], strict=True)
    for place, (name, date, turns) in enumerate(sessions):
        for number, turn in enumerate(turns):
            ident = f"{place}/{name}/{number}"
            message = Message(id=ident, role=turn["role"], content=turn["content"], created_at=_weekday_time(date))
            messages.append(message)
            said_in.append(f"{place}/{name}")
            if turn.get("has_answer") and not absent and name in record["answer_session_ids"]:
                evidence.append(message.id)
    category = ABSTENTION if absent else str(record["question_type"])
    asked = _weekday_time(record["question_date"])
    question = Question(asked_as, record["question"], category, tuple(evidence), asked)
    return Conversation(asked_as, tuple(messages), (question,), tuple(said_in))


def _weekday_time(text: str) -> datetime:
    day, *_, time = text.split()
    return datetime.strptime(f"{day} {time}", LONGMEMEVAL_DATE).replace(tzinfo=UTC)
