"""What of a text can be looked up again: its numbers, dates, names, files and identifiers, in a form to compare. Pure.

Rule 1: two spellings of one detail have one form ("10,000 ms" and "10000ms"), so a model may write it otherwise.
Rule 2: a text that is asked for any number of forms is read once; where a word stands more often than `TRIED` times,
the others are not looked at, so what is said to be there is, and the time stays linear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final, NamedTuple

from tiermem.text import cues, late
from tiermem.text.entities import entities, numbers, paths

NUMBER, NAME, FILE, IDENTIFIER = "number", "name", "file", "identifier"
TRIED: Final = 2_000  # places of the rarest word of a form
_PIECE = late.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]|[$€£¥￥%‰℃°]")
_THOUSANDS = late.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_FIGURE_AND_UNIT = late.compile(r"(?<=\d)(?=[^\W\d_])")


class Particular(NamedTuple):
    """One detail: its kind, as it is written, and the words by which it is compared."""

    kind: str
    text: str
    form: tuple[str, ...]


def particulars(text: str) -> list[Particular]:
    """The details of *text*, each form once."""
    found = [(IDENTIFIER, match[0]) for match in cues.TELLING.finditer(text) if match.lastgroup == "identifier"]
    found += [(FILE, path) for path in paths(text)]
    found += [(NUMBER, number) for number in numbers(text)]
    found += [(NAME, name) for name in entities(text)]
    forms: dict[tuple[str, ...], Particular] = {}
    for kind, written in found:
        form = tuple(pieces(written))
        if form:
            forms.setdefault(form, Particular(kind, written, form))
    return list(forms.values())


def pieces(text: str) -> list[str]:
    """The words and figures of *text* in small letters, each Chinese character by itself, units apart from figures."""
    return _PIECE.findall(_FIGURE_AND_UNIT.sub(" ", _THOUSANDS.sub("", text.casefold())))


class Forms:
    """A text, line by line, that is asked whether it holds a form."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._pieces: list[str] = []
        self._places: dict[str, list[int]] = defaultdict(list)
        for line in lines:
            for piece in [*pieces(line), "\n"]:  # no form goes on in another line
                self._places[piece].append(len(self._pieces))
                self._pieces.append(piece)

    def holds(self, form: Sequence[str]) -> bool:
        """Whether the words of *form* stand in a row in one line."""
        return self._next(form, 0) is not None

    def in_order(self, forms: Iterable[Sequence[str]]) -> bool:
        """Whether those of *forms* that are there stand behind one another in this order: whoever owes stands first."""
        place = 0
        for form in forms:
            if self.holds(form):
                found = self._next(form, place)
                if found is None:
                    return False
                place = found + len(form)
        return True

    def _next(self, form: Sequence[str], least: int) -> int | None:
        """The first place from *least* on where the words of *form* stand in a row in one line."""
        if not form or not all(piece in self._places for piece in form):
            return None
        at = min(range(len(form)), key=lambda place: len(self._places[form[place]]))
        wanted = list(form)
        begins = (place - at for place in islice(self._places[form[at]], TRIED) if place - at >= least)
        return next((first for first in begins if self._pieces[first : first + len(wanted)] == wanted), None)
