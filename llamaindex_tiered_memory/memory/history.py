"""The log of one session as LlamaIndex sees it: its messages by status, and histories that are set or taken over."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.storage.chat_store.base_db import MessageStatus

from llamaindex_tiered_memory.convert import says, to_chat_message, to_message
from tiermem import Message, Session
from tiermem.agents.fitting import fitted
from tiermem.agents.reconcile import beyond, resumed, spoken
from tiermem.errors import InvalidMessage
from tiermem.events import Event
from tiermem.redaction import redacted

REPLACED = "replaced by another history"  # the reason of a decision to hide


def made(
    session: Session,
    given: Sequence[ChatMessage],
    ids: Sequence[str] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> list[Message]:
    """*given* as messages that the log of *session* takes, with *ids* where there are some.

    A tool result is given the name of its tool, which LlamaIndex leaves out: from *names*, by call, or from the call.

    Raises:
        InvalidMessage: one of *given* is no chat message.
    """
    check_chats(given)
    known, limit = dict(names), session.memory.settings.max_message_bytes
    messages = []
    for place, chat in enumerate(given):
        message = to_message(chat, id=ids[place]) if ids else to_message(chat)
        known |= {call.id: call.name for call in message.tool_calls}
        name = known.get(message.tool_call_id or "")
        named = dataclasses.replace(message, name=name) if name and not message.name else message
        messages.append(fitted(named, limit))
    return messages


def check_chats(given: Any) -> None:
    """Refuses what is no list of chat messages.

    Raises:
        InvalidMessage: it is not, or holds something else.
    """
    wrong = next((one for one in given if not isinstance(one, ChatMessage)), None) if _listed(given) else given
    if wrong is not None or not _listed(given):
        raise InvalidMessage(f"messages must be a list of ChatMessage, not {type(wrong).__name__}")


def _listed(given: Any) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, (str, bytes))


def newly_stored(
    session: Session, given: Sequence[ChatMessage], stored: Sequence[Message], told: Sequence[Event]
) -> list[ChatMessage]:
    """Those of *given* that the log did not have, by the events *told* of adding them; *stored* is what it has now."""
    mine = (event for event in told if event.kind == "added" and event.scope == session.scope)
    first = next((event.fields["first"] for event in mine), None)
    return [chat for chat, one in zip(given, stored, strict=True) if first is not None and one.sequence >= first]


def chats(messages: Sequence[Message]) -> list[ChatMessage]:
    """*messages* as new chat messages."""
    return [to_chat_message(one) for one in messages]


def with_status(messages: Sequence[Message], shown: Sequence[Message], status: MessageStatus) -> list[Message]:
    """Those of *messages* that are *shown* in the window (ACTIVE), or those that are not."""
    active = {one.sequence for one in shown}
    return [one for one in messages if (one.sequence in active) is (status is MessageStatus.ACTIVE)]


def replace(session: Session, given: Sequence[ChatMessage]) -> None:
    """Make *given* the conversation: what extends the log is added, and what the log has instead is hidden.

    A client that shows a conversation hands over its texts; the calls and results between them stay.
    """
    check_chats(given)
    given = _private(session, given)
    held = session.messages()
    count, known = resumed(given, held, partial(_shows, limit=session.memory.settings.max_message_bytes))
    if not count:
        session.clear()
    elif held[known:]:
        session.forget(*(f"m{message.sequence}" for message in held[known:]), reason=REPLACED)
    if given[count:]:
        session.add(made(session, given[count:]))


def goes_on(session: Session, given: Sequence[ChatMessage]) -> bool:
    """Whether the log begins with *given*, so that it goes on as it is; a warning says what takes its place otherwise.

    A program that names its greeting each time it starts does not mean to forget what was said since.
    """
    given, held = _private(session, given), session.messages()
    count, known = resumed(given, held, partial(_shows, limit=session.memory.settings.max_message_bytes))
    if count < len(given) and held[known:]:
        warnings.warn(
            f"chat_history= says something else than session {session.scope.session!r}: it takes the place of "
            f"{len(held) - known} messages, which are hidden (session.restore() shows them). Leave it out to go on.",
            stacklevel=5,
        )
    return count == len(given)


def _private(session: Session, given: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
    """*given* as it would be stored, or what a redactor takes out would be taken for what somebody changed."""
    redact = session.redacting()
    return given if redact is None else [to_chat_message(redacted(to_message(chat), redact)) for chat in given]


def _shows(chat: ChatMessage, kept: Message, limit: int) -> bool:
    """Whether *chat* is what was *kept*, or its text alone."""
    text = not chat.additional_kwargs and all(isinstance(block, TextBlock) for block in chat.blocks)
    return says(chat, kept, limit) or (text and bool(chat.content) and spoken(to_message(chat)).same(spoken(kept)))


def extend(session: Session, given: Sequence[ChatMessage]) -> bool:
    """Add what *given* has beyond the log; False where the log says something else, or has it all."""
    same = partial(says, limit=session.memory.settings.max_message_bytes)
    new = beyond(_private(session, given), session.messages(), same) if given else None
    if not new:
        return False
    session.add(made(session, new))
    return True


def check_reset(status: Any) -> None:
    """Refuses to reset a part.

    Raises:
        ValueError: *status* is ARCHIVED.
    """
    if status is MessageStatus.ARCHIVED:
        raise ValueError("only the whole conversation can be reset")
