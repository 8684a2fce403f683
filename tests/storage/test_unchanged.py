"""A stored message is read as it was made, whatever it holds; one whose bytes changed is none."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Open
from tests.properties.thinned import share
from tiermem import Message, ToolCall
from tiermem.flows.effects import Flow, Read
from tiermem.messages import from_canonical
from tiermem.settings import NOBODY, Scope
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.storage.messages import DAMAGED, legible

WHEN = datetime(2026, 3, 1, 9, 30, 15, 120, tzinfo=timezone(timedelta(hours=5, minutes=30)))
MESSAGES = [
    Message(role="user", content="Hello \ud83d\ude00 \ud800 \0", id="a"),
    Message(role="assistant", content=None, id="b", tool_calls=(ToolCall("c", "look", {"q": [1, 2.5, None]}),)),
    Message(role="tool", content=[{"type": "text", "text": "x"}, "y"], id="d", tool_call_id="c"),
    Message(role="user", content="", id="e", name="Ann", created_at=WHEN, pinned=True, state={"k": {}}, raw={"z": [1]}),
    Message(role="system", content="Be brief.", id="f", origin="import", raw={}),
]
_TEXTS = st.text(max_size=20)
_ANY = st.builds(
    Message,
    role=_TEXTS.filter(bool),
    content=_TEXTS | st.none() | st.lists(_TEXTS | st.dictionaries(_TEXTS, st.integers(0, 9) | _TEXTS, max_size=2)),
    id=_TEXTS.filter(bool),
    name=_TEXTS | st.none(),
    state=st.dictionaries(_TEXTS, st.floats(allow_nan=False, allow_infinity=False) | st.booleans(), max_size=2),
    created_at=st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)) | st.none(),
    pinned=st.booleans(),
)


def stored(message: Message, body: bytes | None = None) -> Message:
    return legible(3, 7, WHEN.isoformat(), message.sha256, body or message.canonical, b"x", b"user")


def same(read: Message, checked: Message) -> None:
    assert read == checked
    assert {one.name: getattr(read, one.name) for one in fields(Message)} == {
        one.name: getattr(checked, one.name) for one in fields(Message)
    }
    assert (read.canonical, read.sha256, read.text, read.calls) == (
        checked.canonical,
        checked.sha256,
        checked.text,
        checked.calls,
    )


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.id)
def test_what_is_read_is_what_checking_it_again_gives(message: Message) -> None:
    same(stored(message), from_canonical(message.canonical, sequence=3, tokens=7, stored_at=WHEN))


@settings(max_examples=share(200), deadline=None)
@given(_ANY)
def test_whatever_it_holds(message: Message) -> None:
    same(stored(message), from_canonical(message.canonical, sequence=3, tokens=7, stored_at=WHEN))


def test_states_are_each_messages_own() -> None:
    first, second = stored(MESSAGES[0]), stored(MESSAGES[0])
    first.state["k"] = 1
    assert second.state == {}


@pytest.mark.parametrize("body", [b"", b"[]", b'{"role":"user"}', b"\xff", MESSAGES[0].canonical + b" "])
def test_what_has_changed_is_none(body: bytes) -> None:
    assert stored(MESSAGES[1], body or b"{}").origin == DAMAGED


def test_any_number_of_messages_is_picked(store: Open) -> None:
    memory = store()
    memory.session("s").add([Message(role="user", content=f"Word {n}.") for n in range(1, 1_101)])

    def picked(numbers: list[int]) -> Flow[list[Message]]:
        scope = Scope("", NOBODY, "s")
        return (yield Read(lambda connection: log.pick(connection, sessions.find(connection, scope).pk, numbers)))

    for count in (1, 3, 4, 5, 16, 17, 64, 65, 340, 501):
        wanted = [2 * n for n in range(1, count + 1)]
        found = memory.drive(picked([*reversed(wanted), 5_000, wanted[0]]))
        assert [one.text for one in found] == [f"Word {n}." for n in wanted]
