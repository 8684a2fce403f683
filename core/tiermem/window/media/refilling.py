"""Copies of messages with other content, of what was checked when it was added. Pure."""

from __future__ import annotations

from typing import Any

from tiermem.messages import Content, Message


def refilled(message: Message, **changed: Any) -> Message:
    """*message* with *changed* fields in which the bytes of media stand that its `pointers` stood for, as it was added.

    Until then it is the same message without its bytes, which stand in a table of their own: its `sha256` is that of
    the whole, its words and links are the same.
    """
    made = message.beside(**changed)
    for derived in ("canonical", "text"):
        made.__dict__.pop(derived, None)
    return made


def reshown(message: Message, content: Content, pointers: tuple[str, ...]) -> Message:
    """*message* as it is shown with other *content*, which has these *pointers*; a message of its own, by its hash."""
    made = refilled(message, content=content, pointers=pointers)
    made.__dict__.pop("sha256", None)
    return made
