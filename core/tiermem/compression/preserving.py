"""What a caller wants to have word for word: terms and patterns, and the clauses that hold them. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, groupby
from typing import TypeAlias

from tiermem.compression.reading.clauses import Material, SpokenClause
from tiermem.compression.rendering import joined
from tiermem.errors import InvalidMessage
from tiermem.text.sanitizing import one_line

Preserved: TypeAlias = str | re.Pattern[str]


def patterns_of(preserve: Iterable[Preserved]) -> list[re.Pattern[str]]:
    """*preserve* as patterns; a term is found in any case, with any white space between its words.

    Raises:
        InvalidMessage: it is no list, or one of them is neither text nor a compiled pattern, or is empty.
    """
    if isinstance(preserve, (str, bytes, re.Pattern)) or not isinstance(preserve, Iterable):
        raise InvalidMessage("preserve takes a list of terms and patterns; put a single one into a list")
    return [_pattern(one) for one in preserve]


def _pattern(one: Preserved) -> re.Pattern[str]:
    if isinstance(one, re.Pattern) and isinstance(one.pattern, str):
        return one
    if not isinstance(one, str) or not one_line(one):
        raise InvalidMessage(f"preserve takes terms and compiled patterns of text, not {type(one).__name__}")
    return re.compile(re.escape(one_line(one)), re.IGNORECASE)


def preserved(material: Material, patterns: Sequence[re.Pattern[str]]) -> frozenset[int]:
    """The places of the clauses in which one of *patterns* matches, and of all those that one match reaches over."""
    if not patterns:
        return frozenset()
    found: set[int] = set()
    for _, clauses in groupby(material.clauses, key=lambda clause: clause.part):
        found |= _in_part(list(clauses), patterns)
    return frozenset(found)


def _in_part(clauses: Sequence[SpokenClause], patterns: Sequence[re.Pattern[str]]) -> set[int]:
    ends = list(accumulate(len(clause.text) + clause.gap for clause in clauses))
    text = joined(clauses)
    found: set[int] = set()
    for match in (match for pattern in patterns for match in pattern.finditer(text) if match[0]):
        first, last = bisect_right(ends, match.start()), bisect_left(ends, match.end())
        found.update(clause.place for clause in clauses[first : last + 1])
    return found
