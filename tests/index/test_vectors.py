"""The vector index in RAM: exact scores for every message, however the vectors came in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem.flows.reading import rank
from tiermem.index import vectors
from tiermem.index.vectors import VectorIndex, unit_of
from tiermem.search.ranking.embedder_trust import Nearest, nothing

DIMENSIONS = 16
Row = tuple[int, int, bytes]


def rows_of(counts: Sequence[int], seed: int = 1) -> list[Row]:
    """Messages 1, 2, … with that many passages each (0: none), of random directions and lengths."""
    random = np.random.default_rng(seed)
    return [
        (number, part, (random.normal(size=DIMENSIONS) * random.uniform(0.1, 50)).astype("<f2").tobytes())
        for number, count in enumerate(counts, 1)
        for part in range(count)
    ]


def unit(value: bytes) -> Any:
    row = np.frombuffer(value, "<f2").astype(np.float64)
    return row / np.linalg.norm(row)


def by_hand(rows: Sequence[Row], question: Any) -> dict[int, float]:
    """The greatest cosine of each message."""
    asked = question / np.linalg.norm(question)
    best: dict[int, float] = {}
    for number, _, value in rows:
        best[number] = max(best.get(number, -2.0), float(unit(value) @ asked))
    return best


def assert_exact(found: Nearest, rows: Sequence[Row], question: Any) -> None:
    wanted = by_hand(rows, question)
    assert found.sequences.tolist() == sorted(wanted)
    np.testing.assert_allclose(found.scores, [wanted[number] for number in sorted(wanted)], atol=1e-5)
    every = [float(unit(value) @ (question / np.linalg.norm(question))) for _, _, value in rows]
    assert found.mean == pytest.approx(np.mean(every), abs=1e-5)
    assert found.spread == pytest.approx(np.std(every), abs=1e-5)


QUESTION = np.random.default_rng(9).normal(size=DIMENSIONS).astype(np.float32)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30), st.data())
def test_scores_are_exact_however_the_rows_come_in(counts: list[int], data: st.DataObject) -> None:
    rows, index = rows_of(counts), VectorIndex(DIMENSIONS)
    borders = sorted(data.draw(st.sets(st.integers(1, len(counts)), max_size=3)) | {len(counts)})
    stored = data.draw(st.integers(0, len(borders)))
    first = 1
    for place, last in enumerate(borders):
        part = [row for row in rows if first <= row[0] <= last]
        if place < stored:
            index.extend(part, last)
        else:
            index.lend(part, first, last)
        first = last + 1
    found = index.nearest(unit_of(QUESTION), len(counts))
    if rows:
        assert_exact(found, rows, QUESTION)
    else:
        assert len(found) == 0


def test_what_was_lent_goes_when_it_is_stored_and_what_does_not_follow_is_refused() -> None:
    rows, index = rows_of([1] * 9), VectorIndex(DIMENSIONS)
    index.extend(rows[:4], 4)
    index.lend(rows[4:7], 5, 7)
    index.lend(rows[8:], 9, 9)  # 8 is missing
    assert (len(index), index.through, index.lent_through) == (7, 4, 7)
    index.extend(rows[4:6], 6)
    assert (len(index), index.through, index.lent_through) == (6, 6, 0)
    index.extend(rows[:6], 6)
    assert len(index) == 6


def test_rows_of_another_length_and_zero_rows_are_left_out() -> None:
    index = VectorIndex(DIMENSIONS)
    index.extend([(1, 0, bytes(2 * DIMENSIONS)), (2, 0, b"ab"), *rows_of([0, 0, 1])], 3)
    assert index.nearest(unit_of(QUESTION), 3).sequences.tolist() == [3]


def test_messages_added_after_the_question_was_asked_are_left_out() -> None:
    rows, index = rows_of([1] * 9), VectorIndex(DIMENSIONS)
    index.extend(rows, 9)
    assert index.nearest(unit_of(QUESTION), 6).sequences.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_question_without_direction_is_near_to_nothing() -> None:
    index = VectorIndex(DIMENSIONS)
    index.extend(rows_of([1, 1]), 2)
    assert len(index.nearest(np.zeros(DIMENSIONS, np.float32), 2)) == 0
    assert len(nothing(3)) == 0


@pytest.mark.parametrize("ivf_above", [10_000, 900])
def test_a_very_long_session_names_its_nearest_and_estimates_the_rest(
    ivf_above: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "EXACT", 300)
    monkeypatch.setattr(vectors, "NOMINATED", 50)
    monkeypatch.setattr(vectors, "SAMPLED", 2)
    monkeypatch.setattr(vectors, "IVF_ABOVE", ivf_above)
    rows, index = rows_of([1, 2] * 1_000), VectorIndex(DIMENSIONS)
    for first, last in ((1, 150), (151, 400), (401, 1_000), (1_001, 1_990)):
        index.extend([row for row in rows if first <= row[0] <= last], last)
    index.lend([row for row in rows if row[0] > 1_990], 1_991, 2_000)
    found, wanted = index.nearest(unit_of(QUESTION), 2_000), by_hand(rows, QUESTION)
    best = sorted(wanted, key=lambda number: -wanted[number])[:20]
    named = dict(zip(found.sequences.tolist(), found.scores.tolist(), strict=True))
    assert 35 <= len(named) <= 60
    assert list(named) == sorted(named)
    assert len(set(best) & set(named)) >= 19
    assert all(named[number] == pytest.approx(wanted[number], abs=2e-3) for number in named if number in best)
    every = [unit(value) @ (QUESTION / np.linalg.norm(QUESTION)) for _, _, value in rows]
    assert found.mean == pytest.approx(np.mean(every), abs=1e-4)
    assert found.spread == pytest.approx(np.std(every), rel=0.05)


def test_the_nearest_of_a_very_long_session_stand_above_messages_that_were_not_named() -> None:
    scores = np.array([0.3, 0.32, 0.6])
    near = Nearest(np.array([4, 8, 19]), scores, mean=0.05, spread=0.1)
    found = rank._semantic(near, 1_000)
    assert found is not None
    np.testing.assert_allclose(found[[4, 8, 19]], (scores - 0.05) / 0.1, rtol=1e-6)
    assert not found[[0, 6, 999]].any()


def test_where_every_message_has_a_vector_they_are_compared_with_each_other() -> None:
    scores = np.array([0.1, 0.3, 0.8])
    near = Nearest(np.array([0, 1, 2]), scores, mean=9.0, spread=9.0)
    found = rank._semantic(near, 3)
    assert found is not None
    np.testing.assert_allclose(found, (scores - scores.mean()) / scores.std(), rtol=1e-6)
