"""Folders in which a conversation is many files -> one text for each conversation, for the reader of its rows.

Seen: OpenCode's `storage` (`session/PROJECT/ses_….json`, `message/ses_…/msg_….json`, `part/msg_…/prt_….json`), and the
one of before 7/2025, where all three stand under `session/`.
Rule: names alone tell what belongs together; a file is read when its conversation is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.importers import files
from tiermem.text import late

_SESSION = late.compile(r"(?:.*/)?session/[^/]+/(ses_[^/]+)\.json")
_MESSAGE = late.compile(r"(?:.*/)?message/(ses_[^/]+)/(msg_[^/]+)\.json")
_PART = late.compile(r"(?:.*/)?part/(?:ses_[^/]+/)?(msg_[^/]+)/(prt_[^/]+)\.json")
_BESIDE = late.compile(
    r"(?:.*/)?(?:todo|session_diff|session_share|share|project|permission|migration)(?:/[^/]+)?(?:\.json)?"
)


@dataclass(slots=True)
class GatheredFiles:
    """The files of one conversation, by name: what is known of it, its messages by id, their parts by both ids."""

    identity: str
    head: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    parts: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the file that stands for all of them."""
        return self.head or next(iter(self.messages.values()))

    @property
    def every(self) -> list[str]:
        """The names of all files."""
        parts = [name for held in self.parts.values() for name in held.values()]
        return [*([self.head] if self.head else []), *self.messages.values(), *parts]

    def text(self, read: Callable[[str], str]) -> str:
        """The conversation as JSON, its files opened by *read*; how many of them are damaged stands in it."""
        damaged = 0

        def held(name: str) -> dict[str, Any] | None:
            nonlocal damaged
            try:
                found = files.parsed(read(name), name)
            except InvalidMessage:
                found = None
            damaged += not isinstance(found, dict)
            return found if isinstance(found, dict) else None

        messages = []
        for message, name in sorted(self.messages.items()):
            if (info := held(name)) is not None:
                own = info.pop("parts", None) or []
                parts = [
                    part for one in sorted(self.parts.get(message, {}).items()) if (part := held(one[1])) is not None
                ]
                messages.append({"info": {**_flat(info), "id": message}, "parts": [*own, *parts]})
        head = held(self.head) if self.head else None
        return json.dumps({"info": {**(head or {}), "id": self.identity}, "messages": messages, "damaged": damaged})


def _flat(info: dict[str, Any]) -> dict[str, Any]:
    """What is known of a message, of which the oldest form keeps the most under `metadata`."""
    held = info.get("metadata")
    return {**held, **(held.get("assistant") or {}), **info} if isinstance(held, dict) else info


def gathered(names: Iterable[str]) -> tuple[list[GatheredFiles], set[str]]:
    """The conversations that files of these *names* hold, and the names of what such a storage has beside them."""
    names = list(names)
    found: dict[str, GatheredFiles] = {}
    owner: dict[str, GatheredFiles] = {}
    for name in names:
        if one := _MESSAGE.fullmatch(name):
            of = found.setdefault(one[1], GatheredFiles(one[1]))
            of.messages[one[2]] = name
            owner[one[2]] = of
    if not found:
        return [], set()
    for name in names:
        if (one := _SESSION.fullmatch(name)) and one[1] in found:
            found[one[1]].head = name
        elif (one := _PART.fullmatch(name)) and one[1] in owner:
            owner[one[1]].parts.setdefault(one[1], {})[one[2]] = name
    belonging = {name for of in found.values() for name in of.every}
    beside = {name for name in names if name not in belonging and (_BESIDE.fullmatch(name) or "/ses_" in name)}
    return list(found.values()), beside
