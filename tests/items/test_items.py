"""Items: what keeping, batches and walls promise, on every backend."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.conftest import Open
from tiermem.errors import InvalidMessage, InvalidNamespace, MissingNamespace
from tiermem.items.items import Get, Item, Items, Paths, Put, Search
from tiermem.testing import StoppedClock

EXACT: list[dict[str, Any]] = [
    {},
    {"": ""},
    {"text": "lone \ud83d surrogate, U+0000 \0, 你好, 🙂"},
    {"\udc00": [1, 2.5, True, False, None, [], {}, {"a": [{"b": {}}]}]},
    {"big": 2**62, "small": -0.0, "tiny": 5e-324},
]
NO_VALUES: list[Any] = [
    7,
    "text",
    ["list"],
    {"thing": object()},
    {"bytes": b"x"},
    {"nan": float("nan")},
    {1: "key"},
    {"deep": {"set": {1}}},
]
NO_PATHS: list[Any] = [("a", ""), ("a", 3), ("nul\0",), "text", None, 5, ("x" * 2_001,)]


def keys(found: list[Item]) -> list[str]:
    return [one.key for one in found]


def test_a_value_comes_back_exactly(store: Open) -> None:
    items = store().items()
    for value in EXACT:
        items.put(("a", "\udcff"), "key \ud800\0", value)
        found = items.get(("a", "\udcff"), "key \ud800\0")
        assert found is not None
        assert (found.path, found.key, found.value) == (("a", "\udcff"), "key \ud800\0", value)
        assert repr(sorted(found.value.items())) == repr(sorted(value.items()))


def test_values_are_copies_in_and_out(store: Open) -> None:
    items = store().items()
    value: dict[str, Any] = {"tags": ["a"], "pair": (1, 2)}
    items.put(("n",), "k", value)
    value["tags"].append("b")
    for _ in range(2):
        found = items.get(("n",), "k")
        assert found is not None
        assert found.value == {"tags": ["a"], "pair": [1, 2]}
        found.value["tags"].append("c")
        items.search(query="a")[0].value.clear()


def test_what_is_no_json_object_is_refused_and_its_batch_not_kept(store: Open) -> None:
    items = store().items()
    for value in NO_VALUES:
        with pytest.raises(InvalidMessage):
            items.batch([Put(("n",), "good", {"a": 1}), Put(("n",), "bad", value)])
    assert items.search() == []


@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_no_path_is_refused(path: Any) -> None:
    for make in (lambda: Get(path, "k"), lambda: Put(path, "k", {}), lambda: Search(path), lambda: Paths([path])):
        with pytest.raises(InvalidNamespace):
            make()


def test_a_value_above_the_limit_is_refused(store: Open) -> None:
    items = store(max_message_bytes=100).items()
    items.put(("n",), "k", {"text": "x" * 50})
    with pytest.raises(InvalidMessage, match="max_message_bytes"):
        items.put(("n",), "k", {"text": "x" * 100})
    assert items.search()[0].value == {"text": "x" * 50}


def test_keys_may_be_longer_than_an_index_takes(store: Open) -> None:
    items = store().items()
    long = "k" * 10_000
    items.put(("n",), long + "1", {"n": 1})
    items.put(("n",), long + "2", {"n": 2})
    assert [one.value["n"] for one in items.search()] == [1, 2]


def test_an_update_keeps_the_time_it_was_made_and_its_place(store: Open) -> None:
    clock = StoppedClock()
    items = store(clock=clock).items()
    items.put(("n",), "first", {"v": 1})
    made = clock.now
    items.put(("n",), "second", {"v": 1})
    clock.tick(60)
    items.put(("n",), "first", {"v": 2})
    found = items.search()
    assert keys(found) == ["first", "second"]
    assert (found[0].created_at, found[0].updated_at) == (made, clock.now)
    assert found[0].value == {"v": 2}
    items.delete(("n",), "first")
    items.put(("n",), "first", {"v": 3})
    again = items.get(("n",), "first")
    assert again is not None
    assert again.created_at == clock.now


def test_reads_of_a_batch_see_what_was_there_before_it(store: Open) -> None:
    items = store().items()
    items.put(("a",), "old", {"v": 1})
    found = items.batch(
        [
            Put(("a",), "old", {"v": 2}),
            Get(("a",), "old"),
            Put(("b",), "new", {"v": 3}),
            Get(("b",), "new"),
            Search((), "v"),
            Paths(),
            Put(("a",), "old", None),
            Get(("nowhere",), "x"),
        ]
    )
    assert found[0] is found[2] is found[3] is found[6] is found[7] is None
    assert found[1].value == {"v": 1}
    assert [one.value for one in found[4]] == [{"v": 1}]
    assert found[5] == [("a",)]
    assert [(one.path, one.key) for one in items.search()] == [(("b",), "new")]


def test_of_several_puts_of_one_key_the_last_one_counts(store: Open) -> None:
    items = store().items()
    items.batch([Put(("n",), "a", {"v": n}) for n in range(5)] + [Put(("n",), "b", {"v": 1}), Put(("n",), "b", None)])
    assert [(one.key, one.value) for one in items.search()] == [("a", {"v": 4})]
    items.batch([Put(("n",), "a", None), Put(("n",), "a", {"v": 9})])
    assert [one.value for one in items.search()] == [{"v": 9}]


def test_a_large_batch_is_one_transaction(store: Open) -> None:
    items = store().items()
    items.batch([Put(("n", str(n % 7)), str(n), {"n": n}) for n in range(1_300)])
    assert len(items.search(limit=5_000)) == 1_300
    found = items.batch([Get(("n", str(n % 7)), str(n)) for n in range(1_300)])
    assert [one.value["n"] for one in found] == list(range(1_300))
    items.batch([Put(("n", str(n % 7)), str(n), None) for n in range(1_299)])
    assert keys(items.search()) == ["1299"]


def test_getting_and_removing_what_is_not_there_is_no_error(store: Open) -> None:
    items = store().items()
    assert items.get(("n",), "k") is None
    items.delete(("n",), "k")
    assert items.search(("n",), "words") == []
    assert items.paths() == []
    assert items.sweep() == 0


# --- paths


def test_a_path_ends_where_its_label_ends(store: Open) -> None:
    items = store().items()
    paths = [
        ("foo",),
        ("foo", "child"),
        ("foobar",),
        ("foobar", "x"),
        ("Foo",),
        ("foo\n",),
        ("a%b",),
        ("axxb",),
        ("*",),
    ]
    for path in paths:
        items.put(path, "k", {"v": 1})
    assert [one.path for one in items.search(("foo",))] == [("foo",), ("foo", "child")]
    assert [one.path for one in items.search(("foobar",))] == [("foobar",), ("foobar", "x")]
    assert [one.path for one in items.search(("a%b",))] == [("a%b",)]
    assert items.search(("fo",)) == []
    assert len(items.search(())) == len(paths)
    assert items.paths(("foo",)) == [("foo",), ("foo", "child")]


def test_paths_are_listed_by_their_beginnings_and_ends(store: Open) -> None:
    items = store().items()
    for path in (("a", "b", "c"), ("a", "b", "d", "e"), ("a", "b", "d", "f"), ("a", "x", "c"), ("b", "c")):
        items.put(path, "k", {})

    def listed(**asked: Any) -> Any:
        return items.batch([Paths(**asked)])[0]

    assert listed(starts=[("a", "*", "c")]) == [("a", "b", "c"), ("a", "x", "c")]
    assert listed(ends=[("c",)]) == [("a", "b", "c"), ("a", "x", "c"), ("b", "c")]
    assert listed(starts=[("a",)], ends=[("*", "c")], limit=1) == [("a", "b", "c")]
    assert listed(starts=[("a", "b")], depth=3) == [("a", "b", "c"), ("a", "b", "d")]
    assert listed(depth=1, offset=1) == [("b",)]
    assert listed(starts=[("a",), ("*", "x")]) == [("a", "x", "c")]
    assert items.paths(("a", "b"), depth=2) == [("a", "b")]
    items.delete(("b", "c"), "k")
    assert listed(depth=1) == [("a",)]


# --- walls and writers


def test_no_user_sees_anothers_items(store: Open) -> None:
    memory = store()
    walled = [memory.items(name) for name in ("anna", "bob", ("firm", "anna"), ("", "default"))]
    for number, items in enumerate(walled):
        items.put(("n",), "same", {"text": f"canary{number} secret"})
    for number, items in enumerate(walled):
        seen = repr(
            [
                items.get(("n",), "same"),
                items.search(),
                items.search(query="canary0 canary1 canary2 canary3 secret"),
                items.search(filter={"text": {"$ne": ""}}),
                asyncio.run(items.as_async().search(query="secret")),
            ]
        )
        assert [n for n in range(4) if f"canary{n}" in seen] == [number]
        assert items.paths() == [("n",)]
    walled[0].delete(("n",), "same")
    walled[1].batch([Put(("n",), "more", {}), Put(("n",), "same", None)])
    assert walled[0].search() == []
    assert keys(walled[1].search()) == ["more"]
    assert keys(walled[2].search()) == ["same"]
    assert memory.items(("", "anna")).search() == []


def test_items_are_no_conversation(store: Open) -> None:
    memory = store()
    memory.items().put(("n",), "k", {"text": "canary"})
    memory.session("s").add("hello")
    assert memory.sessions() == ["s"]
    assert memory.session("s").search("canary") == []
    assert all(one.ok for one in memory.verify().values())


def test_a_namespace_must_be_named(store: Open) -> None:
    with pytest.raises(MissingNamespace):
        store().items(None)  # type: ignore[arg-type]


def test_threads_that_put_the_same_keys_leave_one_of_their_values_each(store: Open) -> None:
    memory = store()
    failed: list[BaseException] = []

    def work(number: int) -> None:
        items = memory.items()
        try:
            for turn in range(10):
                order = range(8) if number % 2 else reversed(range(8))
                items.batch([Put(("n",), str(key), {"by": number, "turn": turn}) for key in order])
                items.search(query="by")
        except BaseException as error:  # shown by the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found = memory.items().search()
    assert sorted(keys(found)) == [str(n) for n in range(8)]
    assert {one.value["turn"] for one in found} == {9}
    assert len({one.value["by"] for one in found}) == 1  # a batch is written whole


def test_async_gives_what_sync_gives(store: Open) -> None:
    items = store(clock=StoppedClock()).items()

    async def work() -> list[Any]:
        twin = items.as_async()
        await twin.put(("n", "a"), "k", {"text": "green tea"}, ttl=5)
        await twin.batch([Put(("n",), "gone", {}), Put(("n",), "car", {"text": "red car"})])
        await twin.delete(("n",), "gone")
        return [
            await twin.get(("n", "a"), "k"),
            await twin.search(("n",), "tea"),
            await twin.paths(depth=1),
            await twin.sweep(),
        ]

    found = asyncio.run(work())
    again: Items = items
    assert found == [again.get(("n", "a"), "k"), again.search(("n",), "tea"), again.paths(depth=1), 0]
    assert keys(found[1]) == ["k", "car"]
