"""Who is near whom in a graph of names, and why: spreading activation along the strongest paths. Pure.

The score of a path is the product over its steps of γ = 0.7 and the step's strength. That of a step from a to b is the
certainty of a fact, or w / (√(m_a·m_b) + 1) at most 1, where m counts the sentences that name each, and w adds for each
sentence that names both 1 over how many others it names (as of papers with many authors: Newman, "Scientific
collaboration networks. II", 2001), and `BESIDE` of that where they stand in two sentences side by side. It is the
cosine of two sets (Salton), with one sentence more that names either alone, so that what was said once is worth half:
who is named with everybody is near nobody for that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tiermem.graph.building import NameGraph, Real, Whole
from tiermem.graph.typed import FactEdge

DECAY = 0.7  # γ
DEEPEST = 3  # hops
BESIDE = 0.5  # of a sentence's weight where the other name is in the one before or behind it
SOURCES = 5  # messages that a relation names


@dataclass(frozen=True, slots=True)
class Reached:
    """A name that was reached: its score, and the codes of its path, the first one and its own too."""

    code: int
    score: float
    path: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Bond:
    """What relates two codes: its strength, the sentences of the first that name both or stand beside one that names
    the second, and facts."""

    strength: float
    sentences: Whole
    facts: tuple[FactEdge, ...]


def near(graph: NameGraph, start: int, depth: int, limit: int) -> list[Reached]:
    """The *limit* names nearest to *start* within *depth* hops, best first; of equals those of fewer hops.

    Exact: the path to one of the best leads over names that are better still, so of each layer only so many go on.
    """
    found: dict[int, Reached] = {}
    layer = [Reached(start, 1.0, (start,))]
    for _ in range(depth):
        reached: dict[int, Reached] = {}
        for one in layer:
            for code, strength in _strongest(graph, one.code, limit + len(one.path)):
                score = one.score * DECAY * strength
                if code in one.path or score <= found.get(code, _NOWHERE).score:
                    continue
                found[code] = reached[code] = Reached(code, score, (*one.path, code))
        layer = _best(reached.values(), limit)
    return _best(found.values(), limit)


_NOWHERE = Reached(-1, 0.0, ())


def _best(reached: Iterable[Reached], limit: int) -> list[Reached]:
    return sorted(reached, key=lambda one: (-one.score, len(one.path), one.code))[:limit]


def _strongest(graph: NameGraph, code: int, most: int) -> list[tuple[int, float]]:
    strengths = strengths_of(graph, code)
    order = np.argsort(-strengths, kind="stable")[:most]
    return [(int(other), float(strengths[other])) for other in order if strengths[other] > 0]


def strengths_of(graph: NameGraph, code: int) -> Real:
    """By code how strongly it is related to *code*, in [0, 1]."""
    together = np.zeros(len(graph.spelled))
    own = graph.sentences(code)
    for shift, share in ((0, 1.0), (-1, BESIDE), (1, BESIDE)):
        together += _shared(graph, _beside(graph, own, shift), share, alone=1 if shift == 0 else 0)
    together[code] = 0.0
    pairs = np.sqrt(float(graph.mentions[code]) * graph.mentions) + 1.0
    strengths: Real = np.minimum(1.0, together / pairs)
    for edge in graph.facts.get(code, ()):
        for end in (graph.codes[edge.one], graph.codes[edge.other]):
            strengths[end] = max(strengths[end], edge.certainty)
    strengths[code] = 0.0
    return strengths


def _beside(graph: NameGraph, sentences: Whole, shift: int) -> Whole:
    """The sentences *shift* behind each of *sentences*, where they follow in the same message."""
    if shift == 0:
        return sentences
    if shift < 0:
        return sentences[graph.follows[sentences]] - 1
    behind = sentences[sentences + 1 < len(graph.follows)] + 1
    return behind[graph.follows[behind]]


def _shared(graph: NameGraph, sentences: Whole, share: float, alone: int) -> Real:
    """By code what *sentences* add to it: *share* of each, over the names in it but *alone* of them."""
    begin = graph.starts[sentences]
    sizes = graph.starts[sentences + 1] - begin
    inside = np.repeat(begin - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes) + np.arange(int(sizes.sum()))
    weights = np.repeat(share / np.maximum(sizes - alone, 1), sizes)
    added: Real = np.bincount(graph.held[inside], weights=weights, minlength=len(graph.spelled)).astype(np.float64)
    return added


def bond(graph: NameGraph, one: int, other: int) -> Bond:
    """What relates *one* to *other*."""
    own, theirs = graph.sentences(one), graph.sentences(other)
    near_them = np.concatenate([_beside(graph, theirs, shift) for shift in (0, -1, 1)])
    near_us = np.concatenate([_beside(graph, own, shift) for shift in (-1, 1)])
    shared = np.union1d(np.intersect1d(own, near_them), np.intersect1d(near_us, theirs))
    facts = tuple(
        edge for edge in graph.facts.get(one, ()) if other in (graph.codes[edge.one], graph.codes[edge.other])
    )
    return Bond(float(strengths_of(graph, one)[other]), shared, facts)


def newest(graph: NameGraph, sentences: Whole, most: int = SOURCES) -> list[tuple[int, int]]:
    """The session and the number of the messages of *sentences*, newest first, each once, at most *most*."""
    said = np.where(np.isnan(graph.said[sentences]), -math.inf, graph.said[sentences])
    order = sentences[np.lexsort((-graph.numbers[sentences], -said))]
    places = dict.fromkeys((int(graph.homes[at]), int(graph.numbers[at])) for at in order)
    return list(places)[:most]
