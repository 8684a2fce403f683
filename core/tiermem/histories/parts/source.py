"""One protocol for every program whose files are read: how they are known, and the conversations in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation

Read: TypeAlias = Callable[[Contents, ReadOptions], Iterator[Conversation]]


@dataclass(frozen=True, slots=True)
class HistoryFormat:
    """A program, or a form that several write.

    Args:
        key: a short word, with which the ids of its sessions begin.
        name: what people call it.
        known: whether a file is one of its own, by a look at it.
        read: the conversations of such a file. It raises InvalidMessage, with the file and the place, where something
            in it is not as its program writes it.
    """

    key: str
    name: str
    known: Callable[[Contents], bool]
    read: Read


def has(record: Any, *fields: str) -> bool:
    """Whether *record* is an object with all of *fields*."""
    return isinstance(record, Mapping) and all(name in record for name in fields)
