"""Words by which sentences are told apart: what changed, and what only looks like it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.text import cues, late
from tiermem.text.cues import CHANGE

CUES = {name: cue for name, cue in vars(cues).items() if isinstance(cue, late.Late) and name.isupper()}
FRAGMENTS = sorted({part for cue in CUES.values() for part in re.findall(r"[A-Za-z]+|[一-鿿]+", cue.pattern)})
BETWEEN = st.sampled_from(["", " ", " ", " ", "'", "’", "-", ". ", ": ", " 5 ", "$", "→", "\n", "\x1c"])
WORD = st.sampled_from(FRAGMENTS).flatmap(
    lambda word: st.sampled_from([word, word.lower(), word.upper(), word.title()])
)
ASCII_WORD = WORD.filter(str.isascii)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("pool 10 -> 50", True),
        ("timeout: 3s → 30s", True),
        ("raise the pool from 10 to 50", True),
        ("从10改成50", True),
        ("33     def connection(self) -> Iterator[sqlite3.Connection]:", False),  # what a function returns
        ("const add = (a, b) => a + b", False),
        ("fn size()->u32 {", False),
        ("nothing at all", False),
    ],
)
def test_a_change_has_a_value_before_its_arrow(text: str, changed: bool) -> None:
    assert bool(CHANGE.search(text)) is changed


@given(st.lists(st.tuples(st.one_of(ASCII_WORD, ASCII_WORD, ASCII_WORD, WORD), BETWEEN), max_size=14))
def test_cues_stand_where_re_finds_them(parts: list[tuple[str, str]]) -> None:
    text = "".join(word + between for word, between in parts)
    found = cues.seeking(text)
    for name, cue in CUES.items():
        expected, here = cue.search(text), found(cue)
        assert (here and here.span()) == (expected and expected.span()), (name, text)
