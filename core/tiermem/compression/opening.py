"""Opening an original only as far as it matters: by what is asked, and in how much detail. Pure.

Four levels: "line" (the one sentence of each message that says most), "gist" (a third of the tokens), "passages" (the
sentences that matter, each with those before and behind it), "original" (the messages themselves). With a question only
the messages are opened whose best sentence says at least half as much of it as the best of all; without one, all. Where
none has a word of it, a line of each is told, for the question may be in other words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from tiermem.compression.choosing import weight
from tiermem.compression.compressing import Wanted, compressed
from tiermem.compression.reading.clauses import Material, SpokenClause, material_of
from tiermem.compression.rendering import rendered
from tiermem.messages import Message
from tiermem.text.analyzer import query_terms

Detail: TypeAlias = Literal["line", "gist", "passages", "original"]
GIST: Final = 0.3  # of the tokens
NEAR: Final = 0.5  # of what the best sentence says of the question


def opened(
    messages: Sequence[tuple[str, Message]], query: str, detail: Detail, budget: int | None, count: Callable[[str], int]
) -> tuple[list[str], str]:
    """The references of those of *messages* that matter for *query* ("": all do), in order, and their text.

    The text has at most *budget* tokens: messages that say least of the question are left out, then a single one is cut
    to its sentences that say most.
    """
    material = material_of(messages, count)
    scores = _scores(material, query)
    if query and not any(scores):
        return opened(messages, "", "line", budget, count)
    best: dict[str, float] = {}
    for clause in material.clauses:
        ref = material.parts[clause.part].ref
        best[ref] = max(best.get(ref, 0.0), scores[clause.place])
    least = NEAR * max(best.values(), default=0.0) if query else 0.0
    refs = sorted((ref for ref, score in best.items() if score >= least and (score or not query)), key=best.__getitem__)
    given = dict(messages)
    order = {ref: place for place, ref in enumerate(given)}
    while refs:
        wanted = sorted(refs, key=order.__getitem__)
        chosen = material_of([(ref, given[ref]) for ref in wanted], count)
        text = _told(chosen, _scores(chosen, query), detail, count)
        if budget is None or count(text) <= budget:
            return wanted, text
        if len(refs) == 1:
            return wanted, _cut(chosen, budget, count)
        refs = refs[max(1, len(refs) // 4) :]
    return [], ""


def _scores(material: Material, query: str) -> list[float]:
    """What each clause says of *query*: its terms, rarer ones more; without a question what it says at all."""
    if not query:
        return [sum(map(weight, clause.says)) for clause in material.clauses]
    asked = query_terms(query)
    having = Counter(term for clause in material.clauses for term in clause.terms)
    rarity = {term: math.log(1 + len(material.clauses) / having[term]) for term in asked if having[term]}
    return [sum(rarity.get(term, 0.0) for term in clause.terms) for clause in material.clauses]


def _told(material: Material, scores: Sequence[float], detail: Detail, count: Callable[[str], int]) -> str:
    if detail == "gist":
        return _cut(material, int(GIST * material.tokens), count)
    if detail == "original":
        return rendered(material, {clause.place: clause.text for clause in material.clauses})
    by_part: dict[int, list[SpokenClause]] = {}
    for clause in material.clauses:
        by_part.setdefault(clause.part, []).append(clause)
    words: dict[int, str] = {}
    for clauses in by_part.values():
        words |= _line(clauses, scores) if detail == "line" else _passages(clauses, scores)
    return rendered(material, words)


def _line(clauses: Sequence[SpokenClause], scores: Sequence[float]) -> Mapping[int, str]:
    best = max(clauses, key=lambda clause: (scores[clause.place], -clause.place))
    return {best.place: best.short}


def _passages(clauses: Sequence[SpokenClause], scores: Sequence[float]) -> Mapping[int, str]:
    """The clauses of one message that say at least half as much as its best, with their neighbours."""
    least = NEAR * max(scores[clause.place] for clause in clauses)
    first, last = clauses[0].place, clauses[-1].place
    near = {
        place
        for clause in clauses
        if scores[clause.place] >= least
        for place in range(max(first, clause.place - 1), min(last, clause.place + 1) + 1)
    }
    return {clause.place: clause.text for clause in clauses if clause.place in near}


def _cut(material: Material, tokens: int, count: Callable[[str], int]) -> str:
    if tokens < 1 or not material.tokens:
        return ""
    ratio = min(1.0, tokens / material.tokens)
    return compressed(material, Wanted.of(ratio, 0.0, 0.0, (), ()), count).text
