"""Pieces as numbers: those of many terms at once are those of each piece by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiermem.index.spelling import code_of, pieces_of
from tiermem.text.analyzer import pieces

WORDS = st.one_of(
    st.sampled_from(["deploy", "a_pool_py", "banana", "aaaaaaaa", "北京", "straße", "with", "x1y2"]), st.text()
)


@given(st.lists(WORDS, max_size=8))
def test_many_terms_have_the_codes_of_their_pieces(terms: list[str]) -> None:
    codes, counts = pieces_of(terms)
    assert codes.tolist() == [code_of(piece) for term in terms for piece in pieces(term)]
    assert counts.tolist() == [len(pieces(term)) for term in terms]


def test_pieces_of_a_language_have_codes_of_their_own() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = {f"#{a}{b}{c}e" for a in letters for b in letters for c in letters}
    assert len({code_of(piece) for piece in known}) >= len(known) - 2
    assert all(0 <= code_of(piece) < 1 << 31 for piece in known)
