"""Where the tokens of a text are those of its lines, added up: so that a line is counted once, for whatever texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

from tiermem.text.clipping import Count

JOINING = ("", "/", " ", "\n")  # what a line must not begin with, or its tokens may be one with those before it


def add_up(count: Count, lines: Iterable[str], characters: int) -> bool:
    """Whether the tokens of *lines*, each with its line end, add up to those of their text of so many *characters*
    (`Counter.adds_up_to`). They do not where one has lines of its own that begin with a blank."""
    return characters <= getattr(count, "adds_up_to", 0) and not any(line[:1] in JOINING for line in lines)


class CountedText(NamedTuple):
    """A text with what it costs, and what with a line end behind it (below 0: not known)."""

    text: str
    tokens: int
    ended: int = -1

    @classmethod
    def of(cls, text: str, count: Count) -> CountedText:
        """*text*, counted by *count*."""
        ended = count(f"{text}\n") if add_up(count, text.split("\n"), len(text)) else -1
        return cls(text, count(text), ended)


class Lines:
    """Lines with what they cost by *count*: counted once, for whatever texts some of them make."""

    def __init__(self, lines: Sequence[str], count: Count) -> None:
        self.count = count
        self._lines = lines

    @cached_property
    def _add_up(self) -> bool:
        whole = "\n".join(self._lines)
        return add_up(self.count, whole.split("\n"), len(whole))

    @cached_property
    def _costs(self) -> list[tuple[int, int]]:
        """What each costs as the last one, and with a line end behind it."""
        return [(self.count(line), self.count(f"{line}\n")) for line in self._lines]

    def of(self, places: Sequence[int]) -> CountedText:
        """The text of those at *places*, at least one."""
        text = "\n".join([self._lines[place] for place in places])
        if not self._add_up:
            return CountedText(text, self.count(text))
        alone, ended = self._costs[places[-1]]
        before = sum(self._costs[place][1] for place in places[:-1])
        return CountedText(text, before + alone, before + ended)
