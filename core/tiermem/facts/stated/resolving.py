"""What "it is now 50" is about: the thing that was spoken of last, if its value is of the same kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tiermem.facts.quantities import Quantity, quantities
from tiermem.facts.stated.record import NO, YES, Stated


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


def _quantity(value: str) -> Quantity | None:
    found = quantities(value)[1]
    return found[0] if found else None
