"""Stretches of time from words: "last week", "between March and 5 May 2025", "上周五", "三月初".

Reading is a list of rules, most telling first. A rule's match is taken out of the text and one private-use character
stands in its place, so that later rules ("since …", "two weeks before …") build on what earlier ones read. What still
stands in the text at the end is what it names.

Rule 1: times are wall-clock seconds, as the speaker's own clock showed them.
Rule 2: no text makes these functions raise, and their time grows with the length of the text, not its square.
Rule 3: a word that may be no time ("may", "march", "second", 2077 in a title) is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import floor, inf, isfinite

from tiermem.text import late
from tiermem.times import chinese as chinese_times
from tiermem.times import english as english_times
from tiermem.times.calendar import DAY, EPOCH, Span, date_of, seconds
from tiermem.times.terms import Term, TimeReading, applied, unmarked

MENTIONS = 16  # intervals kept for one message
READ = 20_000  # characters of one message that are read for mentions: longer ones are files and logs
OPEN = 0.2  # how well what has no end ("since June") fits
# How well a message fits that lies anywhere in so many days: the longer, the less it tells.
FITS = ((1.5, 1.0), (9.0, 0.7), (35.0, 0.5), (100.0, 0.35), (inf, 0.2))
_YEARS_KNOWN = (1200, 8800)  # anchors outside cannot be counted from by hundreds of years

_WORD = late.compile(r"[a-z0-9]+")
_HINT_CHINESE = late.compile(r"[年月周昨今明前天日]|星期|礼拜|节|国庆|圣诞|中秋|端午|清明|元旦|五一|除夕")


@dataclass(frozen=True, slots=True)
class Interval:
    """From *start* up to but not including *end*, wall-clock seconds since 1970; either may be infinite.

    *fit* (0 to 1) is how well a message inside fits what was said: a day tells more than a year.
    """

    start: float
    end: float
    fit: float


def intervals(text: str, now: float | None = None, years: Sequence[int] = ()) -> list[Interval]:
    """The intervals that *text* names, in its order.

    Args:
        text: a question or a message, English or Chinese; at most `terms.LIMIT` expressions are read.
        now: wall-clock seconds that "yesterday" counts from; without it (None, NaN) such words give nothing.
        years: what a date without a year may mean; by default the occurrence nearest to *now*.
    """
    reading = TimeReading(_ordinal(now))
    weighted = [span for term in _terms(text, reading) for span in _chosen(term, reading, years)]
    return list(dict.fromkeys(_made(span, weight) for span, weight in weighted))


def mentioned(text: str, said_at: float) -> list[Interval]:
    """The bounded intervals that a message said at *said_at* talks about, at most `MENTIONS`; none without a time.

    A message without a word of time costs one search. Only its first `READ` characters are read.
    """
    if not isfinite(said_at):
        return []
    return [
        interval for interval in intervals(text[:READ], said_at) if isfinite(interval.start) and isfinite(interval.end)
    ][:MENTIONS]


def _hinted(words: AbstractSet[str]) -> bool:
    return not english_times.WORDS.isdisjoint(words) or not (
        english_times.FRAMES.isdisjoint(words) or english_times.UNITS.isdisjoint(words)
    )


def _ordinal(now: float | None) -> float | None:
    if now is None or not isfinite(now):
        return None
    there = date_of(now / DAY + EPOCH)
    return now / DAY + EPOCH if there and _YEARS_KNOWN[0] <= there.year <= _YEARS_KNOWN[1] else None


def _terms(text: str, reading: TimeReading) -> list[Term]:
    words = set(_WORD.findall(text.lower()))
    chinese = not text.isascii() and _HINT_CHINESE.search(text)
    english = _hinted(words)
    if not (chinese or english):
        return []
    text = unmarked(text)
    for rule in (*(chinese_times.RULES if chinese else ()), *(english_times.RULES if english else ())):
        if not rule.idle(words, reading):
            text = applied(rule, text, reading)
    return reading.left(text)


def _chosen(term: Term, reading: TimeReading, years: Sequence[int]) -> list[tuple[Span, float]]:
    if years or reading.now is None:
        return [(span, term.weight) for span in term.spans(years)]
    now = floor(reading.now)
    spans = term.spans(range(reading.year - 1, reading.year + 2))
    return [(span, term.weight) for span in sorted(spans, key=lambda span: _away(span, now))[:1]]


def _away(span: Span, now: float) -> float:
    """Days from the span to the day; what is over counts as nearer, because people tell more than they plan."""
    if inf in span or -inf in span:
        edge = span[0] if isfinite(span[0]) else span[1]
        return max(now - edge, 1.5 * (edge - now))
    return max(0.0, now - span[1], 1.5 * (span[0] - now))


def _made(span: Span, weight: float = 1.0) -> Interval:
    """The interval of a span of days, with the fit of its length times *weight*."""
    length = span[1] - span[0]
    fit = OPEN if length == inf else next(value for most, value in FITS if length <= most)
    return Interval(*seconds(span), fit * weight)
