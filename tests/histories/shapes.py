"""What the tests of histories share: a file of somebody's program made on the spot, and what is read of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tiermem.histories import catalogue
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation
from tiermem.messages import Message

NONE = ReadOptions()
FILES = Path(__file__).parent / "files"


def contents(value: Any, path: str = "file.json", beside: dict[str, Any] | None = None, archive: str = "") -> Contents:
    """A file with *value*: text as it is, a tuple as JSON lines, anything else as a document."""
    if isinstance(value, tuple):
        text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in value)
    else:
        text = value if isinstance(value, str) else json.dumps(value)
    return Contents(path, path, text, (beside or {}).get, archive)


def every(value: Any, path: str = "file.json", wishes: ReadOptions = NONE, **how: Any) -> list[Conversation]:
    return list(catalogue.conversations(contents(value, path, **how), wishes))


def one(value: Any, path: str = "file.json", wishes: ReadOptions = NONE, **how: Any) -> Conversation:
    (found,) = every(value, path, wishes, **how)
    return found


def told(messages: tuple[Message, ...]) -> list[tuple[str, str]]:
    """Role and words of each message; a call as "→ name", what it answers as "← name of the call's id"."""
    return [
        (
            message.role,
            " ".join(
                [message.text]
                + [f"→ {call.name} {call.id}" for call in message.calls]
                + [f"← {answered}" for answered in message.answers]
            ).strip(),
        )
        for message in messages
    ]


def thoughts(message: Message) -> list[str]:
    """What a model thought in a message."""
    blocks = message.content if isinstance(message.content, list) else []
    return [block["thinking"] for block in blocks if isinstance(block, dict) and block.get("type") == "thinking"]
