"""Where the notes of `TieredMemoryMiddleware` stand in an agent's state, and how they are read and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from langchain.agents.middleware.types import AgentState, PrivateStateAttr

from tiermem.agents.note import Note

KEY = "tiered_memory"


def merged(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> dict[str, Any]:
    """The reducer of the state's channel: each instance writes its own note."""
    return {**(left or {}), **(right or {})}


class TieredMemoryState(AgentState[Any]):
    """An agent's state with the notes of this middleware: neither input nor output of the agent shows them.

    ``stream_mode="updates"`` does, as it does for all private state.
    """

    tiered_memory: NotRequired[Annotated[dict[str, Any], PrivateStateAttr, merged]]


def note_of(state: Mapping[str, Any], name: str) -> Note:
    """The note of the instance called *name*, or a fresh one."""
    return Note.from_plain((state.get(KEY) or {}).get(name) or {})


def update_of(name: str, note: Note) -> dict[str, Any]:
    """The update of the state that keeps *note*."""
    return {KEY: {name: note.plain()}}
