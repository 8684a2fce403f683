"""Messages as a model that summarises is shown them: numbered, delimited, and unable to leave their place.

Rule 1: nothing in a message can close its element or open another one; characters that hide words are left out.
Rule 2: every word of what people and models said is shown, a long message in several elements; results and arguments
of tools are shown by their head and tail, because a log of 50,000 lines is read again by its reference when needed.
Rule 3: ids, usage, media payloads and the framework's own form of a message are not shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tiermem.messages import Message, ToolCall
from tiermem.summaries.lines import moment
from tiermem.text.clipping import Count, clip, shorten, word_end
from tiermem.text.readable import TOOL_ROLES, call_line, said
from tiermem.text.sanitizing import delimiters, enclosed, in_chinese, one_line
from tiermem.window.voices import own_text, voices

OPEN, CLOSE = "<conversation>", "</conversation>"
OVERLAP = 200  # characters said again where a long message is cut, so that a sentence is whole in one element
_BORDER = 80  # characters before the cut in which the end of a word is looked for
_CALL = "[calls {name} {arguments}]"
_NAME_LIMIT = 60  # characters of a speaker's or tool's name
_ELEMENTS = delimiters("conversation", "message", "earlier_summary", "known")
_SILENT = frozenset({"tool_use", "tool_call", "function_call", "thinking", "redacted_thinking", "reasoning"})


@dataclass(frozen=True, slots=True)
class Element:
    """One message, or a part of a long one: its number, the attributes of its element, its text, and its tokens."""

    number: int
    attributes: str
    text: str
    part: int = 0
    tokens: int = 0

    @property
    def shown(self) -> str:
        """The element that the model reads."""
        part = f' part="{self.part}"' if self.part else ""
        return f'<message n="{self.number}"{self.attributes}{part}>\n{self.text}\n</message>'


def elements(messages: Sequence[Message], count: Count, tool_tokens: int) -> list[Element]:
    """*messages* as elements, one for each that speaks in one; results and arguments of tools within *tool_tokens*
    tokens by *count*."""
    shown, day = [], ""
    for message in (voice for one in messages for voice in voices(one)):
        said = moment(message.when).date().isoformat() if message.when else day
        attributes = _attributes(message, "" if said == day else said)
        day = said
        element = Element(message.sequence, attributes, _text(message, count, tool_tokens))
        shown.append(replace(element, tokens=count(element.shown)))
    return shown


def take(rest: Sequence[Element], room: int, count: Count) -> tuple[list[Element], list[Element]]:
    """The first of *rest* that fit into *room* tokens, at least one or a part of one, and those that are left."""
    left = room
    for place, element in enumerate(rest):
        if element.tokens > left:
            if place:
                return list(rest[:place]), list(rest[place:])
            first, second = _cut(element, room, count)
            return [first], [second, *rest[1:]] if second else list(rest[1:])
        left -= element.tokens
    return list(rest), []


def mostly_chinese(messages: Sequence[Message]) -> bool:
    """Whether the notes should be in Chinese: by what users say, or else by all that is said."""
    asked = " ".join(own_text(message)[:500] for message in messages if message.acts_as == "user")
    return in_chinese(asked if asked.strip() else " ".join(message.text[:500] for message in messages))


def safe(text: str) -> str:
    """*text* without the means to leave its element, or to hide words from people but not from models."""
    return enclosed(text, _ELEMENTS)


def _attributes(message: Message, day: str) -> str:
    named = [("from", message.acts_as), ("name", message.name or ""), ("date", day)]
    return "".join(f' {key}="{_attribute(value)}"' for key, value in named if value)


def _attribute(value: str) -> str:
    return shorten(re.sub('[<>"&]', "'", one_line(value)), _NAME_LIMIT)


def _text(message: Message, count: Count, tool_tokens: int) -> str:
    lines = list(said(message, _word))
    if message.acts_as in TOOL_ROLES:
        marker = f"\n[… left out; the whole result is m{message.sequence} …]\n"
        lines = [clip("\n".join(lines), tool_tokens, count, marker)]
    goal = message.state.get("user_goal")
    if isinstance(goal, str) and goal.strip():
        lines.append(f"[the application notes as the goal: {one_line(goal)}]")
    lines += [_call(call, count, tool_tokens, message.sequence) for call in message.calls]
    return safe("\n".join(lines))


def _word(kind: str) -> str:
    return "" if kind in _SILENT else f"[{one_line(kind) or 'block'}]"


def _call(call: ToolCall, count: Count, tool_tokens: int, number: int) -> str:
    marker = f" [… left out, see m{number} …] "
    named = replace(call, name=one_line(call.name))
    return call_line(named, _CALL, lambda arguments: clip(arguments, tool_tokens, count, marker))


def _cut(element: Element, room: int, count: Count) -> tuple[Element, Element | None]:
    """*element* in two, of which the first fits into *room* tokens where that is possible at all."""
    first = replace(element, part=element.part or 1)
    size = len(element.text)
    while size > 1 and (cost := count(replace(first, text=element.text[:size]).shown)) > room:
        size = max(1, int(size * min(0.9, room / cost)))
    if size >= len(element.text):
        return element, None
    size = word_end(element.text, max(1, size - _BORDER), size)
    second = replace(element, text=element.text[size - min(OVERLAP, size // 2) :], part=first.part + 1)
    first = replace(first, text=element.text[:size])
    return replace(first, tokens=count(first.shown)), replace(second, tokens=count(second.shown))
