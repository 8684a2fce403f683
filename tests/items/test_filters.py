"""Filters of items: what each operator lets through, and that no value makes one raise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidMessage
from tiermem.items.filters import OPERATORS, check, passes

ANNA = {"name": "Anna", "age": 30, "tags": ["a", "b"], "home": {"city": "Paris", "floor": 3}, "since": "2024-05-01"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=4),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("wanted", "passing"),
    [
        (None, True),
        ({}, True),
        ({"name": "Anna"}, True),
        ({"name": "Anna", "age": 31}, False),
        ({"nothing": None}, True),
        ({"nothing": 1}, False),
        ({"tags": ["a", "b"]}, True),
        ({"tags": ["a"]}, False),
        ({"tags": "a"}, False),
        ({"home": {"city": "Paris"}}, True),
        ({"home": {"city": {"$ne": "Paris"}}}, False),
        ({"home.city": "Paris"}, True),
        ({"home.floor": {"$gte": 3, "$lt": 4}}, True),
        ({"home.street.number": 1}, False),
        ({"name.city": "Anna"}, False),
        ({"age": {"$gt": 29.5}}, True),
        ({"age": {"$gt": "29"}}, True),
        ({"age": {"$lt": float("inf")}}, True),
        ({"age": {"$lt": 10**400}}, True),
        ({"age": {"$gt": "young"}}, False),
        ({"since": {"$gte": "2024-05-01", "$lt": "2024-06"}}, True),
        ({"since": {"$gt": 5}}, False),
        ({"nothing": {"$gt": 0}}, False),
        ({"nothing": {"$lte": 0}}, False),
        ({"nothing": {"$ne": 0}}, True),
        ({"tags": {"$eq": ("a", "b")}}, True),
        ({"home": {"$eq": {"city": "Paris", "floor": 3}}}, True),
        ({"home": {"$eq": {"city": "Paris"}}}, False),
        ({"age": {"$eq": float("nan")}}, False),
    ],
)
def test_a_filter_lets_through_what_it_names(wanted: Any, passing: bool) -> None:  # one of two outcomes
    check(wanted)
    assert passes(ANNA, wanted) is passing


def test_true_is_not_one() -> None:
    assert passes({"on": True}, {"on": True})
    assert not passes({"on": True}, {"on": 1})
    assert not passes({"on": 1}, {"on": True})
    assert passes({"on": 1}, {"on": {"$ne": True}})


def test_a_name_with_a_dot_is_found_before_what_lies_inside() -> None:
    value = {"a.b": 1, "a": {"b": 2}}
    assert passes(value, {"a.b": 1})
    assert not passes(value, {"a.b": 2})


@pytest.mark.parametrize("wanted", [5, ["a"], {1: 2}, {"a": {"$in": [1]}}, {"a": {"b": {"$gt": 1, "c": 2}}}])
def test_what_is_no_filter_is_refused(wanted: Any) -> None:
    with pytest.raises(InvalidMessage):
        check(wanted)


@given(
    value=st.dictionaries(st.text(max_size=3), JSON, max_size=4),
    name=st.text(max_size=3),
    operator=st.sampled_from(sorted(OPERATORS)),
    wanted=JSON,
)
def test_no_value_makes_a_filter_raise(value: dict[str, Any], name: str, operator: str, wanted: Any) -> None:
    equal, unequal = (passes(value, {name: {one: wanted}}) for one in ("$eq", "$ne"))
    assert equal is not unequal
    assert passes(value, {name: {operator: wanted}}) in {True, False}
