"""A context with little room, asked something else than what its window ends with: passages come before all else."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tests.flows.test_standing import LONG, begun, lines, talk
from tiermem import Context, Message, Session
from tiermem.providers.tokenizers import encoding_counter
from tiermem.window.assembly import clipped

ANSWER = "The spare key of the boathouse hangs behind the blue barometer."
QUESTION = "Where does the spare key of the boathouse hang?"


def boathouse(store: Open) -> Session:
    session = store(**LONG).session("s", "anna")
    session.add(ANSWER)
    talk(session, 20)
    session.index()
    return session


def tokens(context: Context, kind: str) -> int:
    return sum(piece.tokens for piece in context.pieces if piece.kind == kind)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("budget", [128, 256, 512])
def test_passages_have_all_that_the_newest_question_leaves(store: Open, budget: int) -> None:
    session = boathouse(store)
    context = session.context(QUESTION, budget)
    (question, *rest) = [piece for piece in context.pieces if piece.kind == "message"]
    assert ANSWER in "\n".join(message.text for message in context.messages)
    assert (question.message.role, question.clipped) == ("user", True)
    assert question.refs[0] in question.message.text, "a pointer to the whole"
    assert tokens(context, "summary") == 0 or budget - context.tokens < 40
    assert question.tokens + sum(piece.tokens for piece in rest) <= budget // 4
    assert context.tokens <= budget


def test_the_newest_question_itself_is_answered_beside_the_turns_it_stands_in(store: Open) -> None:
    session = boathouse(store)
    session.add(QUESTION)
    context = session.context(None, 512)
    assert ANSWER in "\n".join(message.text for message in context.messages)
    assert context.pieces[-1].message.text == QUESTION


def test_what_was_laid_down_has_half_its_share_there_and_all_of_it_elsewhere(store: Open) -> None:
    session = begun(store(**LONG))
    asked = "How large is topic 7?"
    assert len(lines(session.context(asked, 1_000))) == len(lines(session.context(None, 1_000))) == 3
    small = session.context(asked, 500)
    assert tokens(small, "rules") <= 500 * 0.075
    for budget in (4_000, 8_000):
        context = session.context(asked, budget)
        shown = "\n".join(message.text for message in context.messages)
        assert all(text in shown for text in ("Never deploy", "两万元", "Call me Max"))


@pytest.mark.parametrize("rule", ["From now on, please answer in one sentence.", "以后请用一句话回答。"])
@pytest.mark.parametrize("question", ["Quokka?", None, "walk with the dog?"])
def test_one_short_rule_stands_in_every_context_of_a_hundred_and_thirty_tokens(
    rule: str, question: str | None, store: Open
) -> None:
    session = store(**LONG).session("s", "anna")
    session.add(rule)
    for number in range(40):
        session.add(f"walk {number} along the river with the dog")
        session.add("ok", role="assistant")
    for budget in (130, 180, 256, 280, 400):
        context = session.context(question, budget)
        assert rule[-6:] in "\n".join(message.text for message in context.messages)
        assert context.tokens <= budget


@pytest.mark.parametrize("budget", [300, 400, 600])
def test_what_passages_leave_over_is_for_what_was_laid_down_before_older_turns(store: Open, budget: int) -> None:
    session = begun(store(**LONG))
    context = session.context("Quokka?", budget)
    assert tokens(context, "recalled") == 0
    assert lines(context) == lines(session.context(None, budget)) != []
    assert context.tokens <= budget


def test_little_room_has_words_and_a_short_pointer_rather_than_a_long_one() -> None:
    long = Message(role="user", content="Keys and boathouses. " * 60, id="m2").beside(sequence=2)
    little, much = (clipped(long, room, encoding_counter("cl100k_base")) for room in (40, 80))
    assert "clipped; the whole" not in little.message.text
    assert little.message.text.startswith("Keys and boathouses")
    assert "[… m2 …]" in little.message.text
    assert "clipped; the whole" in much.message.text
    assert little.tokens <= 40
