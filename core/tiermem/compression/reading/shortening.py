"""A sentence without what tells nothing: brackets, openings, clauses at its end. Pure.

Rule 1: no fact is lost, and nothing that turns a sentence: a negation, a condition, an exception stays.
Rule 2: what stays are words of the sentence in their order; nothing is put in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tiermem.compression.reading.details import Forms, Particular
from tiermem.text import late

LEAST = 24  # characters of a sentence below which it stays whole
_BRACKETS = late.compile(r"\s*(?:\([^()]{1,200}\)|（[^（）]{1,200}）)")
_OPENING = late.compile(
    r"^(?:(?:well|so|anyway|also|oh|yeah|yes|ok(?:ay)?|actually|basically|honestly|you know|by the way|as you know"
    r"|i think(?: that)?|i guess(?: that)?|i mean|it seems (?:that|like)|just so you know)[,:]? )+(?=\w)"
    r"|^(?:(?:嗯|那个|其实|对了|话说|总之|另外|顺便说一下|我觉得|我想|就是说)[，,]?)+",
    re.IGNORECASE,
)
_ASIDE = late.compile(r", (?:which|who) [^,;.!?]{1,120}(?=[.!]?$)", re.IGNORECASE)
_TURNS = late.compile(
    r"\b(?:not|no|never|none|nor|neither|cannot|without|unless|except|until|only|if|but|however|instead|must)\b|n['’]t\b"
    r"|不|没|無|无|未|别|除非|除了|如果|要是|但|只|必须|才",
    re.IGNORECASE,
)


def shortened(text: str, facts: Iterable[Particular]) -> str:
    """*text* without openings, brackets and a last clause that hold none of *facts* and turn nothing."""
    if len(text) < LEAST:
        return text
    kept = [fact.form for fact in facts]
    short = _OPENING.sub("", text, count=1)
    short = _BRACKETS.sub(lambda found: found[0] if _tells(found[0], kept) else "", short)
    match = _ASIDE.search(short)
    if match and not _tells(match[0], kept) and match.start() >= LEAST:
        short = short[: match.start()] + short[match.end() :]
    short = short.strip()
    if short == text or not _all_there(short, kept):
        return text
    return short[:1].upper() + short[1:] if text[:1].isupper() else short


def _tells(clause: str, forms: list[tuple[str, ...]]) -> bool:
    if _TURNS.search(clause):
        return True
    held = Forms([clause])
    return any(map(held.holds, forms))


def _all_there(text: str, forms: list[tuple[str, ...]]) -> bool:
    return all(map(Forms([text]).holds, forms))
