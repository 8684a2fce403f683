"""What was erased is known afterwards, by receipts that are made of what stayed, in this process and in another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Open
from tests.erasure.lives import SMALL, live
from tiermem import AsyncMemory, Memory
from tiermem.erasure.receipt import Receipt

ANNA = "zyxxyquark"


def test_each_erasure_has_a_receipt_afterwards(store: Open) -> None:
    memory = store(**SMALL)
    live(memory, "anna", ANNA)
    monday = memory.session("monday", "anna")
    memory.items("anna").put(("food",), "rice", {"text": "rice"})
    told = [
        monday.erase("m2", "m3", "m6", reason="some"),
        memory.knowledge("anna").erase(f"{ANNA}.md", reason="a document"),
        memory.items("anna").erase(("drinks",), reason="items"),
        monday.erase(reason="a session"),
        memory.erase("anna", reason="all"),
    ]
    assert memory.erasures("bob") == []
    past = memory.erasures("anna")
    assert [one.reason for one in past] == ["some", "a document", "items", "a session", "all"]
    for one, before in zip(past, told, strict=True):
        assert (one.number, one.whole, one.owner, one.paths) == (
            before.number,
            before.whole,
            before.owner,
            before.paths,
        )
        assert one.messages == before.messages
        assert ANNA not in one.model_dump_json()
        assert memory.verify_erased(one).problems == ()
        assert memory.verify_erased(before).problems == ()


def test_a_receipt_of_messages_knows_their_words(store: Open) -> None:
    memory = store(**SMALL)
    live(memory, "anna", ANNA)
    told = memory.session("monday", "anna").erase("m2", "m3", "m6")
    assert memory.erasures("anna")[0].sessions == told.sessions


def test_erased_items_are_looked_for_at_their_path_alone(store: Open) -> None:
    memory = store()
    items = memory.items("anna")
    for path in (("a",), ("a", "b"), ("ab",), ("c",)):
        items.put(path, "k", {"text": "x"})
    receipt = items.erase(("a",))
    assert receipt.removed == {"tiermem_item": 2}
    assert memory.verify_erased(receipt).ok
    assert memory.verify_erased(memory.erasures("anna")[0]).ok
    everything = items.erase(())
    assert memory.verify_erased(everything).ok


def test_a_backup_from_before_still_has_it(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db", **SMALL) as memory:
        live(memory, "anna", ANNA)
    (tmp_path / "backup.db").write_bytes((tmp_path / "m.db").read_bytes())
    with Memory.open(tmp_path / "m.db", **SMALL) as memory:
        memory.session("monday", "anna").erase("m2")
        memory.items("anna").erase(("drinks",))
        receipts = memory.erasures("anna")
    with Memory.open(tmp_path / "backup.db", **SMALL) as backup:
        for receipt in receipts:
            assert not backup.verify_erased(receipt).ok
        assert any("stand in a session" in problem for problem in backup.verify_erased(receipts[0]).problems)
        assert any("items of the user" in problem for problem in backup.verify_erased(receipts[1]).problems)


def test_another_process_reads_and_checks_them(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        memory.session("s", "anna").add(["one", "two"])
        memory.session("s", "anna").erase("m1", reason="asked for")
    code = """
import sys
from tiermem import Memory
with Memory.open(sys.argv[1]) as memory:
    for one in memory.erasures("anna"):
        print(memory.verify_erased(one).ok, one.model_dump_json())
"""
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "m.db")], capture_output=True, text=True, check=True
    ).stdout
    fine, _, receipt = said.partition(" ")
    assert fine == "True"
    assert Receipt.model_validate_json(receipt).reason == "asked for"


async def test_async_has_them_too(tmp_path: Path) -> None:
    async with await AsyncMemory.open(tmp_path / "m.db") as memory:
        session = memory.session("s", "anna")
        await session.add(["one", "two"])
        await session.erase("m1")
        assert [one.messages for one in await memory.erasures("anna")] == [1]


def test_they_move_with_their_user(store: Open, tmp_path: Path) -> None:
    memory = store(**SMALL)
    live(memory, "anna", ANNA)
    memory.session("monday", "anna").erase("m2", reason="some")
    memory.session("tuesday", "anna").erase(reason="a session")
    memory.export("anna", tmp_path / "a.jsonl")
    memory.import_(tmp_path / "a.jsonl", "eve")
    past = memory.erasures("eve")
    assert [one.reason for one in past] == ["some", "a session"]
    assert all(memory.verify_erased(one).ok for one in past)


@pytest.mark.parametrize("namespace", ["nobody", ("acme", "anna")])
def test_who_had_nothing_has_none(store: Open, namespace: str | tuple[str, str]) -> None:
    assert store().erasures(namespace) == []
