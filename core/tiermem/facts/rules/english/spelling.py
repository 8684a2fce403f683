"""English as it is typed in haste, in the words that the rules know: "pls dont", "alwyas". Pure.

Only words that no other word looks like are read so; "id", "ill" and "were" are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from tiermem.text import late

_SHORT = {
    "u": "you",
    "ur": "your",
    "pls": "please",
    "plz": "please",
    "plse": "please",
    "dont": "don't",
    "doesnt": "doesn't",
    "cant": "can't",
    "wont": "won't",
    "isnt": "isn't",
    "arent": "aren't",
    "shouldnt": "shouldn't",
    "mustnt": "mustn't",
    "im": "I'm",
    "ive": "I've",
    "lets": "let's",
    "thats": "that's",
    "hes": "he's",
    "shes": "she's",
    "b4": "before",
    "w/o": "without",
    "allways": "always",
    "nevr": "never",
    "evry": "every",
    "befor": "before",
    "untill": "until",
    "prefere": "prefer",
    "shoud": "should",
    "wich": "which",
}
# Words whose letters are often typed in another order, which makes no other word that begins alike.
_MEANT = {
    (word[0], "".join(sorted(word))): word
    for word in (
        *("always", "please", "every", "before", "should", "without", "prefer", "instead", "only", "going"),
        *("whenever", "format", "answer", "allowed", "budget", "deadline", "allergic", "vegetarian", "avoid"),
    )
}
_TYPED = late.compile(r"[A-Za-z][A-Za-z0-9/]*(?!['\w])")
_KEPT = 8_192  # words
_LEAST = 4  # letters of a word that may be meant by others in another order


def hasty(words: Iterable[str]) -> bool:
    """Whether one of *words*, in small letters, was typed in haste."""
    return any(map(_meant, words))


def plain(said: str) -> str:
    """*said*, with words that were typed in haste as they are spelt."""
    return _TYPED.sub(lambda found: _meant(found.group().lower()) or found.group(), said)


@lru_cache(maxsize=_KEPT)
def _meant(word: str) -> str:
    """How *word* is spelt, "" where that is how it is."""
    if word in _SHORT or len(word) < _LEAST:
        return _SHORT.get(word, "")
    meant = _MEANT.get((word[0], "".join(sorted(word))), "")
    return "" if meant == word else meant
