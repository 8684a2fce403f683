"""A question about all sessions of a user reads the database as often in many sessions as in a few."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.conftest import Open
from tests.faults.worker import length
from tests.flows.indexing.embedders import Counting
from tiermem import Memory
from tiermem.storage.database import Database


@contextmanager
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """One entry for each transaction that reads."""
    seen: list[str] = []
    real = Database.read

    def counted(self: Database, *given: Any) -> Any:
        seen.append("read")
        return real(self, *given)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "read", counted)
        yield seen


def filled(memory: Memory, user: str, count: int) -> None:
    for place in range(count):
        session = memory.session(f"s{place}", user)
        session.add([f"The kiln of place {place} fires at {1000 + place} degrees.", f"And the glaze {place} is blue."])
        session.index()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("embedder", [None, Counting])
def test_many_sessions_take_no_more_reads_than_a_few(
    store: Open, monkeypatch: pytest.MonkeyPatch, embedder: type[Counting] | None
) -> None:
    memory = store(counter=length, embedder=embedder() if embedder else None)
    filled(memory, "few", 4)
    filled(memory, "many", 40)
    counts = []
    for user in ("few", "many"):
        session = memory.session("s1", user)
        with reads(monkeypatch) as seen:
            found = session.search("at how many degrees does the kiln fire?", k=20, within="user")
        assert len({hit.session for hit in found}) >= min(4, len(found))
        counts.append(len(seen))
    assert 0 < counts[1] <= counts[0]
