"""Whether a line of a summary can rest on the messages: a number or file that nobody named was made up.

Rule: only what can be looked up is judged. A figure counts as said in any spelling (1,500; 1.5k; fifty; 五十); whole
numbers below 10 are free, because "three tests failed" is often counted and not quoted. What is true of the span itself
counts as said: how many messages it has, on which days and at which times they were said, their numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from tiermem.errors import SummaryRejected
from tiermem.facts.quantities import quantities
from tiermem.messages import Message
from tiermem.records import StructuredSummary
from tiermem.summaries.lines import lines_of, moment, provenance_in, structured
from tiermem.text import chinese_numerals, late
from tiermem.text.chinese_numerals import NUMERALS
from tiermem.text.entities import paths

_FREE = 10.0  # whole numbers below it may be counted rather than quoted
_FIGURE = late.compile(r"(?<![A-Za-z_\d])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_CLOCK = late.compile(r"(?<!\d)(\d{1,2}):(\d\d)(?::\d\d(?:\.\d{1,9})?)?(?:\s?([ap])\.?m\b)?", re.IGNORECASE)
_COUNTED = late.compile(
    r"(?<![\w.,])(\d{1,9})\s*(?:(?:user|assistant|tool|system) )?messages?\b|(\d{1,9})\s*条(?:消息|信息)"
)
_NUMBERED = late.compile(
    r"\b(?:messages? |m|#)#?(\d{1,9})(?:\s?(?:-|–|to|through)\s?(?:m|#)?(\d{1,9}))?\b"
    r"|第\s?(\d{1,9})(?:\s?(?:-|–|到|至)\s?(\d{1,9}))?\s?条",
    re.IGNORECASE,
)
_HAN_FIGURE = late.compile(f"[{NUMERALS}]{{2,}}|十")


def grounded(summary: StructuredSummary, messages: Sequence[Message]) -> StructuredSummary:
    """*summary* without the lines that name a figure or a file which none of *messages* names; `refused` counts them.

    Raises:
        SummaryRejected: most of its lines do.
    """
    ground, lines = Ground(messages), lines_of(summary)
    kept = [line for line in lines if ground.bears(f"{line.label} {line.text}")]
    refused = len(lines) - len(kept)
    if refused * 2 > len(lines):
        raise SummaryRejected(f"{refused} of {len(lines)} lines name figures or files that no message names")
    if not refused:
        return summary
    origin = provenance_in(summary)
    return structured(kept, replace(origin, refused=origin.refused + refused), summary.timestamp)


class Ground:
    """What *messages* say that a line can be held against."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self._messages = messages

    @cached_property
    def _text(self) -> str:
        said = []
        for message in self._messages:
            said += [message.text, message.name or "", str(message.state.get("user_goal", ""))]
            said += [f"{call.name} {call.arguments}" for call in message.calls]
            said += [day.date().isoformat() for day in _zones(message)]
        return "\n".join(said)

    @cached_property
    def _lower(self) -> str:
        return self._text.lower()

    @cached_property
    def _figures(self) -> frozenset[float]:
        return frozenset(_figures(self._text))

    @cached_property
    def _spelled(self) -> frozenset[float]:
        """Amounts in words, Chinese numerals and with scales; looked for only where digits alone do not do."""
        read = (quantity for message in self._messages for quantity in quantities(message.text)[1])
        amounts = {float(amount) for quantity in read if quantity.kind != "when" for amount in quantity.value}
        numerals = map(chinese_numerals.value, _HAN_FIGURE.findall(self._text))
        return frozenset(amounts | {float(number) for number in numerals if number is not None})

    def bears(self, text: str) -> bool:
        """False when *text* names a figure or a file that no message names, and that is not true of the span."""
        files = paths(text)
        for pattern, true in ((_CLOCK, self._timed), (_COUNTED, self._counted), (_NUMBERED, self._numbered)):
            text = pattern.sub(lambda match, true=true: " " if true(match) else match[0], text)  # type: ignore[misc]
        return all(map(self._said, _figures(text))) and all(map(self._named, files))

    @cached_property
    def _minutes(self) -> frozenset[tuple[int, int]]:
        return frozenset((time.hour, time.minute) for message in self._messages for time in _zones(message))

    def _timed(self, match: re.Match[str]) -> bool:
        hour, minute, half = int(match[1]), int(match[2]), (match[3] or "").lower()
        if half:
            hour = hour % 12 + 12 * (half == "p")
        return (hour, minute) in self._minutes

    @cached_property
    def _counts(self) -> frozenset[int]:
        return frozenset(Counter(message.role for message in self._messages).values()) | {len(self._messages)}

    def _counted(self, match: re.Match[str]) -> bool:
        return int(match[1] or match[2]) in self._counts

    def _numbered(self, match: re.Match[str]) -> bool:
        first, last = (message.sequence for message in (self._messages[0], self._messages[-1]))
        return all(first <= int(number) <= last for number in match.groups() if number)

    def _said(self, figure: float) -> bool:
        if figure in self._figures or (figure < _FREE and figure == int(figure)):
            return True
        return figure in self._spelled

    def _named(self, path: str) -> bool:
        last = re.split(r"[/\\]", path.rstrip("/\\"))[-1].lower()
        return last in self._lower


def _zones(message: Message) -> list[datetime]:
    """When *message* was said, by its own clock and in UTC; [] where that is not known."""
    if message.when is None:
        return []
    when = moment(message.when)
    return [when, when.astimezone(UTC)]


def _figures(text: str) -> set[float]:
    return {float(figure.replace(",", "")[:30]) for figure in _FIGURE.findall(text)}
