"""The messages of an agent's state, as the core compares them with a session."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from langchain_tiered_memory.convert import SOURCE_KEY, core_or_text, given_id
from langchain_tiered_memory.rendering import SUMMARY
from tiermem.agents.fitting import fitted
from tiermem.agents.reconcile import Listed
from tiermem.agents.storing import Roster


def roster_of(
    messages: Sequence[BaseMessage],
    limit: int = sys.maxsize,
    *,
    owned: bool,
    replayed: bool = False,
    trims: bool = False,
) -> Roster:
    """*messages* of a thread, each within *limit* bytes; it *owned* the session, or not; *replayed*: the caller named a
    checkpoint of it; *trims*: what is dropped in front stays in the session."""
    return Roster([_listed(message, limit) for message in messages], given_id, owned, replayed, trims)


def _listed(message: BaseMessage, limit: int) -> Listed:
    text = message.content if isinstance(message.content, str) else repr(message.content)
    assistant, user = isinstance(message, AIMessage), isinstance(message, HumanMessage)
    calls = [(call["name"], call["args"]) for call in message.tool_calls] if isinstance(message, AIMessage) else ()
    return Listed(
        id=message.id or "",
        mark=f"{message.id} {calls or ''} {text}",
        role="user" if user else "assistant" if assistant else message.type,
        asks=user and SOURCE_KEY not in message.additional_kwargs,  # other middleware puts reminders there
        summary=message.additional_kwargs.get(SOURCE_KEY) == SUMMARY,
        answers=getattr(message, "tool_call_id", None) or "",
        form=lambda: fitted(core_or_text(message), limit),
    )
