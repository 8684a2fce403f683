"""Another embedder of items, also under its old name: never compared, told, and mended by `reembed`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.flows.indexing.embedders import Counting
from tiermem import Memory
from tiermem.errors import InvalidSettings
from tiermem.events import Event
from tiermem.flows.indexing.vectors import PROBE
from tiermem.items.items import Item, Items, Put
from tiermem.storage.schema import embedder
from tiermem.storage.tables.items import item_vector

TEXTS = {"tea": "green tea", "car": "a red car", "dog": "狗的名字叫豆豆"}


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that can be opened again with another embedder."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("postgres_url"))


def model(kind: str) -> Callable[[list[str]], list[list[float]]]:
    """A function of always the same name, as when the model behind an endpoint is exchanged."""

    def embed(texts: list[str]) -> list[list[float]]:
        counts = [[float(len(re.findall(letter, text))) + 0.1 for letter in "aetr豆"] for text in texts]
        return [row[::-1] if kind == "reversed" else [*row, 1.0] if kind == "longer" else row for row in counts]

    return embed


def index(embed: Any, **more: Any) -> dict[str, Any]:
    return {"embed": embed, "fields": ["text"], **more}


def filled(items: Items) -> Items:
    items.batch([Put(("n",), key, {"text": text}) for key, text in TEXTS.items()])
    return items


def best(found: list[Item]) -> str:
    return found[0].key


def unranked(items: Items) -> int:
    return sum(one.score is None for one in items.search(query="green tea"))


def spaces(memory: Memory) -> set[str]:
    return memory.wiring[1]._database.read(lambda c: set(c.execute(sa.select(item_vector.c.space)).scalars()))


@pytest.mark.parametrize("other", ["reversed", "longer"])
def test_another_model_under_the_old_name_is_told_and_not_compared(target: str, other: str) -> None:
    with Memory.open(target) as memory:
        assert best(filled(memory.items("ann", index(model("usual")))).search(query="green tea")) == "tea"
    with Memory.open(target) as memory:
        told: list[Event] = []
        memory.subscribe(told.append)
        items = memory.items("ann", index(model(other)))
        assert unranked(items) == unranked(items) == 3
        assert [(one.kind, one.fields["mode"]) for one in told] == [("degraded", "items")]
        assert "reembed()" in told[0].fields["reason"]
        items.put(("n",), "car", {"text": TEXTS["car"]})
        assert unranked(items) == 2
        assert (items.reembed(), items.reembed(), unranked(items)) == (2, 0, 0)
        assert best(items.search(query="green tea")) == "tea"
        assert all(proof.ok for proof in memory.verify().values())
    with Memory.open(target) as memory:  # the first one again: what the other made is not compared either
        items = memory.items("ann", index(model("usual")))
        assert (unranked(items), items.reembed(), best(items.search(query="豆豆"))) == (3, 3, "dog")
        assert len(spaces(memory)) == 1


def test_another_embedder_by_name_is_told_and_reembedded(store: Open) -> None:
    memory = store()
    filled(memory.items("ann", index(Counting("old"))))
    asked: list[int] = []
    embedder = Counting("new")
    items = memory.items("ann", index(embedder))
    filled(memory.items("bob", index(Counting("old"))))
    assert items.reembed(asked.append) == 3
    assert asked == [3]
    assert sorted(embedder.texts) == sorted([PROBE, *TEXTS.values()])
    assert unranked(items) == 0
    assert unranked(memory.items("bob", index(embedder))) == 3  # another user's items are another call


def test_reembed_with_await_and_in_another_process_that_has_them_in_ram(target: str) -> None:
    with Memory.open(target) as memory, Memory.open(target) as other:
        filled(memory.items("ann", index(model("usual"))))
        theirs = other.items("ann", index(model("reversed")))
        assert unranked(theirs) == 3
        mine = memory.items("ann", index(model("reversed"))).as_async()
        assert asyncio.run(mine.reembed()) == 3
        assert unranked(theirs) == 0


def test_the_texts_that_had_vectors_get_them_again_and_no_others(store: Open) -> None:
    memory = store()
    items = memory.items("ann", index(Counting("old")))
    items.put(("n",), "usual", {"text": "one", "note": "two"})
    items.put(("n",), "own", {"text": "three", "deep": [{"note": "four"}]}, fields=["deep[*].note"])
    items.put(("n",), "never", {"text": "five"}, fields=False)
    items.put(("n",), "whole", {"text": "six"}, fields=["$"])
    embedder = Counting("new")
    again = memory.items("ann", index(embedder))
    assert again.reembed() == 3
    assert sorted(embedder.texts) == sorted([PROBE, "one", "four", '{"text": "six"}'])
    assert best(again.search(query="four")) == "own"
    assert unranked(again) == 1


def test_an_embedder_that_fails_leaves_the_old_vectors_and_what_came_before(
    store: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tiermem.items.reembed.BATCH", 2)
    memory = store()
    items = memory.items("ann", index(Counting("old")))
    filled(items)
    embedder = Counting("new")

    def stop(done: int) -> None:
        embedder.fails = ConnectionError("no model") if done == 2 else None

    again = memory.items("ann", index(embedder))
    with pytest.raises(ConnectionError):
        again.reembed(stop)
    assert (unranked(items), embedder.texts[0]) == (2, PROBE)
    embedder.fails = None
    assert again.reembed() == 1
    assert unranked(again) == 0


def test_vectors_from_before_there_were_probes_are_used_by_their_own_model_only(target: str) -> None:
    def forget_probes(memory: Memory) -> None:
        memory.wiring[1]._database.write(lambda c: c.execute(embedder.delete()))

    with Memory.open(target) as memory:
        filled(memory.items("ann", index(model("usual"))))
        forget_probes(memory)
    with Memory.open(target) as memory:
        assert unranked(memory.items("ann", index(model("reversed")))) == 3
        assert unranked(memory.items("ann", index(model("longer")))) == 3
    with Memory.open(target, read_only=True) as memory:
        assert unranked(memory.items("ann", index(model("usual")))) == 0
    with Memory.open(target) as memory:
        assert unranked(memory.items("ann", index(model("usual")))) == 0


def test_reembedding_messages_leaves_the_models_of_items(target: str) -> None:
    with Memory.open(target, embedder=Counting("old")) as memory:
        filled(memory.items("ann", index(model("usual"))))
        memory.session("s").add("hello")
        memory.session("s").index()
    with Memory.open(target, embedder=Counting("new")) as memory:
        filled(memory.items("bob", index(model("reversed"))))
        assert memory.reembed() == 1
    with Memory.open(target) as memory:
        assert unranked(memory.items("ann", index(model("usual")))) == 0
        assert unranked(memory.items("bob", index(model("reversed")))) == 0


def test_without_an_embedder_there_is_nothing_to_embed_anew(store: Open) -> None:
    with pytest.raises(InvalidSettings, match="index="):
        store().items("ann").reembed()
