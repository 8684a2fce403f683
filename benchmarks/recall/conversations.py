"""The conversations that are asked about, from files of three forms. None of the files is part of this repository.

Normalised lines (`.jsonl`, `.jsonl.gz`): an object a line with conversation_id, messages [{id, timestamp, speaker,
role, text}, some with session] and questions [{id, question, category, evidence_ids}, some with asked].
Apollo 13: a folder with the two files that `benchmarks.answers.apollo` names.
LongMemEval (`.json`): a list of questions, each with a haystack of sessions of its own.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.answers.conversation import folded
from tiermem import Message

ABSTENTION = "abstention"  # the category of questions that the conversation does not answer
LONGMEMEVAL_DATE = "%Y/%m/%d %H:%M"  # "2023/05/20 (Sat) 02:21" without its weekday


@dataclass(frozen=True)
class Question:
    """A question; the ids of the messages that answer it (none: nothing does); when it is asked, where that is told."""

    id: str
    text: str
    category: str
    evidence: tuple[str, ...] = ()
    asked: datetime | None = None


@dataclass(frozen=True)
class Conversation:
    """Messages in order, questions about them, and for each message the session that it was said in (() is not known).

    A question is asked when all has been said, or at its time: then what was said from that time on is not known yet.

    Raises:
        ValueError: a question rests on a message that is not there, or not every message has a session.
    """

    id: str
    messages: tuple[Message, ...]
    questions: tuple[Question, ...]
    sessions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.sessions and len(self.sessions) != len(self.messages):
            raise ValueError(f"{self.id}: {len(self.messages)} messages, sessions of {len(self.sessions)}")
        known = {one.id for one in self.messages}
        missing = {ident for one in self.questions for ident in one.evidence} - known
        if missing:
            raise ValueError(f"{self.id}: questions rest on messages that are not there: {', '.join(sorted(missing))}")

    @cached_property
    def lines(self) -> list[str]:
        """Every message as "speaker (date): text", the form in which the peers are given it."""
        return [line(one) for one in self.messages]

    @cached_property
    def by_id(self) -> dict[str, Message]:
        """The messages by their ids."""
        return {one.id: one for one in self.messages}

    @cached_property
    def wanted(self) -> dict[str, tuple[str, ...]]:
        """By message id, what a context must hold to have that message, white space folded: any one of these.

        A text below 12 characters ("Yes!") stands everywhere, so it must stand behind its speaker's name.
        """
        return {one.id: _wanted(one) for one in self.messages}

    @cached_property
    def by_session(self) -> dict[str, list[Message]]:
        """The messages of each session, sessions in the order of their first ones."""
        found: dict[str, list[Message]] = {}
        for name, message in zip(self.sessions or [self.id] * len(self.messages), self.messages, strict=True):
            found.setdefault(name, []).append(message)
        return found

    @property
    def end(self) -> datetime | None:
        """When the newest message was said."""
        return max((one.created_at for one in self.messages if one.created_at), default=None)


def _wanted(message: Message) -> tuple[str, ...]:
    text = folded(message.text)
    if len(text) >= 12:
        return (text,)
    return folded(f"{message.name or message.role}: {text}"), folded(line(message))


def line(message: Message) -> str:
    """*message* with its speaker and its time."""
    name = message.name or message.role
    return f"{name} ({stamp(message.created_at)}): {message.text}" if message.created_at else f"{name}: {message.text}"


def stamp(when: datetime) -> str:
    """The day, and the minute where one is known (midnight is taken for a day without a time)."""
    return f"{when:%Y-%m-%d}" if (when.hour, when.minute) == (0, 0) else f"{when:%Y-%m-%d %H:%M}"


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


def normalised(record: Mapping[str, Any]) -> Conversation:
    """The conversation of one normalised line."""
    messages = tuple(
        Message(
            id=one["id"], role=one["role"], name=one["speaker"], content=one["text"], created_at=_time(one["timestamp"])
        )
        for one in record["messages"]
    )
    questions = tuple(
        Question(
            one["id"],
            one["question"],
            one["category"],
            tuple(dict.fromkeys(one["evidence_ids"])),
            _time(one.get("asked")),
        )
        for one in record["questions"]
    )
    return Conversation(record["conversation_id"], messages, questions, tuple(map(_session, record["messages"])))


def _session(message: Mapping[str, Any]) -> str:
    """Where *message* was said: told (LoCoMo, BEAM-100K), the beginning of its id (RealMem), or its day (BEAM-500K)."""
    if told := message.get("session"):
        return str(told)
    before, colon, _ = str(message["id"]).partition(":")
    return before if colon else str(message["timestamp"] or "")[:10]


def _time(text: str | None) -> datetime | None:
    """A local time without a zone is taken for UTC: only its distance to the other times matters."""
    if not text:
        return None
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


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


def sampled(conversations: Sequence[Conversation], count: int | None) -> list[Conversation]:
    """The same, with at most *count* questions a conversation that have evidence: every n-th, so of every kind."""
    if count is None:
        return list(conversations)
    found = []
    for one in conversations:
        asked = [question for question in one.questions if question.evidence]
        step = max(1, -(-len(asked) // count))
        found.append(replace(one, questions=tuple(asked[::step])))
    return found
