"""What is known of the user in a context: behind the system prompts, within its tokens and the budget, the same from
call to call until something of it changes."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Open
from tiermem import Context, Memory
from tiermem.errors import InvalidMessage
from tiermem.window.quotation import PROFILE

TALK = [
    {"role": "user", "content": "I live in Oslo and I'm allergic to peanuts."},
    {"role": "assistant", "content": "Good to know."},
]


def kinds(context: Context) -> list[str]:
    return [piece.kind for piece in context.pieces]


def talked(memory: Memory, turns: int = 40) -> None:
    memory.session("old", "anna").add(TALK)
    session = memory.session("new", "anna")
    for turn in range(turns):
        session.add([{"role": "user", "content": f"Tell me of harbour {turn}. " * 8}])
        session.add([{"role": "assistant", "content": f"Harbour {turn} has {turn} ships. " * 8}])
    session.add("And which is the largest?")


@pytest.mark.sampled(2)
@pytest.mark.parametrize("steady", [False, True])
def test_it_stands_behind_the_system_prompts_within_its_tokens(store: Open, steady: bool) -> None:
    memory = store()
    talked(memory)
    session = memory.session("new", "anna")
    for budget in (220, 600, 4_000):
        for most in (0, 20, 60, 300):
            context = session.context(budget=budget, system="You are kind.", profile=most, steady=steady, goal="Ships")
            assert context.tokens == sum(piece.tokens for piece in context.pieces) <= budget
            shown = [piece for piece in context.pieces if piece.kind == "profile"]
            assert all(piece.tokens <= most and piece.message.text.startswith(PROFILE) for piece in shown)
            assert all(piece.message.role == "user" for piece in shown)
            assert kinds(context).index("profile") == 1 if shown else most < 60 or budget < 400
            for piece in shown:
                assert {ref.split("/")[0] for ref in piece.refs} <= {"old", "new"}


def test_it_stays_as_it_is_until_something_of_it_changes(store: Open) -> None:
    memory = store()
    talked(memory, 3)
    session = memory.session("new", "anna")

    def shown() -> str:
        return session.context(budget=4_000, profile=200).pieces[0].message.text

    first = shown()
    session.add([{"role": "assistant", "content": "Rotterdam."}, {"role": "user", "content": "Thank you."}])
    memory.session("third", "anna").add("What is the weather like?")
    memory.session("third", "ben").add("I live in Lima.")
    session.index()
    assert shown() == first
    session.add("By the way, I don't drink coffee.")
    second = shown()
    assert second != first
    assert [line for line in second.split("\n") if line in first] == first.split("\n")


def test_nothing_known_takes_no_room_and_nonsense_is_refused(store: Open) -> None:
    memory = store()
    session = memory.session("new", "anna")
    session.add("Hello there.")
    assert kinds(session.context(profile=300)) == ["message"]
    for wrong in (-1, True, "300"):
        with pytest.raises(InvalidMessage, match="profile"):
            session.context(profile=wrong)  # type: ignore[arg-type]


def test_async_has_the_same(store: Open) -> None:
    memory = store()
    talked(memory, 3)
    session = memory.session("new", "anna")
    assert asyncio.run(session.as_async().context(profile=100)) == session.context(profile=100)
