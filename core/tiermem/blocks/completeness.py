"""Whether a framework's message was kept as it was, and if not, why. Pure."""

from __future__ import annotations

from tiermem.messages import Message
from tiermem.plain_json import LEFT_OUT, OBJECT

_DESCRIBED = f'{{"{OBJECT}":["'.encode()  # in canonical bytes; in a text its quotes would be escaped


def incomplete(message: Message) -> str:
    """What of a framework's *message* is not kept as it was, as a reason; "" where all of it is."""
    if message.raw and LEFT_OUT in message.raw:
        return "parts above max_message_bytes are left out"
    return "objects are kept as what they say of themselves" if _DESCRIBED in message.canonical else ""
