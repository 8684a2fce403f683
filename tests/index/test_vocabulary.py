"""Terms by code, and which share pieces: the same however the terms came."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiermem.index.vocabulary import NOWHERE, Vocabulary
from tiermem.text.analyzer import pieces

TERMS = st.sampled_from(["deploy", "deploi", "redeploy", "kitten", "kitti", "a_pool_py", "pool", "北京", "7", "ab"])


@given(st.lists(st.lists(TERMS, max_size=6), max_size=6), st.dictionaries(TERMS, st.floats(0.5, 3), max_size=3))
def test_terms_keep_their_codes_and_are_found_by_their_pieces(
    batches: list[list[str]], asked: dict[str, float]
) -> None:
    vocabulary = Vocabulary()
    for batch in batches:
        assert [vocabulary.word(code) for code in vocabulary.coded(batch).tolist()] == batch
    known = list(dict.fromkeys(term for batch in batches for term in batch))
    assert len(vocabulary) == len(known)
    assert vocabulary.codes([*known, "never"]).tolist() == [*range(len(known)), NOWHERE]
    assert vocabulary.counts.tolist() == [len(pieces(term)) for term in known]
    wanted = {piece: weight for term, weight in asked.items() for piece in pieces(term)}
    codes, shared = vocabulary.alike(wanted)
    expected = {term: sum(wanted.get(piece, 0.0) for piece in pieces(term)) for term in known}
    found = {vocabulary.word(code): weight for code, weight in zip(codes.tolist(), shared.tolist(), strict=True)}
    assert found.keys() == {term for term, weight in expected.items() if weight}
    assert all(abs(found[term] - expected[term]) < 1e-9 for term in found)


def test_what_was_handed_out_stays_while_terms_are_added() -> None:
    vocabulary = Vocabulary()
    vocabulary.coded(["kitten"])
    before = vocabulary.alike({"#^kit": 1.0})[0]
    vocabulary.coded(["kitti", "kite"])
    assert before.tolist() == [0]
    assert vocabulary.alike({"#^kit": 1.0})[0].tolist() == [0, 1, 2]
    assert vocabulary.code("kite") != NOWHERE
    assert vocabulary.nbytes > 3 * 100
