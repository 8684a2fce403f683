"""A clause as the rules of both languages take it, and the values they read in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tiermem.facts.quantities import FIRST, MARK, Quantity
from tiermem.facts.stated.record import CHANGES, CORRECTS, ONCE, STATES, Stated, tidy
from tiermem.text import late

_MARKS = late.compile(MARK)
_NAMING = frozenset({"habit", "taste", "use", "language"})  # kinds whose attributes name something: "study English"
_LOUD = 5  # letters of a word in capitals that is a name: "NASA"; longer ones are shouted


def _cased(attribute: str, kind: str) -> str:
    """*attribute* in small letters, but for the names in it, of kinds that have any."""
    if kind not in _NAMING:
        return attribute.lower()
    verb, *words = attribute.split(" ")
    return " ".join([verb.lower(), *(word.lower() if word.isupper() and len(word) > _LOUD else word for word in words)])


@dataclass(frozen=True, slots=True)
class Told:
    """One clause: its text with amounts as private characters, those amounts, who says it, and how.

    Args:
        changed: it has a word of change ("now").
        corrects: it takes back what was said before ("no, …").
        past: it has a word of the past ("used to").
        other: it is about one more, or about each of several.
    """

    text: str
    values: Sequence[Quantity]
    speaker: str
    changed: bool = False
    corrects: bool = False
    past: bool = False
    other: bool = False

    @property
    def manner(self) -> str:
        """How what is told in the present tense stands to what was said before."""
        return CORRECTS if self.corrects else CHANGES if self.changed else STATES

    def quantity(self, mark: str) -> Quantity:
        """The amount behind a private character."""
        return self.values[ord(mark) - ord(FIRST)]

    def plain(self, text: str) -> str:
        """*text* with its amounts as they were written."""
        return tidy(_MARKS.sub(lambda mark: self.quantity(mark.group()).text, text))

    def fact(self, subject: str, attribute: str, value: str, kind: str, **more: object) -> Stated:
        """What it states, told as the clause is told unless *more* says how; nothing private is left in it."""
        made = Stated(subject, _cased(self.plain(attribute), kind), self.plain(value), kind, self.manner)
        return replace(made, **more)  # type: ignore[arg-type]

    def once(self, subject: str, attribute: str, value: str, kind: str) -> Stated:
        """What was so, and is not so any more."""
        return self.fact(subject, attribute, value, kind, manner=ONCE)

    def news(self, subject: str, attribute: str, value: str, kind: str, **more: object) -> Stated:
        """What has come to be so."""
        manner = CORRECTS if self.corrects else CHANGES
        return self.fact(subject, attribute, value, kind, manner=manner, **more)
