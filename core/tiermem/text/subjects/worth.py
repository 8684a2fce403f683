"""Which index terms may name a topic, and how they are written in a text. Pure."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from tiermem.text import late
from tiermem.text.analyzer import HAN, is_word, kind_of, terms
from tiermem.text.subjects.common import CHINESE, ENGLISH

_SHORTEST = 3  # letters of an English word that may name a topic
_HAN = late.compile(f"[{HAN}]+")
_LETTER = rf"[^\W{HAN}]"  # of no Chinese word: "bart参加了远足" are several
_WORD = late.compile(rf"[{HAN}]+|{_LETTER}(?:(?:{_LETTER}|[.+#&'’/-])*(?:{_LETTER}|[+#]))?")
_POSSESSIVE = late.compile(r"['’]s?$")
_ENDS = frozenset('.!?:;。！？：；\n"“”')
# Kinds of words of the segmenter's dictionary: things and names, what is done, what is called by letters.
_SUBJECTS = ("n", "v", "i", "j", "l", "eng", "g", "s")


@lru_cache(maxsize=65_536)
def names_topic(term: str) -> bool:
    """Whether an index term may name what talk is about: no common word, number, pair of characters or identifier of
    several words."""
    if _HAN.fullmatch(term):
        return len(term) > 1 and term not in CHINESE and is_word(term) and kind_of(term).startswith(_SUBJECTS)
    return len(term) >= _SHORTEST and term.isalpha() and term not in ENGLISH


def written(text: str, wanted: Collection[str]) -> dict[str, str]:
    """By term of *wanted* the word that stands for it in *text*, in the order of the text.

    A capital that only begins a sentence is none; where the word stands elsewhere too, it is taken from there.
    """
    found: dict[str, str] = {}
    certain: set[str] = set()
    begins = True
    for match in _WORD.finditer(text):
        word = _POSSESSIVE.sub("", match.group())
        for term in _stems(word) if not _HAN.fullmatch(word) else _parts(word, wanted):
            if term in wanted and term not in certain:
                doubtful = begins and word.istitle()
                if term not in found or not doubtful:
                    found[term] = term if _HAN.fullmatch(term) else word.lower() if doubtful else word
                certain |= set() if doubtful else {term}
        if len(certain) == len(wanted):
            break
        begins = text[match.end() : match.end() + 1] in _ENDS
    return found


def _parts(run: str, wanted: Collection[str]) -> list[str]:
    """Those of *wanted* that stand in a run of Han characters, in its order."""
    return sorted((term for term in wanted if term in run), key=run.index)


@lru_cache(maxsize=16_384)
def _stems(word: str) -> tuple[str, ...]:
    return tuple(terms(word))
