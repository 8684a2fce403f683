"""What held when: intervals of facts in order, against what follows from the rules one by one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.facts.stated.chains import Holding, current_at, holdings
from tiermem.facts.stated.record import CHANGES, CORRECTS, ONCE, RETRACTS, STATES, Stated


def run(*facts: Stated, homes: tuple[int, ...] = ()) -> list[Holding[int]]:
    """The holdings of *facts*, said one a second from 1 on."""
    made = [Holding(fact, n, float(n), (float(n), 0)) for n, fact in enumerate(facts, start=1)]
    where = dict(zip(map(id, made), homes or (1,) * len(made), strict=True))
    return holdings(made, where)  # type: ignore[arg-type]


def home(value: str, manner: str = STATES, **more: object) -> Stated:
    return Stated("user", "home", value, "home", manner, **more)  # type: ignore[arg-type]


def current(found: list[Holding[int]]) -> list[str]:
    return [one.fact.value for place, one in enumerate(found) if current_at(found, place, 1e9)]


def test_a_newer_value_closes_the_interval_of_the_older_one() -> None:
    found = run(home("Oslo"), home("Bergen", CHANGES))
    assert [(one.start, one.end, one.ended_by) for one in found] == [(1.0, 2.0, 1), (2.0, math.inf, -1)]
    assert current(found) == ["Bergen"]


def test_a_correction_says_that_the_older_one_never_held() -> None:
    found = run(home("Oslo"), home("Bergen", CORRECTS))
    assert found[0].corrected
    assert not found[0].holds(1.5)
    assert found[1].holds(1.5)  # it was so all along


def test_what_is_told_of_the_past_is_not_current_and_ends_what_was() -> None:
    assert current(run(home("Oslo"), home("Paris", ONCE))) == ["Oslo"]
    assert current(run(home("Oslo"), home("Oslo", ONCE))) == []


def test_since_when_counts_where_it_is_told() -> None:
    found = run(home("Oslo"), home("Bergen", CHANGES, since=1.5))
    assert (found[0].end, found[1].start) == (1.5, 1.5)
    early = run(home("Oslo"), home("Bergen", CHANGES, since=0.5))
    assert (early[0].start, early[0].end) == (1.0, 1.0)  # no interval ends before it begins


def test_the_same_again_confirms() -> None:
    found = run(home("Oslo"), home("oslo"))
    assert current(found) == ["Oslo"]
    assert (found[0].confirmed, found[1].confirmed) == (2, 0)


def test_of_several_at_once_none_ends_another() -> None:
    dogs = [Stated("user's dog", "name", name, "name", several=True) for name in ("Rex", "Max")]
    assert current(run(*dogs)) == ["Rex", "Max"]


def test_things_of_nobody_meet_in_one_conversation_only() -> None:
    deadlines = [Stated("", "deadline", day, "figure") for day in ("May 3", "May 10")]
    assert current(run(*deadlines)) == ["May 10"]
    assert current(run(*deadlines, homes=(1, 2))) == ["May 3", "May 10"]


def test_two_subjects_never_meet() -> None:
    mine = home("Oslo")
    hers = Stated("user's sister", "home", "Rome", "home", CHANGES)
    assert current(run(mine, hers)) == ["Oslo", "Rome"]


@pytest.mark.parametrize("value", ["Bergen", ""])
def test_what_is_retracted_never_held_and_what_was_before_holds_again(value: str) -> None:
    found = run(home("Oslo"), home("Bergen", CHANGES), home(value, RETRACTS))
    assert found[1].corrected
    assert current(found) == (["Oslo"] if value else [])
    assert current([*found, *run(home("Rome"))]) == [*current(found), "Rome"]


_FACTS = st.lists(
    st.builds(
        home,
        st.sampled_from(["a", "b", "c", ""]).filter(bool),
        st.sampled_from([STATES, CHANGES, CORRECTS, ONCE, RETRACTS]),
        since=st.one_of(st.none(), st.floats(0, 20)),
    ),
    max_size=12,
)


@given(_FACTS)
def test_at_no_time_two_values_of_one_attribute_hold(facts: list[Stated]) -> None:
    found = run(*facts)
    assert len(current(found)) <= 1
    for when in [float(n) + 0.25 for n in range(22)]:
        assert len({one.fact.value for one in found if one.holds(when)}) <= 1
    for one in found:
        assert math.isnan(one.start) or math.isnan(one.end) or one.start <= one.end


@given(_FACTS)
def test_the_newest_that_is_not_taken_back_is_current(facts: list[Stated]) -> None:
    """Against a plain reading of the rules, one fact behind the other."""
    kept = [
        fact
        for place, fact in enumerate(facts)
        if fact.manner != RETRACTS
        and not any(later.manner == RETRACTS and later.value == fact.value for later in facts[place + 1 :])
    ]
    now = ""
    for fact in kept:
        once = fact.manner == ONCE
        now = now if once and now != fact.value else "" if once else fact.value
    assert current(run(*facts)) == ([now] if now else [])
