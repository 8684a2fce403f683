"""What matters stays in the window when its span is summarised, by decisions that are explained and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Open
from tiermem import Message
from tiermem.errors import InvalidSettings
from tiermem.life import Placement
from tiermem.records import Shown

WEIGHTY = "I decided to move to Lyon in March, and I will call Maja about the 450 euros. Remember that."
ZH = "以后请用中文回答，我决定三月搬到里昂，记得提醒我付450欧元。"


def said(*texts: str, role: str = "user") -> list[Message]:
    return [
        Message(role=role, content=text, id=f"i{n}", sequence=n, tokens=len(text))
        for n, text in enumerate(texts, start=1)
    ]


@pytest.mark.parametrize("weighty", [WEIGHTY, ZH])
def test_the_weightiest_stay_in_the_window_and_the_slightest_in_the_archive_alone(weighty: str) -> None:
    places = Placement().places(said("ok", "Fine, thanks.", "It rains here.", "Yes.", "Good.", weighty))
    assert places[6].level == "window"
    assert places[6].importance > 0.8
    assert places[6].why
    assert places[1].level == "archive"
    assert places[1].importance == 0


@given(
    st.lists(st.sampled_from(["ok", WEIGHTY, ZH, "I like bees.", "Send 12 pages."]), max_size=20), st.integers(0, 400)
)
def test_what_stays_costs_no_more_than_its_share_and_is_above_the_bound(texts: list[str], used: int) -> None:
    messages = said(*texts)
    placement = Placement(share=0.25)
    chosen, places = placement.chosen(messages, 1_000, used), placement.places(messages)
    assert sum(message.tokens for message in messages if message.sequence in chosen) <= max(0, 250 - used)
    assert all(places[number].level == "window" for number in chosen)
    assert all(0 <= one.importance < 1 for one in places.values())
    assert placement.chosen(messages, 1_000, 250) == {}


def test_a_call_and_its_results_go_with_their_turn() -> None:
    texts = ["ok", "fine", "yes", "good", "sure", WEIGHTY]
    assert Placement().chosen(said(*texts, role="tool"), 10_000, 0) == {}
    assert len(Placement().chosen(said(*texts), 10_000, 0)) == 1


@pytest.mark.parametrize(
    "wrong", [{"window": 2}, {"share": -0.1}, {"summary": 0.9}, {"window": "high"}, {"share": True}]
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        Placement(**wrong)


def test_in_a_window_that_presses_it_stays_with_a_reason_and_undo_takes_it_back(store: Open) -> None:
    memory = store(pre_rot_threshold=900, keep_recent_count=4, keep=Placement())
    session = memory.session("s", "anna")
    session.add([WEIGHTY, *(f"Row {n}: it rains." for n in range(120))])
    session.settle()
    assert session.manage_context().tokens_after <= 900
    kept = session.explain("m1")
    assert kept.shown is Shown.VERBATIM
    assert kept.decision is not None
    assert kept.decision.reason.startswith("importance ")
    assert "m1" not in kept.decision.reason
    assert WEIGHTY not in kept.text
    assert session.verify().ok
    session.undo(kept.decision.number)
    assert session.explain("m1").shown is Shown.COVERED
    assert session.verify().ok


def test_without_placement_the_oldest_go_first(store: Open) -> None:
    session = store(pre_rot_threshold=900, keep_recent_count=4).session("s", "anna")
    session.add([WEIGHTY, *(f"Row {n}: it rains." for n in range(120))])
    session.settle()
    session.manage_context()
    assert session.explain("m1").shown is Shown.COVERED
