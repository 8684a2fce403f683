"""A context of a conversation that fits as a whole, asked for what the user's other conversations say too."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tiermem import Context, Session
from tiermem.records import Within

QUESTION = "Which bed has tomatoes number 3?"
REACHES: list[Within] = ["user", "everything"]


@pytest.fixture
def garden(store: Open) -> Session:
    memory = store()
    memory.session("monday", "anna").add("We spoke of the weather in Oslo.")
    session = memory.session("today", "anna")
    session.add([f"Bed {n} has tomatoes and beans number {n}, planted in week {n} near the shed." for n in range(40)])
    session.add(QUESTION)
    return session


def texts(context: Context, kind: str) -> list[str]:
    return [piece.message.text for piece in context.pieces if piece.kind == kind]


@pytest.mark.parametrize("within", REACHES)
@pytest.mark.parametrize("more", [0, 10, 400])
def test_what_is_in_view_is_not_quoted_in_place_of_its_turns(garden: Session, within: Within, more: int) -> None:
    whole = garden.context(budget=100_000, within="conversation")
    asked, plain = (garden.context(budget=whole.tokens + more, within=where) for where in (within, "conversation"))
    assert asked.pieces == plain.pieces
    assert asked.hits == plain.hits == ()
    assert plain.likely is None  # nothing was looked up
    assert asked.likely is not None
    assert asked.likely.window > 0.5
    assert asked.likely.archive == 0


@pytest.mark.parametrize("within", REACHES)
def test_what_another_conversation_says_stands_beside_the_whole(garden: Session, within: Within) -> None:
    whole = garden.context(budget=100_000, within="conversation")
    garden.beside("friday").add("Bed 3 has its tomatoes number 3 from Clara.")
    context = garden.context(budget=whole.tokens + 100, within=within)
    assert context.tokens <= whole.tokens + 100
    assert texts(context, "message") == texts(whole, "message")
    assert [hit.ref for hit in context.hits] == ["friday/m1"]
    (block,) = texts(context, "recalled")
    assert "from Clara" in block


def test_where_it_does_not_fit_beside_the_whole_older_turns_make_room_and_are_found(garden: Session) -> None:
    whole = garden.context(budget=100_000, within="conversation")
    garden.beside("friday").add("Bed 3 has its tomatoes number 3 from Clara.")
    context = garden.context(budget=whole.tokens + 5, within="user")
    assert context.tokens <= whole.tokens + 5
    assert "friday/m1" in [hit.ref for hit in context.hits]
    assert "Bed 3 has tomatoes and beans number 3" in " ".join(message.text for message in context.messages)
