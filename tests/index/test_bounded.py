"""A cache bounded by weight: the values used last, together never above it."""

from tiermem.index.bounded import Bounded


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
