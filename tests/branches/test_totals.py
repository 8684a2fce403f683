"""The totals of a fork in the middle are sums of what its decisions say: the same as those of its view, read whole."""

from __future__ import annotations

import random
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.properties.values import LONG, quarter
from tiermem import Memory, Message, Session, ToolCall
from tiermem.errors import InvalidBranch
from tiermem.flows.writing import upkeep
from tiermem.storage.forks import totals

TIGHT: dict[str, Any] = {"pre_rot_threshold": 400, "keep_recent_count": 3, "index_batch": 8, "counter": quarter}
ROW = sa.text("SELECT floor, window_tokens, revision FROM tiermem_session WHERE name = :name")
OWN = "(SELECT pk FROM tiermem_session WHERE name = :name)"
LIVE = sa.text(f"SELECT number, live FROM tiermem_summary WHERE session = {OWN} ORDER BY number")


def kept(memory: Memory, name: str) -> list[Any]:
    def body(connection: sa.Connection) -> list[Any]:
        return [[tuple(row) for row in connection.execute(query, {"name": name.encode()})] for query in (ROW, LIVE)]

    return list(memory._performer._database.read(body))


def lived(session: Session, chance: random.Random) -> None:
    """A conversation with calls, pins and decisions of all kinds."""
    for step in range(30):
        said = chance.choice(LONG) if chance.random() < 0.7 else "Yes."
        if chance.random() < 0.2:
            call = ToolCall(f"c{step}", "run", {"command": "cat"})
            session.add(
                [
                    Message(role="assistant", content="", tool_calls=(call,)),
                    Message(role="tool", content=said, tool_call_id=call.id),
                ]
            )
        else:
            session.add(Message(role=chance.choice(["user", "assistant"]), content=said, pinned=chance.random() < 0.1))
        session.manage_context()
        ref = f"m{chance.randint(1, session.stats().messages)}"
        verb = chance.choice([session.restore, session.forget, session.restore, session.expand, None, None])
        if verb is not None:
            verb(ref)
        undoable = [
            one for one in session.journal() if not one.undone and one.kind in {"cover", "compact", "restore", "hide"}
        ]
        if undoable and chance.random() < 0.15:
            session.undo(chance.choice(undoable))
        if step % 12 == 11:
            session.erase(ref)


def test_sums_are_those_of_the_view(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    same(store(**TIGHT), monkeypatch, 0)


@pytest.mark.parametrize("life", range(1, 3))
def test_sums_are_those_of_the_view_whatever_was_decided(monkeypatch: pytest.MonkeyPatch, life: int) -> None:
    with Memory.open(":memory:", **TIGHT) as memory:
        same(memory, monkeypatch, life)


def same(memory: Memory, monkeypatch: pytest.MonkeyPatch, life: int) -> None:
    session = memory.session("s", "anna")
    lived(session, random.Random(life))
    summed: list[bool] = []
    real = totals.derived

    def counted(*given: Any, told: bool) -> totals.ForkTotals | None:
        summed.append((found := real(*given, told=told)) is not None)
        return found

    monkeypatch.setattr(totals, "derived", counted)
    monkeypatch.setattr(upkeep, "manageable", lambda *_: False)  # what is compacted afterwards is another matter
    for at in range(2, session.stats().messages, 5):
        made = twice(session, at, memory, monkeypatch)
        if made is not None:
            twice(made, at - 1, memory, monkeypatch)  # which borrows what a fork borrows
    assert sum(summed) > len(summed) / 2
    assert all(proof.ok for proof in memory.verify().values())


def twice(session: Session, at: int, memory: Memory, monkeypatch: pytest.MonkeyPatch) -> Session | None:
    """A fork by sums, compared with one whose view is read; None where it would part a call from its result."""
    names = [f"{session.scope.session}/{at} {how}" for how in ("sums", "view")]
    made = forked(session, at, names[0])
    with monkeypatch.context() as patched:
        patched.setattr(totals, "derived", lambda *_, **__: None)
        assert (forked(session, at, names[1]) is None) == (made is None)
    if made is not None:
        assert kept(memory, names[0]) == kept(memory, names[1])
    return made


def forked(session: Session, at: int, name: str) -> Session | None:
    try:
        return session.fork(f"m{at}", name)
    except InvalidBranch:
        return None
