"""What an evaluation asks about: conversations, the questions put to them, and what must stand in a context. Pure.

Rule 1: a message of evidence counts when its whole text stands in a context, runs of white space aside.
Rule 2: a text below `SHORT` characters ("Yes!") stands everywhere, so it must stand behind its speaker's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final

from tiermem.errors import InvalidMessage
from tiermem.messages import Message

SHORT: Final = 12
UNKNOWN: Final = ""  # the category of a question whose file names none


@dataclass(frozen=True)
class Probe:
    """A question; the ids of the messages that answer it (none: nothing does); when it is asked, where that is told."""

    id: str
    text: str
    category: str = UNKNOWN
    evidence: tuple[str, ...] = ()
    asked: datetime | None = None


@dataclass(frozen=True)
class ProbedTalk:
    """Messages in order, questions about them, and for each message the session that it was said in (() is not known).

    A question is asked when all has been said, or at its time: then what was said from that time on is not known yet.

    Raises:
        InvalidMessage: a question rests on a message that is not there, or not every message has a session.
    """

    id: str
    messages: tuple[Message, ...]
    questions: tuple[Probe, ...]
    sessions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.sessions and len(self.sessions) != len(self.messages):
            raise InvalidMessage(f"{self.id}: {len(self.messages)} messages, sessions of {len(self.sessions)}")
        known = {one.id for one in self.messages}
        missing = {ident for one in self.questions for ident in one.evidence} - known
        if missing:
            names = ", ".join(sorted(missing))
            raise InvalidMessage(f"{self.id}: questions rest on messages that are not there: {names}")

    @cached_property
    def lines(self) -> list[str]:
        """Every message as "speaker (date): text"."""
        return [line(one) for one in self.messages]

    @cached_property
    def by_id(self) -> dict[str, Message]:
        """The messages by their ids."""
        return {one.id: one for one in self.messages}

    @cached_property
    def wanted(self) -> dict[str, tuple[str, ...]]:
        """By message id, what a context must hold to have that message, white space folded: any one of these."""
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


def folded(text: str) -> str:
    """*text* with every run of white space as one blank."""
    return " ".join(text.split())


def _wanted(message: Message) -> tuple[str, ...]:
    text = folded(message.text)
    if len(text) >= SHORT:
        return (text,)
    return folded(f"{message.name or message.role}: {text}"), folded(line(message))


def line(message: Message) -> str:
    """*message* with its speaker and its time."""
    name = message.name or message.role
    return f"{name} ({stamp(message.created_at)}): {message.text}" if message.created_at else f"{name}: {message.text}"


def stamp(when: datetime) -> str:
    """The day, and the minute where one is known (midnight is taken for a day without a time)."""
    return f"{when:%Y-%m-%d}" if (when.hour, when.minute) == (0, 0) else f"{when:%Y-%m-%d %H:%M}"


def normalised(record: Mapping[str, Any]) -> ProbedTalk:
    """The conversation of one normalised line: an object with conversation_id, messages [{id, timestamp, speaker, role,
    text}, some with session] and questions [{id, question, category, evidence_ids}, some with asked].

    Raises:
        InvalidMessage: as of `ProbedTalk`, or a message cannot be kept. KeyError, TypeError, ValueError: it has another
            form.
    """
    messages = tuple(
        Message(
            id=one["id"],
            role=one["role"],
            name=one["speaker"],
            content=one["text"],
            created_at=moment(one["timestamp"]),
        )
        for one in record["messages"]
    )  # fmt: skip
    questions = tuple(
        Probe(
            one["id"], one["question"], one["category"],
            tuple(dict.fromkeys(one["evidence_ids"])), moment(one.get("asked")),
        )
        for one in record["questions"]
    )  # fmt: skip
    return ProbedTalk(record["conversation_id"], messages, questions, tuple(map(_session, record["messages"])))


def _session(message: Mapping[str, Any]) -> str:
    """Where *message* was said: told (LoCoMo, BEAM-100K), the beginning of its id (RealMem), or its day (BEAM-500K)."""
    if told := message.get("session"):
        return str(told)
    before, colon, _ = str(message["id"]).partition(":")
    return before if colon else str(message["timestamp"] or "")[:10]


def moment(text: str | None) -> datetime | None:
    """A local time without a zone is taken for UTC: only its distance to the other times matters.

    Raises:
        ValueError: it is no time in ISO 8601.
    """
    if not text:
        return None
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def sampled(talks: Sequence[ProbedTalk], count: int | None) -> list[ProbedTalk]:
    """The same, with at most *count* questions a conversation that have evidence: every n-th, so of every kind."""
    if count is None:
        return list(talks)
    found = []
    for one in talks:
        asked = [question for question in one.questions if question.evidence]
        step = max(1, -(-len(asked) // count))
        found.append(replace(one, questions=tuple(asked[::step])))
    return found


def strangers(talk: ProbedTalk, others: Sequence[ProbedTalk], count: int) -> list[Probe]:
    """About *count* questions of *others*, spread evenly over them; none that *talk* is asked too."""
    own = {question.text for question in talk.questions}
    found = [
        question
        for other in others
        if other.id != talk.id
        for question in other.questions
        if question.evidence and question.text not in own
    ]
    step = max(1, -(-len(found) // count))
    return found[::step]
