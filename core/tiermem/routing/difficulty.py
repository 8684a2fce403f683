"""How difficult a question looks, in [0, 1], by its length and by the words that chain its steps. Pure.

It is a prior, and a weak one. Fitted on one half of public questions of which two models' answers were marked, it
tells on the other half which of them need the stronger model a little better than length alone, and that a little
better than chance (`benchmarks/routing`, `benchmarks/RESULTS.md`). The number of figures, signs of mathematics, words
like "why" and "prove", and the length of words brought nothing beside these two.
"""

from __future__ import annotations

import math
import re
from typing import Final

from tiermem.text import late

# Means and deviations over the half that was fitted: of log(1 + letters), of log(1 + words that chain), of both added.
LETTERS: Final = (5.692, 0.689)
CHAINED: Final = (0.797, 0.672)
TOGETHER: Final = (0.0, 1.756)
_HAN: Final = 3  # Latin letters that say as much as one Han character: 4.55 and 1.55 characters a token of o200k
_HAN_CHARACTER = late.compile(r"[\u3400-\u9fff]")
CHAINING = late.compile(
    r"\b(?:if|then|after|before|each|every|remaining|left|total|twice|half|times|than|except|unless|not"
    r"|all of the following|which of the following)\b"
    r"|如果|假如|然后|之后|之前|每个|每天|每人|剩下|一共|总共|两倍|一半|除了|除非|不是|以下",
    re.IGNORECASE,
)


def estimated(text: str) -> float:
    """How difficult *text* looks: the share, 0 to 1, of the questions fitted on that look easier."""
    letters = len(text) + (_HAN - 1) * len(_HAN_CHARACTER.findall(text))
    chained = sum(1 for _ in CHAINING.finditer(text))
    added = _standard(math.log1p(letters), LETTERS) + _standard(math.log1p(chained), CHAINED)
    return 0.5 * (1 + math.erf(_standard(added, TOGETHER) / math.sqrt(2)))  # of a normal distribution


def _standard(value: float, of: tuple[float, float]) -> float:
    return (value - of[0]) / of[1]
