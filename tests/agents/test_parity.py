"""The same talk, notes, documents, tools and limit: both frameworks' models are sent the same, word for word.

`python -m tests.agents.parity` prints the numbers.
"""

from __future__ import annotations

import pytest

from tests.agents.parity import FACTS, NAMES, NOTE, SYSTEM, TALKS, Sent, parity_of

HELD: dict[str, dict[str, Sent]] = {}


def held(talk: str) -> dict[str, Sent]:
    if talk not in HELD:
        HELD[talk] = parity_of(TALKS[talk])
    return HELD[talk]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("talk", TALKS)
def test_each_call_is_sent_the_same_words_in_the_same_order(talk: str) -> None:
    theirs, others = (held(talk)[name].prompts for name in NAMES)
    assert len(theirs) == len(others) == sum(turn.pages + 1 for turn in TALKS[talk].turns)
    for number, (prompt, other) in enumerate(zip(theirs, others, strict=True)):
        assert prompt == other, f"call {number}"
        assert prompt[0] == ("system", SYSTEM)


@pytest.mark.parametrize("talk", TALKS)
def test_each_call_has_the_same_budget_and_recalls_from_the_same_places(talk: str) -> None:
    theirs, others = held(talk).values()
    for asked, other in zip(theirs.asked, others.asked, strict=True):
        for name in ("budget", "recall", "within", "recall_tokens", "quoted"):
            assert asked[name] == other[name], name
    assert theirs.tokens() == others.tokens()
    assert theirs.blocks() == others.blocks()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("talk", "calls"), [("a note", 2), ("pages", 2), ("long talk", 2), ("no recall", 0)])
def test_the_user_s_note_reaches_the_question_about_it_and_stays(talk: str, calls: int, name: str) -> None:
    assert held(talk)[name].holding(NOTE) == calls


@pytest.mark.parametrize("name", NAMES)
def test_documents_stubs_summaries_and_own_wishes_reach_the_model(name: str) -> None:
    assert held("documents")[name].holding("The ferry to Hven leaves from pier 4 at 1:15.") == 2
    assert held("pages")[name].holding("[COMPACTED: read_page result") > 10
    assert held("long talk")[name].holding("Summary s1 of m1") > 5
    wishes = held("own wishes")[name]
    assert {(asked["recall_tokens"], asked["within"]) for asked in wishes.asked} == {(150, "conversation")}
    assert not any(map(len, held("no recall")[name].blocks()))


@pytest.mark.parametrize("name", NAMES)
def test_blocks_are_no_longer_than_the_cap(name: str) -> None:
    sent = held("pages")[name]
    texts = {text for blocks in sent.blocks() for text in blocks}
    assert texts
    assert all(sent.count(text) <= 400 for text in texts)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("talk", ["a long page", "a long mail"])
def test_what_was_said_before_a_long_result_or_mail_stays_in_view_with_it_and_after_it(talk: str, name: str) -> None:
    sent = held(talk)[name]
    for prompt, context in zip(sent.prompts[len(FACTS) :], sent.contexts[len(FACTS) :], strict=True):
        texts = [text for _, text in prompt]
        assert set(FACTS) <= set(texts)
        assert context.tokens <= context.budget
        clipped = [piece.tokens for piece in context.pieces if piece.clipped]
        assert sum(clipped) <= 0.6 * context.budget
    assert any(piece.clipped for context in sent.contexts for piece in context.pieces)
    assert not any(piece.kind == "summary" for context in sent.contexts for piece in context.pieces)
