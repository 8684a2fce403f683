"""Times that count from an event: "two months before the trip", "婚礼前两天". The event's own time is looked up by
the caller, who hands it back to `Offset.interval`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite

from tiermem.recall import calendar_words as calendar
from tiermem.recall.calendar_words import DAY, EPOCH, Span, join
from tiermem.recall.chinese_times import MANY, adjacent, unit_of
from tiermem.recall.english_readers import beside
from tiermem.recall.english_times import AMOUNT, UNIT, WEEKDAY_WORDS
from tiermem.recall.intervals import READ, Interval, intervals, made

MOST = 80  # characters of an event's name
SOON = (0.0, 7.0)  # days that "right after" reaches


@dataclass(frozen=True, slots=True)
class Offset:
    """So many *unit*s before (direction -1) or after (1) what *phrase* names; 0 is the unit that holds it.

    *least* and *most* are the amount ("a couple of" is 2 to 3); both are 0 for the unit just before or after.
    """

    phrase: str
    direction: int
    unit: str
    least: int = 0
    most: int = 0

    def interval(self, anchor_time: float) -> Interval | None:
        """The interval meant when the event was at *anchor_time* (wall-clock seconds); None outside the calendar."""
        if not isfinite(anchor_time) or not calendar.date_of(anchor_time / DAY + EPOCH):
            return None
        span = self._span(float(anchor_time // DAY + EPOCH))
        return made(span) if span else None

    def _span(self, day: float) -> Span | None:
        if self.unit == "soon":
            return (day - SOON[1], day) if self.direction < 0 else (day + 1, day + 1 + SOON[1])
        if not self.most:
            return beside((day, day + 1), self.unit, self.direction)
        near, far = (calendar.shift(day, self.direction * n, self.unit) for n in (self.least, self.most))
        return join(far, near) if self.direction < 0 else join(near, far)


_PLACE = r"(?P<place>before|prior to|leading up to|ahead of|after|following)"
_EVENT = rf"\s+(?P<phrase>[^\s,.?!;:\n][^,.?!;:\n]{{0,{MOST}}})"
_ENGLISH = (
    re.compile(rf"\b{AMOUNT} {UNIT} {_PLACE}{_EVENT}", re.IGNORECASE),
    re.compile(
        rf"\b(?:the|last|one) (?P<unit>week|weekend|day|night|month|year|{WEEKDAY_WORDS}) "
        rf"(?P<place>of|before|prior to|leading up to|after|following){_EVENT}",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?P<soon>right|shortly|soon|just|immediately) {_PLACE}{_EVENT}", re.IGNORECASE),
)
_CHINESE = (
    re.compile(
        rf"(?P<phrase>[\u4e00-\u9fffA-Za-z0-9 ]{{1,40}}?)(?:的|之|以)?(?P<place>[前后後])(?P<next>的)?第?{MANY}"
    ),
    re.compile(
        rf"(?P<phrase>[\u4e00-\u9fffA-Za-z0-9 ]{{1,40}}?)的?(?<![第几一二两三四五六七八九十\d]){MANY}"
        r"(?:之|以)?(?P<place>[前后後])"
    ),
)
_ENDS = re.compile(r"\s+(?:what|who|whom|where|when|which|how|why|did|does|do|is|was)\b.*", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:(?:the|an?|my|his|her|their|our|your)\s+)+", re.IGNORECASE)
_EMPTY = re.compile(
    r"^(?:(?:that|this|it|them|he|she|they|we|i|you|now|then|today|tomorrow|yesterday|all|each|"
    r"others?|one another|\d+|work|school|i was|last|next)\b.{0,3}$|$)",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^.*(?:什么|哪里|我们|他们|她们|你们|[我你他她它在是从，]|(?<![\u4e00-\u9fff])去)|^(?:请问|那次|这次|那场|参加|关于)"
)
_EMPTY_CHINESE = {
    "",
    "以",
    "之",
    "今",
    "然",
    "此",
    "目",
    "当",
    "最",
    "先",
    "其",
    "那",
    "这",
    "事",
    "不久",
    "很久",
    "从",
    "提",
    "大约",
}


def relative_to_event(text: str) -> Offset | None:
    """The first time in *text* that counts from an event, and the event's name; None when there is none.

    Only the first `READ` characters are read. A date in the event's place ("the week before 3 August") is no event:
    `intervals` reads that.
    """
    text = text[:READ]
    for pattern in _ENGLISH:
        for match in pattern.finditer(text):
            if phrase := _event(match["phrase"]):
                return _english(match, phrase)
    if not text.isascii():
        for pattern in _CHINESE:
            for match in pattern.finditer(text):
                if phrase := _chinese_event(match["phrase"]):
                    return _chinese(match, phrase)
    return None


def _english(match: re.Match[str], phrase: str) -> Offset | None:
    parts, place = match.groupdict(), match["place"].lower()
    direction = 0 if place == "of" else 1 if place in {"after", "following"} else -1
    if parts.get("soon"):
        return Offset(phrase, direction, "soon")
    amount = calendar.amount(parts["amount"]) if parts.get("amount") else (0, 0)
    return Offset(phrase, direction, match["unit"].lower(), *amount) if amount else None


def _chinese(match: re.Match[str], phrase: str) -> Offset | None:
    amount, unit = unit_of(match)
    amount = (0, 0) if adjacent(match) else amount
    return Offset(phrase, -1 if match["place"] == "前" else 1, unit, *amount) if amount else None


def _event(phrase: str) -> str:
    name = _ARTICLE.sub("", _ENDS.sub("", phrase).strip())
    return "" if _EMPTY.match(name) or intervals(name[:30], 0.0) else name


def _chinese_event(phrase: str) -> str:
    name = _LEAD.sub("", phrase).strip().rstrip("的之以")
    return "" if name in _EMPTY_CHINESE or intervals(name, 0.0) else name
