"""A framework's list of messages against a session: which are there already, which are new, which left. Pure rules.

Four questions are asked of two lists, and all are answered from their common beginning: does the one only go on after
the other (`beyond`), which part of a log does it repeat (`repeated`), what of it stands elsewhere (`compared`), and is
it the list that was seen before (`marks`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from zlib import crc32

from tiermem.messages import Message

Left = TypeVar("Left")
Right = TypeVar("Right")
Words = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A message of a framework's list, as far as it must be known here.

    Args:
        id: the framework's; "" where it gave none.
        mark: what changes whenever the message does.
        role: in our words.
        asks: a person may have said it; what other code put on the user's side does not ask.
        summary: other code made it of messages that it took out of the list.
        answers: the call that it is the result of; "" for others.
        form: makes the message for the session.
    """

    id: str
    mark: str
    role: str
    asks: bool
    summary: bool
    answers: str
    form: Callable[[], Message]


@dataclass(frozen=True, slots=True)
class Difference:
    """Of two lists: how many of the first are `same`, as the beginning of both, and what of the second `left`."""

    same: int
    left: tuple[int, ...]


def said(message: Message) -> Words:
    """What *message* says, without ids of its own."""
    calls = [(call.name, call.arguments) for call in message.tool_calls]
    return message.role, message.content, calls, message.tool_call_id


def finished(message: Message) -> bool:
    """Whether *message* ends a turn: an answer that calls no tool."""
    return message.role == "assistant" and not message.tool_calls


def beginning(left: Sequence[Left], right: Sequence[Right], same: Callable[[Left, Right], bool]) -> int:
    """How many elements of both are the *same*, from the first on."""
    count = 0
    while count < min(len(left), len(right)) and same(left[count], right[count]):
        count += 1
    return count


def beyond(handed: Sequence[Left], held: Sequence[Right], same: Callable[[Left, Right], bool]) -> Sequence[Left] | None:
    """What *handed* has after all of *held*; None where it does not begin with all of it."""
    if len(handed) < len(held) or beginning(handed, held, same) < len(held):
        return None
    return handed[len(held) :]


def compared(
    handed: Sequence[Left],
    staying: Sequence[Message],
    held: Iterable[Message],
    same: Callable[[Left, Message], bool],
) -> Difference:
    """*handed* against those of a log's messages that are *staying*; what is *held* beside the equal ones left.

    A log only grows: from the first message on that stands elsewhere or was changed, all must be stored once more.
    """
    equal = beginning(handed, staying, same)
    kept = {message.sequence for message in staying[:equal]}
    return Difference(equal, tuple(message.sequence for message in held if message.sequence not in kept))


def repeated(handed: Sequence[Words], held: Sequence[Message]) -> tuple[int, int]:
    """How many of *handed*, from the first on, repeat *held*, and from which place of it; the most there are."""
    stored = [said(message) for message in held]
    best = (0, 0)
    for first in range(len(stored)):
        equal = beginning(handed, stored[first:], lambda left, right: left == right)
        count = _trusted(equal, len(handed), held, first)
        if count and count >= best[0]:
            best = (count, first)
    return best


def _trusted(count: int, handed: int, held: Sequence[Message], first: int) -> int:
    """How many of *count* equal messages are the same ones, and not the same words said again.

    They are where the session ends with them, or with the run that their last one began and that did not come to its
    end. Elsewhere they are when an answer is among them, but the last of all is then asked anew.
    """
    behind = held[first + count :]
    if not count or not behind:
        return count
    open_run = not any(message.role == "user" or finished(message) for message in behind)
    if held[first + count - 1].role == "user" and open_run:
        return count
    answered = any(message.role == "assistant" for message in held[first : first + count])
    return min(count, handed - 1) if answered else 0


def marks(listed: Sequence[Listed], count: int) -> tuple[int, int]:
    """Checksums of the first *count* messages and of all: a message may be changed under its id."""
    before, mark = 0, 0
    for place, message in enumerate(listed):
        if place == count:
            before = mark
        mark = crc32(message.mark.encode("utf-8", "surrogatepass"), mark)
    return (before if count < len(listed) else mark), mark


def behind_summaries(
    held: Sequence[Message], ids: Collection[str], identity: Callable[[Message], str]
) -> list[Message]:
    """Those behind what other code summarised, which ends where a list with *ids* goes on with what it had."""
    first = next((place for place, message in enumerate(held) if identity(message) in ids), len(held))
    return list(held[first:])
