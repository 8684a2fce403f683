"""Clauses as a text: a line for what one speaker says in one message, in the order of the original. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from tiermem.compression.compressed import Section
from tiermem.compression.reading.clauses import Material, SpokenClause, head

_HAN = "\u3000", "\u9fff"
_WIDE = "\uff00", "\uffef"


def joined(texts: Iterable[str]) -> str:
    """*texts* in a row: with a space between them, but none behind Chinese."""
    row = ""
    for text in texts:
        last = row[-1:]
        chinese = _HAN[0] <= last <= _HAN[1] or _WIDE[0] <= last <= _WIDE[1] or last in "“”…"
        row += text if not row or chinese else f" {text}"
    return row


def sections_of(material: Material, words: Mapping[int, str]) -> tuple[Section, ...]:
    """A section for each part that has clauses among *words* (the text of each, by its place)."""
    made = []
    for part, clauses in groupby(_standing(material, words), key=lambda clause: clause.part):
        chosen = list(clauses)
        spoken = material.parts[part]
        text = joined(words[clause.place] for clause in chosen)
        made.append(Section(spoken.ref, spoken.speaker, chosen[0].layer, text))
    return tuple(made)


def rendered(material: Material, words: Mapping[int, str]) -> str:
    """*words* as lines."""
    lines = []
    for part, clauses in groupby(_standing(material, words), key=lambda clause: clause.part):
        lines.append(head(material.parts[part]) + joined(words[clause.place] for clause in clauses))
    return "\n".join(lines)


def _standing(material: Material, words: Mapping[int, str]) -> Sequence[SpokenClause]:
    return [material.clauses[place] for place in sorted(words)]
