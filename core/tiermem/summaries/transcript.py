"""Messages as a model that summarises is shown them: numbered, delimited, and unable to leave their place.

Rule 1: nothing in a message can close its element or open another one; characters that hide words are left out.
Rule 2: every word of what people and models said is shown, a long message in several pieces; results and arguments of
tools are shown by their head and tail, because a log of 50,000 lines is read again by its reference when it is needed.
Rule 3: ids, usage, media payloads and the framework's own form of a message are not shown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tiermem.messages import Message, ToolCall, block_kind, block_text
from tiermem.summaries.lines import moment
from tiermem.text.clipping import Count, clip, shorten, word_end
from tiermem.text.sanitizing import in_chinese, one_line

OPEN, CLOSE = "<conversation>", "</conversation>"
OVERLAP = 200  # characters said again where a long message is cut, so that a sentence is whole in one piece
_BORDER = 80  # characters before the cut in which the end of a word is looked for
_NAME_LIMIT = 60  # characters of a speaker's or tool's name
_TAG = re.compile(r"<(?=\s*/?\s*(?:conversation|message|earlier_summary)\b)", re.IGNORECASE)
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SILENT = frozenset({"tool_use", "tool_call", "function_call", "thinking", "redacted_thinking", "reasoning"})
_SPEAKERS = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant"}


@dataclass(frozen=True, slots=True)
class Piece:
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


def pieces(messages: Sequence[Message], count: Count, tool_tokens: int) -> list[Piece]:
    """*messages* as pieces, one each; results and arguments of tools within *tool_tokens* tokens by *count*."""
    made, day = [], ""
    for message in messages:
        said = moment(message.when).date().isoformat() if message.when else day
        attributes = _attributes(message, "" if said == day else said)
        day = said
        one = Piece(message.sequence, attributes, _text(message, count, tool_tokens))
        made.append(replace(one, tokens=count(one.shown)))
    return made


def take(rest: Sequence[Piece], room: int, count: Count) -> tuple[list[Piece], list[Piece]]:
    """The first of *rest* that fit into *room* tokens, at least one or a part of one, and those that are left."""
    left = room
    for place, piece in enumerate(rest):
        if piece.tokens > left:
            if place:
                return list(rest[:place]), list(rest[place:])
            first, second = _cut(piece, room, count)
            return [first], [second, *rest[1:]] if second else list(rest[1:])
        left -= piece.tokens
    return list(rest), []


def mostly_chinese(messages: Sequence[Message]) -> bool:
    """Whether the notes should be in Chinese: by what users say, or else by all that is said."""
    asked = " ".join(one.text[:500] for one in messages if _SPEAKERS.get(one.role) == "user")
    return in_chinese(asked if asked.strip() else " ".join(one.text[:500] for one in messages))


def safe(text: str) -> str:
    """*text* without the means to leave its element, or to hide words from people but not from models."""
    return _SURROGATE.sub("\ufffd", _UNSEEN.sub("", _TAG.sub("‹", text)))


def _attributes(message: Message, day: str) -> str:
    speaker = _SPEAKERS.get(message.role, message.role)
    named = [("from", speaker), ("name", message.name or ""), ("date", day)]
    return "".join(f' {key}="{_attribute(value)}"' for key, value in named if value)


def _attribute(value: str) -> str:
    return shorten(re.sub('[<>"&]', "'", one_line(value)), _NAME_LIMIT)


def _text(message: Message, count: Count, tool_tokens: int) -> str:
    lines = list(_said(message))
    if message.role in {"tool", "function"}:
        marker = f"\n[… left out; the whole result is m{message.sequence} …]\n"
        lines = [clip("\n".join(lines), tool_tokens, count, marker)]
    goal = message.state.get("user_goal")
    if isinstance(goal, str) and goal.strip():
        lines.append(f"[the application notes as the goal: {one_line(goal)}]")
    lines += [_call(call, count, tool_tokens, message.sequence) for call in message.tool_calls]
    return safe("\n".join(lines))


def _said(message: Message) -> Iterator[str]:
    if message.content is None or isinstance(message.content, str):
        yield message.content or ""
        return
    for block in message.content:
        text = block_text(block)
        kind = "" if isinstance(block, str) else block_kind(block)
        if text or kind not in _SILENT:
            yield text or f"[{one_line(kind) or 'block'}]"


def _call(call: ToolCall, count: Count, tool_tokens: int, number: int) -> str:
    given = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    return f"[calls {one_line(call.name)} {clip(given, tool_tokens, count, f' [… left out, see m{number} …] ')}]"


def _cut(piece: Piece, room: int, count: Count) -> tuple[Piece, Piece | None]:
    """*piece* in two, of which the first fits into *room* tokens where that is possible at all."""
    first = replace(piece, part=piece.part or 1)
    size = len(piece.text)
    while size > 1 and (cost := count(replace(first, text=piece.text[:size]).shown)) > room:
        size = max(1, int(size * min(0.9, room / cost)))
    if size >= len(piece.text):
        return piece, None
    size = word_end(piece.text, max(1, size - _BORDER), size)
    second = replace(piece, text=piece.text[size - min(OVERLAP, size // 2) :], part=first.part + 1)
    first = replace(first, text=piece.text[:size])
    return replace(first, tokens=count(first.shown)), replace(second, tokens=count(second.shown))
