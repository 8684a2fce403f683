"""TieredMemoryStore: LangGraph's store, durable, and without what its in-memory one gets wrong."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langgraph.store.base import (
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    SearchItem,
    SearchOp,
)

from langchain_tiered_memory import TieredMemoryStore, close_all
from tests.langchain_tiered_memory.store.store_fakes import Gated, Letters, letters
from tests.programs import Program
from tests.waiting import PATIENCE
from tiermem import Memory
from tiermem.errors import InvalidMessage, InvalidNamespace
from tiermem.flows.indexing.vectors import PROBE


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


# --- the contract


def test_the_convenience_methods_do_what_those_of_base_store_say(path: Path) -> None:
    store = TieredMemoryStore(path)
    store.put(("users", "1"), 7, {"name": "Anna"})  # type: ignore[arg-type]
    store.put(("users", "2"), "k", {"name": "Bob"})
    found = store.get(("users", "1"), "7")
    assert type(found) is Item
    assert (found.namespace, found.key, found.value) == (("users", "1"), "7", {"name": "Anna"})
    assert found.created_at == found.updated_at
    assert found.created_at.tzinfo is not None
    searched = store.search(["users"], filter={"name": "Bob"})  # type: ignore[arg-type]
    assert [type(one) for one in searched] == [SearchItem]
    assert searched[0].namespace == ("users", "2")
    assert store.list_namespaces(prefix=("users",), suffix=("2",)) == [("users", "2")]
    assert store.list_namespaces(prefix="users") == store.list_namespaces()  # type: ignore[arg-type]
    store.delete(("users", "2"), "k")
    assert store.get(("users", "2"), "k") is None


def test_the_async_methods_give_what_the_others_give(path: Path) -> None:
    store = TieredMemoryStore(path, index=letters())

    async def work() -> None:
        await store.aput(("n",), "k", {"text": "abc"}, ttl=5)
        assert await store.aget(("n",), "k") == store.get(("n",), "k")
        assert await store.asearch(("n",), query="abc") == store.search(("n",), query="abc")
        assert (await store.asearch(("n",), query="abc"))[0].score == pytest.approx(1.0, abs=1e-6)
        assert await store.alist_namespaces() == [("n",)]
        await store.adelete(("n",), "k")
        assert await store.aget(("n",), "k") is None
        assert await store.asweep_ttl() == 0

    asyncio.run(work())


def test_a_batch_answers_in_order_and_reads_before_it_writes(path: Path) -> None:
    store = TieredMemoryStore(path)
    store.put(("n",), "k", {"v": 1})
    results = store.batch(
        [
            PutOp(("n",), "k", {"v": 2}),
            GetOp(("n",), "k"),
            PutOp(("m",), "new", {"v": 3}),
            SearchOp(()),
            ListNamespacesOp(match_conditions=(MatchCondition("prefix", ("*",)),)),
            PutOp(("n",), "k", None),
        ]
    )
    assert results[0] is results[2] is results[5] is None
    assert results[1].value == {"v": 1}  # type: ignore[union-attr]
    assert [one.value for one in results[3]] == [{"v": 1}]  # type: ignore[union-attr]
    assert results[4] == [("n",)]
    assert [one.value for one in store.search(())] == [{"v": 3}]


def test_what_is_no_operation_or_no_namespace_is_refused(path: Path) -> None:
    store = TieredMemoryStore(path)
    for namespace in ((), ("a.b",), ("a", ""), ("langgraph",), ("nul\0",)):
        with pytest.raises(InvalidNamespaceError):
            store.put(namespace, "k", {})
    with pytest.raises(ValueError, match="not an operation"):
        store.batch(["get"])  # type: ignore[list-item]
    with pytest.raises(InvalidNamespace):
        store.batch([PutOp("letters", "k", {})])  # type: ignore[arg-type]
    with pytest.raises(InvalidMessage):
        store.put(("n",), "k", {"when": object()})
    with pytest.raises(ValueError, match="operators"):
        store.search((), filter={"a": {"$near": 1}})
    assert store.search(()) == []


@pytest.mark.parametrize("namespace", [("a.b",), ("a", ""), ("a", 1), ["a.b"]])
@pytest.mark.parametrize(
    "operation",
    [
        lambda namespace: GetOp(namespace, "k"),
        lambda namespace: PutOp(namespace, "k", {}),
        lambda namespace: PutOp(namespace, "k", None),
        SearchOp,
        lambda namespace: ListNamespacesOp((MatchCondition("prefix", namespace),)),
        lambda namespace: ListNamespacesOp((MatchCondition("suffix", namespace),)),
    ],
    ids=["get", "put", "delete", "search", "prefix", "suffix"],
)
async def test_a_batch_refuses_the_labels_that_put_refuses_and_keeps_nothing(
    path: Path, operation: Callable[[Any], Op], namespace: Any
) -> None:
    store = TieredMemoryStore(path)
    ops = [PutOp(("valid",), "k", {}), operation(namespace)]
    with pytest.raises(InvalidNamespaceError, match="without a period"):
        store.batch(ops)
    with pytest.raises(InvalidNamespaceError, match="without a period"):
        await store.abatch(ops)
    assert store.search(()) == []


def test_a_batch_takes_no_prefix_wildcards_and_a_label_by_itself(path: Path) -> None:
    store = TieredMemoryStore(path)
    store.put(("a", "b"), "k", {})
    conditions = [MatchCondition("prefix", ("a", "*")), MatchCondition("suffix", "b")]  # type: ignore[arg-type]
    found, *listed = store.batch([SearchOp(()), *(ListNamespacesOp((condition,)) for condition in conditions)])
    assert [item.namespace for item in found] == [("a", "b")]  # type: ignore[union-attr]
    assert listed == [[("a", "b")]] * 2


def test_what_the_in_memory_store_gets_wrong(path: Path) -> None:
    store = TieredMemoryStore(path, index=letters())
    store.batch([PutOp(("n",), "a", {"text": "same"}), PutOp(("n",), "b", {"text": "same", "size": 4})])
    assert [one.score for one in store.search((), query="same")] == [pytest.approx(1.0, abs=1e-6)] * 2
    assert [one.key for one in store.search((), filter={"size": {"$gt": 3}})] == ["b"]
    made = store.get(("n",), "a")
    assert made is not None
    made.value["text"] = "changed outside"
    assert store.get(("n",), "a").value == {"text": "same"}  # type: ignore[union-attr]
    store.put(("n",), "a", {"other": "field"})
    again = store.get(("n",), "a")
    assert again is not None
    assert again.created_at == made.created_at < again.updated_at
    assert [(one.key, one.score is None) for one in store.search((), query="same")] == [("b", False), ("a", True)]
    assert store.get(("nowhere",), "k") is None
    assert store.list_namespaces() == [("n",)]


# --- durable, walled, shared


def test_items_and_vectors_survive_a_restart(path: Path) -> None:
    store = TieredMemoryStore(path, index=letters())
    store.put(("n",), "tea", {"text": "green tea"}, ttl=60)
    store.put(("n",), "car", {"text": "zzz"})
    before = store.search((), query="tea")
    close_all()
    embed = Letters()
    again = TieredMemoryStore(path, index=letters(embed))
    assert again.search((), query="tea") == before
    assert embed.texts == [PROBE]
    again.put(("n",), "tea", {"text": "green tea", "more": 1})
    assert embed.texts == [PROBE]


PUT = """
import sys
from langchain_tiered_memory import TieredMemoryStore
path, name = sys.argv[1:]
store = TieredMemoryStore(path)
for turn in range(25):
    store.put(("n",), "same", {"by": name, "turn": turn})
    store.put(("n", name), str(turn), {"turn": turn})
"""


def test_two_processes_put_the_same_key(path: Path) -> None:
    program = path.with_name("put.py")
    program.write_text(PUT)
    started = [Program(program, path, name) for name in ("a", "b")]
    assert [(one.stderr, one.returncode) for one in (program.ended() for program in started)] == [("", 0)] * 2
    found = TieredMemoryStore(path).search((), limit=100)
    assert len(found) == 51
    assert [one.value["turn"] for one in found if one.key == "same"] == [24]
    for name in ("a", "b"):
        assert [one.value["turn"] for one in found if one.namespace == ("n", name)] == list(range(25))


def test_threads_and_tasks_put_the_same_keys(path: Path) -> None:
    store = TieredMemoryStore(path, index=letters())
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(8):
                store.put(("n",), f"key{turn}", {"text": f"by {number}"})
                store.search((), query="by")
        except BaseException as error:  # shown by the test
            failed.append(error)

    async def tasks() -> None:
        await asyncio.gather(*(store.aput(("n",), f"key{n % 8}", {"text": f"task {n}"}) for n in range(40)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    asyncio.run(tasks())
    for thread in threads:
        thread.join()
    assert failed == []
    found = store.search((), query="by task", limit=100)
    assert sorted(one.key for one in found) == [f"key{n}" for n in range(8)]
    assert all(one.score is not None for one in found)


def test_two_users_never_see_each_other(path: Path) -> None:
    memory = Memory.open(path)
    users = {name: TieredMemoryStore(memory=memory, namespace=name, index=letters()) for name in ("anna", "bob")}
    for name, store in users.items():
        store.put(("memories",), "k", {"text": f"canary of {name}"})
        store.put(("memories", name), "own", {"text": f"more of {name}"})
    for name, store in users.items():
        other = "bob" if name == "anna" else "anna"
        everything: list[Any] = [
            store.get(("memories",), "k"),
            store.get(("memories", other), "own"),
            store.search((), query=f"canary of {other}", limit=100),
            store.search((), filter={"text": f"canary of {other}"}),
            store.search(("memories", other)),
            store.list_namespaces(),
            store.batch([SearchOp((), query=other), ListNamespacesOp(), GetOp(("memories",), "k")]),
            asyncio.run(store.asearch((), query=other)),
        ]
        assert f"canary of {name}" in repr(everything)
        assert f"canary of {other}" not in repr(everything)
        assert f"more of {other}" not in repr(everything)
        assert ("memories", other) not in everything[5]
    users["anna"].delete(("memories",), "k")
    assert users["bob"].get(("memories",), "k") is not None
    memory.close()


# --- embedders


def test_an_embedder_may_be_a_function_or_a_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Letters()

    def plain(texts: list[str]) -> list[list[float]]:
        return asked.embed_documents(texts)

    async def later(texts: list[str]) -> list[list[float]]:
        await asyncio.sleep(0)
        return asked.embed_documents(texts)

    monkeypatch.setattr("langgraph.store.base.embed._get_init_embeddings", lambda: lambda name: asked)
    embedders: list[Any] = [asked, asked.embed_documents, plain, later, "fake:abc"]
    for number, embed in enumerate(embedders):
        store = TieredMemoryStore(path, namespace=str(number), index=letters(embed))
        assert isinstance(store.embeddings, Embeddings)
        store.put(("n",), "k", {"text": "abc"})
        asyncio.run(store.aput(("n",), "l", {"text": "xyz"}))
        assert [one.key for one in store.search((), query="cab")] == ["k", "l"]
        assert [one.key for one in asyncio.run(store.asearch((), query="zxy"))] == ["l", "k"]
    assert asked.texts.count("abc") == len(embedders)


def test_abatch_keeps_the_loop_free(path: Path) -> None:
    embed = Gated()
    store = TieredMemoryStore(path, index=letters(embed))

    async def work() -> None:
        putting = asyncio.create_task(store.aput(("n",), "k", {"text": "abc"}))
        assert await asyncio.to_thread(embed.asked.wait, PATIENCE)
        assert not putting.done()  # a loop that is held by the embedder never opens the gate
        embed.gate.set()
        await putting
        await store.asearch((), query="abc")

    asyncio.run(work())
    assert embed.texts == [PROBE, "abc"]
