"""SillyTavern's chats: `….jsonl`.

Seen: files of 2023 to 2025. The first line is of the chat; a message has "swipes", other answers of which one is shown.
Times are written in many ways; what is marked `is_system` is kept from the model, and so is hidden here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.trees import Path
from tiermem.messages import Message
from tiermem.text import late
from tiermem.times.instants import instant

KEY = "sillytavern"
_STAMP = late.compile(r"(\d{4})-(\d{1,2})-(\d{1,2}) ?@ ?(\d{1,2})h ?(\d{1,2})m ?(\d{1,2})s ?(?:(\d{1,3})ms)?")


def _known(contents: Contents) -> bool:
    return contents.is_json and any(
        has(one, "user_name", "character_name") or has(one, "is_user", "mes") for one in contents.head[:3]
    )


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    kept, path, branches = Gathered(), list[Message](), list[Path]()
    kept.left_out.update(contents.broken)
    for record in contents.records:
        if "mes" not in record:
            continue
        when = _when(record.get("send_date"), wishes)
        message = _made(record, record["mes"], when, kept)
        if message is None:
            kept.leave("messages without words")
            continue
        if record.get("is_system"):
            kept.hidden.add(message.id)
        swipes = [*wording.strings(record.get("swipes") or [])]
        for other in dict.fromkeys(swipes):
            if other != record["mes"] and (swiped := _made(record, other, when, kept)):
                branches.append((*path, swiped))
        path.append(message)
    beside = wording.mapping(contents.first.get("chat_metadata"))
    yield Conversation(
        id=session_id(KEY, beside.get("integrity") or contents.stem),
        source=SOURCE.name,
        title=str(contents.first.get("character_name") or ""),
        path=tuple(path),
        branches=tuple(branches),
        hidden=frozenset(kept.hidden),
        left_out=kept.left_out,
    )


def _made(record: Mapping[str, Any], words: Any, when: datetime | None, kept: Gathered) -> Message | None:
    thought = wording.thought(wording.mapping(record.get("extra")).get("reasoning")) if words == record["mes"] else []
    blocks = [*thought, *wording.text(words)]
    if not blocks:
        return None
    name, role = str(record.get("name") or ""), "user" if record.get("is_user") else "assistant"
    identity = kept.unique(digest(record.get("send_date"), name, words))
    return said(role, blocks, identity, when, name=name)


def _when(value: Any, wishes: ReadOptions) -> datetime | None:
    match = _STAMP.match(value) if isinstance(value, str) else None
    if match:
        numbers = [int(one or 0) for one in match.groups()]
        year, month, day, hour, minute, second, part = numbers
        value = datetime(year, month, day, hour, minute, second, part * 1_000).isoformat()
    when = instant(value, wishes.dates)
    if when is None or wishes.zone is None or not isinstance(value, str) or value.endswith("Z") or value.isdecimal():
        return when
    return when.replace(tzinfo=wishes.zone)


SOURCE = HistoryFormat(KEY, "SillyTavern", _known, _read)
