"""What a rule for time expressions is made of, and how it is applied: see `intervals`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TypeAlias

from tiermem.text import late
from tiermem.times.calendar import Span, date_of, join

LIMIT = 1_000  # expressions read from one text; a log of dates names none of them in particular
_MARK = 0xE000
MARK = f"[{chr(_MARK)}-{chr(_MARK + LIMIT)}]"
_MARKS = late.compile(MARK)


@dataclass(frozen=True, slots=True)
class Term:
    """What an expression means: a span by year. `year` is 0 where it is settled, None where it was not said."""

    of: Callable[[int], Span | None]
    year: int | None = None
    weight: float = 1.0

    def spans(self, years: Iterable[int]) -> list[Span]:
        """What it means in each of the *years*; in one only, where that was said."""
        chosen = years if self.year is None else (self.year,)
        return [span for year in chosen if (span := self.of(year))]


@dataclass(slots=True)
class TimeReading:
    """One text while it is read. `now` is the ordinal of the moment to count from, or None."""

    now: float | None
    terms: list[Term] = field(default_factory=list)

    @property
    def year(self) -> int:
        """The year of `now`; 0 without one."""
        there = date_of(self.now) if self.now is not None else None
        return there.year if there else 0

    def term(self, mark: str) -> Term:
        """What the rule that left this mark had read."""
        return self.terms[ord(mark) - _MARK]

    def occurrence(self, direction: int, of: Callable[[int], Span | None]) -> Term | None:
        """Of what comes every year: the last one that is over (-1), this year's (0), the next to begin (1)."""
        if self.now is None:
            return Term(of)
        now = self.now
        spans = [span for year in range(self.year - 2, self.year + 3) if (span := of(year))]
        if direction < 0:
            return settled(next((span for span in reversed(spans) if span[1] <= now), None))
        return settled(next((span for span in spans if span[0] > now), None) if direction else of(self.year))

    def left(self, text: str) -> list[Term]:
        """The terms whose marks still stand in *text*: those that no other term was built on."""
        return [self.term(mark) for mark in _MARKS.findall(text)]


Reader: TypeAlias = Callable[[re.Match[str], TimeReading], Term | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern and what it means. Its group "pre" stays in the text.

    *anchored*: that needs a moment to count from. *needs*: words of which the text must hold one, in small letters;
    a search for them in a set costs a hundredth of the pattern's. *built*: it builds on what other rules read.
    """

    pattern: re.Pattern[str]
    read: Reader
    anchored: bool = False
    needs: frozenset[str] = frozenset()
    built: bool = False

    def idle(self, words: AbstractSet[str], reading: TimeReading) -> bool:
        """Whether it cannot find anything in a text of these *words*."""
        return (self.built and not reading.terms) or bool(self.needs and self.needs.isdisjoint(words))


def settled(span: Span | None, weight: float = 1.0) -> Term | None:
    """The term of a span that depends on no year."""
    return Term(lambda _: span, 0, weight) if span else None


def between(first: Term, last: Term) -> Term:
    """From one to the other; a year that only one of them gives is meant for both."""
    return Term(
        lambda year: join(first.of(first.year or year), last.of(last.year or year)),
        first.year or last.year if None in {first.year, last.year} else 0,
        min(first.weight, last.weight),
    )


def mapped(term: Term, change: Callable[[Span], Span | None]) -> Term:
    """The term of something that is found from *term*'s span."""
    return Term(lambda year: change(span) if (span := term.of(year)) else None, term.year, term.weight)


def unmarked(text: str) -> str:
    """*text* without the characters that marks are made of."""
    return _MARKS.sub(" ", text)


def applied(rule: Rule, text: str, reading: TimeReading) -> str:
    """*text* with a mark for each thing that *rule* reads; a match that means no time is blanked."""

    def replaced(match: re.Match[str]) -> str:
        kept = match.groupdict().get("pre") or ""
        term = None if rule.anchored and reading.now is None else rule.read(match, reading)
        if term is None or len(reading.terms) >= LIMIT:
            return f"{kept} "
        reading.terms.append(term)
        return kept + chr(_MARK + len(reading.terms) - 1)

    return rule.pattern.sub(replaced, text)
