"""Sessions of Google's Agent Development Kit. Seen: google-adk 2.13. What streams in parts is not stored.

Turns that were taken back (`rewind_async`) stay among the events; here they are branches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "adk"
_CAPITAL = re.compile("[A-Z]")


def _known(contents: Contents) -> bool:
    first = contents.first
    return has(first, "events") and (has(first, "appName") or has(first, "app_name"))


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept = Gathered()
        shown, left = _shown(wording.objects(record.get("events")))
        yield Conversation(
            id=session_id(KEY, record.get("id")),
            source=SOURCE.name,
            path=_path(shown, kept),
            branches=tuple(_path(events, Gathered()) for events in left),
            left_out=kept.left_out,
        )


def _shown(events: Iterable[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], list[list[Mapping[str, Any]]]]:
    """The events that a model was last shown, and those paths that were left when somebody took a turn back: such an
    event names the invocation before which the session is to be."""
    shown: list[Mapping[str, Any]] = []
    left: list[list[Mapping[str, Any]]] = []
    for event in events:
        target = _either(wording.mapping(event.get("actions")), "rewindBeforeInvocationId")
        places = [place for place, one in enumerate(shown) if target and _either(one, "invocationId") == target]
        if places:
            left.append(shown)
            shown = shown[: places[0]]
        elif not target:
            shown = [*shown, event]
    return shown, left


def _either(record: Mapping[str, Any], name: str) -> Any:
    """What *record* has under *name*, as a dump by alias spells it, or under the name in Python."""
    return record.get(name) or record.get(_CAPITAL.sub(r"_\g<0>", name).lower())


def _path(events: Iterable[Mapping[str, Any]], kept: Gathered) -> tuple[Message, ...]:
    made: list[Message] = []
    for event in events:
        content = wording.mapping(event.get("content"))
        blocks = [_block(one) for one in wording.objects(content.get("parts"))]
        if event.get("partial"):
            kept.leave("parts of what stands there in full")
        elif not blocks:
            kept.leave("events without words")
        else:
            made.append(_made(event, content, blocks, kept))
    return tuple(made)


def _made(event: Mapping[str, Any], content: Mapping[str, Any], blocks: list[Block], kept: Gathered) -> Message:
    author = str(event.get("author") or content.get("role") or "user")
    answers = all("functionResponse" in one or "function_response" in one for one in blocks)
    role = "user" if author == "user" or answers else "assistant"
    name = None if author in {"user", "model"} else author
    return said(role, blocks, kept.unique(str(event.get("id"))), instant(event.get("timestamp")), name=name)


def _block(part: Mapping[str, Any]) -> Block:
    """A part without the empty fields that a dump of it has."""
    found = {key: value for key, value in part.items() if value is not None}
    return {"type": "text", **found} if found.keys() == {"text"} else found


SOURCE = HistoryFormat(KEY, "Google's Agent Development Kit", _known, _read)
