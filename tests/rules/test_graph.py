"""Promises of recall/graph.py: who is related to whom, how a question spreads, and what a bridge leads to."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.errors import InvalidSettings
from tiermem.recall.graph import BRIDGES, MENTIONS, EntityGraph, bridged, bridges
from tiermem.recall.talk import Posting, idf

NAMES = st.sampled_from(["Ann", "Bo", "小明", "上海", "Rex", "db-1", "Oslo"])
TALKS = st.lists(st.lists(NAMES, max_size=5), max_size=12)


def graph(*messages: list[str], limit: int = 5000) -> EntityGraph:
    made = EntityGraph(limit)
    for sequence, names in enumerate(messages, 1):
        made.add(sequence, names)
    return made


def test_a_relation_weighs_more_in_a_message_that_names_few() -> None:
    made = graph(["Ann", "Oslo"], ["Ann", "Bo", "Rex"], ["Ann", "Oslo", "Bo"])
    assert made.related("Ann") == [("Oslo", 1.5), ("Bo", 1.0), ("Rex", 0.5)]


def test_an_unknown_name_has_no_relations() -> None:
    made = graph(["Ann", "Oslo"])
    assert made.related("Bo") == []
    assert made.associated({"Bo": 1.0}) == {}
    assert not made.scores({"Bo": 1.0}, 1).any()


def test_an_empty_graph_scores_nothing() -> None:
    assert EntityGraph().scores({"Ann": 1.0}, 3).tolist() == [0, 0, 0]
    assert len(EntityGraph()) == 0


@pytest.mark.parametrize(("depth", "reached"), [(0, {"a"}), (1, {"a", "b"}), (2, {"a", "b", "c"}), (3, set("abcd"))])
def test_each_step_reaches_one_relation_further(depth: int, reached: set[str]) -> None:
    made = graph(["a", "b"], ["b", "c"], ["c", "d"], ["d", "e"])
    assert set(made.associated({"a": 1.0}, depth)) == reached


def test_a_chain_counts_gamma_to_the_power_of_its_steps() -> None:
    made = graph(["a", "b"])
    found = made.associated({"a": 1.0}, depth=3, gamma=0.7)
    assert found["a"] == pytest.approx(1 + 0.7**2)
    assert found["b"] == pytest.approx(0.7 + 0.7**3)


def test_the_step_prefers_the_rare_neighbour() -> None:
    made = graph(["a", "rare"], ["a", "common"], ["common"], ["common"], ["common"])
    found = made.associated({"a": 1.0}, depth=1)
    rarity = 1 / (1 + math.log(4))
    assert found["rare"] == pytest.approx(0.7 / (1 + rarity))
    assert found["common"] == pytest.approx(0.7 * rarity / (1 + rarity))


def test_a_message_is_found_that_shares_no_name_with_the_question() -> None:
    made = graph(["Melanie", "Rex"], ["Rex", "vet"], ["Oslo", "rain"])
    scores = made.scores({"Melanie": 1.0}, 3)
    assert scores[0] == 1.0
    assert 0 < scores[1] < 1
    assert scores[2] == 0


def test_without_its_own_names_a_question_scores_what_they_lead_to() -> None:
    made = graph(["Melanie"], ["Melanie", "Rex"], ["Rex", "vet"])
    scores = made.scores({"Melanie": 1.0}, 3, depth=1, own=False)
    assert scores.tolist() == [0, 1, 1]


def test_mentions_of_dropped_entities_do_not_pile_up() -> None:
    made = EntityGraph(4)
    for sequence in range(1, 400):
        made.add(sequence, [f"n{sequence}", f"m{sequence}"])
        made.scores({"n1": 1.0}, sequence)
    assert len(made._rows) <= 2 * 4
    assert made.related("n399") == [("m399", 1.0)]


def test_only_the_messages_asked_for_are_scored() -> None:
    assert len(graph(["a"], ["a"], ["a"]).scores({"a": 1.0}, 2)) == 2


def test_the_least_recently_seen_entity_goes_first_and_starts_anew() -> None:
    made = graph(["a", "b"], ["a"], ["c"], limit=2)
    assert "b" not in made
    assert "a" in made
    assert "c" in made
    made.add(4, ["b", "c"])
    assert made.related("b") == [("c", 1.0)], "its former relations are forgotten"


def test_a_known_message_is_passed_over() -> None:
    made = graph(["a", "b"])
    made.add(1, ["a", "b", "x"])
    assert made.related("a") == [("b", 1.0)]


def test_of_a_long_list_only_the_first_are_related() -> None:
    made = graph([f"n{i}" for i in range(MENTIONS + 10)])
    assert len(made) == MENTIONS


@pytest.mark.parametrize(("depth", "gamma"), [(-1, 0.7), (3, 1.1), (3, -0.1), (3, math.nan)])
def test_a_senseless_walk_is_refused(depth: int, gamma: float) -> None:
    with pytest.raises(InvalidSettings):
        graph(["a"]).associated({"a": 1.0}, depth, gamma)


def test_a_graph_without_room_is_refused() -> None:
    with pytest.raises(InvalidSettings):
        EntityGraph(0)


@given(TALKS, st.dictionaries(NAMES, st.floats(0, 5), max_size=4))
def test_scores_are_shares_of_the_best_and_the_same_each_time(talk: list[list[str]], asked: dict[str, float]) -> None:
    first, again = graph(*talk).scores(asked, len(talk)), graph(*talk).scores(asked, len(talk))
    assert np.array_equal(first, again)
    assert ((first >= 0) & (first <= 1)).all()
    assert not first.any() or first.max() == 1.0


@given(TALKS)
def test_relations_are_mutual(talk: list[list[str]]) -> None:
    made = graph(*talk)
    pairs = {(a, b): w for a in {n for names in talk for n in names} for b, w in made.related(a, 99)}
    assert all(pairs[b, a] == pytest.approx(w) for (a, b), w in pairs.items())


@given(TALKS, NAMES)
def test_a_walk_never_makes_more_of_a_question_than_its_steps_count(talk: list[list[str]], name: str) -> None:
    assert sum(graph(*talk).associated({name: 1.0}).values()) <= 1 + 0.7 + 0.7**2 + 0.7**3 + 1e-9


@given(st.lists(st.lists(NAMES, max_size=4), max_size=20), st.integers(1, 5))
def test_no_more_entities_are_kept_than_allowed(talk: list[list[str]], limit: int) -> None:
    assert len(graph(*talk, limit=limit)) <= limit


def test_ten_thousand_messages_take_less_than_a_second_and_a_question_milliseconds() -> None:
    rng = np.random.default_rng(7)
    talk = [[f"e{n}" for n in rng.zipf(1.3, 8) % 9000] for _ in range(10_000)]
    start = time.process_time()
    made = graph(*talk)
    made.scores({"e1": 1.0}, 10_000)
    built = time.process_time() - start
    start = time.process_time()
    made.scores({"e5": 1.0, "e17": 1.0}, 10_000)
    assert built < 1.0
    assert time.process_time() - start < 0.05


# --- bridges ---------------------------------------------------------------------------------------------------------


def test_a_bridge_is_rare_shared_and_was_not_asked_for() -> None:
    mentioned = {1: ["trip", "oslo", "common", "once"], 2: ["oslo"], 9: ["elsewhere"]}
    frequencies = {"trip": 2, "oslo": 3, "common": 90, "once": 1, "elsewhere": 2}
    found = bridges({1: 2.0, 2: 1.0}, mentioned, frequencies, 300, {"trip"})
    assert found == {"oslo": pytest.approx(3.0 * idf(3, 300))}


def test_only_the_heaviest_bridges_are_kept() -> None:
    many = [f"w{i:02}" for i in range(30)]
    found = bridges({1: 1.0}, {1: many}, dict.fromkeys(many, 2), 1000, ())
    assert list(found) == many[:BRIDGES], "of equal ones the first by name"


def test_a_bridge_leads_to_others_and_not_back() -> None:
    postings = {"oslo": Posting(np.array([0, 2]), np.ones(2), 2), "fjord": Posting(np.array([3]), np.ones(1), 1)}
    found = bridged({"oslo": 4.0, "fjord": 2.0, "gone": 9.0}, postings, {1}, 4)
    assert found.tolist() == [0, 0, 1.0, 0.5]


def test_without_bridges_nothing_is_lent() -> None:
    assert bridged({}, {}, {1}, 3).tolist() == [0, 0, 0]
