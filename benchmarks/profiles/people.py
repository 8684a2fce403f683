"""The users of conversation files: who speaks on the user's side; of two that talk to each other each in turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.recall.conversations import Conversation, read
from tiermem import Memory, Message

PEERS = 2  # who speak by name with each other: each of them is somebody's user
MOST = 6  # who speak in a conversation of several: those who say most


@dataclass(frozen=True)
class Person:
    """A user, and what was said to and by them, by session."""

    name: str
    sessions: dict[str, list[Message]]

    def tell(self, memory: Memory) -> None:
        """Adds everything to *memory*."""
        for session, messages in self.sessions.items():
            memory.session(session, self.name).add(messages)


def people(path: Path) -> Iterator[Person]:
    """The users of the conversations of a file."""
    for conversation in read(path):
        for number, speaker in enumerate(_speakers(conversation)):
            yield _person(conversation, speaker, number)


def _speakers(conversation: Conversation) -> list[str | None]:
    said: dict[str | None, int] = {}
    for message in conversation.messages:
        if message.role == "user" or _talk(conversation):
            said[message.name] = said.get(message.name, 0) + 1
    return sorted(said, key=lambda name: -said[name])[:MOST]


def _talk(conversation: Conversation) -> bool:
    """Whether two people talk with each other, so that the other one is no assistant."""
    names = {message.name for message in conversation.messages}
    return len(names) == PEERS and not names & {"AI", "Assistant", "assistant", None}


def _person(conversation: Conversation, speaker: str | None, number: int) -> Person:
    name = f"{conversation.id}/{speaker or number}"
    talk = _talk(conversation) or len({message.name for message in conversation.messages}) > PEERS

    def side(message: Message) -> Message:
        if message.name == speaker:
            return replace(message, role="user", name=None)
        return replace(message, role="assistant") if talk and message.role == "user" else message

    sessions = {
        session: [side(message) for message in messages] for session, messages in conversation.by_session.items()
    }
    return Person(name, sessions)
