"""What a history comes to: conversations, each with the path that was shown and the ways that were left. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tiermem.blocks.roles import folded
from tiermem.importers.fields import IMPORTED
from tiermem.messages import Message, ToolCall

LONGEST_NAME = 200  # bytes of a session id; the store takes 255, and a fork's has more behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One conversation of a file.

    Args:
        id: the id of its session: the same for the same conversation in every file.
        source: the program that wrote it.
        title: what it is called there, "" where it has no title.
        path: the messages that were shown, in order.
        branches: other paths from the beginning, which leave the shown one somewhere.
        log: more of it may come in other files, and a file need not begin at its beginning: what is not there is added.
        named_by_file: its id is no more than the name of a file, which other chats may have: a log that shares no
            message with the session of that name is another chat.
        hidden: the ids of messages that are kept there and not shown.
        left_out: what is no message, by reason.
        unread: fields that should say when something was said, and are no time that is understood.
        lent: how many messages do not say when they were said, and have the time of a neighbour.
    """

    id: str
    source: str
    title: str = ""
    path: tuple[Message, ...] = ()
    branches: tuple[tuple[Message, ...], ...] = ()
    log: bool = False
    named_by_file: bool = False
    hidden: Collection[str] = frozenset()
    left_out: Mapping[str, int] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    lent: int = 0

    @property
    def messages(self) -> int:
        """How many messages it has, those of its branches included, each once."""
        return len({one.id for path in (self.path, *self.branches) for one in path})

    @property
    def undated(self) -> int:
        """How many messages of the shown path do not say when they were said."""
        return sum(one.when is None for one in self.path)

    @property
    def spans(self) -> tuple[datetime, datetime] | None:
        """The times of the first and the last message that has one."""
        times = [one.when for one in self.path if one.when is not None]
        return (min(times), max(times)) if times else None


def session_id(key: str, name: object) -> str:
    """The id of the session of the conversation that its program calls *name*, within the store's limits."""
    told = f"{key}-{name}" if name not in (None, "") else key
    told = told.encode("utf-8", "replace").decode("utf-8").replace("/", "_")  # "friday/m12" names a message of friday
    if len(told.encode()) <= LONGEST_NAME:
        return told
    digest = hashlib.sha256(told.encode()).hexdigest()[:12]
    return f"{told.encode()[: LONGEST_NAME - 14].decode('utf-8', 'ignore')}-{digest}"


def digest(*parts: object) -> str:
    """Twelve hexadecimal digits that stand for *parts*."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Gathered:
    """What is kept of one conversation while its file is read, and what is left out of it, counted by reason."""

    def __init__(self) -> None:
        self.left_out: Counter[str] = Counter()
        self.hidden: set[str] = set()
        self._times: Counter[str] = Counter()

    def leave(self, reason: str, number: int = 1) -> None:
        """Counts *number* things that are left out for *reason*."""
        if number:
            self.left_out[reason] += number

    def unique(self, identity: str) -> str:
        """*identity*, or what stands for it the second time that it is asked for."""
        self._times[identity] += 1
        times = self._times[identity]
        return identity if times == 1 else f"{identity}~{times}"

    def chained(self, messages: Iterable[Message]) -> tuple[Message, ...]:
        """*messages* with the ids that they have, each once."""
        return tuple(one if (name := self.unique(one.id)) == one.id else replace(one, id=name) for one in messages)


def said(
    role: str,
    content: str | list[dict[str, Any]] | None,
    identity: str,
    when: datetime | None = None,
    *,
    name: str | None = None,
    calls: Iterable[ToolCall] = (),
    answers: str | None = None,
    state: Mapping[str, Any] | None = None,
) -> Message:
    """A message of somebody's history; roles in other words are folded, text alone stays text."""
    return Message(
        role=folded(role) or role,
        content=_plainly(content) if isinstance(content, list) else content,
        id=identity,
        created_at=when,
        name=name or None,
        tool_calls=tuple(calls),
        tool_call_id=answers,
        origin=IMPORTED,
        state={key: value for key, value in (state or {}).items() if value not in (None, "", [], {})},
    )


def _plainly(blocks: list[dict[str, Any]]) -> Any:
    """Blocks that are nothing but one text, as that text; none at all as nothing."""
    if not blocks:
        return None
    only = blocks[0]
    return only["text"] if len(blocks) == 1 and only.keys() == {"type", "text"} and only["type"] == "text" else blocks


def empty(message: Message) -> bool:
    """Whether *message* says, asks and answers nothing."""
    return not message.content and not message.tool_calls and not message.tool_call_id


def titled(messages: tuple[Message, ...], title: str) -> tuple[Message, ...]:
    """*messages*, the first of which knows the title of its conversation."""
    if not messages or not title:
        return messages
    first = messages[0]
    return (replace(first, state={"title": title, **first.state}), *messages[1:])


def linked(messages: Iterable[Message]) -> list[Message]:
    """*messages*, in which calls without an id have one, and the results that follow them name it: by the tool's name,
    in order, as Ollama means it."""
    made: list[Message] = []
    waiting: list[ToolCall] = []
    for one in messages:
        if any(not call.id for call in one.tool_calls):
            calls = [call if call.id else replace(call, id=f"{one.id}:{n}") for n, call in enumerate(one.tool_calls)]
            waiting += calls
            one = replace(one, tool_calls=tuple(calls))  # noqa: PLW2901
        elif one.role == "tool" and not one.tool_call_id and waiting:
            call = next((call for call in waiting if call.name == one.name), waiting[0])
            waiting.remove(call)
            one = replace(one, tool_call_id=call.id)  # noqa: PLW2901
        made.append(one)
    return made
