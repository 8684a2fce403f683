"""Items that live for a time: never found afterwards, on every backend."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Open
from tiermem.errors import InvalidMessage
from tiermem.items.items import Item, Put
from tiermem.testing import StoppedClock


def keys(found: list[Item]) -> list[str]:
    return [one.key for one in found]


def test_what_has_expired_is_never_found(store: Open) -> None:
    clock = StoppedClock()
    items = store(clock=clock).items()
    items.put(("n", "short"), "k", {"text": "tea"}, ttl=1)
    items.put(("n",), "long", {"text": "tea"})
    assert len(items.search(query="tea")) == 2
    clock.tick(60)
    assert items.get(("n", "short"), "k") is None
    assert keys(items.search()) == keys(items.search(query="tea")) == keys(items.search(filter={"text": "tea"}))
    assert keys(items.search()) == ["long"]
    assert items.paths() == [("n",)]
    assert items.sweep() == 1
    assert items.sweep() == 0


def test_reading_starts_the_time_again_only_when_asked(store: Open) -> None:
    clock = StoppedClock()
    items = store(clock=clock).items()
    for key in ("get", "search", "query", "neither"):
        items.put(("n",), key, {"text": key}, ttl=1)
    clock.tick(40)
    items.get(("n",), "get")
    items.search(filter={"text": "search"})
    items.search(query="query", limit=1)
    items.get(("n",), "neither", refresh=False)
    items.search(refresh=False)
    clock.tick(40)
    assert keys(items.search(refresh=False)) == ["get", "search", "query"]
    assert keys(items.search(query="query", refresh=False))[0] == "query"
    clock.tick(20)
    assert items.search() == []


def test_an_update_has_its_own_time_to_live(store: Open) -> None:
    clock = StoppedClock()
    items = store(clock=clock).items()
    items.put(("n",), "k", {"v": 1}, ttl=1)
    made = clock.now
    clock.tick(30)
    items.put(("n",), "k", {"v": 2})
    clock.tick(600)
    found = items.get(("n",), "k")
    assert found is not None
    assert found.created_at == made
    items.put(("n",), "k", {"v": 3}, ttl=1)
    clock.tick(61)
    items.put(("n",), "k", {"v": 4})
    again = items.get(("n",), "k")
    assert again is not None
    assert again.created_at == clock.now


def test_a_write_removes_some_of_what_has_expired(store: Open) -> None:
    clock = StoppedClock()
    items = store(clock=clock).items()
    items.batch([Put(("n",), str(n), {"n": n}, ttl=1) for n in range(600)])
    clock.tick(120)
    items.put(("other",), "k", {})
    assert items.sweep() == 100


@pytest.mark.parametrize("ttl", [0, -1, float("nan"), float("inf"), True, "1"])
def test_what_is_no_time_to_live_is_refused(ttl: Any) -> None:
    with pytest.raises(InvalidMessage):
        Put(("n",), "k", {}, ttl=ttl)
