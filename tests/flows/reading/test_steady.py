"""Contexts for agents: the whole window, blocks that stay where they stood, thresholds of one call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tiermem import Memory, Message, Session, Shown, Thresholds, ToolCall
from tiermem.tools.tools import memory_tools

Open = Callable[..., Memory]
WORDS = ["harbour", "bridge", "museum", "tower", "garden", "market", "station", "library", "bakery", "theatre"]


def words(seed: int, count: int) -> str:
    return " ".join(WORDS[(seed * 7 + place * 5) % len(WORDS)] for place in range(count))


def ran(session: Session, calls: int, size: int = 900) -> None:
    session.add("Read the guide book to the end.")
    for number in range(1, calls + 1):
        call = ToolCall(id=f"c{number}", name="read_page", arguments={"number": number})
        session.add(Message(role="assistant", tool_calls=(call,)))
        text = f"The secret figure of page {number} is {7000 + number}.\n{words(number, size)}"
        session.add(Message(role="tool", tool_call_id=f"c{number}", name="read_page", content=text))


def limits(tokens: int) -> Thresholds:
    return Thresholds(pre_rot_threshold=tokens, keep_recent_tokens=tokens // 2)


@pytest.fixture
def session(store: Open) -> Session:
    return store(enable_context_management=False).session("s")


def test_thresholds_of_a_call_hold_for_that_call_alone(session: Session) -> None:
    ran(session, 6)
    assert not session.manage_context().compacted
    assert session.manage_context(limits(4_000)).tokens_after < 4_000
    assert session.memory.settings.pre_rot_threshold == 150_000


def test_the_newest_question_stays_in_view_through_a_long_run(session: Session) -> None:
    for calls in range(3):
        ran(session, 25, size=120)
        session.manage_context(limits(1_500))
        asked = [piece for piece in session.context(budget=1_500, steady=True).pieces if piece.message.role == "user"]
        assert asked[-1].message.text == "Read the guide book to the end.", calls
        assert asked[-1].shown is Shown.VERBATIM


def test_a_context_begins_with_the_one_before_until_a_decision(session: Session) -> None:
    before: list[str] = []
    for number in range(20):
        session.add(f"Question {number} about the {WORDS[number % 10]}.")
        session.add(f"Answer {number}: {words(number, 20)}.", role="assistant")
        shown = [piece.message.text for piece in session.context(budget=3_000, steady=True).pieces]
        assert shown[: len(before)] == before
        before = shown


def test_a_block_is_made_once_and_stays_before_its_question(session: Session) -> None:
    ran(session, 12)
    session.add("I have read it.", role="assistant")
    question = session.add("What is the secret figure of page 3?")[0]
    session.manage_context(limits(3_000))
    first = session.context(budget=3_000, steady=True)
    block, asked = first.pieces[-2:]
    assert (block.kind, asked.message.sequence) == ("recalled", question.sequence)
    assert "7003" in block.message.text
    session.add("It is 7003.", role="assistant")
    session.add("Thank you!")
    quoted = {f"m{question.sequence}": block.message.text, f"m{question.sequence + 2}": ""}
    later = session.context(budget=3_000, steady=True, quoted=quoted)
    assert [piece.message.text for piece in later.pieces[: len(first.pieces)]] == [p.message.text for p in first.pieces]
    assert sum(piece.kind == "recalled" for piece in later.pieces) == 1


@pytest.mark.parametrize("budget", [150, 300, 700, 1_500, 4_000])
def test_the_budget_holds_whatever_is_quoted(session: Session, budget: int) -> None:
    ran(session, 8)
    quoted = {f"m{number}": words(number, 200) for number in range(1, 18)}
    made = session.context(budget=budget, steady=True, quoted=quoted)
    assert made.tokens <= budget
    assert sum(piece.tokens for piece in made.pieces) == made.tokens


def test_recalled_passages_may_take_what_the_caller_allows(session: Session) -> None:
    ran(session, 12)
    session.add("I have read it.", role="assistant")
    session.add("What is the secret figure of page 3?")
    session.manage_context(limits(3_000))
    for steady in (True, False):
        made = session.context(budget=3_000, steady=steady, recall_tokens=150)
        assert 0 < sum(piece.tokens for piece in made.pieces if piece.kind == "recalled") <= 150


def test_what_the_window_shows_is_not_recalled(session: Session) -> None:
    session.add("My cat is called Plato.")
    session.add("A fine name.", role="assistant")
    session.add("What is my cat called?")
    assert [piece.kind for piece in session.context(budget=2_000, steady=True).pieces] == ["message"] * 3


def test_a_note_comes_up_in_another_session(store: Open) -> None:
    memory = store(enable_context_management=False)
    memory_tools(memory.session("one", "anna"))["remember"].call(note="Anna eats no peanuts.")
    session = memory.session("two", "anna")
    session.add("What does Anna eat?")
    made = session.context(budget=2_000, steady=True, within="everything")
    assert "no peanuts" in made.pieces[0].message.text


def test_a_run_of_compaction_that_saves_little_waits_for_the_summary(session: Session) -> None:
    for number in range(60):
        session.add(f"Question {number}: {words(number, 80)}?")
        session.add(f"Answer {number}: {words(number + 3, 80)}.", role="assistant")
        session.manage_context(limits(4_000))
    made = [(one.kind, one.tokens_before - one.tokens_after) for one in session.journal() if one.kind == "compact"]
    assert made
    assert all(saved >= 0.15 * 4_000 for _, saved in made)


SHIFT = "The valve of the second pump was steady through the whole night and nobody had to climb the ladder. " * 2
FILLER = ("Copy that", "Stand by", "Going on")


def filled(session: Session) -> None:
    for number in range(40):
        session.add(f"{FILLER[number % 3]} {number}", role=("assistant", "user")[number % 2])


def behind_a_stub(session: Session, text: str) -> None:
    """*text* said long ago and shown as a stub, with forty messages about nothing since."""
    session.add([Message(role="assistant", content=f"{text} {SHIFT}")], compacted=True)
    filled(session)


@pytest.mark.parametrize(
    ("said", "quotes"),
    [
        ("Where are the ferry tickets sold?", True),
        ("Please book a table at the harbour for tomorrow evening", False),  # one word in common
        ("At which counter are the ferry tickets sold?", True),
        ("The office was cold today.", False),
        ("Who works in the harbour office?", False),
    ],
)
def test_a_long_run_is_quoted_what_surely_answers_and_not_what_shares_a_word(
    session: Session, said: str, quotes: bool
) -> None:
    behind_a_stub(session, "The harbour office opens at seven, the ferry tickets are sold at the green counter.")
    session.add(said)
    made = session.context(budget=3_000, steady=True)
    assert bool(made.hits) is quotes
    assert any(piece.kind == "recalled" for piece in made.pieces) is quotes
    weak = session.search(said)  # the page is there for whoever looks for it
    assert 1 in [hit.message.sequence for hit in weak]


@pytest.mark.parametrize("steady", [True, False])
def test_a_question_is_no_evidence_for_what_stands_before_it(session: Session, steady: bool) -> None:
    filled(session)
    session.add([Message(role="assistant", content=f"Report {number}. {SHIFT}") for number in range(3)], compacted=True)
    assert session.stats().compacted == 3
    session.add("What is the locker code?")
    made = session.context(budget=900, steady=steady)
    assert made.hits == ()
    assert all(piece.kind == "message" for piece in made.pieces)


def test_what_an_older_block_quotes_is_not_quoted_again(session: Session) -> None:
    """Nor is it missing where that block is no longer given, or has only a part of it."""
    session.add("The code of my locker at the station is 4417.")
    talk = [f"We walked to the {WORDS[number % 10]} {number}. {words(number, 60)}." for number in range(30)]
    session.add(talk)
    question = "What is the code of my locker at the station?"
    session.add(f"{question} Say it.")
    session.manage_context(limits(1_200))
    first = session.context(budget=1_500, steady=True)
    (block,) = [piece for piece in first.pieces if piece.kind == "recalled"]
    assert "4417" in block.message.text
    session.add(["It is 4417.", question], role="user")
    given = {f"m{first.asked}": block.message.text}
    again = session.context(budget=1_500, steady=True, quoted=given)
    shown = [piece.message.text for piece in again.pieces if piece.kind == "recalled"]
    assert sum(text.count("locker at the station is 4417") for text in shown) == 1
    cut = {f"m{first.asked}": block.message.text.replace("is 4417.", "…")}
    for quoted in ({}, cut):
        pieces = session.context(budget=1_500, steady=True, quoted=quoted).pieces
        blocks = [piece.message.text for piece in pieces if piece.kind == "recalled"]
        assert "is 4417" in blocks[-1]
