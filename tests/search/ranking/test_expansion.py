"""Promises of search/ranking/expansion.py: what a bridge is, and what it leads to."""

from __future__ import annotations

import numpy as np
import pytest

from tiermem.search.ranking.bm25 import idf
from tiermem.search.ranking.expansion import BRIDGES, bridged, bridges
from tiermem.search.ranking.field import Standing
from tiermem.search.ranking.scoring import Scores, seeds


def test_a_bridge_is_rare_shared_and_was_not_asked_for() -> None:
    mentioned = {1: ["trip", "oslo", "common", "once"], 2: ["oslo"], 9: ["elsewhere"]}
    frequencies = {"trip": 2, "oslo": 3, "common": 90, "once": 1, "elsewhere": 2}
    found = bridges({1: 2.0, 2: 1.0}, mentioned, frequencies, 300, {"trip"})
    assert found == {"oslo": pytest.approx(3.0 * idf(3, 300))}


def test_only_the_heaviest_bridges_are_kept() -> None:
    many = [f"w{i:02}" for i in range(30)]
    found = bridges({1: 1.0}, {1: many}, dict.fromkeys(many, 2), 1000, ())
    assert list(found) == many[:BRIDGES], "of equal ones the first by name"


def standing(*places: list[int]) -> Standing:
    starts = np.cumsum([0, *map(len, places)])
    every = np.array([place for one in places for place in one], np.int32)
    return Standing(starts, every, np.ones(len(every), np.float32))


def test_a_bridge_leads_to_others_and_not_back() -> None:
    found = bridged([4.0, 2.0, 9.0], standing([0, 2], [3], []), {0}, 4)
    assert found.tolist() == [0, 0, 1.0, 0.5]


def test_without_bridges_nothing_is_lent() -> None:
    assert bridged([], standing(), {1}, 3).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("often", "count", "leads"),
    [(1, 1_000, False), (2, 1_000, True), (10, 1_000, True), (11, 1_000, False), (3, 50, True), (4, 50, False)],
)
def test_only_a_word_of_few_messages_leads_anywhere(often: int, count: int, leads: bool) -> None:
    words = bridges({7: 1.0}, {7: ["zebra"]}, {"zebra": often}, count, ())
    assert ("zebra" in words) is leads


def test_a_bridge_starts_from_the_best_messages_by_their_place_the_newer_of_equal_ones_first() -> None:
    scores = Scores(np.array([0.0, 2.0, 1.0, 2.0, -1.0, 3.0], np.float32), {})
    left_out = np.array([False] * 5 + [True])
    assert list(seeds(scores, left_out).items()) == [(3, 2.0), (1, 2.0), (2, 1.0)]
    many = Scores(np.arange(1, 101, dtype=np.float32), {})
    assert min(seeds(many, np.zeros(100, dtype=bool))) > 79
