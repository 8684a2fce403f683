"""Slack's export: a folder or archive with `channels.json`, `users.json` and a folder of days for each channel.

Seen: exports of 2022 to 2025. People are ids, which `users.json` names; links stand in angle brackets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, said, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.wording import Block
from tiermem.messages import Message
from tiermem.text import late
from tiermem.times.instants import instant

KEY = "slack"
_LINK = late.compile(r"<([@#!])?([^<>|\s]+)(?:\|([^<>]*))?>")
_SAID = frozenset({"", "bot_message", "thread_broadcast", "me_message", "file_share", "file_comment"})


def _known(contents: Contents) -> bool:
    return contents.is_json and any(
        one.get("type") == "message" and isinstance(one.get("ts"), str) for one in contents.head
    )


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    names = {str(one.get("id")): _name(one) for one in wording.objects(contents.beside("users.json"))}
    kept, made = Gathered(), list[Message]()
    for record in sorted(contents.records, key=lambda one: str(one.get("ts") or "")):
        subtype = str(record.get("subtype") or "")
        if record.get("type") != "message" or subtype not in _SAID:
            kept.leave(f"notes of the program ({subtype or record.get('type')})")
            continue
        blocks = _blocks(record, names)
        if not blocks:
            kept.leave("messages without words")
            continue
        made.append(_made(record, blocks, names, kept))
    channel = contents.folder.rpartition("/")[2] or contents.stem
    yield Conversation(
        id=session_id(KEY, channel), source=SOURCE.name, title=channel, path=tuple(made), log=True,
        left_out=kept.left_out,
    )  # fmt: skip


def _made(record: Mapping[str, Any], blocks: list[Block], names: Mapping[str, str], kept: Gathered) -> Message:
    user = str(record.get("user") or "")
    own = wording.mapping(record.get("user_profile"))
    name = names.get(user) or own.get("real_name") or record.get("username") or user or record.get("bot_id")
    bot = record.get("subtype") == "bot_message" or (record.get("bot_id") and not user)
    thread = record.get("thread_ts")
    state = {"thread": thread if thread != record.get("ts") else None}
    identity = kept.unique(str(record.get("ts")))
    return said(
        "assistant" if bot else "user",
        blocks,
        identity,
        instant(record.get("ts")),
        name=str(name or "") or None,
        state=state,
    )


def _name(user: Mapping[str, Any]) -> str:
    profile = wording.mapping(user.get("profile"))
    return str(
        profile.get("display_name") or user.get("real_name") or profile.get("real_name") or user.get("name") or ""
    )


def _blocks(record: Mapping[str, Any], names: Mapping[str, str]) -> list[Block]:
    shown = [_plainly(str(record.get("text") or ""), names)]
    for one in wording.objects(record.get("attachments")):
        told = [str(one.get(key) or "") for key in ("pretext", "title", "text")]
        shown.append(_plainly(wording.joined(told) or str(one.get("fallback") or ""), names))
    files = wording.objects(record.get("files"))
    blocks = wording.text(wording.joined(shown))
    for one in files:
        title = one.get("title") or one.get("name")
        picture = str(one.get("mimetype", "")).startswith("image/")
        blocks += (
            wording.picture(title) if picture else wording.document(title, one.get("plain_text") or one.get("preview"))
        )
    return blocks


def _plainly(text: str, names: Mapping[str, str]) -> str:
    """Slack's markup as words: people by their names, links by what they are called."""

    def told(match: Any) -> str:
        sign, target, label = match[1], match[2], match[3]
        if sign == "@":
            return f"@{label or names.get(target) or target}"
        if sign == "#":
            return f"#{label or target}"
        if sign == "!":
            return f"@{label or target}"
        return f"{label} ({target})" if label and label != target else str(target)

    return wording.unescaped(_LINK.sub(told, text))


SOURCE = HistoryFormat(KEY, "Slack", _known, _read)
