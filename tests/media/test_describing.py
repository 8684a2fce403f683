"""A function of the user's says what media show: once each, in the background, kept apart from what was said."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tests.conftest import Open
from tests.media.pictures import image, png, shown
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import InvalidSettings
from tiermem.media import UndescribedMedium
from tiermem.tools import memory_tools

TREE, CAT = png("decision tree"), png("a cat", 32, 32)
SAYS = {TREE: "a diagram of an axolotl classifier", CAT: "一只戴帽子的水豚"}


class Teller:
    """Says what `SAYS` has, and remembers whom it was asked about."""

    def __init__(self, fails: int = 0) -> None:
        self.asked: list[UndescribedMedium] = []
        self.fails = fails

    def __call__(self, medium: UndescribedMedium) -> str:
        self.asked.append(medium)
        if len(self.asked) <= self.fails:
            raise RuntimeError("out of credit")
        return SAYS[medium.data]


def test_the_same_picture_is_described_once_found_by_it_and_gone_with_it(store: Open) -> None:
    teller = Teller()
    memory = store(describe=teller)
    friday, monday = memory.session("friday", "anna"), memory.session("monday", "anna")
    friday.add(["trains and bread", shown(TREE, caption="see"), "I like it", shown(TREE), shown(CAT)])
    monday.add([shown(TREE, "and this"), "bread again"])
    memory.session("friday", "bob").add("bread")
    assert friday.settle(30)
    assert monday.settle(30)
    assert sorted(one.data for one in teller.asked) == sorted(SAYS)
    tree = next(one for one in teller.asked if one.data == TREE)
    assert (tree.type, tree.caption, len(tree.sha256)) == ("image/png", "see", 64)
    for indexed in (False, True):
        if indexed:
            friday.index()
        assert {hit.ref for hit in friday.search("axolotl classifier")[:2]} == {"m2", "m4"}
        assert friday.search("水豚")[0].ref == "m5"
    assert {hit.ref for hit in monday.search("axolotl classifier", within="user")[:3]} == {
        "m1", "friday/m2", "friday/m4",
    }  # fmt: skip
    assert friday.recall("axolotl classifier").hits
    assert not [hit for hit in memory.session("friday", "bob").search("axolotl") if hit.message.pointers]
    assert [one.description for one in memory.media("anna").listed()] == [SAYS[TREE], SAYS[CAT]]
    assert friday.messages()[1].content == shown(TREE, caption="see").content
    assert not any(one.text == SAYS[TREE] for one in friday.messages())
    friday.forget("m5")
    assert "m5" not in {hit.ref for hit in friday.search("水豚")}
    assert not any(proof.problems for proof in memory.verify().values())
    friday.erase("m5")
    assert "水豚" not in str(everything(memory))
    friday.erase()
    assert "axolotl" in str(everything(memory))  # monday has it still
    monday.erase()
    assert "axolotl" not in str(everything(memory))
    assert not any(proof.problems for proof in memory.verify().values())


def everything(memory: Memory) -> list[object]:
    _, performer = memory.wiring
    import sqlalchemy as sa

    from tiermem.storage.tables.columns import metadata

    def body(connection: sa.Connection) -> list[object]:
        rows = [row for table in metadata.sorted_tables for row in connection.execute(sa.select(table)).all()]
        return [value.decode("utf-8", "ignore") if isinstance(value, bytes) else value for row in rows for value in row]

    return performer._database.read(body)


def test_a_picture_that_only_its_description_finds_is_named_in_quotes(store: Open) -> None:
    memory = store(describe=Teller())
    session = memory.session("s", "anna")
    session.add([Message(role="user", content=[image(CAT)]), *(f"filler {n}" for n in range(40))])
    assert session.settle(30)
    told = "(image/png, "
    assert told in session.recall("水豚").text
    assert any(told in str(one.content) for one in session.context("水豚", budget=300).messages)
    assert [one.refs for one in session.answer_prompt("水豚").sources.values()] == [("m1",)]
    assert "(image/png)" in memory_tools(session)["expand_memory"].call(ref="m1")


def test_what_fails_is_told_and_asked_again_and_adds_wait_for_nothing() -> None:
    teller = Teller(fails=2)
    with Memory.open(":memory:", describe=teller) as memory:
        session = memory.session("s", "anna")
        session.add(shown(TREE))
        session.settle(30)
        assert any("out of credit" in reason for reason in session.stats().degraded)
        assert session.messages()[0].content == shown(TREE).content
        assert sum(memory.media("anna").describe() for _ in range(3)) == 1
        assert not session.stats().degraded
        assert memory.media("anna").listed()[0].description == SAYS[TREE]
        assert memory.media("anna").describe() == 0


def test_one_that_hangs_costs_its_timeout_and_no_add() -> None:
    release = threading.Event()
    with Memory.open(":memory:", describe=lambda _: release.wait(60) and "late", extractor_timeout=0.1) as memory:
        session = memory.session("s", "anna")
        session.add(shown(TREE))
        session.add("hello")
        session.settle(30)
        release.set()
        assert any("describe:" in reason for reason in session.stats().degraded)
        assert len(session.messages()) == 2


def test_an_async_one_is_asked_on_its_loop(tmp_path: Path) -> None:
    async def tell(medium: UndescribedMedium) -> str:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        return SAYS[medium.data]

    loops: list[asyncio.AbstractEventLoop] = []

    async def main() -> None:
        memory = await AsyncMemory.open(tmp_path / "a.db", describe=tell)
        session = memory.session("s", "anna")
        await session.add(["bread", shown(TREE)])
        assert await session.settle(30)
        assert (await session.search("axolotl classifier"))[0].ref == "m2"
        assert loops == [asyncio.get_running_loop()]
        assert await memory.media("anna").describe() == 0
        memory.close()

    asyncio.run(main())


def test_a_description_moves_with_its_user(tmp_path: Path) -> None:
    with Memory.open(":memory:", describe=Teller()) as memory:
        memory.session("s", "anna").add(shown(TREE))
        memory.session("s", "anna").settle(30)
        memory.export("anna", tmp_path / "a.jsonl")
    teller = Teller()
    with Memory.open(":memory:", describe=teller) as other:
        other.import_(tmp_path / "a.jsonl", "carla")
        assert other.media("carla").describe() == 0
        assert other.session("s", "carla").search("axolotl classifier")[0].ref == "m1"
    assert teller.asked == []


def test_without_a_function_there_is_none_to_ask() -> None:
    with Memory.open(":memory:") as memory, pytest.raises(InvalidSettings):
        memory.media("anna").describe()
    with pytest.raises(InvalidSettings):
        Memory.open(":memory:", describe="a model")  # type: ignore[arg-type]
