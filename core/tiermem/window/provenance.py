"""Whose words a message is: how far it may be trusted, and the word for a source that is nobody of the talk.

Rule 1: what is made of several messages has the trust of the least trusted one.
Rule 2: whose words they are is told by the message, never by a summariser; what is not known is least trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tiermem.blocks.linking import answers
from tiermem.messages import Message
from tiermem.records import Trust
from tiermem.text.clipping import shorten
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import unbracketed
from tiermem.window.quotation import parts
from tiermem.window.voices import is_mixed

FOREIGN = frozenset({"tool", "retrieved", "document"})  # origins of words that nobody of the talk said
_LEVELS = tuple(Trust)  # the least trusted first
_BY_ROLE = {"user": Trust.USER, "assistant": Trust.ASSISTANT, "system": Trust.USER, "developer": Trust.USER}
_WORD = 20  # characters


def is_foreign(message: Message) -> bool:
    """Whether nothing in *message* is its speaker's own: it is handed on, or a quotation and no more."""
    return message.origin in FOREIGN or bool(parts(message.text)[0])


def trust_of(message: Message) -> Trust:
    """How far *message* is to be trusted; a quotation is nobody's own words."""
    if is_foreign(message) or answers(message.content):
        return Trust.OTHERS
    return _BY_ROLE.get(message.acts_as, Trust.OTHERS)


def lowest(levels: Iterable[Trust]) -> Trust:
    """The least trusted of *levels*; of none too."""
    return _LEVELS[min(map(_LEVELS.index, levels), default=0)]


def said_by_others(messages: Sequence[Message]) -> dict[int, str]:
    """The numbers of those *messages* that neither a user nor an assistant said, with a word for who did."""
    return {message.sequence: _word(message) for message in messages if trust_of(message) is Trust.OTHERS}


def _word(message: Message) -> str:
    if is_mixed(message):
        return f"tool and {message.acts_as}"
    if message.acts_as in TOOL_ROLES or message.acts_as in _BY_ROLE:
        return "tool"
    return shorten(unbracketed(message.role), _WORD) or "other"
