"""Clauses as a text: a line for what one speaker says in one message, in the order of the original. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Final

from tiermem.compression.compressed import Section
from tiermem.compression.reading.clauses import Material, SpokenClause, head

TOLD: Final = "summary"  # the speaker of a model's sentences


def joined(clauses: Iterable[SpokenClause]) -> str:
    """The texts of *clauses* in a row, with a blank where white space stood behind one."""
    row, gap, last = "", False, -1
    for clause in clauses:
        parted = gap or (row and clause.place != last + 1 and row[-1:].isascii())
        row += f" {clause.text}" if parted else clause.text
        gap, last = clause.gap, clause.place
    return row


def sections_of(material: Material, places: Collection[int], told: Sequence[SpokenClause] = ()) -> tuple[Section, ...]:
    """A section for each part that has clauses at *places*, and for each sentence that a model *told*."""
    made = []
    for part, clauses in groupby(_standing(material, places), key=lambda clause: clause.part):
        chosen = list(clauses)
        spoken = material.parts[part]
        made.append(Section(spoken.ref, spoken.speaker, chosen[0].layer, joined(chosen)))
    written = [Section(material.parts[one.part].ref, TOLD, one.layer, one.text, written=True) for one in told]
    return (*made, *written)


def rendered(material: Material, places: Collection[int], told: Sequence[SpokenClause] = ()) -> str:
    """The clauses at *places* as lines, and behind them in one line what a model *told*."""
    parts = groupby(_standing(material, places), key=lambda clause: clause.part)
    lines = [head(material.parts[part]) + joined(clauses) for part, clauses in parts]
    return "\n".join([*lines, *([in_words(told)] if told else [])])


def in_words(told: Iterable[SpokenClause]) -> str:
    """The line of what a model *told*."""
    return f"{TOLD}: {' '.join(clause.text for clause in told)}"


def _standing(material: Material, places: Collection[int]) -> Sequence[SpokenClause]:
    return [material.clauses[place] for place in sorted(places)]
