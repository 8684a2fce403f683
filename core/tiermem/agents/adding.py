"""Storing a framework's messages under ids that are free: a procedure for agents and histories alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from tiermem.agents.view import Procedure
from tiermem.errors import IdConflict, UnknownReference
from tiermem.messages import Message
from tiermem.records import Shown
from tiermem.redaction.walking import redacted

MANY = 32  # messages from which on it is quicker to ask at once whether any is known
Identity = Callable[[Message], str]  # the id that the framework gave a message, "" where it gave none


def adding(messages: Sequence[Message], identity: Identity) -> Procedure[list[Message]]:
    """Stores *messages* in one piece.

    An id that the framework gave may be taken by other words (an agent's updated answer), or by the same words in a
    part of the session that was cleared. The message then goes under an id of its own, so that nothing said is missing.
    """
    redact = yield lambda session: session.redacting()
    if redact is not None:  # or equal ones would differ from what is stored
        messages = [redacted(message, redact) for message in messages]
    if len(messages) >= MANY and not (yield lambda session: session.stats()).hidden:
        try:
            return list((yield lambda session: session.add(messages)))  # what is equal is not stored twice
        except IdConflict:
            pass  # and what is not, is looked at one by one
    free = yield from _freed(messages, identity)
    try:
        added: list[Message] = yield lambda session: session.add(free)
    except IdConflict:  # another process took an id in between
        free = yield from _freed(messages, identity)
        added = yield lambda session: session.add(free)
    return added


def derived(message: Message, salt: str = "") -> Message:
    """*message* under an id made of its own, of its content and of *salt*; the framework's stays in `raw`."""
    digest = hashlib.sha256(message.sha256 + salt.encode()).hexdigest()
    return message.shown_as(message.content, id=f"{message.id}#{digest[:12]}")


def _freed(messages: Sequence[Message], identity: Identity) -> Procedure[list[Message]]:
    taken: dict[str, bytes] = {}
    freed = []
    for message in messages:
        free = (yield from _free(message, taken)) if identity(message) else message
        taken[free.id] = free.sha256
        freed.append(free)
    return freed


def _free(message: Message, taken: Mapping[str, bytes]) -> Procedure[Message]:
    """*message* under the first id that is free, or under which exactly this message is stored and shown."""
    while True:
        if message.id in taken:
            same, salt = taken[message.id] == message.sha256, ""
        else:
            stored = yield from _stored(message.id)
            if stored is None:
                return message
            salt = f"m{stored.sequence}"
            same = stored.sha256 == message.sha256 and not (yield from _hidden(salt))
        if same:
            return message
        message = derived(message, salt)


def _stored(message_id: str) -> Procedure[Message | None]:
    try:
        original = yield lambda session: session.expand(message_id)
    except UnknownReference:
        return None
    return next((message for message in original.messages if message.id == message_id), None)


def _hidden(reference: str) -> Procedure[bool]:
    explanation = yield lambda session: session.explain(reference)
    return bool(explanation.shown is Shown.HIDDEN)
