"""Labelled statements: the rules keep their precision and recall, on the half that nobody tuned to as well."""

from __future__ import annotations

import pytest

from benchmarks.facts.marks import several, told
from benchmarks.facts.measure import HALVES, LANGUAGES, Case, read, score
from tiermem import Memory
from tiermem.facts.stated.record import value_key

RENT = ("user", "rent", value_key("$5"))


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_are_right_and_found(language: str, half: str) -> None:
    cases = read(language, half)
    found = score(cases)
    assert found.precision >= 0.97
    assert found.recall >= 0.75


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_cases_and_no_half_those_of_the_other(language: str) -> None:
    halves = [{case.said for case in read(language, half)} for half in HALVES]
    assert sum(len(read(language, half)) for half in HALVES) >= 400
    assert not halves[0] & halves[1]


def test_what_is_wrong_and_what_is_missed_is_counted() -> None:
    labelled = frozenset({("user", "home", "oslo"), ("user", "age", "3")})
    case = Case("plain", ("I live in Oslo.", "My rent is $5.", "I work at Bosch."), labelled, frozenset({RENT}))
    one = score([case])
    assert (one.right, one.wrong, one.found, one.missed) == (2, 1, 1, 1)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_out_of_date_is_marked_and_nothing_that_holds(language: str, half: str) -> None:
    with Memory.open(":memory:", enable_context_management=False) as memory:
        changing, others = several(language, half)
        marks = [told(memory, f"{place}", said) for place, said in enumerate(changing)]
        assert sum(0 in marked for marked in marks) >= 0.75 * len(changing)
        assert not any(len(said) - 1 in marked for said, marked in zip(changing, marks, strict=True))
        assert sum(bool(told(memory, f"not {place}", said)) for place, said in enumerate(others)) <= 1
