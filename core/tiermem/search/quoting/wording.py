"""What a quote says of one message, and in whose name: its words, or what it calls; for blocks, marks and answers."""

from __future__ import annotations

from tiermem.blocks.reading import words
from tiermem.messages import Message
from tiermem.search.passages import Told
from tiermem.text.dialogue import asks_memory
from tiermem.text.readable import TOOL_ROLES, call_line
from tiermem.tokens.beside import thoughts
from tiermem.window.media.showing import media_told
from tiermem.window.voices import voices


def quotable(message: Message) -> str:
    """What a quote says of *message*: its text; where it has none, what it calls, or else what it thinks, or which
    media it shows, so that a model can open them."""
    told = message.text or "\n".join(call_line(call) for call in message.calls if not asks_memory(call))
    told = told or "\n".join([*words(message.content, thoughts=True), *thoughts(message.raw)])
    return told or "\n".join(f"({one})" for one in media_told(message))


def spoken(message: Message) -> Told:
    """What a quote says of *message*, and in whose name where several speak in it."""
    several = voices(message)
    return quotable(message) if len(several) == 1 else tuple((v, text) for v in several if (text := quotable(v)))


def plain(told: Told) -> str:
    """*told*, whoever says it; of a message in which tools speak too, only what its speaker says."""
    return told if isinstance(told, str) else "\n".join(text for v, text in told if v.acts_as not in TOOL_ROLES)
