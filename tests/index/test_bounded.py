"""A cache bounded by weight: the values used last, together never above it."""

from functools import partial

import pytest

from tiermem.index.bounded import Bounded
from tiermem.index.cache import Weighed


def test_what_was_unused_for_longest_goes_when_all_are_too_heavy() -> None:
    kept: Bounded[str] = Bounded(10)
    for name in "abc":
        kept.put(name, name.upper(), 3)
    assert kept.get("a") == "A"  # used again
    kept.put("d", "D", 3)
    assert [kept.get(name) for name in "abcd"] == ["A", None, "C", "D"]
    assert kept.weight == 9


def test_a_value_counts_once_however_often_it_is_put_and_not_at_all_when_it_is_too_heavy() -> None:
    kept: Bounded[str] = Bounded(10)
    for weight in (2, 9, 4):
        kept.put("a", "A", weight)
    assert kept.weight == 4
    kept.put("b", "B", 11)
    assert kept.get("b") is None
    assert kept.weight <= 10


class Weighing:
    """A value of so many bytes."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes


@pytest.mark.parametrize(
    ("weights", "most", "alone", "kept"),
    [
        ((3, 4, 5), 12, 0, (3, 4, 5)),
        ((3, 4, 5), 9, 0, (4, 5)),
        ((3, 4, 5), 4, 0, ()),
        ((3, 4, 5), 4, 5, (5,)),
        ((3, 4, 6), 4, 5, ()),
        ((9,), 4, 16, (9,)),
        ((9, 1), 4, 16, (1,)),
        ((5,), 0, 0, ()),
    ],
)
def test_what_is_unused_for_longest_goes_first_and_the_last_alone_may_have_more(
    weights: tuple[int, ...], most: int, alone: int, kept: tuple[int, ...]
) -> None:
    held, made = Weighed[Weighing](), list[int]()
    for number, weight in enumerate(weights):
        held.get(number, partial(Weighing, weight))
    held.trim(most, alone)
    for number, weight in enumerate(weights):
        held.get(number, lambda number=number, weight=weight: made.append(number) or Weighing(weight))  # type: ignore[misc]
    assert tuple(weight for number, weight in enumerate(weights) if number not in made) == kept
