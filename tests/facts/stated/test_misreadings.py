"""Sentences that look like a fact, or like another one than they state."""

from __future__ import annotations

import pytest

from tiermem.facts.stated.reading import stated
from tiermem.facts.stated.record import CHANGES, CORRECTS

OSLO = ("user", "home", "Oslo")


def told(text: str) -> list[tuple[str, str, str, str]]:
    return [(one.subject, one.attribute, one.value, one.manner) for one in stated(text, "user")]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Now I live in Oslo.", (*OSLO, CHANGES)),
        ("Nowadays I live in Oslo.", (*OSLO, CHANGES)),
        ("So now I live in Oslo.", (*OSLO, CHANGES)),
        ("Now the deadline is 5 May.", ("", "deadline", "5 May", CHANGES)),
        ("No, I live in Oslo.", (*OSLO, CORRECTS)),
        ("no the deadline is 5 May", ("", "deadline", "5 May", CORRECTS)),
    ],
)
def test_what_is_so_now_changes_and_what_follows_no_corrects(text: str, fact: tuple[str, ...]) -> None:
    assert told(text) == [fact]
