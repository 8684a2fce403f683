"""Whether a line of a summary can rest on the messages: a number or file that nobody named was made up.

Rule: only what can be looked up is judged. A figure counts as said in any spelling (1,500; 1.5k; fifty; 五十); whole
numbers below 10 are free, because "three tests failed" is often counted and not quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

from tiermem.facts.quantities import quantities
from tiermem.messages import Message
from tiermem.summaries.lines import moment
from tiermem.text import chinese_numerals
from tiermem.text.chinese_numerals import NUMERALS
from tiermem.text.entities import paths

_FREE = 10.0  # whole numbers below it may be counted rather than quoted
_FIGURE = re.compile(r"(?<![A-Za-z_\d])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_HAN_FIGURE = re.compile(f"[{NUMERALS}]{{2,}}|十")


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
            said += [moment(message.when).date().isoformat()] if message.when else []
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
        """False when *text* names a figure or a file that no message names."""
        return all(map(self._said, _figures(text))) and all(map(self._named, paths(text)))

    def _said(self, figure: float) -> bool:
        if figure in self._figures or (figure < _FREE and figure == int(figure)):
            return True
        return figure in self._spelled

    def _named(self, path: str) -> bool:
        last = re.split(r"[/\\]", path.rstrip("/\\"))[-1].lower()
        return last in self._lower


def _figures(text: str) -> set[float]:
    return {float(figure.replace(",", "")[:30]) for figure in _FIGURE.findall(text)}
