"""WhatsApp's text export: `WhatsApp Chat with Ann.txt`, or `_chat.txt` in an archive.

Seen: those of Android and iOS in English, German and Chinese forms, 2020 to 2025. Dates are written as the phone's
country does, times have no zone. What is not in doubt is read of the file itself: a day above 12, or the order that
makes the times go forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from tiermem.errors import InvalidMessage
from tiermem.histories.parts import wording
from tiermem.histories.parts.clocks import local
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation, Gathered, digest, said, session_id
from tiermem.histories.parts.source import HistoryFormat
from tiermem.histories.parts.wording import Block
from tiermem.text import late
from tiermem.times.instants import Order

KEY = "whatsapp"
_MARKS = str.maketrans({"\u200e": None, "\u200f": None, "\u202a": None, "\u202c": None, "\ufeff": None, "\r": None,
                        "\u202f": " ", "\u00a0": " "})  # fmt: skip
_DATE = r"(?P<one>\d{1,4})[./-](?P<two>\d{1,2})[./-](?P<three>\d{1,4}),? "
_CLOCK = (
    r"(?:(?P<early>上午|下午|凌晨|中午|晚上) ?)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"(?: ?(?P<half>[AaPp])\.? ?[Mm]\.?)?"
)
_HEAD = late.compile(rf"(?P<open>\[)?{_DATE}{_CLOCK}(?(open)\] |\s-\s)(?P<rest>.*)")
_DONE = "changed|created|added|removed|left|joined|deleted|turned on|turned off|pinned|updated|set|reset|blocked"
_THING = "group|subject|description|icon|link|number|code|settings|message|admin|community|timer"
_NOTED = late.compile(
    rf"(?:.{{1,60}} (?:{_DONE})\b.*(?:{_THING})|.*end-to-end encrypted|.* now an admin|.*Ende-zu-Ende-verschl"
    r"|.*端到端加密"
    r"|.{1,60} (?:left|joined)$).*"
)
_FILE = late.compile(
    r"(?:<attached: (?P<ios>[^>\n]+)>|(?P<android>\S[^\n:]*?\.\w{2,5}) \((?:file attached|Datei angehängt|文件附件)\))"
)
_GONE = frozenset(
    {"This message was deleted", "You deleted this message", "Diese Nachricht wurde gelöscht", "此消息已删除"}
)
_BACK = timedelta(hours=2)  # a clock that is put back takes one; what is older is quoted


class _Line(NamedTuple):
    """The head of a message: the numbers of its date, its time of day, who speaks, and the first line of the words."""

    numbers: tuple[int, int, int]
    clock: tuple[int, int, int]
    bracketed: bool
    rest: str


def _known(contents: Contents) -> bool:
    lines = contents.text[:4_000].translate(_MARKS).split("\n")[:5]
    return not contents.is_json and any(_HEAD.match(line) for line in lines)


def _read(contents: Contents, wishes: ReadOptions) -> Iterator[Conversation]:
    kept = Gathered()
    lines = contents.text.translate(_MARKS).split("\n")
    heads = [head for head in map(_head, lines) if head]
    order = _order([head.numbers for head in heads], wishes.dates, contents.name)
    made = []
    for when, name, words in _told(lines, order, heads[0].bracketed, kept):
        if not name:
            kept.leave("lines of the program (who joined, what was renamed)")
        elif words in _GONE:
            kept.leave("messages that were deleted before the export")
        else:
            identity = kept.unique(digest(when.isoformat(), name, words))
            made.append(said("user", _blocks(words), identity, local(when, wishes.zone), name=name))
    stem = contents.archive if contents.stem == "_chat" and contents.archive else contents.stem
    yield Conversation(
        id=session_id(KEY, stem.removeprefix("WhatsApp Chat with ").removeprefix("WhatsApp Chat - ")),
        source=SOURCE.name, path=tuple(made), log=True, named_by_file=True, left_out=kept.left_out,
    )  # fmt: skip


def _head(line: str) -> _Line | None:
    match = _HEAD.match(line)
    if match is None:
        return None
    hour, late_half = int(match["hour"]), (match["half"] or "").lower()
    if late_half or match["early"]:
        afternoon = late_half == "p" or match["early"] in {"下午", "晚上", "中午"}
        hour = hour % 12 + (12 if afternoon and not (match["early"] == "中午" and hour == 11) else 0)
    clock = hour, int(match["minute"]), int(match["second"] or 0)
    return _Line((int(match["one"]), int(match["two"]), int(match["three"])), clock, bool(match["open"]), match["rest"])


def _told(
    lines: list[str], order: Order | None, bracketed: bool, kept: Gathered
) -> Iterator[tuple[datetime, str, str]]:
    """When, who and what of each message; "" for whom where the program itself speaks."""
    when, name, held = None, "", list[str]()
    for line in lines:
        head = _head(line)
        began = _when(head, order) if head and head.bracketed == bracketed else None
        if head is None or began is None or (when is not None and began < when - _BACK):
            if head is not None:
                kept.leave("heads inside of a message, which quote an older one: kept as its words")
            held.append(line)
            continue
        if when is not None:
            yield when, name, "\n".join(held).strip()
        when, (name, first) = began, _speaker(head.rest)
        held = [first]
    if when is not None:
        yield when, name, "\n".join(held).strip()


def _speaker(rest: str) -> tuple[str, str]:
    name, colon, words = rest.partition(": ")
    if not colon and rest.endswith(":"):
        name, colon, words = rest[:-1], ":", ""
    system = not colon or '"' in name or "“" in name or _NOTED.fullmatch(name) is not None
    return ("", rest) if system else (name.strip(), words)


def _order(dates: list[tuple[int, int, int]], wished: Order | None, name: str) -> Order | None:
    """Whether the day or the month comes first; None where the year does."""
    if any(first > 31 for first, _, _ in dates):
        return None
    if wished:
        return wished
    if any(first > 12 for first, _, _ in dates):
        return "day-first"
    if any(second > 12 for _, second, _ in dates):
        return "month-first"
    forward = [order for order in _ORDERS if _goes_forward(dates, order)]
    if len(forward) == 1:
        return forward[0]
    if len({one[:2] for one in dates}) == 1 and dates[0][0] == dates[0][1]:
        return "day-first"
    one, two, three = dates[0]
    raise InvalidMessage(
        f"{name}: a date like {one}/{two}/{three} may be read day first or month first: "
        "say which, by --dates day-first or --dates month-first"
    )


_ORDERS: tuple[Order, ...] = ("day-first", "month-first")


def _goes_forward(dates: list[tuple[int, int, int]], order: Order) -> bool:
    days = [_day(date, order) for date in dates]
    return all(a <= b for a, b in pairwise(days))


def _day(numbers: tuple[int, int, int], order: Order | None) -> tuple[int, int, int]:
    one, two, three = numbers
    if order is None:
        return one, two, three
    year = three + 2000 if three < 100 else three
    return (year, two, one) if order == "day-first" else (year, one, two)


def _when(head: _Line | None, order: Order | None) -> datetime | None:
    if head is None:
        return None
    try:
        return datetime(*_day(head.numbers, order), *head.clock)  # the zone is the caller's to say
    except ValueError:
        return None


def _blocks(words: str) -> list[Block]:
    match = _FILE.search(words)
    if match is None:
        return wording.text(words)
    name = (match["ios"] or match["android"]).strip()
    rest = (words[: match.start()] + words[match.end() :]).strip()
    kind = "image" if name.lower().endswith((".jpg", ".jpeg", ".png", ".webp")) else "file"
    return [{"type": kind, "filename": name}, *wording.text(rest)]


SOURCE = HistoryFormat(KEY, "WhatsApp", _known, _read)
