"""Conversations of a file -> sessions, and forks for what was said otherwise.

Rule 1: nothing is added twice: a session that has the beginning of a path is gone on with, one that has all is left.
Rule 2: a path that leaves another one is a fork of it, so that what both share is stored once.
Rule 3: a log is gone on with whatever stands before it; chats of one file name that share nothing are kept apart.
Rule 4: what is there already stays as it is; where the file says it otherwise now, that is counted and told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa

from tiermem.errors import InvalidBranch
from tiermem.flows.effects import Flow, Read
from tiermem.flows.writing import add as adding
from tiermem.histories.parts.conversation import Conversation, digest
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import entries, sessions
from tiermem.storage.forks.rules import NEAR

if TYPE_CHECKING:
    from tiermem.memory import Memory, Namespace
    from tiermem.session import Session

BATCH = 500  # messages of one transaction
Path = Sequence[Message]


@dataclass(slots=True)
class Arrival:
    """What became of one conversation.

    Args:
        session: the id of the session that has the path that was shown.
        forks: the ids of those that have the others.
        added: messages that are stored now.
        known: messages that were there.
        differing: of these, those that the file says otherwise now; they were left as they are.
    """

    session: str
    forks: list[str] = field(default_factory=list)
    added: int = 0
    known: int = 0
    differing: int = 0


class _Stored(NamedTuple):
    """A session that has messages: their ids (None where one was erased) and hashes."""

    name: str
    ids: tuple[str | None, ...]
    hashes: tuple[bytes, ...]

    def shared(self, path: Path) -> int:
        """How many messages it has in common with the beginning of *path*."""
        number = 0
        for mine, one in zip(self.ids, path, strict=False):
            if mine not in {None, one.id}:
                break
            number += 1
        return number


class SessionNames:
    """The sessions of a user by what their names begin with: asked once for an import of thousands of conversations.

    What another process adds meanwhile is not among them; a conversation that it imports at the same time is stored
    once all the same where both add the same messages, for these are known by their ids.
    """

    def __init__(self, memory: Memory, namespace: Namespace) -> None:
        self._families: dict[str, list[str]] = {}
        for name in memory.sessions(namespace):
            self.add(name)

    def add(self, name: str) -> None:
        """Remembers a session that is there now."""
        self._families.setdefault(name.partition("~")[0], []).append(name)

    def of(self, name: str) -> list[str]:
        """The session *name* and those that are named as its forks are."""
        found = dict.fromkeys(self._families.get(name.partition("~")[0], ()))
        return [one for one in found if one == name or one.startswith(f"{name}~")]


def bring(
    memory: Memory,
    conversation: Conversation,
    namespace: Namespace = "default",
    session: str | None = None,
    names: SessionNames | None = None,
) -> Arrival:
    """Store *conversation* in the session that it names, or in *session*; *names* spare a look at all sessions.

    Raises:
        InvalidMessage: a message is too large, or cannot be kept exactly; StorageError: the store failed. What was
            added before is there, and the same call goes on from there.
    """
    known = names or SessionNames(memory, namespace)
    arrival = _Bringing(memory, namespace, conversation, session or conversation.id, known).done()
    for name in (arrival.session, *arrival.forks):
        known.add(name)
    return arrival


class _Bringing:
    """One conversation on its way."""

    def __init__(
        self, memory: Memory, namespace: Namespace, conversation: Conversation, name: str, names: SessionNames
    ) -> None:
        self._memory, self._namespace, self._conversation, self._name = memory, namespace, conversation, name
        self._there = [one for one in map(self._look, names.of(name)) if one.ids]
        self._taken: set[str] = set()
        self._counted: set[str] = set()
        self._by_file = conversation.named_by_file and name == conversation.id
        self._compares = memory.wiring[0].redactor is None  # what a redactor changed differs from its file
        self.brought = Arrival(name)

    def done(self) -> Arrival:
        """Stores all paths."""
        one = self._conversation
        if one.log:
            self._append(one.path)
            return self.brought
        for place, path in enumerate((one.path, *one.branches)):
            if path:
                name = self._place(path)
                self._taken.add(name)
                if place:
                    self.brought.forks.append(name)
                else:
                    self.brought.session = name
        return self.brought

    def _look(self, name: str) -> _Stored:
        found = self._memory.drive(_known(self._session(name).scope))
        return _Stored(name, tuple(one for one, _ in found), tuple(sha for _, sha in found))

    def _session(self, name: str) -> Session:
        return self._memory.session(name, self._namespace)

    def _append(self, path: Path) -> None:
        """Of a log what is not there, whatever stands before it."""
        there = self._log_of(path)
        self.brought.session = there.name
        known = dict(zip(there.ids, there.hashes, strict=True))
        fresh = [one for one in path if one.id not in known]
        self.brought.differing += self._compares * sum(one.id in known and known[one.id] != one.sha256 for one in path)
        self.brought.known += len(path) - len(fresh)
        self._add(self._session(there.name), fresh)

    def _log_of(self, path: Path) -> _Stored:
        """The session that a log goes on in: the one of its name; where a file alone gave it that name, one that has
        something of it, or has nothing any more by which that could be known."""
        own = next((one for one in self._there if one.name == self._name), _Stored(self._name, (), ()))
        if not self._by_file or not path or not any(own.ids):
            return own
        said = {one.id for one in path}
        shared = next((one for one in (own, *self._there) if not said.isdisjoint(one.ids)), None)
        return shared or _Stored(self._free(path[0]), (), ())

    def _place(self, path: Path) -> str:
        """Sees to it that a session has *path*; its id."""
        whole = next((one for one in self._there if one.shared(path) == len(path)), None)
        if whole is not None:
            self._count(whole, path)
            return whole.name
        begun = [one for one in self._there if one.name not in self._taken and one.shared(path) == len(one.ids) > 0]
        if begun:
            there = max(begun, key=lambda one: len(one.ids))
            self._count(there, path[: len(there.ids)])
            self._go_on(there.name, path[len(there.ids) :])
            return there.name
        return self._part(path)

    def _part(self, path: Path) -> str:
        """A session of its own for *path*: a fork of the one that shares most with it, or a new one."""
        nearest = max(self._there, key=lambda one: one.shared(path), default=None)
        shared = nearest.shared(path) if nearest else 0
        if nearest is None or not shared:
            name = self._name if not self._there else self._free(path[0])
            self._go_on(name, path)
            return name
        name = self._free(path[min(shared, len(path) - 1)])
        border = self._fork(nearest.name, name, shared)
        self._count(nearest, path[:border])
        if border:
            self._there.append(_Stored(name, nearest.ids[:border], nearest.hashes[:border]))
        self._go_on(name, path[border:])
        return name

    def _fork(self, of: str, name: str, at: int) -> int:
        """Forks behind message *at*, or before it where that would part a call from its results; behind which."""
        for border in range(at, max(0, at - NEAR), -1):
            try:
                self._session(of).fork(f"m{border}", name)
            except InvalidBranch:
                continue
            return border
        return 0

    def _free(self, first: Message) -> str:
        name = f"{self._name}~{digest(first.id)[:8]}"
        return name if all(one.name != name for one in self._there) else f"{name}-{len(self._there)}"

    def _go_on(self, name: str, path: Path) -> None:
        self._add(self._session(name), path)
        known = next((one for one in self._there if one.name == name), _Stored(name, (), ()))
        if known.name in {one.name for one in self._there}:
            self._there.remove(known)
        grown = (*known.ids, *(one.id for one in path)), (*known.hashes, *(one.sha256 for one in path))
        self._there.append(_Stored(name, *grown))

    def _count(self, there: _Stored, path: Path) -> None:
        """Counts those of *path* that are *there*, each once, and those that are told otherwise."""
        for name, sha, one in zip(there.ids, there.hashes, path, strict=False):
            if one.id not in self._counted:
                self._counted.add(one.id)
                self.brought.known += 1
                self.brought.differing += self._compares and name == one.id and sha != one.sha256

    def _add(self, session: Session, path: Path) -> None:
        for part in _batches(path):
            hidden = {one.id for one in part if one.id in self._conversation.hidden}
            self._memory.drive(adding.add(session.core, session.scope, part, as_stored=True, hidden=hidden))
            self.brought.added += len(part)
            self._counted |= {one.id for one in part}


def _batches(path: Path) -> Iterator[Path]:
    return (path[start : start + BATCH] for start in range(0, len(path), BATCH))


def _known(scope: Scope) -> Flow[list[tuple[str | None, bytes]]]:
    """The ids and hashes of the messages of a session, in order."""

    def body(connection: sa.Connection) -> list[tuple[str | None, bytes]]:
        row = sessions.find(connection, scope)
        return entries.identities(connection, row.pk, row.messages) if row.pk else []

    found: list[tuple[str | None, bytes]] = yield Read(body)
    return found
