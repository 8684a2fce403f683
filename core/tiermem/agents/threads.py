"""The beginning and the end of an agent's run on a thread: what was taken out between runs, and threads that are gone.

A thread that its checkpointer kept and that is empty now was deleted, so its conversation is hidden; `undo` shows it
again. A checkpointer that never had it says nothing: one in RAM is gone with its process, others are new, or there is
none, and the conversation goes on. So each session whose thread is kept has a mark, an item beside all users'.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tiermem.agents.note import Note
from tiermem.agents.storing import DELETED, Roster, begins, storing
from tiermem.agents.view import Procedure
from tiermem.items.items import AsyncItems, Items
from tiermem.session import AsyncSession, Session

WHOSE, PATH, KEEPER = ("tiermem", "threads"), ("kept",), "keeper"  # no user's namespace, and where marks stand in it


def starting(note: Note, roster: Roster, keeper: str) -> Procedure[Note | None]:
    """Hides what left *roster*'s list since the last run, or all of a thread that *keeper* kept and has no more.

    Args:
        note: what is remembered of the thread.
        roster: its messages, with those that are new.
        keeper: names what keeps the list from run to run, differently for each that forgets with its process; "" where
            nothing does, or where the list is not the session's only one.

    Returns:
        the new note, or None where nothing left.
    """
    listed = roster.listed
    if note.count:
        if note.mixed or begins(note, listed, roster.marks(note.count)[0]):
            return None
        return (yield from storing(note, replace(roster, trims=False)))
    handed = any(message.role not in {"user", "system"} for message in listed)  # a client hands over what was said
    if not keeper or handed or roster.replayed or not roster.owned:
        return None
    mark = yield lambda session: _marks(session).get(PATH, note.owner)
    if mark is None or mark.value.get(KEEPER) != keeper:
        return None
    yield lambda session: session.clear(reason=DELETED)
    return note


def marked(note: Note, keeper: str) -> Procedure[Note]:
    """Marks the session as that of a thread which *keeper* keeps, where it has no such mark."""
    if not keeper or note.kept == keeper or note.mixed:
        return note
    value: dict[str, Any] = {KEEPER: keeper}
    yield lambda session: _marks(session).put(PATH, note.owner, value)
    return replace(note, kept=keeper)


def _marks(session: Session | AsyncSession) -> Items | AsyncItems:
    items = session.memory.items(WHOSE)
    return items.as_async() if isinstance(session, AsyncSession) and isinstance(items, Items) else items
