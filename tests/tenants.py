"""A thousand tenants whose names are made to be mistaken for each other's, each with canaries in every session."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice, product
from typing import Any

from tests.whole import whole
from tiermem import Memory, Session
from tiermem.errors import TiermemError

COUNT = 1_000
NAMES = [
    "anna",
    "ann",
    "anna/",
    "/anna",
    "ann/a",
    "a%",
    "%",
    "_",
    "an_a",
    "____",
    "*",
    "anna\0",
    "anna\0b",
    "\0",
    "default",
    "Default",
    "Anna",
    "\u0430nna",  # Cyrillic
    "anna ",
    "anna\u200b",
    "\u00e5nna",
    "a\u030anna",
    "\ud800",
    "\u00ffk",
    "\u202eanna",
    "'; DROP TABLE tiermem_session; --",
    "m1",
    "friday/m1",
    "../anna",
    "x" * 255,
    "x" * 254,
    "\u59b9\u59b9",
]
# The users of tenants, and of none; "default" without a tenant is everybody's who names none.
OWNERS = [pair for pair in islice(product(["", *NAMES], NAMES), COUNT + 1) if pair != ("", "default")][:COUNT]
SESSIONS = ["friday", "anna/m1"]  # equal ids everywhere, one of them like a reference
QUESTION = "Which secret bird sings at the pond, and where does the bird sing?"
# Who is asked for: neighbours in the list of owners, whose names begin with each other or look alike.
ASKED = [
    place
    for place, owner in enumerate(OWNERS)
    if owner in {("", "anna"), ("", "anna\0"), ("anna", "anna"), ("ann", "a%"), ("default", "default")}
]
REFERENCES = [
    *(f"{name}/m1" for name in ("anna/friday", "../anna/friday", "ann/friday", "%", "_", "*", "\0", "/", "friday\0")),
    "anna\0/friday/m1",
    "' OR 1=1 --/m1",
]


def canary(place: int, session: str) -> str:
    return f"zq{place:04d}{'ab'[SESSIONS.index(session)]}x"


def fill(memory: Memory) -> None:
    for place, owner in enumerate(OWNERS):
        for session in SESSIONS:
            memory.session(session, owner).add(f"The secret bird {canary(place, session)} sings at the pond.")


def own(place: int) -> set[str]:
    return {canary(place, session) for session in SESSIONS}


def canaries(value: Any) -> set[str]:
    """The canaries in all that *value* holds."""
    words = "".join(one if one.isalnum() else " " for one in whole(value)).split()
    return {word for word in words if word.startswith("zq") and word.endswith("x")}


def opened(session: Session, refs: Iterable[str]) -> list[Any]:
    """What *refs* open, and the words of the errors of those that open nothing."""
    shown: list[Any] = []
    for ref in refs:
        for verb in (session.expand, session.explain, session.restore, session.forget):
            try:
                shown.append(verb(ref))
            except TiermemError as error:
                shown.append(str(error))
    return shown
