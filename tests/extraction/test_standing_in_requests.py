"""What a sentence states before it asks is borne out; what it asks is not."""

from __future__ import annotations

import pytest

from tiermem.extraction.standing import clause_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("4,500 words", "I'm on my first draft, and I have 4,500 words to submit, can you help me?"),
        ("Oslo", "I live in Oslo, is that far from Bergen?"),
        ("北京", "我住在北京，附近有什么好吃的？"),
    ],
)
def test_what_stands_before_a_question_is_said(value: str, text: str) -> None:
    assert clause_of(value, text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Bergen", "I live in Oslo, is that far from Bergen?"),
        ("Rome", "I live in Rome, right?"),
        ("Rome", "Should I move to Rome, or stay here?"),
        ("Rome", "I live in Rome, don't I?"),
        ("罗马", "我住在罗马，对吗？"),
        ("4,500", "Do I need 4,500 words?"),
    ],
)
def test_what_is_asked_is_not(value: str, text: str) -> None:
    assert clause_of(value, text) is None
