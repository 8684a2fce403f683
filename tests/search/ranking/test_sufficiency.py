"""How likely what is shown answers: the rule, its bounds, and what makes it rise."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from tiermem.search.ranking.coverage import Coverage
from tiermem.search.ranking.sufficiency import (
    FITTED,
    GAIN,
    SUFFICIENT,
    Pool,
    Seen,
    ShownTogether,
    WeighedQuestion,
    enough,
    features,
    likely,
)

QUESTION = WeighedQuestion(0.2, Coverage((2.0, 1.0, 1.0), names=0b100), dated=True)
GOOD, WEAK = Seen(0.9, 0b111, near=True), Seen(0.1, 0b010)
seen = st.builds(Seen, st.floats(0, 3), st.integers(0, 7), st.booleans())


@given(st.lists(seen, max_size=12), st.lists(seen, max_size=12), st.floats(0, 1))
def test_a_chance_is_a_chance_whatever_was_found(shown: list[Seen], others: list[Seen], worth: float) -> None:
    question = WeighedQuestion(worth, QUESTION.coverage)
    chance = likely(question, shown, [*shown, *others])
    assert 0 <= chance < 1
    assert (chance == 0) == (not any(one.score**2 for one in shown))


def test_a_question_without_words_covers_nothing_and_misses_nothing() -> None:
    assert Coverage().share(0b1) == 0
    assert Coverage().unnamed(0b1) == 0


def test_features_say_what_stands_in_their_docstring() -> None:
    shown = reduce(ShownTogether.and_, [GOOD, WEAK], ShownTogether())
    found = features(QUESTION, shown, Pool.of([GOOD, WEAK]))
    assert found[0] == 1
    assert found[2:] == (1.0, 0.0, 0.0, found[5], WEAK.score / GOOD.score)
    alone = features(QUESTION, ShownTogether().and_(WEAK), Pool.of([GOOD, WEAK]))
    assert alone[2:5] == (0.25, 1.0, 1.0)  # a quarter of the words; neither the name nor the time
    assert len(found) == len(FITTED)


def test_a_better_score_more_words_the_name_and_more_of_what_was_found_make_it_likelier() -> None:
    pool = [GOOD, GOOD._replace(score=0.8), WEAK]
    whole = likely(QUESTION, pool, pool)
    assert whole > likely(QUESTION, pool[:2], pool) > likely(QUESTION, pool[:1], pool) > likely(QUESTION, [WEAK], pool)
    assert whole > likely(QUESTION, [one._replace(score=one.score / 4) for one in pool], pool)
    assert whole > likely(QUESTION, [one._replace(held=0b001) for one in pool], pool)


@given(st.lists(seen, min_size=1, max_size=12), st.lists(seen, max_size=4))
def test_what_is_enough_is_as_likely_as_asked_for_and_no_less_would_be(ranked: list[Seen], view: list[Seen]) -> None:
    ranked.sort(reverse=True)
    count, pool = enough(QUESTION, ranked, view), [*view, *ranked]
    goal = min(SUFFICIENT, likely(QUESTION, pool, pool) - GAIN)
    chances = [likely(QUESTION, [*view, *ranked[:size]], pool) for size in range(len(ranked) + 1)]
    assert count in range(len(ranked) + 1)
    if any(chances):
        assert chances[count] >= goal
        assert not any(chance and chance >= goal for chance in chances[:count])


def test_where_the_view_answers_nothing_more_is_paged_in() -> None:
    assert enough(QUESTION, [WEAK], [GOOD, GOOD, GOOD]) == 0
    assert enough(QUESTION, [GOOD], [WEAK]) == 1
