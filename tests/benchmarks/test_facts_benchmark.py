"""Labelled statements: the rules keep their precision and recall, on the half that nobody tuned to as well."""

from __future__ import annotations

import pytest

from benchmarks.facts.measure import HALVES, LANGUAGES, Case, marked, read, score, stated


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_facts_are_right_and_found(language: str, half: str) -> None:
    cases = read(language, half)
    found = score(cases, stated)
    assert found.precision >= 0.97
    assert found.recall >= 0.75
    assert found.precision > score(cases, marked).precision


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_its_cases_and_no_half_those_of_the_other(language: str) -> None:
    halves = [{case.said for case in read(language, half)} for half in HALVES]
    assert sum(len(read(language, half)) for half in HALVES) >= 400
    assert not halves[0] & halves[1]


def test_what_is_wrong_and_what_is_missed_is_counted() -> None:
    home = ("user", "home", "oslo")
    case = Case("plain", ("I live in Oslo.",), frozenset({home, ("user", "age", "3")}), frozenset({("user", "a", "b")}))
    one = score([case], lambda _: {home, ("user", "a", "b"), ("user", "x", "y")})
    assert (one.right, one.wrong, one.found, one.missed) == (2, 1, 1, 1)
