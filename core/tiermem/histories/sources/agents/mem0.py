"""What `get_all` of mem0 gives: sentences that a model wrote of a user. Seen: mem0ai 1 and 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "mem0"


def _memories(contents: Contents) -> list[Mapping[str, Any]]:
    found = wording.objects(contents.first.get("results")) or [*contents.records]
    return [one for one in found if isinstance(one.get("memory"), str)]


def _known(contents: Contents) -> bool:
    memories = _memories(contents) if contents.is_json else []
    return bool(memories) and any("hash" in one or "user_id" in one or "agent_id" in one for one in memories)


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    by_owner: dict[str, list[Mapping[str, Any]]] = {}
    for one in _memories(contents):
        owner = str(one.get("user_id") or one.get("agent_id") or one.get("run_id") or "")
        by_owner.setdefault(owner, []).append(one)
    for owner, memories in by_owner.items():
        kept = Gathered()
        memories.sort(key=lambda one: str(one.get("created_at") or ""))
        made = [_made(one, kept) for one in memories]
        yield Conversation(
            id=session_id(KEY, owner), source=SOURCE.name, title=owner, path=tuple(made), log=True,
            left_out=kept.left_out,
        )  # fmt: skip


def _made(one: Mapping[str, Any], kept: Gathered) -> Message:
    state = {"categories": one.get("categories"), "metadata": one.get("metadata")}
    identity = kept.unique(str(one.get("id") or digest(one["memory"])))
    return said("assistant", one["memory"], identity, instant(one.get("created_at")), name="mem0", state=state)


SOURCE = HistoryFormat(KEY, "mem0", _known, _read)
