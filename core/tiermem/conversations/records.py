"""What is handed out of a user's conversations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTurn:
    """What a user said, and what answered it.

    Args:
        session: the conversation.
        ref: the reference of what the user said, like "friday/m12", which `expand` opens.
        refs: those of all that was said in it, tools too.
        question, answer: the words of the user, and those of the assistant; "" where there are none.
        when: when the user said it.
        topic: what it is about, in words of the conversation; None where nothing tells it.
        keywords: heaviest first.
        sentiment: how the user feels, from -1 to 1; None where too little tells it.
        importance: how much it matters for later, from 0 to 1, and by which reasons (`why`).
    """

    session: str
    ref: str
    refs: tuple[str, ...]
    question: str
    answer: str
    when: datetime | None
    topic: str | None
    keywords: tuple[str, ...]
    sentiment: float | None
    importance: float
    why: Mapping[str, float] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserConversation:
    """One conversation of a user.

    Args:
        first, last: when its user spoke first and last; None where unknown.
        messages: all of them, hidden ones too.
        turns: what its user said that is not hidden.
        mood: how its user felt, from -1 to 1; None where fewer than `LEAST_MOODS` turns tell it.
    """

    session: str
    first: datetime | None
    last: datetime | None
    messages: int
    turns: int
    topic: str | None
    keywords: tuple[str, ...]
    mood: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What a user talks about.

    Args:
        name: as it was written last.
        count: a keyword's turns, a topic's conversations.
        last: when it was said last; None where unknown.
        ref: where, as `expand` takes it.
    """

    name: str
    count: int
    last: datetime | None
    ref: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How a user felt in one month of UTC ("2024-05"), from -1 to 1, and how many turns tell it."""

    month: str
    value: float
    turns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Interests:
    """What a user talks about, in numbers over all conversations; nothing of what is hidden.

    Args:
        topics: of the newest conversations, most often first.
        keywords: over all turns, heaviest first.
        moods: by month, oldest first; months of fewer than `LEAST_MOODS` turns that tell one are left out.
        conversations, turns: how many there are.
        first, last: when the user spoke first and last.
    """

    topics: tuple[Interest, ...]
    keywords: tuple[Interest, ...]
    moods: tuple[Mood, ...]
    conversations: int
    turns: int
    first: datetime | None
    last: datetime | None


LEAST_MOODS = 3  # turns that tell a mood, below which a conversation or a month has none
