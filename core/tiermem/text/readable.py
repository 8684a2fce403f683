"""A message as words: who speaks, what it says, what it asks of tools; for models that are shown it, and for people.

What differs from reader to reader is an option: the form of a call, and the word for a block that has no text.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from tiermem.messages import Message, ToolCall, block_kind, block_text
from tiermem.text.sanitizing import one_line

TOOL_ROLES = frozenset({"tool", "function"})
CALL = "[calls {name}({arguments})]"
_MEDIA = {
    "image": "image",
    "image_url": "image",
    "audio": "audio",
    "input_audio": "audio",
    "video": "video",
    "file": "file",
    "document": "file",
}
_SIDES = {"human": "user", "ai": "assistant"}  # words of a framework for the sides of a talk
_LABELS = {"user": "User", "assistant": "Assistant", "tool": "Tool", "function": "Tool"}
_SPEAKERS = frozenset({"user", "human", "assistant", "ai", "system", "developer", "tool", "function"})
_SPEAKERS |= {"用户", "人类", "助手", "系统", "开发者", "工具"}
_LONG_NAME = 200  # characters; a side's word and blanks around it are shorter


def side(role: str) -> str:
    """*role* in our own words: "user" and "assistant", whatever a framework calls them; any other as it is."""
    return _SIDES.get(role, role)


def speaker(message: Message) -> str:
    """Who says it: the name, or the role as a word."""
    label = _LABELS.get(side(message.role), message.role)
    if message.name and (message.role in TOOL_ROLES or _posing(message.name)):
        return f"{label} {message.name}"
    return message.name or label


def _posing(name: str) -> bool:
    """Whether who bears this *name* would be taken for a side of the talk."""
    return one_line(unicodedata.normalize("NFKC", name[:_LONG_NAME])).casefold() in _SPEAKERS


def arguments_text(arguments: Any) -> str:
    """What a tool is called with: the text that a model wrote, or else JSON."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def call_line(call: ToolCall, form: str = CALL, shown: Callable[[str], str] = str) -> str:
    """*call* in that *form*, a format of `name` and `arguments`, of which *shown* says how much is told."""
    return form.format(name=call.name, arguments=shown(arguments_text(call.arguments)))


def said(message: Message, word: Callable[[str], str] | None = None) -> Iterator[str]:
    """The text of each block of *message*, in order; where there is none, what *word* says of a block of its kind."""
    blocks = message.content if isinstance(message.content, list) else [message.content or ""]
    for block in blocks:
        text = block_text(block) or ("" if word is None or isinstance(block, str) else word(block_kind(block)))
        if text:
            yield text


def media(kind: str) -> str:
    """A word for a block that has no text: an image must not become its base64 in a prompt."""
    return f"[{_MEDIA[kind]}]" if kind in _MEDIA else ""


def readable(
    message: Message, *, word: Callable[[str], str] | None = None, call: str = CALL, result: str = "{text}"
) -> str:
    """All that can be read of *message*, "" where that is nothing.

    Args:
        message: what is told.
        word: what stands for a block of a kind that has no text; nothing without it.
        call: the form of a tool call, a format of `name` and `arguments`.
        result: the form of what a tool answers, a format of `name` and `text`.
    """
    text = "\n".join([*said(message, word), *(call_line(asked, call) for asked in message.tool_calls)])
    if message.role in TOOL_ROLES and text:
        return result.format(name=message.name or "a tool", text=text)
    return text
