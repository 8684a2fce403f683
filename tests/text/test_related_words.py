"""What the table of related words says of a word, and what a question takes from it and from synonyms."""

from __future__ import annotations

import numpy as np
import pytest

from tiermem.providers.related_words import related_words
from tiermem.text.synonyms import FAR, Related, expand

TABLE = Related(
    words=("doctor", "physician", "nurse", "stone"),
    starts=np.array([0, 3, 3, 3, 3], dtype=np.uint32),
    others=np.array([1, 2, 3], dtype=np.uint16),
    cosines=np.array([255, round(255 * (1 + FAR) / 2), round(255 * FAR) - 1], dtype=np.uint8),
)


def test_the_nearest_word_weighs_one_one_halfway_a_half_and_a_far_one_is_not_related() -> None:
    assert TABLE.to("doctor") == {"physician": 1.0, "nurse": pytest.approx(0.5, abs=0.01)}
    assert TABLE.to("physician") == TABLE.to("stone") == {}
    assert TABLE.to("unknown") == {}


def test_a_word_that_the_question_has_itself_is_not_among_its_related_ones() -> None:
    assert expand(["doctor"], "doctor", TABLE, None) == {"doctor": TABLE.to("doctor")}
    assert list(expand(["doctor", "physician"], "", TABLE, None)["doctor"]) == ["nurse"]
    assert expand(["unknown"], "", TABLE, None) == expand(["doctor"], "", None, None) == {}


def test_the_weights_of_the_table_in_the_package_are_shares_nearest_first() -> None:
    table = related_words()
    assert table is not None
    known = [list(table.to(word).values()) for word in ("doctor", "deploy", "car", "happi")]
    assert any(known)
    for weights in known:
        assert all(0 < weight <= 1 for weight in weights)
        assert weights == sorted(weights, reverse=True)
