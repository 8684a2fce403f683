"""A message as words: who speaks, what it says, what it asks of tools; for models that are shown it, and for people.

What differs from reader to reader is an option: the form of a call, and the word for a block that has no text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from tiermem.blocks.forms import FORMS, MEDIA
from tiermem.blocks.reading import ReadBlock, arguments_text, read, words
from tiermem.blocks.roles import folded
from tiermem.messages import Message, ToolCall
from tiermem.text.sanitizing import one_line

TOOL_ROLES = frozenset({"tool", "function"})
CALL = "[calls {name}({arguments})]"
_LABELS = {"user": "User", "assistant": "Assistant", "tool": "Tool", "function": "Tool"}
_SPEAKERS = frozenset({"user", "human", "assistant", "ai", "system", "developer", "tool", "function"})
_SPEAKERS |= {"用户", "人类", "助手", "系统", "开发者", "工具"}
_LONG_NAME = 200  # characters; a side's word and blanks around it are shorter


def side(role: str) -> str:
    """*role* in our own words: "user" and "assistant", whatever others call them; any that nobody knows as it is."""
    return folded(role) or role


def speaker(message: Message) -> str:
    """Who says it: the name, or the role as a word."""
    label = _LABELS.get(message.acts_as, message.role)
    if message.name and (message.acts_as in TOOL_ROLES or _posing(message.name)):
        return f"{label} {message.name}"
    return message.name or label


def _posing(name: str) -> bool:
    """Whether who bears this *name* would be taken for a side of the talk."""
    return one_line(unicodedata.normalize("NFKC", name[:_LONG_NAME])).casefold() in _SPEAKERS


def call_line(call: ToolCall, form: str = CALL, shown: Callable[[str], str] = str) -> str:
    """*call* in that *form*, a format of `name` and `arguments`, of which *shown* says how much is told."""
    return form.format(name=call.name, arguments=shown(arguments_text(call.arguments)))


def said(message: Message, word: Callable[[str], str] | None = None) -> Iterator[str]:
    """The text of each block of *message*, in order; where there is none, what *word* says of a block of its kind."""
    blocks = message.content if isinstance(message.content, list) else [message.content or ""]
    for block in blocks:
        text = "\n".join(words(block))
        if not text and word is not None and not isinstance(block, str):
            held = read(block)
            text = word(_kind(held))
        if text:
            yield text


def _kind(block: ReadBlock) -> str:
    """The kind of *block*; for a file that is an image or the like, what it is."""
    return block.sort if block.sort in MEDIA and FORMS[block.kind].sort is not block.sort else block.kind


def media(kind: str) -> str:
    """A word for a block that has no text: an image must not become its base64 in a prompt."""
    form = FORMS.get(kind)
    return f"[{form.sort}]" if form is not None and form.sort in MEDIA else ""


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
    text = "\n".join([*said(message, word), *(call_line(asked, call) for asked in message.calls)])
    if message.acts_as in TOOL_ROLES and text:
        return result.format(name=message.name or "a tool", text=text)
    return text
