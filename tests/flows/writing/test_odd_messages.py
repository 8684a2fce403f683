"""What is accepted comes back, and breaks nothing: odd messages, refused or kept whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Memory, Message, ToolCall
from tiermem.errors import InvalidMessage
from tiermem.records import Compacted

UTC = dt.UTC


class NoOffset(dt.tzinfo):
    """A zone that does not know how far it is from UTC."""

    def utcoffset(self, moment: dt.datetime | None) -> None:
        return None

    def tzname(self, moment: dt.datetime | None) -> str:
        return "nowhere"

    def dst(self, moment: dt.datetime | None) -> None:
        return None


class Nanoseconds(dt.datetime):
    """As pandas' Timestamp: a datetime whose text says more than Python reads back."""

    def isoformat(self, *_: Any, **__: Any) -> str:
        return super().isoformat().replace("+00:00", "") + ".123456789+00:00"


REFUSED: dict[str, dict[str, Any]] = {
    "a zone without offset": {"created_at": dt.datetime(2024, 1, 1, tzinfo=NoOffset())},
    "a time of the day": {"created_at": dt.time(1, tzinfo=UTC)},
    "a zero time in another zone": {"created_at": dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8)))},
    "the last hour west of UTC": {
        "created_at": dt.datetime(9999, 12, 31, 23, tzinfo=dt.timezone(-dt.timedelta(hours=9)))
    },
    "a list as name": {"name": ["x"]},
    "a number as name": {"name": float("nan")},
    "a number as tool_call_id": {"tool_call_id": 5},
    "bytes as origin": {"origin": b"x"},
    "a word as pinned": {"pinned": "yes"},
    "objects as tool_calls": {"tool_calls": ({"id": "c", "name": "f"},)},
    "text as tool_calls": {"tool_calls": "abc"},
}
ACCEPTED: dict[str, dict[str, Any]] = {
    "nanoseconds": {"created_at": Nanoseconds(2024, 1, 1, tzinfo=UTC)},
    "the first moment": {"created_at": dt.datetime(1, 1, 1, tzinfo=UTC)},
    "an offset of microseconds": {
        "created_at": dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(microseconds=5)))
    },
    "a list as the kind of a block": {"content": [{"type": ["x"], "text": "about the pool"}]},
    "an object as the kind of a block": {"content": [{"type": {}, "block_type": []}, "about the pool"]},
    "no text in a text block": {"content": [{"type": "text", "text": None}, {"type": "text", "text": 5}]},
    "an id that looks like a reference": {"id": "m1"},
    "what a compaction would write": {"state": {"__compaction__": {"original_content": "other", "strategy": "x"}}},
}
VERBS: dict[str, Callable[[Any], object]] = {
    "messages": lambda session: session.messages(),
    "context": lambda session: session.context("pool", budget=400),
    "index": lambda session: session.index(),
    "search": lambda session: session.search("pool", explain=True),
    "recall": lambda session: session.recall("pool", budget=300),
    "manage": lambda session: session.manage_context(),
    "restore": lambda session: session.restore(),
    "expand": lambda session: session.expand("m2"),
}


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_what_could_not_be_kept_is_refused_where_it_is_made(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        Message(**{"role": "user", "content": "about the pool"} | fields)


@pytest.mark.parametrize("fields", [{"id": None}, {"id": 5}, {"name": None}, {"name": ["x"]}], ids=str)
def test_a_call_has_an_id_and_a_name_of_text(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        ToolCall(**{"id": "c", "name": "f"} | fields)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_accepted_comes_back_and_breaks_no_verb(store: Open, fields: dict[str, Any]) -> None:
    memory = store(counter=len, pre_rot_threshold=900, keep_recent_count=2, index_batch=4)
    session = memory.session("s")
    session.add("before it")
    odd = session.add(Message(**{"role": "user", "content": "about the pool"} | fields))[0]
    for number in range(40):
        session.add(f"page {number} is fine, I note the figure {number}")
    assert session.messages(2, 2) == [odd]
    for verb in VERBS.values():
        verb(session)
    assert session.verify().ok
    assert session.stats().degraded == ()


def test_what_fails_after_the_commit_is_told_and_not_raised(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from tiermem.flows.writing import upkeep

    def broken(*_: object) -> None:
        raise RuntimeError("a rule met what it had not foreseen")

    memory = store(counter=len, index_batch=2)
    session = memory.session("s")
    monkeypatch.setattr(upkeep.words, "follow_words", broken)
    for number in range(5):
        session.add(f"text {number}")
    assert len(session.messages()) == 5
    assert any("a rule met what it had not foreseen" in told for told in session.stats().degraded)
    monkeypatch.undo()
    session.add("the next one")
    assert session.stats().degraded == ()


@pytest.mark.sampled(2)
@pytest.mark.parametrize("odd", ["\x00", "\ud800"], ids=["NUL", "surrogate"])
def test_words_of_others_that_no_database_can_hold_stop_nothing(store: Open, odd: str) -> None:
    def failing(_: object) -> None:
        raise ValueError(f"cannot read {odd} here")

    def compacting(message: Message) -> Compacted | None:
        return Compacted(content=f"about {odd} it", strategy=f"own {odd}") if len(message.text) > 100 else None

    small = {"counter": len, "pre_rot_threshold": 900, "keep_recent_count": 2, "index_batch": 8}
    memory: Memory = store(summarizer=failing, summarizer_retries=0, compactor=compacting, **small)
    session = memory.session("s")
    for number in range(60):
        session.add(f"ok, page {number} is fine, I note the figure {number}" + " and go on" * (number % 7) * 3)
    assert session.view().summaries
    session.forget("m1", reason=f"because {odd}")
    assert session.journal()[-1].reason == "because \ufffd"
    assert session.verify().ok
