"""Adding what is too long for any window: a stub from the start, the whole behind it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tiermem import Memory, Message
from tiermem.errors import IdConflict
from tiermem.records import Shown

Open = Callable[..., Memory]
OUTPUT = "\n".join(f"row {n}: the pressure of valve {n * 7919} is normal" for n in range(600))


def output(name: str = "out") -> Message:
    return Message(role="tool", name="valves", content=OUTPUT, id=name)


@pytest.mark.parametrize("path", ["sync", "async"])
async def test_what_is_added_compacted_is_shown_as_a_stub_and_kept_whole(store: Open, path: str) -> None:
    session = store().session("s")
    session.add("Read the valves.")
    if path == "sync":
        (added,) = session.add(output(), compacted=True)
    else:
        (added,) = await session.as_async().add(output(), compacted=True)
    assert added.sequence == 2
    assert session.explain("m2").shown is Shown.COMPACTED
    assert "m2" in session.view().messages[-1].text
    assert session.stats().window_tokens < 200
    assert session.expand("m2").messages[0].text == OUTPUT
    assert session.search("pressure of valve 79190")[0].ref == "m2"
    assert session.verify().ok
    assert session.restore("m2")[0].text == OUTPUT


def test_its_length_makes_nothing_else_old(store: Open) -> None:
    session = store(pre_rot_threshold=2_000, keep_recent_count=2).session("s")
    session.add([f"Message {n} says that the number of day {n} is {n * 31}. {'more ' * 20}" for n in range(20)])
    before = session.view().messages
    session.add(output(), compacted=True)
    assert session.view().messages[:-1] == before
    assert not session.stats().covered


def test_adding_it_twice_is_adding_it_once(store: Open) -> None:
    session = store().session("s")
    first = session.add(output(), compacted=True)
    journal = session.journal()
    assert session.add(output(), compacted=True) == first
    assert session.journal() == journal
    assert session.stats().messages == 1
    with pytest.raises(IdConflict):
        session.add(Message(role="tool", content="another", id="out"), compacted=True)


def test_what_a_stub_would_not_shorten_stays_as_it_is(store: Open) -> None:
    session = store().session("s")
    session.add(["ok", Message(role="system", content=OUTPUT)], compacted=True)
    assert [one.text for one in session.view().messages] == ["ok", OUTPUT]
    assert session.journal() == []
    assert session.add([], compacted=True) == []
