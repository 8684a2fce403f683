"""The mood of a text: the words in it that tell a feeling or a judgement, weighed; English and Chinese. Pure.

Rule 1: None is an answer. Below `LEAST` there is too little to tell a mood by.
Rule 2: a word behind a negation, within `REACH` words of its clause, counts for the contrary, and less; what stands in
front of "but" counts half.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tiermem.text import late
from tiermem.text.analyzer import HAN, MAX_TERM, han_words, stem
from tiermem.text.mood import chinese, english

LEAST: Final = 2.0  # weight below which a text has no mood: a strong word, or two
ALIKE: Final = 15.0  # VADER's
REACH: Final = 3  # words over which a negation reaches
LONG: Final = 4_000  # characters that are read; what is longer is pasted
_TURNED = -0.7  # "not good" is less bad than "bad"
_RAISED = 1.5
_HALF = 0.5  # of what stands in front of "but"
_PARTS = late.compile(rf"[{HAN}]+|[a-z]+(?:['’][a-z]+)*|[.!?;:,。！？；：，\n()]")
# What is made of another word has the stem of that word, which tells no mood: "lively" and "live", "useful" and "use".
_DERIVED, _OWN = ("ly", "ful", "fully"), "="
_NOT, _VERY, _BUT, _END = 10.0, 11.0, 12.0, 13.0  # what is no weight


def mood(text: str) -> float | None:
    """How *text* feels, from -1 (bad) to 1 (good); None where too little tells it.

    It is `s / sqrt(s² + ALIKE)`, `s` what is good less what is bad: VADER's normalisation (Hutto and Gilbert 2014), so
    one kind word is 0.25, two 0.46, and 0.9 takes eight; a share of what is good would be 1 for any friendly text.
    """
    good, bad = weights(text)
    felt = good - bad
    return felt / math.sqrt(felt * felt + ALIKE) if good + bad >= LEAST else None


def weights(text: str) -> tuple[float, float]:
    """What of *text* is good, and what is bad: sums of weights, a strong word 2, another 1."""
    good = bad = 0.0
    negated, raised = 0, 1.0
    for value in _values(text[:LONG]):
        if value < _NOT:
            if value:
                weight = value * raised * (_TURNED if negated > 0 else 1.0)
                if weight > 0:
                    good += weight
                else:
                    bad -= weight
            raised = 1.0
            negated -= 1
        elif value == _NOT:
            negated = REACH
        elif value == _VERY:
            raised = _RAISED
            negated -= 1
        else:
            negated = 0
            if value == _BUT:
                good, bad = good * _HALF, bad * _HALF
    return good, bad


def _values(text: str) -> list[float]:
    values: list[float] = []
    for chunk in text.split():  # most were seen before
        values += _known(chunk) if len(chunk) <= MAX_TERM else _read(chunk.lower())
    return values


@lru_cache(maxsize=16_384)
def _known(chunk: str) -> tuple[float, ...]:
    return tuple(_read(chunk.lower()))


def _read(chunk: str) -> Iterator[float]:
    """The value of each word of *chunk*: its weight, 0 for none, or what it does to those around."""
    table = _table()
    for match in _PARTS.finditer(chunk):
        part = match.group()
        if part[0] >= "\u2e80":
            yield from (table.get(word, 0.0) for word in han_words(part)) if len(part) > 1 or part in table else (_END,)
        elif part[0].isalpha():
            plain = part.replace("’", "'")
            word = plain.partition("'")[0]
            own = _OWN + word if word.endswith(_DERIVED) else stem(word)
            yield _NOT if plain.endswith("n't") else table.get(own, 0.0)
        else:
            yield _END


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    """Values by word, English ones by their stems."""
    table: dict[str, float] = {}
    for weight, words in (
        (1.0, english.GOOD),
        (-1.0, english.BAD),
        (2.0, english.STRONG_GOOD),
        (-2.0, english.STRONG_BAD),
    ):
        table |= {_OWN + word if word.endswith(_DERIVED) else stem(word): weight for word in words}
    for weight, words in (
        (1.0, chinese.GOOD),
        (-1.0, chinese.BAD),
        (2.0, chinese.STRONG_GOOD),
        (-2.0, chinese.STRONG_BAD),
    ):
        table |= dict.fromkeys(words, weight)
    for value, several in ((_VERY, english.VERY), (_BUT, english.BUT), (_NOT, english.NOT)):
        table |= {_OWN + word if word.endswith(_DERIVED) else stem(word): value for word in several}
    for value, several in ((_VERY, chinese.VERY - {"好"}), (_BUT, chinese.BUT), (_NOT, chinese.NOT)):
        table |= dict.fromkeys(several, value)
    return table
