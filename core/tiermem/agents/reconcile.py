"""A framework's list of messages against a session: which are there already, which are new, which left. Pure rules.

Six questions are asked of two lists, and all are answered from their common beginning: does the one only go on after
the other (`beyond`), and after what of it, when calls of tools are left out (`resumed`), which part of a log does it
repeat (`repeated`), what of it stands elsewhere (`compared`), was it only made shorter (`cut_in_front`), and is it the
list that was seen before (`marks`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from zlib import crc32

from tiermem.blocks.reading import kind_of
from tiermem.messages import Message

Left = TypeVar("Left")
Right = TypeVar("Right")
Words = tuple[Any, ...]
_TEXTS = frozenset({"text", "input_text", "output_text", "text-plain"})


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


@dataclass(frozen=True, slots=True)
class Repeated:
    """How many messages of a list, from the first on, a log has already, and the `places` in it that they stand at."""

    count: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a message says to somebody who shows its text: no ids, no white space, no kinds of blocks.

    Args:
        role: in our words.
        text: its words, one blank between two.
        media: the blocks without words, which not everybody hands back.
        calls: names and arguments.
    """

    role: str
    text: str
    media: Sequence[Any]
    calls: Sequence[tuple[str, Any]]

    def same(self, other: Wording) -> bool:
        """Whether both say the same, as far as both show it."""
        shown = not self.media or not other.media or self.media == other.media
        return shown and (self.role, self.text, self.calls) == (other.role, other.text, other.calls)


def said(message: Message) -> Words:
    """What *message* says, without ids of its own."""
    calls = [(call.name, call.arguments) for call in message.calls]
    return message.role, message.content, calls, message.tool_call_id


def finished(message: Message) -> bool:
    """Whether *message* ends a turn: an answer that calls no tool."""
    return message.acts_as == "assistant" and not message.calls


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


def spoken(message: Message) -> Wording:
    """*message* as a client shows it."""
    blocks = [] if message.content is None or isinstance(message.content, str) else message.content
    shown = [text for block in blocks if (text := _shown(block))] if blocks else [message.text]
    media = [block for block in blocks if not _shown(block)]
    calls = [(call.name, call.arguments) for call in message.calls]
    return Wording(message.acts_as, " ".join("\n".join(shown).split()), media, calls)


def _shown(block: str | Mapping[str, Any]) -> str:
    """The text of a block that a client shows as text; what a provider's own tools found is not shown so."""
    if isinstance(block, str):
        return block
    text = block.get("text")
    return text if isinstance(text, str) and kind_of(block) in _TEXTS else ""


def repeated(handed: Sequence[Wording], held: Sequence[Message]) -> Repeated:
    """How many of *handed* (as `spoken`), from the first on, repeat *held*, and which messages those are; the most.

    A client that shows a conversation hands over what it shows. So what the log has between two of its messages may be
    missing, but for what a user said (calls, results, answers), and what the log does not have may stand there, again
    but for what a user said.
    """
    stored = [spoken(message) for message in held]
    question = next((words for words in handed if words.role == "user"), None)
    known = question is not None and any(question.same(words) for words in stored)
    first = question if known else next(iter(handed), None)
    best = Repeated(0, ())
    for start, words in enumerate(stored):
        if first is None or not first.same(words):
            continue
        found = _trusted(_matched(handed, stored, _before(handed, stored, start)), handed, held)
        if found.count and (found.count, len(found.places)) >= (best.count, len(best.places)):
            best = found
    return best


def _before(handed: Sequence[Wording], stored: Sequence[Wording], start: int) -> int:
    """Where the search for *handed* begins, when its first user's message is at *start*: greetings may stand before."""
    greeting = next((place for place, words in enumerate(handed) if words.same(stored[start])), 0)
    while greeting and start and stored[start - 1].same(handed[greeting - 1]):
        greeting, start = greeting - 1, start - 1
    return start


def _matched(handed: Sequence[Wording], stored: Sequence[Wording], start: int) -> Repeated:
    places: list[int] = []
    count, following = 0, start
    for number, words in enumerate(handed):
        place = _next(words, stored, following)
        if place is not None:
            places.append(place)
            count, following = number + 1, place + 1
        elif words.role == "user":
            break
    return Repeated(count, tuple(places))


def _next(words: Wording, stored: Sequence[Wording], following: int) -> int | None:
    """Where *words* stand next, within the turn that is under way or as the question of the next one."""
    for place in range(following, len(stored)):
        if stored[place].same(words):
            return place
        if stored[place].role == "user":
            return None
    return None


def _trusted(found: Repeated, handed: Sequence[Wording], held: Sequence[Message]) -> Repeated:
    """*found*, as far as those are the same messages, and not the same words said again.

    They are in the last turn of a log, when its run did not come to its end or when more is handed over. Elsewhere
    they are when an answer is among them, but the last of all is then asked anew.
    """
    if not found.count:
        return found
    last = found.places[-1]
    behind = held[last + 1 :]
    if not behind:
        return found
    if not any(message.role == "user" for message in behind):
        ended = any(finished(message) for message in behind)
        if held[last].role != "user" or not ended or found.count < len(handed):
            return found
        return _cut(found, len(handed) - 1) if len(found.places) > 1 else Repeated(0, ())
    if any(held[place].role == "assistant" for place in found.places):
        return _cut(found, min(found.count, len(handed) - 1))
    return Repeated(0, ())


def _cut(found: Repeated, count: int) -> Repeated:
    return found if count == found.count else Repeated(count, found.places[:-1])


def resumed(handed: Sequence[Left], held: Sequence[Message], same: Callable[[Left, Message], bool]) -> tuple[int, int]:
    """How many of *handed* a log begins with, and how many of its messages those are.

    What a run did on its way to an answer (calls and results) may be missing in what is handed over.
    """
    place = 0
    for number, message in enumerate(handed):
        following = place
        while following < len(held) and not same(message, held[following]) and _way(held[following]):
            following += 1
        if following == len(held) or not same(message, held[following]):
            return number, place
        place = following + 1
    return len(handed), place


def _way(message: Message) -> bool:
    return message.acts_as == "tool" or bool(message.calls)


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


def cut_in_front(held: Sequence[Message], left: Collection[int], going_on: bool) -> list[int]:
    """The numbers of *left* that somebody dropped to make a list shorter, and did not mean to take out.

    They stand together, behind no more than instructions and a first message, and newer ones stay: of *held*, or such
    as begin with a user's message (*going_on*).
    """
    gone = [message.sequence in left for message in held]
    first = gone.index(True) if True in gone else len(held)
    head = [message for message in held[:first] if message.role not in {"system", "developer"}]
    end = next((place for place in range(first, len(held)) if not gone[place]), len(held))
    if len(head) > 1 or not (end < len(held) or going_on):
        return []
    return [message.sequence for message in held[first:end]]
