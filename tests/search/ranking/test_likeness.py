"""How alike a question and messages are in words and spelling, against the formula worked out text by text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.index.segment import segment
from tiermem.index.user import Choice, UserIndex
from tiermem.search.query import telling
from tiermem.search.ranking.likeness import LEAST, PIECE, sought
from tiermem.text.analyzer import pieces, query_terms, terms
from tiermem.text.dialogue import Spoken

WORDS = ["deploy", "deployment", "redeploy", "kitten", "kittens", "pool", "pools", "北京", "搬家", "said", "x1", "ca"]
TEXTS = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=8)


def indexed(texts: Sequence[str], batches: int = 1) -> UserIndex:
    index = UserIndex()
    spoken = [Spoken(number, float(number), "", terms(text), "user", []) for number, text in enumerate(texts, 1)]
    size = max(1, -(-len(spoken) // batches))
    for first in range(0, len(spoken), size):
        index.add([(1, segment(spoken[first : first + size]))])
    return index


def likeness(texts: Sequence[str], question: str, batches: int = 1) -> list[float]:
    index = indexed(texts, batches)
    return index.likeness(index.field([Choice(1, len(texts))]), question).tolist()


def worked_out(text: str, question: str) -> float:
    """The same, one text at a time."""
    asked = {
        term: 1 + math.log(n) for term, n in Counter(terms(question)).items() if term in telling(query_terms(question))
    }
    held = {term: 1 + math.log(n) for term, n in Counter(terms(text)).items()}
    spelt = {piece: 1 + math.log(n) for piece, n in Counter(p for term in asked for p in pieces(term)).items()}
    product = 0.0
    for term, often in held.items():
        shared = sum(spelt.get(piece, 0.0) for piece in pieces(term))
        alike = PIECE**2 * shared if shared >= LEAST * len(pieces(term)) else 0.0
        product += often * (asked.get(term, 0.0) + alike)
    length = math.sqrt(sum(w * w for w in asked.values()) + PIECE**2 * sum(w * w for w in spelt.values()))
    own = math.sqrt(sum(often**2 * (1 + PIECE**2 * len(pieces(term))) for term, often in held.items()))
    return product / (length * max(own, 1.0)) if length else 0.0


@given(TEXTS, st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join), st.integers(1, 4))
def test_the_index_says_what_the_formula_says_of_each_text(texts: list[str], question: str, batches: int) -> None:
    expected = [worked_out(text, question) for text in texts]
    np.testing.assert_allclose(likeness(texts, question, batches), expected, rtol=1e-5, atol=1e-6)


def test_a_text_is_as_alike_as_can_be_to_itself_and_not_at_all_to_strangers() -> None:
    text = "The kitten sleeps beside the warm oven."
    same, stranger = likeness([text, "我们决定搬到北京。"], text)
    assert same == pytest.approx(1.0, abs=0.02)
    assert stranger == 0.0


def test_a_misspelt_word_is_alike_and_a_word_with_one_piece_in_common_is_not() -> None:
    right, wrong = likeness(["our deployment", "her employer"], "deploment")
    assert right > 0.25
    assert wrong == 0.0


def test_what_a_message_says_beside_is_held_against_it() -> None:
    brief, long = likeness(
        ["The pool is closed.", "The pool is closed, and bread costs more since the train came."], "pool"
    )
    assert brief > 1.3 * long > 0


@pytest.mark.parametrize("question", ["", "the of", "？"])
def test_a_question_without_words_is_alike_to_nothing(question: str) -> None:
    assert likeness(["The pool is closed.", ""], question) == [0.0, 0.0]


def test_words_about_asking_count_only_where_little_else_is_asked() -> None:
    assert set(sought("What did Anna say about the pool and the kitten?").terms) == {"anna", "pool", "kitten"}
    assert set(sought("What did she say?").terms) == {"say"}
