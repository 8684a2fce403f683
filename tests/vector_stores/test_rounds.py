"""Whose turn it is to be compared with a vector store."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tiermem.index.outside.rounds import PASSAGES, PAUSE, SLOW, Rounds

ONE, TWO, THREE = (1, 9), (2, 9), (3, 9)


@given(st.dictionaries(st.integers(1, 9).map(lambda pk: (pk, 1)), st.integers(1, 2_000), min_size=1))
def test_all_is_compared_within_as_many_questions_as_there_are_stretches(sizes: dict[tuple[int, int], int]) -> None:
    rounds, left = Rounds(), {key: set(range(1, size + 1)) for key, size in sizes.items()}
    stretches = sum(-(-size // PASSAGES) for size in sizes.values())
    for question in range(stretches * 3):
        if not any(left.values()):
            break
        begun = rounds.begin(sizes, question * PAUSE)
        assert begun
        for key in begun:
            above = rounds.due(key)
            assert above is not None
            through = min(above + PASSAGES, sizes[key])
            left[key] -= set(range(above + 1, through + 1))
            rounds.compared(key, through, sizes[key])
            assert rounds.due(key) is None
    assert not any(left.values())


def test_what_was_compared_the_longest_ago_comes_first_and_empty_ones_never() -> None:
    rounds = Rounds()
    sizes = {ONE: PASSAGES, TWO: PASSAGES, THREE: 0}
    assert [rounds.begin(sizes, turn * PAUSE) for turn in range(4)] == [[ONE], [TWO], [ONE], [TWO]]
    assert Rounds().begin({ONE: 10, TWO: 10}, 0.0) == [ONE, TWO]


def test_it_takes_its_time() -> None:
    rounds = Rounds()
    assert rounds.begin({ONE: 5}, 100.0)
    assert rounds.begin({ONE: 5}, 100.0 + PAUSE / 2) == []
    assert rounds.begin({ONE: 5}, 100.0 + PAUSE)
    rounds.slowly()
    assert rounds.begin({ONE: 5}, 100.0 + PAUSE + SLOW / 2) == []
    assert rounds.begin({ONE: 5}, 100.0 + PAUSE + SLOW)


def test_where_something_is_missing_all_of_it_is_compared_now() -> None:
    rounds = Rounds()
    rounds.begin({ONE: 900}, 0.0)
    assert rounds.compared(ONE, 300, 900, missing=True)
    assert rounds.due(ONE) == 300
    assert rounds.compared(ONE, 600, 900)
    assert not rounds.compared(ONE, 900, 900)
    assert rounds.due(ONE) is None
    rounds.lacking(TWO)
    assert rounds.due(TWO) == 0
