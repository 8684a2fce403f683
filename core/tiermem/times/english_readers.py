"""What the matches of English time expressions mean: each reader makes a term of one match of `english`."""

from __future__ import annotations

import re
from math import floor, inf

from tiermem.times import calendar
from tiermem.times.calendar import MONTHS, ORDINALS, SEASONS, WEEKDAYS, Span, join
from tiermem.times.terms import Term, TimeReading, between, mapped, settled

_Match = re.Match[str]
_DIRECTION = {"last": -1, "previous": -1, "past": -1, "this past": -1, "this": 0, "next": 1, "coming": 1}
_DIRECTION |= {"": -1, "this coming": 1, "the coming": 1, "on": -1, "the previous": -1}
HABIT = 0.5  # "at Christmas" is often said of every year, "today" of what is wanted and not of what was
PARTS = dict.fromkeys(("early", "beginning", "start", "first part"), (0.0, 1 / 3))
PARTS |= dict.fromkeys(("mid", "middle"), (0.3, 0.7))
PARTS |= dict.fromkeys(("late", "end", "latter part"), (2 / 3, 1.0))
PARTS |= {"first half": (0.0, 0.5), "second half": (0.5, 1.0), "latter half": (0.5, 1.0)}


def _year(match: _Match, name: str = "year") -> int | None:
    year = match.groupdict().get(name)
    return int(year) if year else None


def date(match: _Match, _: TimeReading) -> Term | None:
    """7 May 2023, 5/7/2023 (the month first, unless it can be none), 2023-05-07."""
    parts = match.groupdict()
    month, number = parts["month"].lower(), int(parts["day"])
    which = int(month) if month.isdecimal() else MONTHS[month]
    if which > 12 and "fixed" not in parts:  # 25/12/2023
        which, number = number, which
    return _possible(Term(lambda year: calendar.day(year, which, number), _year(match)))


def _possible(term: Term) -> Term | None:
    """A day of no year at all (31 June) is none; one of some years (29 February) is kept."""
    return term if term.of(term.year or 2000) else None


def days(match: _Match, _: TimeReading) -> Term | None:
    """From 3 to 7 May 2023."""
    month, first, last = MONTHS[match["month"].lower()], int(match["day"]), int(match["until"])
    return _possible(
        Term(lambda year: join(calendar.day(year, month, first), calendar.day(year, month, last)), _year(match))
    )


def month(match: _Match, reading: TimeReading) -> Term | None:
    """May 2023, in May, last May."""
    month = MONTHS[match["month"].lower()]
    rel = (match.groupdict().get("rel") or "").lower()
    if rel:
        return reading.occurrence(_DIRECTION[rel], lambda year: calendar.months(year, month))
    return Term(lambda year: calendar.months(year, month), _year(match))


def months(match: _Match, _: TimeReading) -> Term | None:
    """Between March and May 2025; from November to February 2024 begins the year before."""
    first, last = MONTHS[match["month"].lower()], MONTHS[match["last"].lower()]
    year = _year(match)
    if last < first and year and not match["from"]:
        return settled(join(calendar.months(year - 1, first), calendar.months(year, last)))
    first_year, last_year = _year(match, "from") or year, year
    return between(
        Term(lambda y: calendar.months(y, first), first_year),
        Term(lambda y: calendar.months(y if last >= first or last_year else y + 1, last), last_year),
    )


def season(match: _Match, reading: TimeReading) -> Term | None:
    """Summer 2023, last summer, in the spring."""
    first, rel = SEASONS[match["season"].lower()], (match.groupdict().get("rel") or "").lower()
    if rel:
        return reading.occurrence(_DIRECTION[rel], lambda year: calendar.season(year, first))
    year = _year(match)
    return Term(lambda y: calendar.season(y, first), year, 1.0 if year else HABIT)


def holiday(match: _Match, reading: TimeReading) -> Term | None:
    """Last Christmas, Thanksgiving 2023, Halloween."""
    name, rel = match["holiday"].lower(), (match["rel"] or "").lower()
    if rel:
        return reading.occurrence(_DIRECTION[rel], lambda year: calendar.holiday(year, name))
    year = _year(match)
    return Term(lambda y: calendar.holiday(y, name), year, 1.0 if year else HABIT)


def quarter(match: _Match, _: TimeReading) -> Term | None:
    """Q3 2023, the third quarter of 2023."""
    number = int(match["digit"] or ORDINALS[match["word"].lower()])
    return Term(lambda year: calendar.months(year, 3 * number - 2, 3), _year(match)) if 0 < number < 5 else None


def years(match: _Match, _: TimeReading) -> Term | None:
    """In 2023, in the 1990s."""
    year = int(match["year"])
    return settled(calendar.months(year, 1, 120 if match["decade"] else 12))


def spoken(match: _Match, reading: TimeReading) -> Term | None:
    """Yesterday, the day after tomorrow, last night, the other day."""
    today, word = floor(reading.now or 0.0), match[0].lower()
    if word.startswith(("last night", "the other night")):
        return settled((today - 0.25, today + 0.25))
    if word == "the other day":
        return settled((today - 10, today - 1))
    away = 2 if "day after" in word else 1 if "tomorrow" in word else -1 if "yesterday" in word else 0
    away = -2 if "day before" in word else away
    return settled((today + away, today + away + 1), 1.0 if away else HABIT)


def relative(match: _Match, reading: TimeReading) -> Term | None:
    """Last week, this month, over the weekend."""
    direction = _DIRECTION[match["rel"].lower()]
    return settled(calendar.around(reading.now or 0.0, direction, match["unit"].lower()))


def recent(match: _Match, reading: TimeReading) -> Term | None:
    """The past two weeks: from two weeks ago up to now."""
    amount, ahead = calendar.amount(match["amount"] or "one"), match["rel"].lower() in {"next", "coming"}
    if amount is None:
        return None
    length = max(1.0, amount[1] * calendar.LENGTHS[match["unit"].lower()])
    today = floor(reading.now or 0.0)
    return settled((today, today + length) if ahead else (today + 1 - length, today + 1))


def ago(match: _Match, reading: TimeReading) -> Term | None:
    """Two weeks ago."""
    return settled(_moved(match, reading.now or 0.0, -1))


def half_year(_: _Match, reading: TimeReading) -> Term | None:
    """Half a year ago: three months around that day."""
    return settled(calendar.shift(reading.now or 0.0, -1, "halfyear"))


def _moved(match: _Match, ordinal: float, direction: int) -> Span | None:
    amount, unit = calendar.amount(match["amount"]), match["unit"].lower()
    if amount is None:
        return None
    near, far = (calendar.shift(ordinal, direction * number, unit) for number in amount)
    return join(far, near) if direction < 0 else join(near, far)


def weekday(match: _Match, reading: TimeReading) -> Term | None:
    """Last Friday: the one just past; this Friday: the one of this week."""
    number, rel = WEEKDAYS[match["weekday"].lower()], match["rel"].lower()
    now = reading.now or 0.0
    if rel == "this":
        start = calendar.week(now)[0] + number
        return settled((start, start + 1))
    return settled(calendar.weekday(now, number, _DIRECTION[rel]))


def day_of(match: _Match, reading: TimeReading) -> Term | None:
    """Friday of last week."""
    number, term = WEEKDAYS[match["weekday"].lower()], reading.term(match["at"])
    return mapped(term, lambda span: (span[0] + number, span[0] + number + 1) if span[1] - span[0] == 7 else None)


def part_of(match: _Match, reading: TimeReading) -> Term | None:
    """Early March, the end of the month."""
    part, unit = match["part"].lower(), match.groupdict().get("unit")
    if unit:
        span = calendar.around(reading.now or 0.0, 0, unit)
        return settled(cut(span, PARTS[part])) if span else None
    return mapped(reading.term(match["at"]), lambda span: cut(span, PARTS[part]))


def cut(span: Span, share: tuple[float, float]) -> Span | None:
    """The days of *span* between two shares of its length; a day or something open has no such parts."""
    length = span[1] - span[0]
    return (span[0] + round(share[0] * length), span[0] + round(share[1] * length)) if 3 < length < inf else None


def numbered(match: _Match, reading: TimeReading) -> Term | None:
    """The second week of November, the last Friday of May."""
    which, unit = ORDINALS[match["which"].lower()], match["unit"].lower()
    return mapped(reading.term(match["at"]), lambda span: _number(span, which, unit))


def _number(span: Span, which: int, unit: str) -> Span | None:
    if span[1] - span[0] == inf:
        return None
    if unit == "week":
        start = span[0] + 7 * (which - 1) if which > 0 else span[1] - 7
        return join((start, start), (span[1], min(start + 7, span[1])))
    number = 5 if unit == "weekend" else WEEKDAYS[unit]
    first = calendar.weekday(span[0] - 1, number, 1)[0] if which > 0 else calendar.weekday(span[1], number, -1)[0]
    start = first + 7 * (which - 1) if which > 0 else first
    return (start, start + (2 if unit == "weekend" else 1)) if start < span[1] else None


def besides(match: _Match, reading: TimeReading) -> Term | None:
    """The week before 3 August, the weekend of 7 May, the Friday after it."""
    unit, side = match["unit"].lower(), match["place"].lower()
    direction = 0 if side == "of" else 1 if side in {"after", "following"} else -1
    return mapped(reading.term(match["at"]), lambda span: beside(span, unit, direction))


def beside(span: Span, unit: str, direction: int) -> Span | None:
    """The *unit* just before (-1) or after (1) *span*, or the one that holds its beginning (0)."""
    if -inf in span or inf in span:
        return None
    if unit in WEEKDAYS:
        number = WEEKDAYS[unit]
        if direction == 0:
            return calendar.week(span[0])[0] + number, calendar.week(span[0])[0] + number + 1
        return calendar.weekday(span[0] if direction < 0 else span[1] - 1, number, direction)
    if direction == 0:
        return calendar.around(span[0], 0, unit)
    if unit == "weekend":
        friday = calendar.weekday(span[0] - 1, 5, -1)[0] if direction < 0 else calendar.weekday(span[1] - 1, 5, 1)[0]
        return friday, friday + 2
    length = calendar.LENGTHS[unit]
    return (span[0] - length, span[0]) if direction < 0 else (span[1], span[1] + length)


def counted(match: _Match, reading: TimeReading) -> Term | None:
    """Two weeks before 11 August."""
    direction = -1 if match["place"].lower() in {"before", "prior to", "earlier than"} else 1
    return mapped(reading.term(match["at"]), lambda span: _moved(match, span[0], direction) if -inf < span[0] else None)


def spanning(match: _Match, reading: TimeReading) -> Term | None:
    """From what one mark means to what the other means."""
    return between(reading.term(match["at"]), reading.term(match["until"]))


def unending(match: _Match, reading: TimeReading) -> Term | None:
    """Since, until, before or after what the mark means."""
    word, term = match["word"].lower(), reading.term(match["at"])
    if word in {"since", "after", "later than"}:
        return mapped(term, lambda span: (span[0] if word == "since" else span[1], inf))
    return mapped(term, lambda span: (-inf, span[1] if word in {"until", "till", "up to"} else span[0]))


def as_of(match: _Match, reading: TimeReading) -> Term | None:
    """ "… last week, as mentioned on 6 November 2023": from here on the text counts from that day."""
    term = reading.term(match["at"])
    span = term.of(term.year) if term.year is not None else None
    if span and span[1] - span[0] == 1:
        reading.now = span[0] + 0.5
    return term
