"""What is JSON is copied, what is none is refused or written by the caller's rule, and nothing goes on for ever."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from enum import IntEnum, StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidMessage
from tiermem.plain_json import DEEPEST, LONGEST_PATH, bare_number, equal_json, lists_for_tuples, plain
from tiermem.text.documents import documents_from

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


def nested(levels: int, innermost: Any) -> Any:
    value = innermost
    for _ in range(levels):
        value = [value]
    return value


@given(JSON)
def test_json_is_copied_as_it_is(value: Any) -> None:
    copy = plain(value, "value")
    assert copy == value
    assert json.loads(json.dumps(copy)) == value
    assert not isinstance(value, (list, dict)) or copy is not value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"x", "value is no JSON value: bytes"),
        ((1, 2), "value is no JSON value: tuple"),
        ({"a": [0, {1}]}, r"value\.a\[1\] is no JSON value: set"),
        ({"a": {1: 2}}, r"value\.a key must be a string, not int"),
        (nested(DEEPEST + 2, "x"), rf"value(\[0\])*… is nested deeper than {DEEPEST}"),
    ],
)
def test_what_is_no_json_is_refused_with_its_path(value: Any, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=f"^{reason}$"):
        plain(value, "value")


def test_the_deepest_level_is_the_last_one_that_is_followed() -> None:
    assert plain(nested(DEEPEST + 1, "x"), "value") == nested(DEEPEST + 1, "x")
    assert plain([[["x"]]], "value", otherwise=lambda part, _: type(part).__name__, deepest=1) == [["list"]]


def test_a_text_of_a_class_of_its_own_is_a_text() -> None:
    copy = plain({Colour.RED: Colour.RED}, "value")
    assert {type(text) for text in (*copy, *copy.values())} == {str}


@pytest.mark.parametrize(
    ("number", "bare"), [(Level.HIGH, 3), (True, 1), (2.5, 2.5), (10**30, None), (float("inf"), None)]
)
def test_the_number_behind_a_class(number: float, bare: float | None) -> None:
    assert bare_number(number) == bare


def test_tuples_are_lists_where_the_caller_says_so() -> None:
    assert plain({"a": (1, (2, [3]))}, "value", lists_for_tuples) == {"a": [1, [2, [3]]]}
    with pytest.raises(InvalidMessage, match=r"^value is no JSON value: set$"):
        plain({"a": ({1},)}["a"][0], "value", lists_for_tuples)


def test_numbers_of_a_class_of_their_own_are_those_they_equal_where_the_caller_says_so() -> None:
    copy = plain({"a": (np.float64(1.5), Level.HIGH)}, "value", equal_json)
    assert copy == {"a": [1.5, 3]}
    assert [type(one) for one in copy["a"]] == [float, int]
    with pytest.raises(InvalidMessage, match=r"^value\.a is "):
        plain({"a": np.float64("nan")}, "value", equal_json)


def test_the_metadata_of_a_document_are_read_as_loaders_write_them() -> None:
    day, moment = date(2026, 1, 2), datetime(2026, 1, 2, 3, tzinfo=UTC)
    metadata = {"at": (day, moment), "file": PurePosixPath("a/b"), "id": UUID(int=1)}
    (document,) = documents_from({"text": "x", "metadata": metadata})
    assert document.metadata == {
        "at": ["2026-01-02", "2026-01-02T03:00:00+00:00"], "file": "a/b", "id": str(UUID(int=1))
    }  # fmt: skip
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(InvalidMessage, match="nested deeper"):
        documents_from({"text": "x", "metadata": {"boxes": endless}})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (2**63 + 1, r"value is an integer outside of -2\*\*63 to 2\*\*63 - 1, which no database keeps as it is"),
        (float("nan"), "value is nan, which JSON has not"),
        (float("-inf"), "value is -inf, which JSON has not"),
        (np.float64(1.5), r"value is no JSON value: float64; float\(\) of it may be one"),
        (Level.HIGH, r"value is no JSON value: Level; int\(\) of it may be one"),
        ({"two words": b""}, r"value\['two words'\] is no JSON value: bytes"),
        ({"分数": {1}}, r"value\.分数 is no JSON value: set"),
    ],
)
def test_an_error_says_why_a_value_is_none(value: Any, reason: str) -> None:
    with pytest.raises(InvalidMessage, match=f"^{reason}$"):
        plain(value, "value")


def test_a_path_shows_no_more_of_somebodys_keys_than_a_line_has() -> None:
    deep: Any = b""
    for number in range(90):
        deep = {f"hunter{number} " * 99: [deep]}
    with pytest.raises(InvalidMessage) as caught:
        plain(deep, "content[0]")
    assert len(str(caught.value)) < LONGEST_PATH + 100
    assert "…" in str(caught.value)
