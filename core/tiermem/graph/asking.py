"""What callers ask a graph of names, checked and handed out with its references."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC
from functools import partial
from typing import TypeVar

import numpy as np

from tiermem.errors import InvalidMessage
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.services import Core
from tiermem.graph import looking, walking
from tiermem.graph.looking import KnownGraph
from tiermem.graph.records import Entity, Near, Relation
from tiermem.settings import Scope
from tiermem.validity.known import moment

LIMIT, ENTITIES, HOPS = 20, 50, 2
WIDE = 200  # names of a layer that a path may lead over
T = TypeVar("T")


def entities(core: Core, scope: Scope, limit: int) -> Flow[list[Entity]]:
    """The *limit* names with most mentions.

    Raises:
        InvalidMessage: *limit* is no number.
    """
    _count("limit", limit)
    return (yield from _of(core, scope, lambda known: _entities(core, known, limit)))


def about(core: Core, scope: Scope, name: str, limit: int) -> Flow[list[Relation]]:
    """The *limit* strongest relations of *name*.

    Raises:
        InvalidMessage: *name* is no text, or *limit* no number.
    """
    steps = yield from near(core, scope, name, 1, limit)
    return [one.path[0] for one in steps]


def near(core: Core, scope: Scope, name: str, depth: int, limit: int) -> Flow[list[Near]]:
    """The *limit* names nearest to *name* within *depth* hops.

    Raises:
        InvalidMessage: *name* is no text, *depth* not 1, 2 or 3, or *limit* no number.
    """
    _named("entity", name)
    _depth(depth)
    _count("limit", limit)
    return (yield from _of(core, scope, lambda known: _near(known, name, depth, limit)))


def path(core: Core, scope: Scope, one: str, other: str, depth: int) -> Flow[list[Relation]]:
    """The steps of the best path from *one* to *other*; none where there is none.

    Raises:
        InvalidMessage: a name is no text, or *depth* not 1, 2 or 3.
    """
    _named("one", one)
    _named("other", other)
    _depth(depth)
    return (yield from _of(core, scope, lambda known: _path(known, one, other, depth)))


def _of(core: Core, scope: Scope, ask: Callable[[KnownGraph], T]) -> Flow[T]:
    known = yield from looking.known(core, scope)
    answer: T = yield Compute(partial(ask, known))
    return answer


def _entities(core: Core, known: KnownGraph, limit: int) -> list[Entity]:
    graph, zone = known.graph, core.zone or UTC
    return [
        Entity(
            name=graph.spelled[code],
            also=graph.also.get(code, ()),
            mentions=int(graph.mentions[code]),
            first=moment(float(graph.first[code]), zone),
            last=moment(float(graph.last[code]), zone),
        )
        for code in np.argsort(-graph.mentions, kind="stable")[:limit].tolist()
    ]


def _near(known: KnownGraph, name: str, depth: int, limit: int) -> list[Near]:
    start = known.graph.code(name)
    if start is None:
        return []
    return [
        Near(
            name=known.graph.spelled[one.code],
            score=one.score,
            hops=len(one.path) - 1,
            path=_steps(known, one.path),
        )
        for one in walking.near(known.graph, start, depth, limit)
    ]


def _path(known: KnownGraph, one: str, other: str, depth: int) -> list[Relation]:
    start, end = known.graph.code(one), known.graph.code(other)
    if start is None or end is None:
        return []
    reached = walking.near(known.graph, start, depth, WIDE)
    found = next((step for step in reached if step.code == end), None)
    return [] if found is None else list(_steps(known, found.path))


def _steps(known: KnownGraph, codes: tuple[int, ...]) -> tuple[Relation, ...]:
    return tuple(_relation(known, *pair) for pair in itertools.pairwise(codes))


def _relation(known: KnownGraph, one: int, other: int) -> Relation:
    graph = known.graph
    bond = walking.bond(graph, one, other)
    back = dict.fromkeys(edge.kind for edge in bond.facts if graph.codes[edge.one] == other)
    said = [f"{known.homes[home]}{number}" for home, number in walking.newest(graph, bond.sentences)]
    sources = dict.fromkeys([*(edge.ref for edge in bond.facts), *said])
    return Relation(
        one=graph.spelled[one],
        other=graph.spelled[other],
        kinds=tuple(dict.fromkeys(edge.kind for edge in bond.facts)),
        reverse=tuple(back),
        strength=bond.strength,
        together=len(bond.sentences),
        sources=tuple(sources)[: walking.SOURCES],
    )


def _named(what: str, name: object) -> None:
    if not isinstance(name, str):
        raise InvalidMessage(f"{what} must be text, not {type(name).__name__}")


def _depth(depth: object) -> None:
    if type(depth) is not int or not 1 <= depth <= walking.DEEPEST:
        raise InvalidMessage(f"depth must be a whole number from 1 to {walking.DEEPEST}, not {depth!r}")


def _count(what: str, number: object) -> None:
    if type(number) is not int or number < 0:
        raise InvalidMessage(f"{what} must be a whole number of at least 0, not {number!r}")
