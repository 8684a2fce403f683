"""Discord: the JSON of DiscordChatExporter, and the messages of Discord's own data package.

Seen: exporter 2.4x, packages of 2024. The package has what its owner wrote, and nobody else's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message
from tiermem.times.instants import instant

KEY = "discord"
_SAID = frozenset({"Default", "Reply", "19", "0", "ChatInputCommand", "ThreadStarterMessage"})


def _known(contents: Contents) -> bool:
    first = contents.first
    return has(first, "channel", "messages", "guild") or {"ID", "Timestamp", "Contents"} <= first.keys()


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    kept, first = Gathered(), contents.first
    if "Contents" in first:
        channel = wording.mapping(contents.beside(f"{contents.folder}/channel.json".lstrip("/")))
        made = [one for record in contents.records if (one := _own(record, kept)).content]
        kept.leave("messages without words", len(contents.records) - len(made))
        made.sort(key=lambda one: (one.created_at is None, one.created_at, one.id))  # the newest stand first
        name, title = channel.get("id") or contents.folder.rpartition("/")[2], str(channel.get("name") or "")
    else:
        channel = wording.mapping(first["channel"])
        told = (_message(record, kept) for record in wording.objects(first["messages"]))
        made = [one for one in told if one is not None]
        name, title = channel.get("id"), str(channel.get("name") or "")
    yield Conversation(
        id=session_id(KEY, name or title), source=SOURCE.name, title=title, path=tuple(made), log=True,
        left_out=kept.left_out,
    )  # fmt: skip


def _own(record: Mapping[str, Any], kept: Gathered) -> Message:
    files = [block for one in str(record.get("Attachments") or "").split() for block in wording.document(one, None)]
    blocks = [*wording.text(record.get("Contents")), *files]
    return said("user", blocks, kept.unique(str(record.get("ID"))), instant(record.get("Timestamp")))


def _message(record: Mapping[str, Any], kept: Gathered) -> Message | None:
    kind = str(record.get("type") or "Default")
    if kind not in _SAID:
        kept.leave(f"notes of the program ({kind})")
        return None
    blocks = _blocks(record)
    if not blocks:
        kept.leave("messages without words")
        return None
    author = wording.mapping(record.get("author"))
    name = author.get("nickname") or author.get("name")
    state = {
        "reply_to": wording.mapping(record.get("reference")).get("messageId"),
        "edited_at": record.get("timestampEdited"),
    }
    role = "assistant" if author.get("isBot") else "user"
    return said(
        role, blocks, kept.unique(str(record.get("id"))), instant(record.get("timestamp")), name=name, state=state
    )


def _blocks(record: Mapping[str, Any]) -> list[Block]:
    told = [str(record.get("content") or "")]
    embeds = wording.objects(record.get("embeds"))
    told += [wording.joined([str(one.get("title") or ""), str(one.get("description") or "")]) for one in embeds]
    files = [str(one.get("fileName") or one.get("url") or "") for one in wording.objects(record.get("attachments"))]
    return [*wording.text(wording.joined(told)), *(block for one in files for block in _attached(one))]


def _attached(name: str) -> list[Block]:
    pictures = (".png", ".jpg", ".jpeg", ".gif", ".webp")
    return wording.picture(name) if name.lower().endswith(pictures) else wording.document(name, None)


SOURCE = HistoryFormat(KEY, "Discord", _known, _read)
