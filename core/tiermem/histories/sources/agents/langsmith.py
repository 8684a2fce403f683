"""Runs of LangSmith, exported as JSON or JSON lines. Seen: runs of 2024 and 2025.

Each run has all that was said up to then. Runs of one thread (or one trace) are one conversation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.importers.shapes import message_of
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "langsmith"
_THREADS = ("session_id", "thread_id", "conversation_id")


def _known(contents: Contents) -> bool:
    return contents.is_json and has(contents.first, "run_type", "inputs")


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    threads: dict[str, list[Mapping[str, Any]]] = {}
    for run in contents.records:
        if "run_type" in run:
            threads.setdefault(_thread(run), []).append(run)
    for thread, runs in threads.items():
        kept, path = Gathered(), list[Message]()
        kept.left_out.update(contents.broken)
        runs.sort(key=lambda run: str(run.get("start_time") or ""))
        for run in runs:
            _go_on(path, _messages(run, kept))
        kept.leave("runs without messages (chains, tools, retrievers)", sum(not _records(run) for run in runs))
        yield Conversation(
            id=session_id(KEY, thread), source=SOURCE.name, path=kept.chained(path), left_out=kept.left_out
        )


def _thread(run: Mapping[str, Any]) -> str:
    beside = wording.mapping(wording.mapping(run.get("extra")).get("metadata"))
    return str(next((beside[key] for key in _THREADS if beside.get(key)), run.get("trace_id") or run.get("id")))


def _go_on(path: list[Message], said: list[Message]) -> None:
    """Adds to *path* what *said* says beyond it."""
    shared = 0
    while shared < min(len(path), len(said)) and _same(path[shared], said[shared]):
        shared += 1
    if shared:
        path += said[max(shared, len(path)) :] if shared == len(path) else said[shared:]
        return
    known = [_said(one) for one in path]
    path += [one for one in said if _said(one) not in known]


def _same(one: Message, other: Message) -> bool:
    return _said(one) == _said(other)


def _said(message: Message) -> tuple[str, str, tuple[str, ...]]:
    return message.role, message.text, tuple(call.id for call in message.calls)


def _records(run: Mapping[str, Any]) -> list[Any]:
    """What a run was given and gave, as records of messages."""
    given = wording.mapping(run.get("inputs")).get("messages")
    found = _flat(given)
    outputs = wording.mapping(run.get("outputs"))
    for generation in _flat(outputs.get("generations")):
        found.append(wording.mapping(generation).get("message"))
    told = _flat(outputs.get("messages")) or _flat(outputs.get("output"))
    found += told
    found += [wording.mapping(one).get("message") for one in _flat(outputs.get("choices"))]
    return [one for one in found if isinstance(one, Mapping)]


def _flat(value: Any) -> list[Any]:
    """A list, those in it opened; one object as a list of it."""
    if isinstance(value, Mapping):
        return [value]
    return (
        [inner for one in value for inner in (one if isinstance(one, list) else [one])]
        if isinstance(value, list)
        else []
    )


def _messages(run: Mapping[str, Any], kept: Gathered) -> list[Message]:
    made = []
    for record in _records(run):
        told = record if "content" in record or "kwargs" in record or "data" in record else None
        if told is None:
            kept.leave("values that are no messages")
            continue
        fallback = digest(run.get("trace_id") or run.get("id"), sorted(told.items(), key=str))
        try:
            message = message_of(told, fallback)
        except InvalidMessage:
            kept.leave("values that are no messages")
            continue
        when = message.created_at or instant(run.get("start_time"))
        made.append(message if message.created_at else _dated(message, when))
    return made


def _dated(message: Message, when: Any) -> Message:
    from dataclasses import replace

    return replace(message, created_at=when)


SOURCE = HistoryFormat(KEY, "LangSmith", _known, _read)
