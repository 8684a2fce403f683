"""Which characters leave a text, and what stands in their place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.redaction import EntitySpan, Redactor
from tiermem.redaction.spans import merged, replaced


@pytest.mark.parametrize(
    ("spans", "told"),
    [
        ([], "Call Nora Berg at 555."),
        ([(5, 9, "PERSON")], "Call [PERSON] Berg at 555."),
        ([(18, 21, "PHONE"), (5, 14, "PERSON")], "Call [PERSON] at [PHONE]."),
        ([(5, 9, "FIRST"), (5, 14, "PERSON")], "Call [PERSON] at 555."),
        ([(5, 10, "FIRST"), (8, 14, "PERSON")], "Call [PERSON] at 555."),
        ([(5, 9, "FIRST"), (9, 14, "LAST")], "Call [FIRST][LAST] at 555."),
    ],
)
def test_what_is_found_is_replaced_and_what_overlaps_is_one(spans: list[tuple[int, int, str]], told: str) -> None:
    assert Redactor(lambda _: [EntitySpan(*one) for one in spans])("Call Nora Berg at 555.") == told


@pytest.mark.parametrize("span", [(-1, 3), (3, 3), (4, 2), (0, 99)])
def test_a_span_that_is_no_part_of_the_text_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="no part of a text of 4"):
        Redactor(lambda _: [EntitySpan(*span, "X")])("Nora")


def test_a_vault_says_what_stands_in_its_place() -> None:
    kept: dict[tuple[str, str], str] = {}
    names = Redactor(
        lambda text: [EntitySpan(*one.span(), "NAME") for one in re.finditer("Nora|Olaf", text)],
        vault=lambda kind, words: kept.setdefault((kind, words), f"<{kind} {len(kept)}>"),
    )
    assert names("Nora met Olaf, and Nora left.") == "<NAME 0> met <NAME 1>, and <NAME 0> left."
    assert kept == {("NAME", "Nora"): "<NAME 0>", ("NAME", "Olaf"): "<NAME 1>"}


@given(st.text(min_size=1, max_size=30).flatmap(lambda text: st.tuples(st.just(text), spans_of(text))))
def test_whatever_is_found_leaves_and_everything_else_stays_in_order(drawn: tuple[str, list[EntitySpan]]) -> None:
    text, spans = drawn
    gone = {at for start, end, _ in spans for at in range(start, end)}
    made = replaced(text, merged(spans, len(text)), lambda kind, words: "")
    assert made == "".join(one for at, one in enumerate(text) if at not in gone)


def spans_of(text: str) -> st.SearchStrategy[list[EntitySpan]]:
    ends = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda one: one[0] < one[1])
    return st.lists(st.tuples(ends, st.sampled_from("AB")).map(lambda one: EntitySpan(*one[0], one[1])), max_size=5)
