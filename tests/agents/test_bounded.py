"""Results of tools, bounded: tables and random texts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Memory
from tiermem.agents.bounded import ResultBound
from tiermem.errors import InvalidSettings
from tiermem.flows.driving import drive


def shortened(text: str, session: Any, most: int = 60) -> str | None:
    return drive(ResultBound(most).shortened(text, "look", session.memory.counter), lambda step: step(session))


@pytest.mark.parametrize("most", [59, 0, -1, True, 99.5, "100", None])
def test_nonsense_is_refused(most: Any) -> None:
    with pytest.raises(InvalidSettings, match="max_tokens"):
        ResultBound(most)


def test_a_short_result_is_not_kept_and_a_long_one_once() -> None:
    session = Memory.open(":memory:").session("s")
    assert shortened("word " * 59, session) is None
    assert session.stats().messages == 0
    long = "word " * 5_000
    first = shortened(long, session)
    assert first == shortened(long, session)
    assert first is not None
    assert session.stats().messages == 1
    assert session.view().messages[0].text.startswith("[COMPACTED: look result")
    assert session.expand("m1").messages[0].text == long


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), st.integers(60, 90))
def test_what_is_given_fits_names_the_whole_and_has_both_ends(text: str, most: int) -> None:
    session = Memory.open(":memory:").session("s")
    whole = text * 5
    given_text = shortened(whole, session, most)
    size = session.memory.counter(whole)
    assert (given_text is None) == (size <= most)
    if given_text is not None:
        assert session.memory.counter(given_text) <= most
        match = re.search(r'\n\[… ([\d,]+) tokens in all; expand_memory\("(m\d+)"\) reads the whole …\]\n', given_text)
        assert match is not None
        assert match[1] == f"{size:,}"
        assert session.expand(match[2]).messages[0].text == whole
        head, tail = given_text[: match.start()], given_text[match.end() :]
        assert whole.startswith(head)
        assert whole.endswith(tail)
