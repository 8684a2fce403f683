"""Messages and chunks that were found as one delimited block of quoted history, for models: data, not instructions.

Rule 1: it is a block of `window/quotation.py`, which nothing in it can close.
Rule 2: neighbouring messages of one session become one passage with one reference, which says the session where that
is not the one that was asked; a date is said once a day, and a year once a year, because a header costs as much as a
short message.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.text.analyzer import terms
from tiermem.text.readable import TOOL_ROLES
from tiermem.text.sanitizing import indented, one_line
from tiermem.text.sentences import sentences
from tiermem.times.stamps import UTC_MARK, marked_once
from tiermem.window.quotation import CLOSE, OPEN, before_reference, line, safe

UNDATED = "(no date)"
HEADER_TOKENS = 3  # about what a passage's reference costs
DAY_TOKENS = 4  # about what a day costs, without its year
BLOCK_TOKENS = 17  # about what opening and closing the block and its first date cost
SPARED = 2  # tokens of a message's own frame that a quoted line does without
TYPICAL = 12  # tokens of a short quoted line; a block of n tokens is chosen from n / 12 messages
LONG, LONGEST = 1200, 8_000  # characters of one message that are quoted at least and at most, where it has them
HEAD, SHARE = 200, 3  # characters of a result that tells nothing of what is asked beside words that do; else a third
NOTE = "note:"  # what the source of a note begins with
NOTE_KINDS = ("note", "episode", "concept", "procedure")  # what may follow, and a colon; anything else is a note
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


def note_kind(source: str) -> str:
    """Which kind of note is kept under *source*; "" for a document."""
    if not source.startswith(NOTE):
        return ""
    kind = source.removeprefix(NOTE).partition(":")[0]
    return kind if kind in NOTE_KINDS else NOTE_KINDS[0]


def chunk_line(number: int, source: str, text: str) -> str:
    """A document's chunk as it is quoted: with its source, or of a note its kind, where a message has its speaker."""
    return f"[d{number}] {note_kind(source) or safe(one_line(source))}: {indented(safe(text.strip()))}"


def told_line(message: Message, told: Told) -> str:
    """What is shown of *message*, a line for each that speaks in it."""
    return line(message, told) if isinstance(told, str) else "\n".join(line(voice, text) for voice, text in told)


class QuotedLine(NamedTuple):
    """A message as it stands in a block: its number, the day on which it was said (`day`), what is told of it, and the
    note behind that.

    `prefix` says before its reference which other session it is from (`prefix`), "" where it is the one asked.
    """

    number: int
    said: str
    told: str
    note: str = ""
    prefix: str = ""


Row: TypeAlias = "tuple[str, QuotedLine | None]"
"""A row of a block: a date; or a line, with its reference where it is the first of its passage."""


def rows(lines: Sequence[QuotedLine]) -> list[Row]:
    """The rows that show *lines*, which are in reading order. The time of day is left out: it costs as much as a line.

    Neighbours of one session and one day are one passage, so that every line's date is the one above it.
    """
    parts = _passages(lines)
    laid_out: list[Row] = []
    shown = ""
    for part, said in zip(parts, marked_once([part[0].said for part in parts]), strict=True):
        date = said.removesuffix(UTC_MARK)
        if date != shown:
            laid_out.append((_dated(said, shown), None))
            shown = date
        laid_out.append((_reference(part), part[0]))
        laid_out += [("", one) for one in part[1:]]
    return laid_out


def _dated(said: str, before: str) -> str:
    """The row of a day that was *said* behind another: without its year, where that is the same."""
    if not said:
        return UNDATED
    year, _, rest = said.partition("-")
    return f"{rest if before.startswith(f'{year}-') else said}:"


def _passages(lines: Sequence[QuotedLine]) -> list[list[QuotedLine]]:
    parts: list[list[QuotedLine]] = []
    beside, prefix, date = -1, "", ""
    for one in lines:
        if one.number == beside and one.said == date and one.prefix == prefix:
            parts[-1].append(one)
        else:
            parts.append([one])
            prefix, date = one.prefix, one.said
        beside = one.number + 1
    return parts


def _reference(part: Sequence[QuotedLine]) -> str:
    first, last = part[0], part[-1]
    numbers = f"m{first.number}" if first is last else f"m{first.number}-m{last.number}"
    return f"[{first.prefix}{numbers}]"


def written(row: Row) -> str:
    """*row* as text."""
    ref, one = row
    if one is None:
        return ref
    return f"{ref} {one.told}{one.note}" if ref else one.told + one.note


def render(laid_out: Sequence[Row], chunks: Sequence[str] = ()) -> str:
    """The whole block, or "" for none. *chunks* are lines of documents, after all messages."""
    if not laid_out and not chunks:
        return ""
    return "\n".join([OPEN, *map(written, laid_out), *chunks, CLOSE])


def prefix(hit: Hit) -> str:
    """What stands before the reference of a *hit*: "" for this conversation and documents, else which it is from."""
    return "" if hit.home or hit.source else before_reference(hit.session)


def note(hit: Hit) -> str:
    """What is said behind the text of *hit*: what was said in its place, and what holds now. Nothing behind the newest,
    to which the others point."""
    newer = hit.conflicts_with or hit.superseded_by
    if not newer:
        return ""
    how = "corrected" if hit.conflicts_with else "superseded"
    holds = f"; now {one_line(safe(hit.holds))}" if hit.holds else ""
    return f" ({how} by {_readable(newer)}{holds})"


def _readable(ref: str) -> str:
    session, there, own = ref.rpartition("/")
    return f"{before_reference(session)}{own}" if there else own
