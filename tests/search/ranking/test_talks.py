from __future__ import annotations

import numpy as np
import pytest

from tests.search.ranking.talks import DEFAULT, Made, made
from tiermem.flows.reading.request import Matched
from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.search.packing import by_value
from tiermem.search.ranking.proximity import AROUND, SILENCE, chain, dense, talks
from tiermem.search.ranking.scoring import Scores, chosen, placed, reaches, scored

DAY = 86_400.0
LINES = ["copy", "roger that", "stand by one"] * 4


def days(count: int, each: int) -> list[float]:
    """Seconds at which *count* messages are said, *each* a day."""
    return [DAY * (place // each) + 60.0 * (place % each) for place in range(count)]


def before_and_after(talk: Made, question: str) -> tuple[Scores, Scores]:
    scores = scored(talk.field, talk.asked(question.split()), DEFAULT)
    return scores, placed(scores, np.zeros(len(scores.total), bool), talk.field, DEFAULT)


def order(scores: Scores) -> list[int]:
    return [place for place, _, _ in chosen(scores, np.zeros(len(scores.total), bool), 100, 0.0)]


def test_of_equals_what_begins_a_talk_comes_before_what_is_said_in_it() -> None:
    texts = [*LINES, "the zebra", *LINES[1:], *LINES[1:-2], "the zebra", "copy"]
    before, after = before_and_after(made(texts, said=days(len(texts), 12)), "zebra")
    begins, within = texts.index("the zebra"), len(texts) - 2
    assert order(before)[:2] == [within, begins]  # of equals the newer one
    assert after.parts["opening"][begins] >= 0
    assert not after.parts["opening"][within]


def test_nothing_comes_before_the_best_by_beginning_a_talk_and_nothing_gains_that_has_no_word() -> None:
    texts = [*LINES, "a zebra", *LINES[1:], "copy", "zebra crossing", *LINES[2:], "copy", *LINES[1:]]
    before, after = before_and_after(made(texts, said=days(len(texts), 12)), "zebra crossing")
    assert order(after)[0] == order(before)[0] == texts.index("zebra crossing")
    assert after.total[12] > before.total[12]
    assert after.total[36] == before.total[36], "a talk about something else"


@pytest.mark.parametrize("said", [None, [60.0 * place for place in range(13)]])
def test_where_all_is_one_talk_nothing_begins_one(said: list[float] | None) -> None:
    talk = made(["zebra", *LINES], said=said)
    assert not talk.field.talks.opens.any()
    before, after = before_and_after(talk, "zebra")
    assert after.total.tolist() == before.total.tolist()


def test_in_a_meeting_the_stretch_with_most_of_the_question_comes_before_a_line_of_it() -> None:
    spread = [*LINES, "the zebra", *LINES] * 5 + ["the zebra", "the budget"] * 6 + LINES * 20 + ["the zebra budget"]
    talk = made([*spread, *LINES * 10])
    before, after = before_and_after(talk, "zebra budget")
    first = len(spread) - 1 - len(LINES) * 20 - 12
    alone = len(spread) - 1
    assert before.total[alone] > before.total[first : first + 12].max()
    assert after.total[first : first + 12].min() > after.total[alone]
    assert sum(part[first] for part in after.parts.values()) == pytest.approx(after.total[first], abs=1e-5)


def test_a_line_that_has_all_of_the_question_is_believed_as_it_stands() -> None:
    texts = [*LINES * 20, *["the zebra", "the budget"] * 6, *LINES * 10, "zebra budget", *LINES]
    before, after = before_and_after(made(texts, fresh=[1.0] * len(texts)), "zebra budget")
    assert before.total.max() >= 1
    assert (after.dense, order(after)[0]) == (0.0, texts.index("zebra budget"))


@pytest.mark.parametrize(("each", "share"), [(1, 0.0), (12, 0.0), (60, 0.14), (600, 0.84)])
def test_a_score_is_the_stretches_the_more_the_longer_talks_go_on(each: int, share: float) -> None:
    count = 600
    sizes = np.full(count, 8, np.float32)
    assert talks(sizes, chain(sizes, np.array(days(count, each)))).share == pytest.approx(share, abs=0.01)


def test_a_stretch_is_so_many_words_to_either_side_within_the_talk() -> None:
    chance = np.random.default_rng(5)
    sizes = chance.integers(1, 40, 700).astype(np.float32)
    said = np.arange(700) * 60.0 + np.repeat([0.0, 2 * SILENCE], 350)
    score = chance.normal(0, 1, 700).astype(np.float32)
    within = talks(sizes, chain(sizes, said))
    middles = np.cumsum(sizes + 2) - (sizes + 2) / 2
    for place in range(0, 700, 7):
        inside = (np.abs(middles - middles[place]) <= AROUND) & ((np.arange(700) < 350) == (place < 350))
        assert dense(score, within)[place] == pytest.approx(np.maximum(score, 0)[inside].mean(), abs=1e-4)


def test_an_empty_conversation_has_no_talks() -> None:
    none = np.zeros(0, np.float32)
    found = talks(none, chain(none, none.astype(np.float64)))
    assert (found.opens.tolist(), found.share) == ([], 0.0)
    assert not reaches(Scores(none, {}), np.zeros(0, bool), 0.0)


def test_where_a_message_stands_makes_nobody_surer_that_it_answers() -> None:
    message = Message(role="user", content="zebra")
    hit = Hit(message=message, score=0.75, why={"keyword": 0.6, "opening": 0.2, "density": -0.05})
    assert [one.score for one in Matched().seen([hit])] == [pytest.approx(0.6)]


def test_what_is_long_depends_on_what_else_was_found() -> None:
    def first(others: int) -> int:
        costs = dict.fromkeys(range(20), others) | {20: 100, 21: 12}
        scores = dict.fromkeys(range(20), 0.1) | {20: 1.0, 21: 0.9}
        return by_value(scores, costs, 500)[0]

    assert first(200) == 20, "100 tokens are few in work with an assistant"
    assert first(10) == 21, "and many in a meeting"
