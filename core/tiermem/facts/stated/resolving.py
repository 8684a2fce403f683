"""What "it is now 50" is about: the thing that was spoken of last, if its value is of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiermem.facts.quantities import Quantity, quantities
from tiermem.facts.stated.record import NO, YES, Stated, value_key


def resolve(facts: Sequence[Stated], before: Sequence[Stated]) -> list[Stated]:
    """*facts*, those without an attribute with that of the last one of the same measure, among themselves and the facts
    *before* (oldest first); without those of which nothing such was said."""
    known, made = [*before], list[Stated]()
    for fact in facts:
        whole = fact if fact.attribute else _completed(fact, known)
        if whole is not None:
            made.append(whole)
            known.append(whole)
    return made


def _completed(fact: Stated, known: Sequence[Stated]) -> Stated | None:
    for earlier in reversed(known):
        if earlier.value in (YES, NO) or earlier.several:
            continue
        if earlier.kind == "count":
            return None  # "three cats" are no "it"
        if _alike(earlier.value, fact.value) and (not fact.old or _alike(earlier.value, fact.old)):
            return replace(fact, subject=earlier.subject, attribute=earlier.attribute, kind=earlier.kind)
        return None  # it may be about what was said last, or about nothing we know
    return None


def _alike(first: str, second: str) -> bool:
    """Whether two values measure the same: amounts of one kind and unit, or words both."""
    one, other = _quantity(first), _quantity(second)
    if one is None or other is None:
        return one is None and other is None
    return one.differs(other) is not None and (one.unit == other.unit or not (one.unit and other.unit))


def differ(first: str, second: str) -> bool:
    """Whether two values, as they were said, are not surely the same: "1,200" is "$1,200"."""
    one, other = _quantity(first), _quantity(second)
    if one is None or other is None:
        return value_key(first) != value_key(second)
    if one.kind != other.kind and "" in (one.unit, other.unit):
        return one.value != other.value
    return one.differs(other) is not False


def _quantity(value: str) -> Quantity | None:
    found = quantities(value)[1]
    return found[0] if found else None
