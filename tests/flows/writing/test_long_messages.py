"""One message longer than all else: what was said beside it stays, on every backend."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tiermem import Message, Session, ToolCall

FACTS = [
    "Hello, I am Ann, customer 4711.",
    "My order is 99-AX-12.",
    "Please answer in German from now on.",
    "从现在起请叫我小安。",
    "I paid by invoice.",
    "My phone is 030 1234.",
]
LONG = "\n".join(f"{number:05d} checkout: the pool timed out" for number in range(2_000))
CALL = Message(role="assistant", content="", tool_calls=(ToolCall("c1", "log", {}),))
RESULT = Message(role="tool", content=LONG, tool_call_id="c1", name="log")


def told(store: Open, **options: object) -> Session:
    session = store(pre_rot_threshold=4_000, **options).session("s")
    for fact in FACTS:
        session.add([Message(role="user", content=fact), Message(role="assistant", content="Noted.")])
    return session


def missing(session: Session, **asked: object) -> list[str]:
    context = session.context(budget=4_000, **asked)
    assert context.tokens <= 4_000
    assert sum(piece.tokens for piece in context.pieces if piece.clipped) <= 0.6 * 4_000
    texts = {piece.message.text for piece in context.pieces}
    return [fact for fact in FACTS if fact not in texts]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("asked", [{}, {"query": "Why does it fail?"}, {"recall": False}, {"steady": True}])
@pytest.mark.parametrize("mail", [False, True])
def test_what_was_said_before_it_stays_in_view(store: Open, mail: bool, asked: dict[str, object]) -> None:
    session = told(store)
    if mail:
        session.add(Message(role="user", content=LONG))
    else:
        session.add([Message(role="user", content="Why does it fail?"), CALL, RESULT])
    assert missing(session, **asked) == []
    session.add([Message(role="assistant", content="The pool is too small."), Message(role="user", content="Thanks.")])
    assert missing(session, **asked) == []
    stats = session.stats()
    assert (stats.compacted, stats.covered) == (1, 0)
    assert session.verify().ok


def test_results_of_one_step_share_what_clipped_ones_may_take(store: Open) -> None:
    session = told(store)
    calls = tuple(ToolCall(f"c{number}", "log", {}) for number in range(3))
    results = [Message(role="tool", content=LONG, tool_call_id=call.id, name="log") for call in calls]
    session.add(
        [Message(role="user", content="Why?"), Message(role="assistant", content="", tool_calls=calls), *results]
    )
    for asked in ({}, {"steady": True}):
        assert missing(session, **asked) == []
    assert sum(piece.clipped for piece in session.context(budget=4_000, steady=True).pieces) == 3


def test_what_was_covered_for_a_message_that_is_gone_is_shown_again(store: Open) -> None:
    session = told(store)
    talk = [Message(role=("user", "assistant")[n % 2], content=f"Step {n}: " + "look at it. " * 6) for n in range(46)]
    session.add([*talk, Message(role="user", content="lamps and pools " * 1_500)])
    covered = session.stats()
    assert covered.covered
    assert covered.compacted == 0
    session.add([Message(role="assistant", content="Noted."), Message(role="user", content="Thanks.")])
    session.forget(*[f"m{number}" for number in range(45, 55)])
    report = session.manage_context()
    assert report.lifted
    assert session.stats().covered == 0
    assert session.manage_context().lifted == 0  # once, and nothing is left to do
    assert session.journal()[-1].reason == "there is room again"
    assert session.verify().ok
