"""Opening an original only as far as it matters: by what is asked, and in how much detail. Pure.

Four levels: "line" (the one sentence of each message that says most), "gist" (a third of the tokens), "passages" (the
sentences that matter, each with those before and behind it), "original" (the messages themselves). With a question only
the messages are opened whose best sentence says at least half as much of it as the best of all; without one, all. Where
none has a word of it, a line of each is told, for the question may be in other words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final, Literal, TypeAlias

from tiermem.compression.choosing import weight
from tiermem.compression.compressing import Wanted, compressed
from tiermem.compression.reading.clauses import Material, SpokenClause, head, material_of, part_of
from tiermem.compression.rendering import rendered
from tiermem.messages import Message
from tiermem.text.analyzer import query_terms
from tiermem.window.voices import voices

Detail: TypeAlias = Literal["line", "gist", "passages", "original"]
GIST: Final = 0.3  # of the tokens
TRIED: Final = 40  # sentences that fit, after which the first that does not ends the choice
NEAR: Final = 0.5  # of what the best sentence says of the question


def opened(
    messages: Sequence[tuple[str, Message]],
    query: str,
    detail: Detail,
    budget: int | None,
    count: Callable[[str], int],
    material: Material | None = None,
) -> tuple[list[str], str, Detail]:
    """The references of those of *messages* that matter for *query* ("": all do), in order, their text, and its detail.

    The text has at most *budget* tokens: messages that say least of the question are left out, then of a single one the
    sentences that do. *material* is what was read of the messages, where they were read before.
    """
    material = material or material_of(messages, count)
    scores = _scores(material, query)
    if query and not any(scores):
        return opened(messages, "", "line", budget, count, material)
    refs = _mattering(material, scores, query)
    given = dict(messages)
    order = {ref: place for place, ref in enumerate(given)}
    while refs:
        wanted = sorted(refs, key=order.__getitem__)
        part = _of(material, frozenset(wanted), count)
        text = _told([(ref, given[ref]) for ref in wanted], part, query, detail, count)
        if budget is None or count(text) <= budget:
            return wanted, text, detail
        if len(refs) == 1:
            return wanted, _cut(part, query, budget, count), "passages"
        refs = refs[max(1, len(refs) // 4) :]
    return [], "", detail


def _of(material: Material, refs: frozenset[str], count: Callable[[str], int]) -> Material:
    """What of *material* is of the messages *refs*; they are not read again."""
    kept = [number for number, part in enumerate(material.parts) if part.ref in refs]
    if len(kept) == len(material.parts):
        return material
    new = {number: place for place, number in enumerate(kept)}
    clauses = [clause for clause in material.clauses if clause.part in new]
    placed = tuple(replace(clause, place=place, part=new[clause.part]) for place, clause in enumerate(clauses))
    part = Material(tuple(material.parts[number] for number in kept), placed, 0)
    return replace(part, tokens=count(rendered(part, range(len(placed)))))


def _mattering(material: Material, scores: Sequence[float], query: str) -> list[str]:
    """The references of the messages that matter, those that say least first."""
    best: dict[str, float] = {}
    for clause in material.clauses:
        ref = material.parts[clause.part].ref
        best[ref] = max(best.get(ref, 0.0), scores[clause.place])
    least = NEAR * max(best.values(), default=0.0) if query else 0.0
    mattering = [ref for ref, score in best.items() if score >= least and (score or not query)]
    return sorted(mattering, key=best.__getitem__)


def _scores(material: Material, query: str) -> list[float]:
    """What each clause says of *query*: its terms, rarer ones more; without a question what it says at all."""
    if not query:
        return [sum(map(weight, clause.says)) for clause in material.clauses]
    asked = query_terms(query)
    having = Counter(term for clause in material.clauses for term in clause.terms)
    rarity = {term: math.log(1 + len(material.clauses) / having[term]) for term in asked if having[term]}
    return [sum(rarity.get(term, 0.0) for term in clause.terms) for clause in material.clauses]


def _told(
    messages: Sequence[tuple[str, Message]],
    material: Material,
    query: str,
    detail: Detail,
    count: Callable[[str], int],
) -> str:
    if detail == "original":
        said = ((ref, voice) for ref, one in messages for voice in voices(one))
        return "\n".join(f"{head(part_of(ref, voice))}{voice.text}" for ref, voice in said)
    if detail == "gist":
        gist = compressed(material, Wanted.of(GIST, 0.0, 0.0, (), ()), count).text
        return gist or _told(messages, material, query, "line", count)  # of few words a third is no sentence
    scores = _scores(material, query)
    places: set[int] = set()
    for _, clauses in groupby(material.clauses, key=lambda clause: clause.part):
        of_one = list(clauses)
        best = max(of_one, key=lambda clause: (scores[clause.place], -clause.place))
        places |= {best.place} if detail == "line" else _passages(of_one, scores)
    return rendered(material, places)


def _passages(clauses: Sequence[SpokenClause], scores: Sequence[float]) -> set[int]:
    """The clauses of one message that say at least half as much as its best, with their neighbours."""
    least = NEAR * max(scores[clause.place] for clause in clauses)
    first, last = clauses[0].place, clauses[-1].place
    return {
        place
        for clause in clauses
        if scores[clause.place] >= least
        for place in range(max(first, clause.place - 1), min(last, clause.place + 1) + 1)
    }


def _cut(material: Material, query: str, budget: int, count: Callable[[str], int]) -> str:
    """The sentences that say most of the question, or at all, as many as *budget* tokens hold."""
    scores = _scores(material, query)
    places: set[int] = set()
    saying = [clause for clause in material.clauses if scores[clause.place] or not query]
    for clause in sorted(saying, key=lambda clause: (-scores[clause.place], clause.place)):
        if count(rendered(material, places | {clause.place})) <= budget:
            places.add(clause.place)
        elif len(places) > TRIED:
            break
    return rendered(material, places)
