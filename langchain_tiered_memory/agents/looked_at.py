"""Which messages of an agent's state were looked at before: their checksums, as long as nobody changed them.

A state only grows, and holds the same objects from step to step. LangChain's messages are mutable, so each is compared
with what it said when it was looked at: that takes a tenth of what its checksum does.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from langchain_core.messages import AIMessage, BaseMessage

from langchain_tiered_memory.copies import own
from tiermem.index.bounded import Bounded

MOST = 32_000_000  # bytes of states that are remembered, all together
MESSAGE = 1_300  # bytes of a message beside its text; see `converted.FORM`

Look = tuple[BaseMessage, Any, str | None, Any]  # a message, and its content, id and calls when it was looked at


@dataclass(frozen=True, slots=True)
class _State:
    looks: Sequence[Look]
    checks: Sequence[int]  # of each beginning, the empty one first


class LookedAt:
    """The states of several threads, those that were asked for last. Thread-safe; losing one costs a look."""

    def __init__(self, most: int = MOST) -> None:
        self._states: Bounded[_State] = Bounded(most)

    @property
    def weight(self) -> int:
        """About the bytes that are remembered."""
        return self._states.weight

    def checks(self, key: Hashable, messages: Sequence[BaseMessage]) -> Sequence[int]:
        """The checksums of every beginning of *messages*, the empty one first; *key* names their thread."""
        known = self._states.get(key) or _State((), (0,))
        same = _unchanged(known.looks, messages)
        if same == len(messages) == len(known.looks):
            return known.checks
        looks, checks = list(known.looks[:same]), list(known.checks[: same + 1])
        for message in messages[same:]:
            looks.append(_look(message))
            checks.append(crc32(mark(message).encode("utf-8", "surrogatepass"), checks[-1]))
        self._states.put(key, _State(looks, checks), sum(map(_weight, looks)))
        return checks


def mark(message: BaseMessage) -> str:
    """What changes whenever *message* says something else."""
    text = message.content if isinstance(message.content, str) else repr(message.content)
    calls = [(call["name"], call["args"]) for call in message.tool_calls] if isinstance(message, AIMessage) else ()
    return f"{message.id} {calls or ''} {text}"


def _look(message: BaseMessage) -> Look:
    fields = vars(message)
    try:
        return message, own(fields["content"]), fields["id"], own(fields.get("tool_calls"))
    except Exception:  # noqa: BLE001  # a lock, a file, an object of the caller's: what cannot be copied is always new
        return message, None, fields["id"], None


def _unchanged(looks: Sequence[Look], messages: Sequence[BaseMessage]) -> int:
    """How many of *messages*, from the first on, are those that were looked at, and say what they said."""
    for place, (message, (known, content, identity, calls)) in enumerate(zip(messages, looks, strict=False)):
        if message is not known:
            return place
        fields = vars(message)
        says = fields["content"]
        try:
            told = (says is content or says == content) and fields["id"] == identity
            same = told and fields.get("tool_calls") == calls
        except Exception:  # noqa: BLE001  # an array, an object of the caller's: what cannot be compared is always new
            return place
        if not same:
            return place
    return min(len(looks), len(messages))


def _weight(look: Look) -> int:
    content = look[1]
    return MESSAGE + (len(content) if isinstance(content, str) else MESSAGE * len(content or ()))
