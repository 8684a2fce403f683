"""JSON as models write it, read with patience."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.thinned import share
from tiermem.errors import SummaryRejected
from tiermem.models.lenient_json import read_object
from tiermem.summaries.structured_output import FIELDS, fields_of

GOAL = {"user_goal": "raise the pool"}
WRITTEN = {
    "plain": '{"user_goal": "raise the pool"}',
    "fenced": '```json\n{"user_goal": "raise the pool"}\n```',
    "fenced without an end": '```\n{"user_goal": "raise the pool"}',
    "in prose": 'Sure! Here are {your} notes:\n{"user_goal": "raise the pool"}\nAnything else?',
    "after thoughts": '<think>{"user_goal": "no"}</think>{"user_goal": "raise the pool"}',
    "single quotes": "{'user_goal': 'raise the pool'}",
    "typographic quotes": "{“user_goal”: “raise the pool”}",
    "no quotes around the key": '{user_goal: "raise the pool"}',
    "no quotes at all": "{user_goal: raise the pool}",
    "a trailing comma": '{"user_goal": "raise the pool",}',
    "full-width punctuation": '{"user_goal"："raise the pool"，}',
    "a comment": '{"user_goal": "raise the pool" // of connections\n}',
    "a comment that never ends": '{"user_goal": "raise the pool", /* of connections',
    "no closing brace": '{"user_goal": "raise the pool"',
    "a byte order mark": '\ufeff{"user_goal": "raise the pool"}',
}


@pytest.mark.parametrize("how", WRITTEN)
def test_an_object_is_found_however_it_is_written(how: str) -> None:
    assert read_object(WRITTEN[how], FIELDS) == GOAL


def test_missing_commas_and_quotes_that_were_not_escaped() -> None:
    text = '{"user_goal": "he said "no" twice"\n "key_decisions": ["a" "b",, "c"] "last_step": null}'
    assert read_object(text, FIELDS) == {
        "user_goal": 'he said "no" twice',
        "key_decisions": ["a", "b", "c"],
        "last_step": None,
    }


def test_line_ends_and_escapes_in_strings_and_constants_of_python() -> None:
    text = "{'user_goal': 'one\ntwo \\u4f60\\n', 'key_decisions': [True, False, None, 1.5, -2], }"
    assert read_object(text, FIELDS) == {"user_goal": "one\ntwo 你\n", "key_decisions": [True, False, None, 1.5, -2]}


def test_lists_in_lists_and_a_list_that_the_object_around_closes() -> None:
    text = "{'user_goal': 'g', 'key_decisions': [['a'], ['b']], 'last_step': 's'}"
    assert read_object(text, FIELDS) == {"user_goal": "g", "key_decisions": [["a"], ["b"]], "last_step": "s"}
    text = "{'user_goal': 'g', 'critical_context': {'hosts': ['a', 'b'}, 'last_step': 's'}"
    assert read_object(text, FIELDS) == {"user_goal": "g", "critical_context": {"hosts": ["a", "b"]}, "last_step": "s"}


def test_an_answer_may_be_wrapped_twice_and_no_deeper() -> None:
    wrapped = {"answer": [GOAL]}
    assert fields_of(wrapped)["user_goal"] == "raise the pool"
    with pytest.raises(SummaryRejected):
        fields_of({"more": wrapped})


def test_a_value_that_was_cut_off_is_left_out_because_half_a_number_is_another_number() -> None:
    text = '{"user_goal": "raise the pool", "key_decisions": ["pool of 10", "then pool of 50", "at last pool of 12'
    assert read_object(text, FIELDS) == GOAL | {"key_decisions": ["pool of 10", "then pool of 50"]}
    assert read_object('{"user_goal": "raise the pool", "count": 1', FIELDS) == GOAL


def test_the_object_with_most_of_the_fields_is_the_answer() -> None:
    text = 'As {"user_goal": "…"} says: {"user_goal": "a", "last_step": "b"} and {"note": 1}'
    assert read_object(text, FIELDS) == {"user_goal": "a", "last_step": "b"}


@pytest.mark.parametrize(
    "text", ["", "no braces", "{", "}", "{}", '{"other": 1}', "[1, 2]", "{" * 5_000, '{"user_goal']
)
def test_what_holds_no_field_is_nothing(text: str) -> None:
    assert read_object(text, FIELDS) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=share(200), deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=5), st.booleans())
def test_valid_json_is_read_exactly(value: dict[str, Any], ascii_only: bool) -> None:
    assert read_object(f"Notes:\n{json.dumps(value, ensure_ascii=ascii_only)}\nDone", FIELDS) == value


@settings(max_examples=share(300), deadline=None)
@given(st.text(alphabet="{}[]\",:'“”\\ \nabu0：，/*", max_size=200))
def test_no_text_makes_it_raise(text: str) -> None:
    assert read_object(text, FIELDS) is None or isinstance(read_object(text, FIELDS), dict)


@settings(max_examples=share(100), deadline=None)
@given(st.integers(20, 400))
def test_a_cut_answer_gives_a_part_of_the_whole_one_and_nothing_else(place: int) -> None:
    whole = {
        "user_goal": "raise it",
        "key_decisions": [{"text": f"pool {n}", "messages": [n, n + 1]} for n in range(9)],
    }
    found = read_object(json.dumps(whole)[:place], FIELDS) or {}
    for number, line in enumerate(found.get("key_decisions", [])):
        for key, value in line.items():
            complete = whole["key_decisions"][number][key]  # type: ignore[index]
            assert value == complete or (value == complete[: len(value)] and isinstance(value, list))


def test_the_time_grows_with_the_text_only() -> None:
    text = '{"user_goal": ' + "[" * 100_000 + "{" * 100_000
    started = time.thread_time()
    assert read_object(text, FIELDS) is None
    assert time.thread_time() - started < 5
