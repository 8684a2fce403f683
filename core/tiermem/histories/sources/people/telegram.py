"""Telegram Desktop's `result.json`: one chat, or all of an account.

Seen: exports of 2023 to 2025. `text` is a string or a list of strings and objects; `date` has no zone, `date_unixtime`
is exact. Service messages have no words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id, titled
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "telegram"


def _chats(contents: Contents) -> list[Mapping[str, Any]]:
    first = contents.first
    lists = (wording.objects(wording.mapping(first.get(key)).get("list")) for key in ("chats", "left_chats"))
    found = [one for chats in lists for one in chats] or [first]
    return [one for one in found if any("date_unixtime" in m or "text_entities" in m for m in _messages(one)[:20])]


def _messages(chat: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return wording.objects(chat.get("messages"))


def _known(contents: Contents) -> bool:
    return contents.is_json and not contents.is_lines and bool(_chats(contents))


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    for chat in _chats(contents):
        kept, made = Gathered(), list[Message]()
        for record in _messages(chat):
            if record.get("type") != "message":
                kept.leave(f"notes of the program ({record.get('action') or 'service'})")
                continue
            blocks = [*_text(record), *_media(record)]
            if not blocks:
                kept.leave("messages without words")
                continue
            made.append(_made(record, blocks, kept, wishes))
        title = str(chat.get("name") or "")
        path = titled(tuple(made), title)
        yield Conversation(
            id=session_id(KEY, chat.get("id") or title), source=SOURCE.name, title=title, path=path, log=True,
            left_out=kept.left_out,
        )  # fmt: skip


def _made(record: Mapping[str, Any], blocks: list[Block], kept: Gathered, wishes: ReadOptions) -> Message:
    exact = instant(record.get("date_unixtime"))
    when = exact or instant(record.get("date"))
    if exact is None and when is not None and wishes.zone is not None:
        when = when.replace(tzinfo=wishes.zone)
    state = {
        "forwarded_from": record.get("forwarded_from"),
        "reply_to": record.get("reply_to_message_id"),
        "edited_at": record.get("edited"),
    }
    role = "assistant" if record.get("via_bot") and not record.get("from") else "user"
    return said(role, blocks, kept.unique(str(record.get("id"))), when, name=record.get("from"), state=state)


def _text(record: Mapping[str, Any]) -> list[Block]:
    return wording.text("".join(wording.strings(record.get("text") or [])))


def _media(record: Mapping[str, Any]) -> list[Block]:
    emoji = record.get("sticker_emoji")
    if emoji:
        return wording.text(str(emoji))
    made = wording.picture(_name(record.get("photo")))
    made += wording.document(record.get("file_name") or _name(record.get("file")), None)
    poll = wording.mapping(record.get("poll"))
    if poll:
        answers = [str(one.get("text")) for one in wording.objects(poll.get("answers"))]
        made += wording.text("\n".join([str(poll.get("question")), *(f"- {one}" for one in answers)]))
    place = wording.mapping(record.get("location_information"))
    return [*made, *wording.text(f"{place.get('latitude')}, {place.get('longitude')}" if place else "")]


def _name(path: Any) -> Any:
    """The name of a file; where it was left out of the export, its place says so in words."""
    return path.rpartition("/")[2] if isinstance(path, str) else None


SOURCE = HistoryFormat(KEY, "Telegram", _known, _read)
