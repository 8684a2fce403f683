"""The curve by which what is said fades: its closed form against a simulation, its limits, and what is refused."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiermem.errors import InvalidSettings
from tiermem.life.forgetting import MOST_STRENGTH, Forgetting, spaced

days = st.floats(0, 4_000)
uses = st.integers(0, 5_000)
share = st.floats(0, 1)


def test_the_formulas_are_those_that_were_asked_for() -> None:
    literal = Forgetting(literal=True)
    assert literal.retention(0) == 1
    assert literal.retention(100) == pytest.approx(0.04978707)  # e^(−0.03·100)
    assert literal.strength(3) == pytest.approx(1.3)
    assert literal.importance(10, uses=2) == pytest.approx(0.9345609)  # e^(−0.3 / 1.2) · 1.2
    assert literal.lasts() == pytest.approx(76.752836)  # ln 10 / 0.03
    assert Forgetting().lasts(initial=0.5) == pytest.approx(53.647930)


def test_taken_literally_a_thousand_uses_outlast_everybody() -> None:
    assert Forgetting(literal=True).lasts(uses=1_000) > 60 * 365
    assert Forgetting().lasts(uses=1_000) < 2 * 365
    assert Forgetting(literal=True).importance(0, uses=1_000) > 100
    assert Forgetting().importance(0, uses=1_000) == 1


@settings(max_examples=100)
@given(days, uses, share)
def test_it_lasts_as_long_as_it_says(age: float, used: int, initial: float) -> None:
    curve = Forgetting()
    lasts = curve.lasts(used, initial)
    if initial * (1 + curve.alpha * curve.counted(used)) >= curve.prune:
        assert (curve.importance(age, used, initial) >= curve.prune) or age >= lasts * (1 - 1e-9)
        assert (curve.importance(age, used, initial) < curve.prune) or age <= lasts * (1 + 1e-9)
    else:
        assert lasts == 0


@settings(max_examples=100)
@given(days, days, uses, uses, share)
def test_older_is_never_more_and_used_is_never_less(
    young: float, more: float, few: int, extra: int, first: float
) -> None:
    curve = Forgetting()
    now = curve.importance(young, few, first)
    assert 0 <= curve.importance(young + more, few, first) <= now + 1e-12
    assert now <= curve.importance(young, few + extra, first) + 1e-12 <= 1 + 1e-12
    assert 1 <= curve.strength(few) <= MOST_STRENGTH


def test_a_clock_that_went_back_makes_nothing_fade_and_a_rate_of_nothing_keeps_all() -> None:
    assert Forgetting().retention(-500) == 1
    assert Forgetting(rate=0).importance(10_000) == 1
    assert Forgetting(rate=0).lasts() == inf
    assert Forgetting(prune=0).lasts() == inf


@pytest.mark.parametrize(("at", "count"), [([], 0), ([1.0], 1), ([1.0, 1.2, 1.9], 1), ([1.0, 2.0, 2.5, 3.1], 3)])
def test_uses_within_a_day_are_one(at: list[float], count: int) -> None:
    assert spaced(at) == count


@pytest.mark.parametrize("wrong", [{"rate": -1}, {"alpha": "x"}, {"prune": 2}, {"beta": True}, {"rate": inf}])
def test_what_is_no_curve_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        Forgetting(**wrong)
