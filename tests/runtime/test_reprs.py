"""What an interpreter prints of our values: one short line that says which one it is, never pages, never a password."""

from __future__ import annotations

import asyncio
from pathlib import Path

import sqlalchemy as sa

from tests.faults.worker import length
from tiermem import AsyncMemory, Memory
from tiermem.records import Original, Piece, Recalled

LONG = "The pool of the data centre has 50 connections. " * 200


def test_values_print_one_short_line(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db", counter=length, pre_rot_threshold=2_000) as memory:
        session = memory.session("s", "ann")
        session.add([f"{number}: {LONG}" for number in range(6)])
        context, view, hit = session.context("pool?", 4_000), session.view(), session.search("pool")[0]
        printed = {
            "memory": repr(memory),
            "session": repr(session),
            "async session": repr(session.as_async()),
            "knowledge": repr(memory.knowledge("ann").as_async()),
            "items": repr(memory.items("ann").as_async()),
            "context": repr(context),
            "piece": repr(context.pieces[0]),
            "view": repr(view),
            "hit": repr(hit),
            "recalled": repr(session.recall("pool?")),
            "original": repr(session.expand("m1")),
            **{summary.ref: repr(summary) for summary in view.summaries},
        }
    assert [name for name, text in printed.items() if len(text) > 200 or "\n" in text or " at 0x" in text] == []
    assert "m.db" in printed["memory"]
    assert "closed" in repr(memory)
    assert hit.ref in printed["hit"]
    assert f"{hit.score:.3f}" in printed["hit"]
    assert f"{context.tokens} of 4000 tokens" in printed["context"]
    assert f"{len(view.messages)} messages" in printed["view"]
    assert printed["original"].startswith("<Original m1: 1 messages")


def test_empty_ones_say_so() -> None:
    assert repr(Recalled(text="", tokens=0, budget=5)) == "<Recalled nothing, 0 of 5 tokens>"
    assert repr(Original(ref="s1", messages=())) == "<Original s1: 0 messages, 0 summaries>"
    with Memory.open(":memory:") as memory:
        assert repr(memory) == "<Memory ':memory:'>"
        assert isinstance(memory.session("s").context("x", 100).pieces, tuple)
    assert Piece.__repr__ is not object.__repr__


def test_no_password_is_printed(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(password="secret-word").render_as_string(hide_password=False)

    async def main() -> None:
        async with await AsyncMemory.open(url, counter=length) as memory:
            assert "secret-word" not in repr(memory)
            assert repr(memory).startswith("<AsyncMemory 'postgresql")

    asyncio.run(main())


def test_what_only_reads_says_so(tmp_path: Path) -> None:
    Memory.open(tmp_path / "m.db", counter=length).close()
    with Memory.open(tmp_path / "m.db", counter=length, read_only=True) as memory:
        assert "read only" in repr(memory)
