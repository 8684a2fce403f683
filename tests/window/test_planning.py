"""What is worth compacting, told by what a window does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Memory, Message
from tiermem.window.planning import worth


def compacted(share: float) -> int:
    """How many of thirty long messages are compacted where each stub has about *share* of its message's words."""

    def shorter(message: Message) -> str:
        words = message.text.split()
        return " ".join(words[: int(len(words) * share)])

    with Memory.open(":memory:", enable_context_management=False, pre_rot_threshold=3_000, compactor=shorter) as memory:
        session = memory.session("s")
        session.add([Message(role="user", content=f"note {n} " + "boat " * 150) for n in range(30)])
        return session.manage_context().compacted


def test_a_stub_stands_for_its_message_only_where_it_saves_three_tenths_of_it() -> None:
    assert compacted(0.2) > 0
    assert compacted(0.6) > 0
    assert compacted(0.8) == 0
    assert compacted(0.95) == 0


@pytest.mark.parametrize(
    ("before", "after", "saves_enough"),
    [
        (100, 70, True),  # just three tenths
        (100, 71, False),
        (40, 25, True),
        (40, 30, False),
        (1_000, 25, True),
        (100, 100, False),
        (100, 140, False),  # a stub longer than its message
        (0, 0, False),  # nothing saved of nothing
    ],
)
def test_what_a_stub_must_save(before: int, after: int, saves_enough: bool) -> None:
    assert worth(before, after) is saves_enough


@given(st.integers(0, 100_000), st.integers(0, 100_000), st.integers(1, 50))
def test_a_shorter_stub_is_never_worth_less(before: int, after: int, shorter: int) -> None:
    assert worth(before, max(0, after - shorter)) >= worth(before, after)
    assert not worth(before, before)
