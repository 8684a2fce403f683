"""Copies of a chat memory: the object itself, which goes on with the conversation, or a fork, which has its own.

LlamaIndex copies deeply what an agent keeps in its context (`ctx.store.edit_state()`). A memory that became another one
there would no longer be the one that its owner reads: that is why a copy is no second conversation.
"""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any, Self

from llamaindex_tiered_memory.memory.closing import OnSession, hold_too
from tiermem.errors import InvalidSettings

if TYPE_CHECKING:
    from llamaindex_tiered_memory.memory.memory import TieredChatMemory
    from llamaindex_tiered_memory.memory.options import Arguments

_PLACES = ("chat_history", "chat_store", "chat_store_key", "path", "async_database_uri", "async_engine", "db_schema")


class Copying(OnSession):
    """What copies to itself."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self


def forked(memory: TieredChatMemory, chosen: Arguments, session_id: str | None) -> TieredChatMemory:
    """A memory like *memory*, as it was *chosen*, on a session of its own that begins with the same messages,
    which both share.

    Raises:
        InvalidSettings: the session is there already.
    """
    core, name = memory.session.memory, uuid.uuid4().hex if session_id is None else session_id
    session = core.session(name, memory.namespace, chosen.timezone)
    if session.stats().messages:
        raise InvalidSettings(f"session {name!r} has messages already; a fork needs a name of its own")
    if memory.session.stats().messages:
        memory.session.fork(session_id=name)
    options = {field.name: getattr(chosen, field.name) for field in dataclasses.fields(chosen)}
    for place in (*_PLACES, "options"):
        del options[place]
    shared = {"memory": core, "session_id": name, "token_limit": memory.token_limit}
    made = type(memory)(**options | shared | {"tokenizer_fn": memory.tokenizer_fn})
    hold_too(core, made)
    return made
