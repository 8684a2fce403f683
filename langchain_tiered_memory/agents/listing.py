"""The messages of an agent's state, as the core compares them with a session."""

from __future__ import annotations

import json
import logging
import sys
import uuid
from collections.abc import Sequence
from typing import overload

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from langchain_tiered_memory.agents.looked_at import mark
from langchain_tiered_memory.convert import SOURCE_KEY, given_id, to_core
from langchain_tiered_memory.rendering import SUMMARY
from tiermem import Message
from tiermem.agents.encoding import dumped
from tiermem.agents.fitting import fitted
from tiermem.agents.reconcile import Listed
from tiermem.agents.storing import Roster
from tiermem.errors import InvalidMessage

_log = logging.getLogger("tiermem.langchain")


def roster_of(
    messages: Sequence[BaseMessage],
    limit: int = sys.maxsize,
    *,
    owned: bool,
    replayed: bool = False,
    trims: bool = False,
    checks: Sequence[int] | None = None,
) -> Roster:
    """*messages* of a thread, each within *limit* bytes; it *owned* the session, or not; *replayed*: the caller named a
    checkpoint of it; *trims*: what is dropped in front stays in the session; *checks* are those of `LookedAt`."""
    return Roster(Listing(messages, limit), given_id, owned, replayed, trims, checks)


class Listing(Sequence[Listed]):
    """*messages*, each of which is listed when it is asked for: of a long state few are."""

    def __init__(self, messages: Sequence[BaseMessage], limit: int) -> None:
        self._messages = messages
        self._limit = limit

    def __len__(self) -> int:
        return len(self._messages)

    @overload
    def __getitem__(self, place: int) -> Listed: ...
    @overload
    def __getitem__(self, place: slice) -> list[Listed]: ...
    def __getitem__(self, place: int | slice) -> Listed | list[Listed]:
        if isinstance(place, slice):
            return [_listed(message, self._limit) for message in self._messages[place]]
        return _listed(self._messages[place], self._limit)


def _form(message: BaseMessage) -> Message:
    """`to_core`; what is no message of LangChain's is kept as text, and keeps no other from being stored."""
    try:
        return to_core(message)
    except InvalidMessage as error:
        _log.warning("a message is stored as text: %s", error)
        words = json.dumps(dumped(vars(message)), ensure_ascii=False)
        given = message.id if isinstance(message.id, str) else ""
        role = "tool" if isinstance(message, ToolMessage) else "unknown"
        return Message(role=role, content=words, id=given or uuid.uuid4().hex)


def _listed(message: BaseMessage, limit: int) -> Listed:
    assistant, user = isinstance(message, AIMessage), isinstance(message, HumanMessage)
    return Listed(
        id=message.id or "",
        mark=mark(message),
        role="user" if user else "assistant" if assistant else message.type,
        asks=user and SOURCE_KEY not in message.additional_kwargs,  # other middleware puts reminders there
        summary=message.additional_kwargs.get(SOURCE_KEY) == SUMMARY,
        answers=getattr(message, "tool_call_id", None) or "",
        form=lambda: fitted(_form(message), limit),
    )
