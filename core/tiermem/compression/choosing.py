"""Which clauses stay within a number of tokens: those that say most that no other says, for what they cost. Pure.

Greedy choice by what a clause adds to those chosen, divided by its tokens, asked anew only of the one that leads: what
is covered only grows, so nobody's gain rises (lazy evaluation, Minoux 1978; for summaries Lin and Bilmes 2011). A
detail that is there already adds nothing, so what is said twice stays once.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tiermem.compression.reading.clauses import Material, Said, SpokenClause, head
from tiermem.compression.reading.layers import ANCILLARY, LAYERS

DETAIL, COMMITMENT, WORD = 2.0, 3.0, 0.25  # what each is worth that is new: LoCoMo, BEAM-100K (RESULTS.md)


def weight(said: Said) -> float:
    """What *said* is worth where it is not there yet."""
    return DETAIL if isinstance(said, tuple) else WORD if isinstance(said, str) else COMMITMENT


@dataclass(slots=True)
class Chosen:
    """What was chosen so far: places of clauses, and what they cover and cost."""

    picked: dict[int, float] = field(default_factory=dict)  # what each was worth a token when it was
    cost: int = 0
    covered: set[Said] = field(default_factory=set)
    opened: set[int] = field(default_factory=set)  # parts that have a line


@dataclass(frozen=True, slots=True)
class Chooser:
    """*material*, and what a line of each part costs beside its clauses."""

    material: Material
    heads: Sequence[int]
    weights: Sequence[Sequence[tuple[Said, float]]]  # what each clause says, and what that is worth

    @classmethod
    def of(cls, material: Material, count: Callable[[str], int]) -> Chooser:
        """For *material*, counted by *count*."""
        heads = [count(f"{head(part)}\n") for part in material.parts]
        return cls(material, heads, [[(said, weight(said)) for said in clause.says] for clause in material.clauses])

    def cost(self, clause: SpokenClause, choice: Chosen) -> int:
        """Tokens that *clause* takes, with its line where that is not begun yet."""
        return max(1, clause.tokens + (0 if clause.part in choice.opened else self.heads[clause.part]))

    def take(self, clause: SpokenClause, choice: Chosen) -> None:
        """*choice* with *clause*."""
        choice.picked[clause.place] = self.worth(clause, choice)
        choice.cost += self.cost(clause, choice)
        choice.opened.add(clause.part)
        choice.covered.update(clause.says)

    def worth(self, clause: SpokenClause, choice: Chosen) -> float:
        """What *clause* adds to *choice* for each token."""
        gain, covered = 0.0, choice.covered
        for said, value in self.weights[clause.place]:
            if said not in covered:
                gain += value
        return gain / self.cost(clause, choice)


def choose(
    chooser: Chooser,
    rooms: Mapping[str, int],
    room: int,
    always: Collection[int],
    told: Iterable[SpokenClause] = (),
) -> Chosen:
    """The clauses at *always*, then of each layer what fits in its *rooms*, then of all what fits in *room* tokens.

    What says nothing (`ANCILLARY`) is left out, and counted, unless all fits. What is *told* already adds nothing.
    """
    clauses = chooser.material.clauses
    choice = Chosen(covered={said for clause in told for said in clause.says})
    for place in sorted(always):
        chooser.take(clauses[place], choice)
    left = set(range(len(clauses))) - choice.picked.keys()
    for layer in LAYERS[:-1]:
        of_layer = [place for place in sorted(left) if clauses[place].layer == layer]
        _fill(chooser, choice, of_layer, min(room, choice.cost + rooms[layer]))
        left -= choice.picked.keys()
    _fill(chooser, choice, [place for place in sorted(left) if clauses[place].layer != ANCILLARY], room)
    return choice


def _fill(chooser: Chooser, choice: Chosen, places: Sequence[int], upto: int) -> None:
    """Takes of *places* what says most a token until the choice costs *upto*."""
    clauses = chooser.material.clauses
    waiting = [(-chooser.worth(clauses[place], choice), place) for place in places]
    heapq.heapify(waiting)
    while waiting and choice.cost < upto:
        _, place = heapq.heappop(waiting)
        worth = chooser.worth(clauses[place], choice)
        if waiting and -worth > waiting[0][0]:
            heapq.heappush(waiting, (-worth, place))
        elif worth > 0 and choice.cost + chooser.cost(clauses[place], choice) <= upto:
            chooser.take(clauses[place], choice)
