"""One time as programs write it -> a datetime: ISO 8601, numbers since 1970, dates of mails, logs and chats. Pure.

Nothing is guessed: a date like 3/4/2023 is read where the order of day and month is given, and else refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, Literal, TypeAlias

from tiermem.errors import InvalidMessage
from tiermem.text import late

Order: TypeAlias = Literal["day-first", "month-first"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# By size: seconds end in the year 5138 at 1e11, which as milliseconds is 1973; and so on for micro- and nanoseconds.
_UNITS = ((1e11, 1), (1e14, 10**3), (1e17, 10**6), (1e20, 10**9))
_NUMBER = late.compile(r"-?\d{9,20}(?:\.\d{1,9})?")
_COMPACT = late.compile(r"(?:19|20)\d{12}")
_SLASHED = late.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:,?\s+(.+))?")
_DOTTED = late.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:,?\s+(.+))?")
_YEAR_FIRST = late.compile(r"(\d{4})[/.年-]\s?(\d{1,2})[/.月-]\s?(\d{1,2})(?:日\s*|[,，T\s]\s*|(?=[上下])|$)(.*)")
_NAMED = late.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?:(\d{1,2})\s+([A-Za-z]{3,9})|([A-Za-z]{3,9})\s+(\d{1,2}))\.?,?\s+(\d{4})"
    r"(?:,?\s+(?:at\s+)?(.+))?"
)
_CLOCK = late.compile(
    r"(?P<early>上午|下午)?\s*(?P<hour>\d{1,2})[:时](?P<minute>\d{2})(?:[:分](?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?[分秒]?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?"
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905


def instant(value: Any, order: Order | None = None, *, least: float = 0.0) -> datetime | None:
    """The time that *value* is, or None: ISO 8601 and common written forms, or a number since 1970 in seconds or their
    thousandths, also as digits in a text; numbers of less than *least* seconds are none.

    Text without a zone is read as UTC: the writer's zone cannot be known, and the reader's would give the same file
    other dates on another machine.

    Raises:
        InvalidMessage: it may be read in two ways.
    """
    if isinstance(value, Mapping):
        return instant(_wrapped(value), order, least=least) if len(value) == 1 else None
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _since(value, least)
        return _written(value.strip(), order, least) if isinstance(value, str) else None
    except (ValueError, OverflowError) as error:
        if isinstance(error, InvalidMessage):
            raise
        return None


def is_clock(text: str) -> bool:
    """Whether *text* is a time of day alone."""
    return _CLOCK.fullmatch(text.strip()) is not None


def _wrapped(value: Mapping[str, Any]) -> Any:
    """What MongoDB's JSON says of a date: {"$date": "…"} or {"$date": {"$numberLong": "…"}}."""
    return next((inner for name, inner in value.items() if name in {"$date", "$numberLong", "$numberInt"}), None)


def _since(number: float, least: float) -> datetime | None:
    for end, parts in _UNITS:
        if abs(number) < end:
            return _EPOCH + timedelta(seconds=number / parts) if abs(number) >= least else None
    return None


def _written(text: str, order: Order | None, least: float) -> datetime | None:
    if _COMPACT.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    if _NUMBER.fullmatch(text):
        return _since(float(text), least)
    if text.isdecimal() and len(text) != len("20240131"):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return next((when for form in _FORMS if (when := form(text, order)) is not None), None)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _slashed(text: str, order: Order | None) -> datetime | None:
    if not (match := _SLASHED.fullmatch(text)):
        return None
    first, second, year = (int(part) for part in match.groups()[:3])
    if order is None and first <= 12 and second <= 12 and first != second:
        raise InvalidMessage(
            f"{match[1]}/{match[2]}/{match[3]} may be read day first or month first: "
            "say which, by --dates day-first or --dates month-first"
        )
    day_first = first > 12 or (second <= 12 and order == "day-first")
    return _at(year, second if day_first else first, first if day_first else second, match[4])


def _dotted(text: str, _: Order | None) -> datetime | None:
    match = _DOTTED.fullmatch(text)
    return _at(int(match[3]), int(match[2]), int(match[1]), match[4]) if match else None


def _year_first(text: str, _: Order | None) -> datetime | None:
    match = _YEAR_FIRST.fullmatch(text)
    return _at(int(match[1]), int(match[2]), int(match[3]), match[4]) if match else None


def _named(text: str, _: Order | None) -> datetime | None:
    match = _NAMED.fullmatch(text)
    month = (match[2] or match[3])[:3].lower() if match else ""
    if match is None or month not in _MONTHS:
        return None
    return _at(int(match[5]), _MONTHS.index(month) + 1, int(match[1] or match[4]), match[6])


def _mailed(text: str, _: Order | None) -> datetime | None:
    """As in a mail's head: Sat, 04 Mar 2023 10:00:00 GMT."""
    if not re.fullmatch(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} .{5,40}", text):
        return None
    read = parsedate_to_datetime(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


_FORMS: tuple[Callable[[str, Order | None], datetime | None], ...] = (_mailed, _year_first, _slashed, _dotted, _named)


def _at(year: int, month: int, day: int, clock: str | None) -> datetime | None:
    start = datetime(year, month, day, tzinfo=UTC)
    if not clock or not clock.strip():
        return start
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        return None
    hour, half = int(match["hour"]), (match["half"] or match["early"] or "").lower()[:2]
    if half:
        hour = hour % 12 + (12 if half in {"pm", "p.", "下午"} else 0)
    part = int((match["part"] or "0").ljust(6, "0")[:6])
    return start.replace(
        hour=hour,
        minute=int(match["minute"]),
        second=int(match["second"] or 0),
        microsecond=part,
        tzinfo=_zone(match["zone"]),
    )


def _zone(text: str | None) -> tzinfo:
    digits = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", text or "")
    if digits is None:
        return UTC
    offset = timedelta(hours=int(digits[2]), minutes=int(digits[3] or 0))
    return timezone(-offset if digits[1] == "-" else offset)
