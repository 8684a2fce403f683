"""A JSON document that holds messages -> the messages of each of its conversations, for files and for the adapters.

Read are a list of messages, an object with `messages` or `chat_history`, LlamaIndex's chat stores, and its memories
that hold one; an object that is none of these is a message itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tiermem.errors import InvalidMessage

CONTAINERS = ("messages", "chat_store", "chat_history", "store")
SYSTEM = ("system", "instructions", "system_instruction")  # of Anthropic, OpenAI and Google
_SETTINGS = frozenset({"class_name", "token_limit"})  # of a dumped memory; what is left out by them is no message


@dataclass(frozen=True, slots=True)
class Conversations:
    """What a document holds: records by the name of their conversation, None where it has none, and what is beside."""

    by_name: Mapping[str | None, Any]
    named: str | None = None  # the one that the document itself names
    beside: tuple[str, ...] = ()

    def chosen(self, name: str | None) -> str | None:
        """The conversation that is meant: *name*, or the one that the document names, or the only one; else None."""
        wanted = None if None in self.by_name else name or self.named
        return next(iter(self.by_name)) if wanted is None and len(self.by_name) == 1 else wanted

    def records(self, name: str | None) -> list[Any]:
        """The records of conversation *name*.

        Raises:
            InvalidMessage: they are no list.
        """
        records = self.by_name[name]
        if not isinstance(records, list):
            raise InvalidMessage(f"the messages must be a list, not {type(records).__name__}")
        return records


def conversations(document: Any) -> Conversations:
    """The conversations of *document*, as read from JSON.

    Raises:
        InvalidMessage: it is neither messages nor an object that holds them.
    """
    if isinstance(document, list):
        return Conversations({None: document})
    if not isinstance(document, Mapping):
        raise InvalidMessage("neither messages nor an object that holds them")
    key = container(document)
    if key is None:
        return Conversations({None: [document]})
    if key in {"messages", "chat_history"}:
        told, name = _instructions(document)
        held = [told, *document[key]] if told and isinstance(document[key], list) else document[key]
        return Conversations({None: held}, beside=tuple(sorted(set(document) - {key, name} - _SETTINGS)))
    store = document[key]
    if key == "chat_store":
        store = store.get("store") if isinstance(store, Mapping) else None
    if not isinstance(store, Mapping):
        raise InvalidMessage("a chat store without messages")
    return Conversations(store, document.get("chat_store_key"))


def _instructions(document: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """What a whole request says to the model beside its messages, as the message that it is, and the field's name."""
    for name in SYSTEM:
        told = document.get(name)
        if told and isinstance(told, str | list):
            return {"role": "system", "content": told}, name
    return None, ""


def container(document: Mapping[str, Any]) -> str | None:
    """The field of *document* that holds conversations; None where it is one message or nothing that we know."""
    return next((key for key in CONTAINERS if "role" not in document and key in document), None)
