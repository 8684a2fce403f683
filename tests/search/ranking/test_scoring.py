from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.search.ranking.talks import DEFAULT, LEAST, Made, made
from tiermem.errors import InvalidSettings
from tiermem.search.packing import Headers, by_value, fitting
from tiermem.search.query import Question, Side, side, telling, without_names
from tiermem.search.ranking.bm25 import FEWEST, idf, words
from tiermem.search.ranking.proximity import STRETCH, chain, lent
from tiermem.search.ranking.scoring import scored
from tiermem.search.ranking.threshold import Vectors, threshold
from tiermem.settings import Weights


def ranked(texts: list[str], question: str, **known: list[float]) -> list[int]:
    talk = made(texts, **known)  # type: ignore[arg-type]
    return [number for number, _, _ in talk.rank(talk.asked(question.split()))]


FILLER = ["roger that", "copy", "stand by one"] * 10


def test_the_message_with_the_rarest_words_of_the_question_comes_first() -> None:
    texts = [*FILLER, "the locker code is zebra", *FILLER, "the code", "code", "code again"]
    assert ranked(texts, "locker code")[0] == len(FILLER) + 1


def test_an_answer_without_any_word_of_its_question_is_found_beside_it() -> None:
    texts = [*FILLER, "which restaurant tonight", "luigi round the corner", *FILLER]
    found = ranked(texts, "restaurant tonight")
    assert found[0] == len(FILLER) + 1
    assert len(FILLER) + 2 in found[1:4]


def test_different_words_in_one_stretch_count_more_than_one_word_twice() -> None:
    texts = [*FILLER, "booster shook", "engine stopped early", *FILLER, "engine fine", "engine good", *FILLER]
    best = ranked(texts, "booster engine early")[:2]
    assert set(best) == {len(FILLER) + 1, len(FILLER) + 2}


def test_a_long_silence_parts_two_conversations() -> None:
    texts = ["copy", "zebra question", "blue", "copy", "copy"]
    near = [60.0 * place for place in range(5)]
    parted = [0.0, 60.0, 90_000.0, 90_060.0, 90_120.0]
    assert 3 in ranked(texts, "zebra question", said=near)
    assert 3 not in ranked(texts, "zebra question", said=parted)


def test_long_messages_lend_their_words_to_fewer_neighbours_than_short_ones() -> None:
    def lends(size: int) -> list[float]:
        values = np.zeros(8, np.float32)
        values[0] = 1
        return lent(values, chain(np.full(8, size, np.float32), np.full(8, np.nan))).tolist()

    assert lends(5)[1] > 0.9
    assert lends(400)[1] < 0.01
    assert all(near > far for near, far in itertools.pairwise(lends(5)[: STRETCH + 1]))
    assert lends(5)[STRETCH + 1 :] == [0, 0], "no farther than that"


def test_a_question_about_nothing_that_was_said_finds_nothing() -> None:
    assert ranked(["alpha beta", "gamma delta"] * 20, "xylophone quartet") == []
    common = [*["alpha beta"] * 40, "gamma"]
    assert ranked(common, "alpha xylophone quartet rehearsal tonight somewhere") == []


def test_the_speaker_whom_the_question_names_is_preferred_and_never_a_filter() -> None:
    texts = ["code zebra", *FILLER, *FILLER, "code zebra"]
    talk = made(texts, speakers=["ann", *[""] * 60, "bob"])
    found = talk.rank(talk.asked(["code", "zebra", "ann"]), 10)
    plain = talk.rank(talk.asked(["code", "zebra"]), 10)
    assert [s for s, _, _ in found[:2]] == [1, 62]
    assert {s for s, _, _ in plain[:2]} == {1, 62}
    assert found[0][2]["speaker"] > 0
    assert "speaker" not in found[1][2]


def test_vectors_find_what_no_word_does_and_share_with_neighbours() -> None:
    talk = made(["a b c"] * 9)
    found = talk.rank(talk.asked(["cat"], semantic=talk.near({5: 4.0})), 9)
    assert found[0][0] == 5
    assert {4, 6} <= {s for s, _, _ in found[:3]}
    assert talk.rank(talk.asked(["cat"], semantic=talk.near({5: -4.0})), 9) == []


def test_a_date_lifts_the_messages_of_that_day() -> None:
    talk = made(["we went fishing"] * 3)
    found = talk.rank(talk.asked(["fishing"], nearness=np.array([0.0, 1.0, 0.0])), 3)
    assert found[0][0] == 2
    assert found[0][2]["date"] > 0


def test_what_is_shown_already_and_what_is_beyond_the_limit_is_left_out() -> None:
    talk = made(["zebra"] * 8 + FILLER)
    assert [s for s, _, _ in talk.rank(talk.asked(["zebra"]), 3)] == [8, 7, 6]  # equal: newer ones first
    assert not {6, 7} & {s for s, _, _ in talk.rank(talk.asked(["zebra"]), 30, frozenset({6, 7, 400}))}


def test_an_empty_conversation_and_an_empty_question_find_nothing() -> None:
    assert ranked([], "zebra") == []
    assert ranked(["zebra"], "") == []


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=9).map(" ".join), min_size=1, max_size=40))
def test_parts_add_up_to_the_score_and_the_order_is_best_first(texts: list[str]) -> None:
    talk = made(texts)
    found = talk.rank(talk.asked(["a", "b", "z"], semantic=talk.near({1: 3.0})), 40)
    for _, score, parts in found:
        assert score == pytest.approx(sum(parts.values()))
        assert score >= LEAST / 4 - 1e-6
    assert found == sorted(found, key=lambda one: (-one[1], -one[0]))


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=9).map(" ".join), min_size=1, max_size=30))
def test_words_and_stretch_equal_their_definition(texts: list[str]) -> None:
    talk = made(texts)
    sizes, mean = talk.field.sizes, talk.field.mean_size
    values = {}
    rarities = {}
    for term in ("a", "b"):
        often = sum(term in text.split() for text in texts)
        rarities[term] = idf(often, max(len(texts), FEWEST))
        counts = [text.split().count(term) for text in texts]
        longer = [0.9 * (0.6 + 0.4 * float(size) / max(mean, 1.0)) for size in sizes]
        values[term] = [rarities[term] * c * 1.9 / (c + k) for c, k in zip(counts, longer, strict=True)]
    own, stretch = _words(talk, ["a", "b"])
    total = sum(rarities.values())
    for place in range(len(texts)):
        expected = 0.0
        for term in ("a", "b"):
            near = range(max(0, place - STRETCH), min(len(texts), place + STRETCH + 1))
            expected += max(values[term][other] * _lends(sizes.tolist(), place, other) for other in near) / total
        assert stretch[place] == pytest.approx(expected, rel=1e-5)
        assert own[place] == pytest.approx((values["a"][place] + values["b"][place]) / total, rel=1e-5)


def _words(talk: Made, terms: list[str]) -> tuple[list[float], list[float]]:
    signals = talk.asked(terms)
    own, stretch = words(talk.field.sizes, talk.field.mean_size, signals.standing, signals.plan, talk.field.chain)
    return own.tolist(), stretch.tolist()


def _lends(sizes: list[float], place: int, other: int) -> float:
    """By the words between two messages, each counted from its middle."""
    middles = [sum(sizes[:at]) + 2 * at + (sizes[at] + 2) / 2 for at in (place, other)]
    return math.exp(-abs(middles[0] - middles[1]) / 80)


def test_words_about_asking_are_left_out_where_others_remain() -> None:
    assert telling(["ann", "say", "boat"]) == ["ann", "boat"]
    assert telling(["say", "time"]) == ["say", "time"]
    assert telling(["boat", "time"]) == ["boat", "time"]


def test_idf_falls_with_frequency_and_is_never_negative() -> None:
    assert idf(0, 100) > idf(1, 100) > idf(50, 100) > idf(100, 100) > 0
    assert math.isfinite(idf(200, 100))


@given(
    st.dictionaries(st.integers(1, 60), st.tuples(st.floats(0, 3), st.integers(1, 400)), max_size=40),
    st.integers(0, 1_500),
    st.integers(0, 30),
)
def test_what_is_chosen_fits_with_a_header_for_every_passage(
    offered: dict[int, tuple[float, int]], budget: int, header: int
) -> None:
    costs = {s: cost for s, (_, cost) in offered.items()}
    order = by_value({s: score for s, (score, _) in offered.items()}, costs, budget)
    assert sorted(order) == sorted(costs)
    shown = fitting(order, costs, budget, Headers(header))
    passages = sum(s - 1 not in shown for s in shown)
    assert sum(costs[s] for s in shown) + header * passages <= max(budget, 0)


@pytest.mark.parametrize(
    ("scores", "costs", "budget", "shown"),
    [
        ({1: 1.0, 2: 0.9}, {1: 500, 2: 50}, 500, [2]),  # long ones pay for their length
        ({1: 1.0, 2: 0.9}, {1: 500, 2: 50}, 550, [1, 2]),
        ({1: 1.0, 2: 0.9, 3: 0.1}, {1: 10, 2: 90, 3: 10}, 25, [1, 3]),  # what does not fit is passed over
        ({1: 1.0, 2: 0.1, 9: 0.2}, {1: 10, 2: 8, 9: 10}, 28, [1, 2]),  # a neighbour needs no header
        ({}, {}, 10, []),
    ],
)
def test_passages_are_chosen_by_value(
    scores: dict[int, float], costs: dict[int, int], budget: int, shown: list[int]
) -> None:
    order = by_value(scores, costs, budget)
    assert sorted(fitting(order, costs, budget, Headers(10 if 9 in scores else 0))) == shown


def test_the_first_message_of_another_day_pays_for_its_date() -> None:
    order, costs, days = [1, 2, 5, 7], {1: 10, 2: 10, 5: 10, 7: 10}, {1: 738_000, 2: 738_000, 5: 738_000, 7: 738_001}
    headers = Headers(passage=2, day=4, days=days)
    assert fitting(order, costs, 22 + 12 + 15, headers) == {1, 2, 5}
    assert fitting(order, costs, 22 + 12 + 16, headers) == {1, 2, 5, 7}


def test_a_related_word_is_found_and_counts_less_than_the_word_itself() -> None:
    talk = made([*FILLER, "farewell captain", *FILLER, "goodbye captain", *FILLER])
    question = Question("goodbye", {"goodbye": 1.0}, related={"goodbye": {"farewell": 0.6}})
    best = {s: score for s, score, _ in talk.rank(talk.asked(question), 99)}
    assert best[2 * len(FILLER) + 2] > best[len(FILLER) + 1] > best[len(FILLER) + 2]


def related_score(weight: float, nearness: float = 0.6) -> float:
    """What a message with a related word scores by words, of a conversation where nothing else answers."""
    talk, weights = made([*FILLER, "farewell captain", *FILLER]), replace(DEFAULT, related=weight)
    question = Question("goodbye", {"goodbye": 1.0}, related={"goodbye": {"farewell": nearness}})
    parts = scored(talk.field, talk.asked(question, weights), weights).parts
    return float(parts["keyword"][len(FILLER)])


def test_the_weight_of_related_words_is_what_they_count_of_the_word_itself() -> None:
    assert related_score(0.0) == 0
    assert related_score(0.5) == pytest.approx(related_score(1.0) / 2)
    assert related_score(1.0, nearness=0.3) == pytest.approx(related_score(1.0) / 2)
    assert related_score(DEFAULT.related) > LEAST  # by default enough to be found


def test_the_side_that_a_question_asks_about_is_preferred_where_one_side_is_an_assistant() -> None:
    talk = made(["zebra plan", "zebra plan"], roles=["user", "assistant"])
    for about, first in ((Side.USER, 1), (Side.ASSISTANT, 2), (Side.EITHER, 1)):
        assert talk.rank(talk.asked(Question("zebra", {"zebra": 1.0}, side=about)), 2)[0][0] == first


def test_what_is_fresh_comes_before_what_repeats() -> None:
    talk = made(["zebra plan", "zebra plan"], fresh=[1.0, 0.0])
    best = talk.rank(talk.asked(["zebra"]), 2)
    assert best[0][0] == 1
    assert best[0][2]["fresh"] > 0


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("What did I say about the budget?", Side.USER),
        ("List the order in which I brought up the topics", Side.USER),
        ("What book did you recommend to me?", Side.ASSISTANT),
        ("Can you give me a summary?", Side.EITHER),
        ("When is the deadline?", Side.EITHER),
        ("你推荐了哪本书？", Side.ASSISTANT),
        ("我上次说过什么过敏？", Side.USER),
    ],
)
def test_a_question_says_whose_words_it_asks_for(text: str, about: Side) -> None:
    assert side(text) == about


def test_names_of_speakers_are_left_out_of_what_is_embedded() -> None:
    assert without_names("What did Ann's dog eat?", ["Ann"]) == "What did dog eat?"
    assert without_names("Ann", ["Ann"]) == "Ann"
    assert without_names("Annual plan", ["Ann"]) == "Annual plan"


@pytest.mark.parametrize("wrong", [{"semantic": 0.5}, {"reach": -1}, {"date": True}, {"fresh": float("nan")}])
def test_weights_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidSettings):
        Weights(**wrong)


DAY = 86_400.0


def test_messages_that_stand_alone_are_told_by_the_silence_around_them() -> None:
    def share(said: list[float]) -> float:
        return chain(np.full(len(said), 5, np.float32), np.array(said)).alone

    assert share([0.0, 60.0, 120.0, 180.0]) == 0
    assert share([0.0, DAY, 2 * DAY, 3 * DAY]) == 1
    assert share([0.0, 60.0, 2 * DAY, 4 * DAY]) == 0.5
    assert share([0.0]) == 1


def test_vectors_count_more_where_no_message_has_a_neighbour() -> None:
    def semantic(said: list[float]) -> float:
        talk = made(["a b c d e"] * 3, said)
        return float(scored(talk.field, talk.asked(["z"], semantic=talk.near({2: 2.0})), DEFAULT).parts["semantic"][1])

    assert semantic([0.0, DAY, 2 * DAY]) > 1.9 * semantic([0.0, 60.0, 120.0])


def test_the_threshold_is_the_setting_for_a_short_question_of_words() -> None:
    assert threshold(0.25, 5, DEFAULT) == 0.25


def test_the_threshold_rises_with_trusted_vectors_and_falls_for_long_texts() -> None:
    def least(*vectors: float) -> float:
        return threshold(0.25, 5, DEFAULT, Vectors(*vectors))  # type: ignore[arg-type]

    assert least(100, 1.0) > least(100, 0.25) > 0.25
    assert least(100, 1.0, 1.0) > least(100, 1.0) > least(10, 1.0)
    assert least(1, 1.0) == 0.25  # there is no chance among one
    assert least(10**6, 1.0) == least(10**5, 1.0)
    assert threshold(0.25, 32, DEFAULT) == pytest.approx(0.25 / 8)


@given(st.integers(0, 10_000), st.floats(0, 1), st.floats(0, 1))
def test_a_threshold_of_zero_recalls_whatever_has_to_do_with_the_question(n: int, trust: float, alone: float) -> None:
    assert threshold(0.0, n, DEFAULT, Vectors(n, trust, alone)) == 0
