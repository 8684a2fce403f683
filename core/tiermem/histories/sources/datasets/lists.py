"""Collections of whole conversations: ShareGPT's, WildChat's, and lines for fine-tuning.

Seen: ShareGPT of 2023, WildChat-1M, lines of OpenAI's fine-tuning. Where there is no id, the words give it one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.blocks.roles import folded
from tiermem.errors import InvalidMessage
from tiermem.histories.parts import wording
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, empty, said, session_id
from tiermem.histories.parts.source import HistoryFormat, has
from tiermem.importers import formats
from tiermem.messages import Message
from tiermem.times.instants import instant

_FROM = {"gpt": "assistant", "chatgpt": "assistant", "bing": "assistant", "bard": "assistant", "claude": "assistant",
         "function_call": "assistant", "observation": "tool", "function_response": "tool"}  # fmt: skip


def _is_sharegpt(contents: Contents) -> bool:
    turns = wording.objects(contents.first.get("conversations"))
    return bool(turns) and all("from" in one and "value" in one for one in turns)


def _sharegpt(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in contents.records:
        kept, made = Gathered(), list[Message]()
        for place, turn in enumerate(wording.objects(record.get("conversations"))):
            role, words = str(turn.get("from") or ""), turn.get("value")
            if not isinstance(words, str) or not words.strip():
                kept.leave("turns without words")
                continue
            known = _FROM.get(role.lower()) or folded(role) or role or "user"
            made.append(said(known, words, f"{place}", state={"from": role if role == "function_call" else None}))
        name = record.get("id") or digest(record)
        yield Conversation(
            id=session_id("sharegpt", name), source=SHAREGPT.name, path=tuple(made), left_out=kept.left_out
        )


def _is_wildchat(contents: Contents) -> bool:
    return contents.is_json and has(contents.first, "conversation_hash", "conversation")


def _wildchat(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    del wishes
    for record in (one for one in contents.records if "conversation_hash" in one):
        kept, made = Gathered(), list[Message]()
        for place, turn in enumerate(wording.objects(record.get("conversation"))):
            words = turn.get("content")
            if not isinstance(words, str) or not words.strip():
                kept.leave("turns without words")
                continue
            state = {"model": record.get("model") if turn.get("role") == "assistant" else None}
            when = instant(turn.get("timestamp") or (record.get("timestamp") if place == 0 else None))
            made.append(said(str(turn.get("role")), words, f"{place}", when, state=state))
        # one hash may stand for several conversations that begin alike
        name = f"{record['conversation_hash']}-{digest(*(one.text for one in made))}"
        yield Conversation(
            id=session_id("wildchat", name), source=WILDCHAT.name, path=tuple(made), left_out=kept.left_out
        )


def _is_lines_of_conversations(contents: Contents) -> bool:
    if contents.is_lines:
        return isinstance(contents.first.get("messages"), list) and "role" not in contents.first
    found = contents.document if contents.is_json else None
    return (
        isinstance(found, list)
        and bool(found)
        and all(
            isinstance(one, Mapping) and isinstance(one.get("messages"), list) and "role" not in one for one in found
        )
    )


def _conversations(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    for number, record in enumerate(contents.records, start=1):
        kept = Gathered()
        if number == 1:
            kept.left_out.update(contents.broken)
        listed = wording.objects(record.get("messages"))
        place = f"{contents.name}, conversation {number}"
        made = _messages(listed, place, wishes)
        beside = sorted(set(record) - {"messages", "id", "conversation_id"})
        kept.leave(f"fields beside the messages ({', '.join(beside)})", len(beside))
        kept.leave("messages without words", sum(empty(one) for one in made))
        name = record.get("id") or record.get("conversation_id") or digest(listed)
        yield Conversation(
            id=session_id("chat", name), source=LINES.name, path=kept.chained(one for one in made if not empty(one)),
            left_out=kept.left_out,
        )  # fmt: skip


def _messages(records: list[Mapping[str, Any]], place: str, wishes: ReadOptions) -> list[Message]:
    numbered = ((f"message {number}", record) for number, record in enumerate(records, start=1))
    try:
        return [entry.message for entry in formats.numbered(numbered, place, wishes.dates)]
    except InvalidMessage as error:
        raise InvalidMessage(str(error)) from error


SHAREGPT = HistoryFormat("sharegpt", "ShareGPT", _is_sharegpt, _sharegpt)
WILDCHAT = HistoryFormat("wildchat", "WildChat", _is_wildchat, _wildchat)
LINES = HistoryFormat("chat", "conversations, one a line", _is_lines_of_conversations, _conversations)
