"""Logistic regression with weights, and how well a chance holds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.sufficiency.collecting import Sample

Numbers = NDArray[np.float64]
RIDGE = 1e-4  # what keeps a feature that says nothing at 0
STEPS = 50
BINS = 10


def arrays(sets: Sequence[Sequence[Sample]]) -> tuple[Numbers, Numbers, Numbers]:
    """(features, answered, weights) of all cases: each set weighs the same, and in it own questions as much as
    others', a question of each as much as another. One for which nothing was found is no case, and keeps its weight."""
    rows, answered, weights = list[tuple[float, ...]](), list[float](), list[float]()
    for samples in sets:
        for own in (True, False):
            mine = [one for one in samples if one.own is own]
            for one in mine:
                rows += [case.features for case in one.cases]
                answered += [case.answered for case in one.cases]
                weights += [1 / len(mine) / len(one.cases) for _ in one.cases]
    return np.array(rows), np.array(answered), np.array(weights) / sum(weights)


def fitted(features: Numbers, answered: Numbers, weights: Numbers) -> Numbers:
    """The numbers of the logistic function that fits best (Newton's method)."""
    numbers = np.zeros(features.shape[1])
    for _ in range(STEPS):
        chances = chance(features, numbers)
        slope = features.T @ (weights * (chances - answered)) + RIDGE * numbers
        bend = (features * (weights * chances * (1 - chances))[:, None]).T @ features + RIDGE * np.eye(len(numbers))
        step = np.linalg.solve(bend, slope)
        numbers = numbers - step
        if float(np.abs(step).max()) < 1e-9:
            break
    return numbers


def chance(features: Numbers, numbers: Numbers) -> Numbers:
    """What the logistic function of *numbers* says."""
    chances: Numbers = 1 / (1 + np.exp(-features @ numbers))
    return chances


def brier(chances: Numbers, answered: Numbers, weights: Numbers) -> float:
    """Brier's score, the mean squared distance from what was: 0 is best. A share that was answered is so many cases
    that were, and the rest that were not."""
    squares = answered * (1 - chances) ** 2 + (1 - answered) * chances**2
    return float(np.average(squares, weights=weights))


def reliability(chances: Numbers, answered: Numbers, weights: Numbers) -> list[tuple[float, float, float]]:
    """(chance said, share that was, share of the weight) by tenths of what was said; tenths with nothing left out."""
    bins = np.minimum((chances * BINS).astype(int), BINS - 1)
    found = []
    for one in range(BINS):
        here = bins == one
        if weights[here].sum() > 0:
            said = float(np.average(chances[here], weights=weights[here]))
            was = float(np.average(answered[here], weights=weights[here]))
            found.append((said, was, float(weights[here].sum() / weights.sum())))
    return found
