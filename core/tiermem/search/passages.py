"""Messages and chunks that were found as one delimited block of quoted history, for models: data, not instructions.

Rule 1: it is a block of `window/quotation.py`, which nothing in it can close.
Rule 2: neighbouring messages become one passage with one reference, and a date is said once a day, because a header
costs as much as a short message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from tiermem.messages import Message
from tiermem.text.analyzer import terms
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import indented, one_line
from tiermem.text.sentences import sentences
from tiermem.times.stamps import UTC_MARK, day, days
from tiermem.window.quotation import CLOSE, OPEN, line, safe

UNDATED = "(no date)"
HEADER_TOKENS = 4  # about what a passage's reference costs
BLOCK_TOKENS = 26  # about what opening and closing the block and its first date cost
SPARED = 2  # tokens of a message's own frame that a quoted line does without
TYPICAL = 12  # tokens of a short quoted line; a block of n tokens is chosen from n / 12 messages
LONG, LONGEST = 1200, 8_000  # characters of one message that are quoted at least and at most, where it has them
NO_NOTES: Mapping[int, str] = MappingProxyType({})
HEAD, SHARE = 200, 3  # characters of a result that tells nothing of what is asked beside words that do; else a third
Told: TypeAlias = "str | tuple[tuple[Message, str], ...]"
"""What is shown of a message: its text, or who says what in it."""


def longest(budget: int) -> int:
    """Characters that one message may fill of a block of *budget* tokens: about half of it."""
    return min(LONGEST, max(LONG, 2 * budget))


def excerpt(text: str, question: Sequence[str], limit: int) -> str:
    """The parts of a long *text* that share most terms with the question, in order, up to *limit* characters."""
    if len(text) <= limit:
        return text
    wanted = set(question)
    parts = [part for part in sentences(text) if part.strip()]
    scores = [len(wanted.intersection(terms(part))) for part in parts]
    order = sorted(range(len(parts)), key=lambda p: (-scores[p] - 0.5 * _near(scores, p), p))
    chosen: set[int] = set()
    left = limit
    for position in order:
        if len(parts[position]) <= left:
            chosen.add(position)
            left -= len(parts[position])
    return _joined(parts, sorted(chosen)) if chosen else text[:limit] + " …"


def excerpts(spoken: Sequence[tuple[Message, str]], question: Sequence[str], limit: int) -> Told:
    """The `excerpt` of each text of one message, of somebody and of tools: what a tool said takes no room from what
    somebody said beside it."""
    wanted = set(question)
    own = sum(len(text) for voice, text in spoken if voice.acts_as not in TOOL_ROLES)
    asked = any(wanted.intersection(terms(text)) for voice, text in spoken if voice.acts_as not in TOOL_ROLES)
    results = max(1, sum(1 for voice, _ in spoken if voice.acts_as in TOOL_ROLES))
    left = max(HEAD, (limit // SHARE if asked else limit - own) // results)

    def shown(voice: Message, text: str) -> str:
        if voice.acts_as not in TOOL_ROLES:
            return excerpt(text, question, limit)
        bears = len(text) <= HEAD or not wanted.isdisjoint(terms(text))
        return excerpt(text, question, left if bears else HEAD)

    return tuple((voice, shown(voice, text)) for voice, text in spoken)


def _near(scores: Sequence[int], position: int) -> int:
    return max(scores[max(0, position - 1) : position + 2])


def _joined(parts: Sequence[str], chosen: Sequence[int]) -> str:
    text, last = "", -1
    for position in chosen:
        text += (" … " if position != last + 1 else "") + parts[position]
        last = position
    return text.strip() + ("" if last == len(parts) - 1 else " …")


def runs(sequences: Sequence[int]) -> list[tuple[int, int]]:
    """The ranges of consecutive numbers in *sequences* (sorted)."""
    ranges: list[tuple[int, int]] = []
    for number in sequences:
        if ranges and ranges[-1][1] + 1 == number:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def chunk_line(number: int, source: str, text: str) -> str:
    """A document's chunk as it is quoted: with its source, where a message has its speaker."""
    return f"[d{number}] {safe(one_line(source))}: {indented(safe(text.strip()))}"


def told_line(message: Message, told: Told) -> str:
    """What is shown of *message*, a line for each that speaks in it."""
    return line(message, told) if isinstance(told, str) else "\n".join(line(voice, text) for voice, text in told)


def render_run(
    places: Sequence[int],
    messages: Mapping[int, Message],
    texts: Mapping[int, Told],
    notes: Mapping[int, str],
    prefix: str = "",
) -> str:
    """One passage: its references, then a line a message. The time of day is left out: it costs as much as a line."""
    first, last = messages[places[0]].sequence, messages[places[-1]].sequence
    refs = f"m{first}" if first == last else f"m{first}-m{last}"
    lines = [told_line(messages[place], texts[place]) + notes.get(place, "") for place in places]
    return f"[{prefix}{refs}] " + "\n".join(lines)


def render(
    chosen: Sequence[int],
    messages: Mapping[int, Message],
    texts: Mapping[int, Told],
    notes: Mapping[int, str] = NO_NOTES,
    chunks: Sequence[str] = (),
    prefixes: Mapping[int, str] = NO_NOTES,
) -> str:
    """The whole block for the messages *chosen* (sorted), or "" for none.

    All are named by place: consecutive ones stand beside each other. *notes* stand behind the text of a message,
    *prefixes* before its reference; *chunks* are lines of documents, after all messages.
    """
    if not chosen and not chunks:
        return ""
    lines, shown = [OPEN], ""
    parts = list(_days(runs(chosen), messages))
    told = days([messages[low].when for low, _ in parts])
    for (low, high), said in zip(parts, told, strict=True):
        date = said.removesuffix(UTC_MARK)
        if date != shown:
            lines.append(f"{said}:" if said else UNDATED)
            shown = date
        lines.append(render_run(range(low, high + 1), messages, texts, notes, prefixes.get(low, "")))
    return "\n".join([*lines, *chunks, CLOSE])


def _days(ranges: Iterable[tuple[int, int]], messages: Mapping[int, Message]) -> Iterator[tuple[int, int]]:
    """*ranges* parted where a new day begins, so that every line's date is the one above it."""
    for low, high in ranges:
        start = low
        for number in range(low + 1, high + 1):
            if day(messages[number].when) != day(messages[number - 1].when):
                yield start, number - 1
                start = number
        yield start, high
