"""Codex's sessions: `~/.codex/sessions/…/rollout-….jsonl`.

Seen: files of 2025. What is said stands as items of OpenAI's Responses; each human turn a second time as an event. What
was rolled back is kept as a branch. The oldest files have the items without an envelope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Path
from tiermem.importers.shapes import message_of
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "codex"
_KINDS = frozenset({"session_meta", "response_item", "event_msg", "turn_context", "compacted"})
_ADDED = ("<environment_context>", "<user_instructions>", "<turn_aborted>", "# AGENTS.md instructions", "<permissions")
_QUIET = frozenset({"ghost_snapshot", "other"})
_EVENTS = {"user_message": "user", "agent_message": "assistant"}


def _known(contents: Contents) -> bool:
    first = contents.first
    enveloped = has(first, "timestamp", "type", "payload") and str(first["type"]) in _KINDS
    return enveloped or (contents.is_lines and {"id", "timestamp", "instructions"} <= first.keys())


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    told = _Told(contents.broken)
    name: Any = contents.stem
    items = [one for one in contents.records if _item(one) is not None]
    for record in contents.records:
        payload = wording.mapping(record.get("payload"))
        if record.get("type") == "session_meta" or "instructions" in record:
            name = payload.get("id") or record.get("id") or name
            told.meta += 1
        elif (item := _item(record)) is not None:
            told.add(item, record)
        elif record.get("type") == "compacted":
            told.kept.leave("summaries of what stands here in full")
        elif payload.get("type") == "thread_rolled_back":
            told.roll_back(payload.get("num_turns"))
        elif not items and str(payload.get("type")) in _EVENTS:
            told.add({"role": _EVENTS[payload["type"]], "content": payload.get("message") or ""}, record)
    yield Conversation(
        id=session_id(KEY, name),
        source=SOURCE.name,
        path=tuple(told.path),
        branches=tuple(told.branches),
        left_out=told.kept.left_out,
    )


def _item(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The item of Responses that *record* is, with or without an envelope."""
    if record.get("type") == "response_item":
        return wording.mapping(record.get("payload"))
    return record if "payload" not in record and "type" in record and "instructions" not in record else None


class _Told:
    """What was said so far, and what was rolled back."""

    def __init__(self, broken: Mapping[str, int]) -> None:
        self.kept = Gathered()
        self.kept.left_out.update(broken)
        self.path: list[Message] = []
        self.branches: list[Path] = []
        self.meta = 0

    def add(self, item: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        words = "".join(wording.strings(item.get("content") or []))
        if item.get("role") == "user" and words.lstrip().startswith(_ADDED):
            self.kept.leave("what Codex adds itself (instructions, the state of the machine)")
            return
        if str(item.get("type")) in _QUIET or item.get("record_type"):
            self.kept.leave("records that are no messages (states, snapshots of files)")
            return
        if item.get("type") == "reasoning" and not (item.get("summary") or item.get("content")):
            self.kept.leave("thoughts that are encrypted")
            return
        when = record.get("timestamp")
        identity = self.kept.unique(str(item.get("id") or digest(when, sorted(item.items(), key=str))))
        try:
            made = message_of({**item, "id": identity}, identity)
        except InvalidMessage:
            self.kept.leave(f"items of type {item.get('type') or 'unknown'}")
            return
        self.path.append(replace(made, created_at=instant(when) or made.created_at))

    def roll_back(self, turns: Any) -> None:
        """Takes the last *turns* that a human began out of what is shown."""
        begun = [place for place, one in enumerate(self.path) if one.role == "user"]
        if isinstance(turns, int) and 0 < turns <= len(begun):
            self.branches.append(tuple(self.path))
            del self.path[begun[-turns] :]


SOURCE = HistoryFormat(KEY, "Codex", _known, _read)
