"""Any value of a framework's message is JSON in the archive, and comes back equal where that can be."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, field_serializer

from tiermem.agents.encoding import DEEPEST, LONGEST, dumped, restored

TAGS = ["__bytes__", "__as_is__", "__tuple__", "__set__", "__number__", "__pairs__", "__datetime__", "__object__"]
ZONES = st.builds(timezone, st.timedeltas(timedelta(hours=-23), timedelta(hours=23)))
HASHABLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=9),
    st.binary(max_size=9),
    st.datetimes(timezones=st.none() | ZONES),
    st.dates(),
    st.times(),
    st.uuids(),
    st.decimals(allow_nan=False),
)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.sets(HASHABLE, max_size=3),
        st.frozensets(st.tuples(HASHABLE, HASHABLE), max_size=2),
        st.dictionaries(st.text(max_size=5) | st.sampled_from(TAGS), inner, max_size=3),
        st.dictionaries(HASHABLE | st.tuples(HASHABLE), inner, max_size=3),
    ),
    max_leaves=12,
)
JSON = st.recursive(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_what_python_has_comes_back_equal_and_of_its_kind(value: Any) -> None:
    kept = dumped(value)
    text = json.dumps(kept, allow_nan=False)
    back = restored(json.loads(text))
    assert back == value
    assert type(back) is type(value)
    assert dumped(back) == kept


@given(JSON)
def test_json_is_kept_as_it_is(value: Any) -> None:
    assert dumped(value) == value


@given(JSON | st.sampled_from(TAGS).flatmap(lambda tag: JSON.map(lambda held: {tag: held})))
def test_json_of_somebody_else_is_read_whatever_its_keys_are(value: Any) -> None:
    json.dumps(dumped(restored(value)))


def test_numbers_that_json_has_not() -> None:
    assert math.isnan(restored(dumped(float("nan"))))
    assert [restored(dumped(one)) for one in (math.inf, -math.inf, 2**63, -(2**200))] == [
        math.inf, -math.inf, 2**63, -(2**200)
    ]  # fmt: skip
    assert restored(dumped(1 << 90_000)) == 1 << 90_000  # Python writes no such number in digits


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


class Pair(Enum):
    ONE = (1, 2)


@dataclasses.dataclass
class Point:
    x: Any


class Model(BaseModel):
    a: Any = b"raw"


class Unwilling(BaseModel):
    a: int = 1

    @field_serializer("a")
    def refuse(self, value: int) -> int:
        raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("value", "back"),
    [
        (np.float64(1.5), 1.5),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.float64("nan"), "nan"),
        (np.datetime64("2026-01-02"), date(2026, 1, 2)),
        (Level.HIGH, 3),
        (Colour.RED, "red"),
        (Pair.ONE, (1, 2)),
        (Point({1}), {"x": {1}}),
        (Model(), {"a": b"raw"}),
        (Unwilling(), {"a": 1}),
        (PurePosixPath("a/b"), "a/b"),
        (bytearray(b"x"), b"x"),
        (memoryview(b"x"), b"x"),
    ],
)
def test_objects_come_back_as_the_values_they_hold(value: Any, back: Any) -> None:
    got = restored(json.loads(json.dumps(dumped(value), allow_nan=False)))
    assert (str(got) if back == "nan" else got) == back


class Opaque:
    pass


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Talker:
    def __repr__(self) -> str:
        return "word " * LONGEST


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Opaque(), ".Opaque object>"),
        (Rude(), "<repr failed: RuntimeError>"),
        (Fraction(1, 3), "Fraction(1, 3)"),
        (np.arange(3), "array([0, 1, 2])"),
        (Model, "Model"),
        (Talker(), "word "),
    ],
)
def test_an_object_is_kept_as_what_it_says_of_itself_the_same_each_time(value: Any, words: str) -> None:
    kind, text = dumped({"value": value})["value"]["__object__"]
    assert words in text
    assert len(text) <= LONGEST
    assert kind.endswith(type(value).__qualname__)
    again = Opaque() if isinstance(value, Opaque) else value
    assert dumped(again) == dumped(value) == dumped(restored(dumped(value)))


def test_a_structure_that_contains_itself_ends() -> None:
    endless: list[Any] = [1]
    endless += [endless, endless, {"again": endless}]
    kept = dumped(endless)
    assert kept[0] == 1
    assert {next(iter(part)) for part in kept[1:]} == {"__object__", "again"}
    deep: Any = "x"
    for _ in range(DEEPEST * 2):
        deep = [deep]
    json.dumps(dumped(deep))


def test_what_earlier_versions_wrote_is_read() -> None:
    written = {
        "signature": {"__bytes__": "AP8="},
        "logprob": {"__number__": "-inf"},
        "huge": {"__number__": "1000000000000000000000000000000"},
        "by_index": {"__pairs__": [[0, "a"], [[1, 2], {"__as_is__": {"__bytes__": "not ours"}}]]},
        "opaque": {"__object__": ["m.Thing", "<thing>"]},
        "list": [1, 2],
    }
    assert restored(written) == {
        "signature": b"\x00\xff",
        "logprob": -math.inf,
        "huge": 10**30,
        "by_index": {0: "a", (1, 2): {"__bytes__": "not ours"}},
        "opaque": {"__object__": ["m.Thing", "<thing>"]},
        "list": [1, 2],
    }


def test_the_kinds_that_are_written_as_text() -> None:
    values = [datetime(2026, 1, 2, 3, tzinfo=UTC), date(2026, 1, 2), time(3, 4), Decimal("1.50"), UUID(int=1)]
    back = restored(dumped(values))
    assert back == values
    assert [type(one) for one in back] == [type(one) for one in values]
