"""Databases for the screen: some 300 sessions of real talk, or a million messages of plain prose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.cost.prose import said
from benchmarks.recall import conversations
from tiermem import Memory, Message, Session

HALF, SESSION = 2, 500  # one half of the messages in one session, the other in sessions of so many
BATCH = 1_000
TURNS = 8  # messages that come in between two looks at the window
LONG, MOST = 200, 12  # messages of a conversation that is kept whole, too; its sessions then
DOCUMENTS = [Path("docs/trust.md"), Path("docs/importing.md")]
SMALL = {"pre_rot_threshold": 6_000, "keep_recent_count": 6, "context_budget": 4_000}  # so that real talk is compacted


def real(folder: Path, database: Path) -> int:
    """Fill *database* with sessions of the sets in *folder* (see `benchmarks.recall.conversations`): a set is a tenant,
    a conversation a user. Returns how many sessions there are."""
    count = 0
    with Memory.open(database, **SMALL) as memory:
        for file in sorted(one for one in folder.iterdir() if ".jsonl" in one.name):
            for conversation in conversations.read(file):
                for name, messages in _sessions(conversation).items():
                    _said(memory.session(name, (conversations.label(file), conversation.id)), messages)
                    count += 1
                memory.settle()
                count += _used(memory, (conversations.label(file), conversation.id))
    return count


def _said(session: Session, messages: list[Message]) -> None:
    """As it was said: looked at every few turns, so that there is a window at each of them."""
    for start in range(0, len(messages), TURNS):
        session.add(messages[start : start + TURNS])
        session.manage_context()


def _used(memory: Memory, user: tuple[str, str]) -> int:
    """What an application does beside: documents, a fork, something forgotten, a decision undone."""
    memory.knowledge(user).add_documents(
        [{"text": file.read_text("utf-8"), "source": file.name, "title": file.stem} for file in DOCUMENTS]
    )
    first = memory.session(memory.sessions(user)[0], user)
    if len(first.messages()) < 12:
        return 0
    first.forget("m3", reason="asked for by the user")
    first.undo(first.journal()[-1])
    first.fork(at="m10", session_id=f"{first.scope.session} again").add("Let us take the other way, then.")
    memory.settle()
    return 1


def _sessions(conversation: conversations.Conversation) -> dict[str, list[Message]]:
    """As the set has them; where that is one for each day or two, or none at all, the whole conversation too."""
    whole = {"all of it": [*conversation.messages]} if len(conversation.messages) > LONG else {}
    return conversation.by_session if not whole else {**whole, **dict([*conversation.by_session.items()][:MOST])}


def large(database: Path, count: int) -> None:
    """Fill *database* with *count* messages of one user: half of them in one session, managed and indexed as by
    default, half in sessions of 500."""
    with Memory.open(database, durability="relaxed") as memory:
        begun = datetime(2024, 1, 1, tzinfo=UTC)
        for numbers in _batches(0, count // HALF, BATCH):
            memory.session("long", "many").add(_messages(numbers, begun))
        for place, numbers in enumerate(_batches(count // HALF, count, SESSION)):
            memory.session(f"short-{place:05}", "many").add(_messages(numbers, begun))
        memory.settle()


def _batches(first: int, last: int, size: int) -> list[range]:
    return [range(start, min(start + size, last)) for start in range(first, last, size)]


def _messages(numbers: range, begun: datetime) -> list[Message]:
    return [
        Message(
            role=("user", "assistant")[number % 2],
            content=said(number),
            created_at=begun + timedelta(seconds=40 * number),
        )
        for number in numbers
    ]
