"""When a vector store that names too few is compared again: rules alone, without a store."""

from __future__ import annotations

from tiermem.index.outside.doubts import FIRST, PERIOD, TIMES, Doubts

ONE, TWO = (1, 1), (2, 1)


def test_several_sessions_of_one_answer_are_judged_together() -> None:
    doubts = Doubts()
    assert doubts.raised([(ONE, 60), (TWO, 60)], 0.0) == [ONE, TWO]
    doubts.compared(ONE, 60, missing=7)
    doubts.compared(TWO, 60, missing=None)  # the loss was in the other: this one says nothing against the store
    assert not doubts.resting([ONE, TWO], 0.0)
    assert doubts.raised([(ONE, 60), (TWO, 60)], 0.0) == [ONE, TWO]


def test_what_was_compared_in_vain_rests_longer_each_time() -> None:
    doubts, now = Doubts(), 0.0
    for wait in (FIRST, 2 * FIRST, 4 * FIRST):
        assert doubts.raised([(ONE, 60)], now) == [ONE]
        doubts.compared(ONE, 60, missing=None)
        assert doubts.resting([ONE], now + wait - 1)
        assert doubts.raised([(ONE, 60)], now + wait - 1) == []
        now += wait
    for _ in range(20):
        now += PERIOD
        assert doubts.raised([(ONE, 60)], now) == [ONE]
        doubts.compared(ONE, 60, missing=None)
    assert not doubts.resting([ONE], now + PERIOD)


def test_losses_are_refilled_at_once_until_that_does_not_help_and_a_whole_answer_begins_anew() -> None:
    doubts = Doubts()
    for _ in range(TIMES):
        assert doubts.raised([(ONE, 60)], 0.0) == [ONE]
        doubts.compared(ONE, 60, missing=1)
    assert doubts.raised([(ONE, 60)], 0.0) == []
    doubts.allayed([ONE], PERIOD)
    assert doubts.raised([(ONE, 60)], PERIOD) == [ONE]
    doubts.compared(ONE, 60, missing=1)
    assert not doubts.resting([ONE], PERIOD)


def test_what_is_new_says_nothing_of_what_was_doubted_and_a_comparison_is_not_begun_twice() -> None:
    doubts = Doubts()
    assert doubts.raised([(ONE, 60), (TWO, 0)], 0.0) == [ONE]  # nothing of the second was given yet
    assert doubts.raised([(ONE, 30)], 0.0) == []
    before = doubts.moves
    doubts.compared(ONE, 30, missing=None)
    assert not doubts.resting([ONE], 0.0)
    doubts.compared(ONE, 65, missing=61)  # behind what was doubted
    assert doubts.resting([ONE], 0.0)
    assert doubts.moves == before + 1
