"""Element's export of a Matrix room. Seen: JSON of Element Desktop, 2024. An edit is an event of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "matrix"
_SPOKEN = frozenset({"m.room.message", "m.sticker"})


def _events(contents: Contents) -> list[Mapping[str, Any]]:
    return wording.objects(contents.first.get("messages"))


def _known(contents: Contents) -> bool:
    return any("origin_server_ts" in one and "sender" in one for one in _events(contents)[:20])


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    kept, edits, made = Gathered(), dict[str, Mapping[str, Any]](), list[Message]()
    for event in _events(contents):
        related = wording.mapping(_content(event).get("m.relates_to"))
        if related.get("rel_type") == "m.replace":
            edits[str(related.get("event_id"))] = wording.mapping(_content(event).get("m.new_content"))
    for event in _events(contents):
        content = _content(event)
        if str(event.get("type")) not in _SPOKEN:
            kept.leave(f"events of the room ({event.get('type')})")
        elif wording.mapping(content.get("m.relates_to")).get("rel_type") == "m.replace":
            kept.leave("edits, whose words stand in the message itself")
        elif blocks := _blocks(edits.get(str(event.get("event_id"))) or content):
            identity = kept.unique(str(event.get("event_id")))
            when = instant(event.get("origin_server_ts"))
            made.append(said("user", blocks, identity, when, name=event.get("sender")))
        else:
            kept.leave("messages without words, or taken back")
    name = str(contents.first.get("room_name") or contents.stem)
    yield Conversation(
        id=session_id(KEY, name), source=SOURCE.name, title=name, path=tuple(made), log=True, left_out=kept.left_out
    )


def _content(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return wording.mapping(event.get("content"))


def _blocks(content: Mapping[str, Any]) -> list[Block]:
    body = content.get("body")
    if content.get("msgtype") == "m.image":
        return wording.picture(body)
    return (
        wording.document(body, None)
        if str(content.get("msgtype")) in {"m.file", "m.audio", "m.video"}
        else wording.text(body)
    )


SOURCE = HistoryFormat(KEY, "Matrix", _known, _read)
