"""What an extractor returns is read in any form, or refused; nothing of it is believed yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import FactsRejected
from tiermem.extraction.claims import CERTAINTY, MOST, MOST_CERTAIN, Claim, claims
from tiermem.extraction.structured_output import ConversationFacts, StatedFact, entries_of

HOME: dict[str, Any] = {"subject": "user", "attribute": "home", "value": "Oslo", "status": "current", "message": 3}
CLAIM = Claim("user", "home", "Oslo", "states", (3,))


@dataclass
class Own:
    attribute: str = "home"
    value: str = "Oslo"
    message: str = "m3"


@pytest.mark.parametrize(
    "returned",
    [
        [HOME],
        {"facts": [HOME]},
        (HOME,),
        [Own()],
        [StatedFact(**HOME, several=False)],
        ConversationFacts(facts=[StatedFact(**HOME, several=False)]),
        [{"who": "user", "predicate": "home", "object": "Oslo", "sources": ["m3"]}],
        [HOME | {"message": "m3", "status": " Current "}],
    ],
)
def test_any_usual_form_is_the_same_claim(returned: Any) -> None:
    assert claims(returned) == ([CLAIM], 0)


@pytest.mark.parametrize("returned", [None, "home: Oslo", 7, {"home": "Oslo"}, object(), {"facts": "none"}, b"[]"])
def test_what_is_no_list_is_refused_as_a_whole(returned: Any) -> None:
    with pytest.raises(FactsRejected):
        claims(returned)


def test_an_empty_list_says_that_there_are_none() -> None:
    assert claims([]) == ([], 0)
    assert entries_of(None, '{"facts": []}') == []


@pytest.mark.parametrize(
    "entry",
    [
        {},
        "home is Oslo",
        None,
        HOME | {"value": ""},
        HOME | {"value": None},
        HOME | {"value": ["Oslo"]},
        HOME | {"attribute": " \n"},
        HOME | {"attribute": "x" * 121},
        HOME | {"value": "x" * 121},
        HOME | {"message": None},
        HOME | {"message": "the last one"},
        HOME | {"message": True},
        HOME | {"status": "planned"},
        HOME | {"subject": {"name": "user"}},
        HOME | {"subject": "x" * 1_000_000},
        HOME | {"status": "x" * 1_000_000},
        HOME | {"value": 10**6_000},
        HOME | {"message": [1] * 100_000},
        HOME | {"message": "1 " * 500_000},
    ],
)
def test_an_entry_that_is_no_claim_is_counted_and_costs_no_other(entry: Any) -> None:
    assert claims([entry, HOME]) == ([CLAIM], 1)


def test_values_are_text_or_yes_and_no_and_certainty_is_no_more_than_that_of_a_rule() -> None:
    given = [
        HOME | {"value": True},
        HOME | {"value": "No."},
        HOME | {"value": "是"},
        HOME | {"value": 34},
        HOME | {"certainty": 1},
        HOME | {"certainty": "high"},
        HOME | {"value": "Os\x00lo\nby"},
    ]
    made, refused = claims(given)
    assert refused == 0
    assert [one.value for one in made] == ["yes", "no", "yes", "34", "Oslo", "Oslo", "Oslo by"]
    assert [one.certainty for one in made[-3:]] == [MOST_CERTAIN, CERTAINTY, CERTAINTY]


def test_more_than_a_table_s_worth_is_counted_and_not_read() -> None:
    made, refused = claims([HOME] * (MOST + 5))
    assert (len(made), refused) == (MOST, 5)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"facts": [HOME]}),
        f"Sure!\n```json\n{json.dumps({'facts': [HOME]}, indent=2)}\n```\nAnything else?",
        json.dumps([HOME]),
        f"<think>{{}}</think>{{'facts': [{HOME!r},]}}",
        json.dumps({"result": {"facts": [HOME]}}),
        json.dumps(HOME),
        json.dumps({"facts": [HOME]})[:-1] + ', "no',
    ],
)
def test_what_models_write_around_and_instead_of_json_is_read(text: str) -> None:
    assert claims(entries_of(None, text))[0] == [CLAIM]


@pytest.mark.parametrize("text", ["", "I found no facts.", "{}", '{"facts": "none"}', '["home", "Oslo"]', "[" * 3_000])
def test_an_answer_without_a_list_is_refused(text: str) -> None:
    with pytest.raises(FactsRejected):
        entries_of(None, text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*HOME, "facts", "x"]), inner),
    max_leaves=9,
)


@given(JSON)
def test_nothing_that_is_returned_raises_anything_else(returned: Any) -> None:
    try:
        made, refused = claims(returned)
    except FactsRejected:
        return
    assert refused >= 0
    assert all(one.attribute and one.value and one.numbers for one in made)
