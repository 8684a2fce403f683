"""The graph of a user's names: over conversations and documents, with sources, hidden and erased with what was said."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.properties.oracles import hidden_by, indexes_dropped
from tiermem import AsyncMemory, Memory, Message, Session
from tiermem.errors import InvalidMessage, MissingNamespace
from tiermem.flows.indexing import names as reading
from tiermem.graph import Graph
from tiermem.settings import Scope

TALK = [
    "My sister Maja works at Equinor.",
    "We met Tom Berger in Oslo. He knows Ida Lund.",
    "我的姐姐叫王芳。",
    "王芳在北京工作。",
]
MET = "见到了"
WIND = "Equinor runs the Hywind farm near Peterhead. Peterhead is in Scotland."


def told(memory: Memory) -> Graph:
    memory.session("friday", "anna").add(TALK[:2])
    memory.session("周六", "anna").add(TALK[2:])
    memory.knowledge("anna").add_documents([WIND])
    memory.session("friday", "ben").add("Maja moved to Paris with Ludo Prat.")
    return memory.graph("anna")


def near(graph: Graph, name: str, depth: int = 1) -> dict[str, tuple[str, ...]]:
    """By name the sources of the last step to it."""
    return {one.name: one.path[-1].sources for one in graph.near(name, depth, 100)}


def stored(memory: Memory) -> int:
    count = sa.text("SELECT count(*) FROM tiermem_named")
    return int(memory._performer._database.read(lambda connection: connection.execute(count).scalar_one()))


def many(session: Session, count: int = 70) -> None:
    session.add([f"Maja met Person{chr(65 + n % 26)}{chr(97 + n % 26)} in Oslo." for n in range(count)])


def test_names_of_conversations_and_documents_are_related_with_their_sources(store: Open) -> None:
    graph = told(store())
    assert near(graph, "maja") == {"user": ("friday/m1",), "Equinor": ("friday/m1",)}
    assert near(graph, "Tom Berger") == {"Oslo": ("friday/m2",), "Ida Lund": ("friday/m2",)}
    assert near(graph, "Equinor")["Hywind"] == ("d1",)
    assert near(graph, "王芳") == {"user": ("周六/m1",), "北京": ("周六/m2",)}
    assert near(graph, "Maja", 3)["Scotland"] == ("d1",)
    assert [one.kinds for one in graph.path("Maja", "Scotland")] == [("work",), ()]
    also = {one.name: one.also for one in graph.entities(100) if one.also}
    assert also == {"Maja": ("user's sister",), "王芳": ("user's 姐姐",)}
    assert {one.other: one.kinds for one in graph.about("user")} == {"Maja": ("sister",), "王芳": ("姐姐",)}
    found = graph.near("Maja", 2)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(one.hops == len(one.path) and 0 < one.score <= 0.7**one.hops for one in found)
    opened = graph.memory.session("friday", "anna").expand("周六/m1").messages  # type: ignore[attr-defined]
    assert opened[0].text == TALK[2]


def test_two_users_never_meet(store: Open) -> None:
    memory = store()
    graph = told(memory)
    assert {"Paris", "Ludo Prat"}.isdisjoint(one.name for one in graph.entities(100))
    assert {one.name for one in memory.graph("ben").entities(100)} == {"Maja", "Paris", "Ludo Prat"}
    assert memory.graph(("acme", "anna")).entities() == []
    with pytest.raises(MissingNamespace, match="graph of a user"):
        memory.graph("default")


def test_what_is_hidden_relates_nobody_until_it_is_shown_again(store: Open) -> None:
    memory = store()
    graph, session = told(memory), memory.session("friday", "anna")
    assert "Oslo" in near(graph, "Tom Berger")
    session.forget("m2")
    assert graph.near("Tom Berger") == []
    assert "Ida Lund" not in {one.name for one in graph.entities(100)}
    session.undo(session.journal()[-1])
    assert "Oslo" in near(graph, "Tom Berger")
    knowledge = memory.knowledge("anna")
    removed = knowledge.remove(knowledge.sources()[0].source)
    assert graph.near("Hywind") == []
    knowledge.undo(removed[0])
    assert "Peterhead" in near(graph, "Hywind")


def test_what_is_erased_is_in_no_graph_and_no_table(store: Open, target: str) -> None:
    memory = store()
    session = memory.session("friday", "anna")
    many(session)
    session.add("Quetzal Zorn met Maja.")
    graph = memory.graph("anna")
    assert near(graph, "Quetzal Zorn") == {"Maja": ("friday/m71",)}
    assert stored(memory) == 1
    receipt = session.erase("m71")
    assert graph.near("Quetzal Zorn") == []
    assert graph.near("Maja")
    if target.endswith(".db"):
        memory.close()
        files = list(Path(target).parent.glob(f"{Path(target).name}*"))
        assert not any(b"Quetzal" in file.read_bytes() for file in files)
        memory = store()
    assert memory.verify_erased(receipt).ok
    memory.graph("anna").entities()
    memory.erase("anna")
    assert (memory.graph("anna").entities(), stored(memory)) == ([], 0)


def test_a_relation_that_holds_no_more_is_none(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(["I live in Oslo.", "I work at Equinor."])
    graph = memory.graph("anna")
    assert {one.other: one.kinds for one in graph.about("user")} == {"Oslo": ("home",), "Equinor": ("work",)}
    session.add("I moved to Bergen.")
    assert {one.other: one.kinds for one in graph.about("user")} == {"Bergen": ("home",), "Equinor": ("work",)}


def test_adding_costs_nothing_and_what_was_read_is_kept(store: Open, target: str, monkeypatch: Any) -> None:
    memory = store()
    session = memory.session("s", "anna")
    many(session)
    session.index()
    assert stored(memory) == 0
    before = memory.graph("anna").near("Maja", 2)
    assert stored(memory) == 1
    session.add("Tom met Maja.")
    assert "Tom" in near(memory.graph("anna"), "Maja")
    assert stored(memory) == 1  # one message alone is not written down
    if target != ":memory:":
        memory = store()
    memory._core.drop_caches()  # type: ignore[attr-defined]
    read: list[int] = []
    real = reading.names_of

    def counted(scope: Scope, messages: list[Message]) -> Any:
        read.extend(message.sequence for message in messages)
        return real(scope, messages)

    monkeypatch.setattr(reading, "names_of", counted)
    after = memory.graph("anna").near("Maja", 2, 100)
    assert read == [71]
    assert {one.name for one in before} <= {one.name for one in after}
    assert all(proof.ok for proof in memory.verify().values())


def test_a_damaged_row_is_named_and_read_anew(store: Open) -> None:
    memory = store()
    many(memory.session("s", "anna"))
    before = memory.graph("anna").near("Maja", 2)
    for statement in (
        "UPDATE tiermem_named SET last = last - 1",
        "UPDATE tiermem_named SET body = substr(body, 1, 20), last = last + 1",
    ):
        memory._performer._database.write(lambda connection, sql=statement: connection.exec_driver_sql(sql))
        memory._core.drop_caches()
        problems = [problem for proof in memory.verify().values() for problem in proof.problems]
        assert any("tiermem_named" in problem for problem in problems)
        assert memory.graph("anna").near("Maja", 2) == before  # and writes it anew
        assert all(proof.ok for proof in memory.verify().values())


def test_a_memory_that_only_reads_knows_the_graph(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        many(memory.session("s", "anna"))
    with Memory.open(tmp_path / "m.db", read_only=True) as memory:
        assert near(memory.graph("anna"), "Oslo")["Maja"][0] == "s/m70"
        assert stored(memory) == 0


def test_what_a_fork_shares_counts_once(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(["Tom met Maja.", "Maja flew to Oslo."])
    fork = session.fork("m1", "t")
    fork.add("Tom lives in Lima.")
    graph = memory.graph("anna")
    assert {one.name: one.mentions for one in graph.entities(100)} == {"Tom": 2, "Maja": 2, "Oslo": 1, "Lima": 1}
    assert near(graph, "Lima")["Tom"] == ("t/m2",)
    session.erase()
    assert {one.name: one.mentions for one in graph.entities(100)} == {"Tom": 1, "Lima": 1}


def test_an_imported_user_has_the_same_graph(tmp_path: Path) -> None:
    with Memory.open(":memory:") as memory:
        graph = told(memory)
        before = [one.name for one in graph.entities(100)], near(graph, "Maja", 3)
        memory.export("anna", tmp_path / "anna.jsonl")
    with Memory.open(":memory:") as other:
        other.import_(tmp_path / "anna.jsonl")
        graph = other.graph("anna")
        assert ([one.name for one in graph.entities(100)], near(graph, "Maja", 3)) == before


def test_sync_and_async_answer_alike(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db") as memory:
        graph = told(memory)
        expected = [graph.entities(5), graph.about("Maja"), graph.near("Maja", 3), graph.path("Maja", "Scotland")]

    async def asked() -> list[Any]:
        async with await AsyncMemory.open(tmp_path / "m.db") as memory:
            same = memory.graph("anna")
            return [
                await same.entities(5),
                await same.about("Maja"),
                await same.near("Maja", 3),
                await same.path("Maja", "Scotland"),
            ]

    assert asyncio.run(asked()) == expected


def test_what_cannot_be_asked_is_refused_by_name() -> None:
    with Memory.open(":memory:") as memory:
        graph: Any = told(memory)
        for ask in (
            lambda: graph.near(7),
            lambda: graph.near("Maja", 0),
            lambda: graph.near("Maja", 4),
            lambda: graph.near("Maja", True),
            lambda: graph.near("Maja", 1, -1),
            lambda: graph.entities("5"),
            lambda: graph.path("Maja", None),
        ):
            with pytest.raises(InvalidMessage, match="must be"):
                ask()
        assert (graph.near("Nobody"), graph.about("Nobody"), graph.path("Nobody", "Maja")) == ([], [], [])
        assert graph.path("Maja", "Ludo Prat") == []


def test_whatever_happens_the_graph_is_that_of_what_is_seen(tmp_path: Path) -> None:
    """A random life, against the names of all messages that are there and not hidden."""
    chance = random.Random(7)
    people = ["Maja", "Tom Berger", "Ida Lund", "王芳", "李伟"]
    with Memory.open(tmp_path / "m.db", index_batch=4) as memory:
        names = ["one", "two"]
        for step in range(50):
            session = memory.session(chance.choice(names), "anna")
            numbers = [one.sequence for one in session.messages() if one.text]
            verb = chance.choice(["add", "add", "add", "forget", "undo", "erase", "fork", "index", "drop"])
            if verb == "add":
                session.add(
                    [f"{chance.choice(people)}{MET}{chance.choice(people)}。" for _ in range(chance.randint(1, 12))]
                )
            elif verb == "forget" and numbers:
                session.forget(f"m{chance.choice(numbers)}")
            elif verb == "undo" and (
                made := [one for one in session.journal() if one.kind == "hide" and not one.undone]
            ):
                session.undo(made[-1])
            elif verb == "erase" and numbers and step % 3 == 0:
                session.erase(f"m{chance.choice(numbers)}")
            elif verb == "fork" and len(names) < 4 and numbers:
                names.append(f"fork{step}")
                session.fork(session_id=names[-1])
            elif verb == "index":
                session.index()
            elif verb == "drop":
                indexes_dropped(memory)
            if chance.random() < 0.5:
                assert {one.name: one.mentions for one in memory.graph("anna").entities(9)} == expected(memory, names)
        assert {one.name: one.mentions for one in memory.graph("anna").entities(9)} == expected(memory, names)
        assert all(proof.ok for proof in memory.verify().values())


def expected(memory: Memory, names: list[str]) -> dict[str, int]:
    """How many sentences name whom, counted where each message was said."""
    found: Counter[str] = Counter()
    for name in names:
        session, base = memory.session(name, "anna"), 0
        if name.startswith("fork"):
            base = sa_base(memory, name)
        hidden = hidden_by(session.journal(), len(session.messages()))
        for message in session.messages():
            if message.text and message.sequence > base and message.sequence not in hidden:
                found.update({*message.text.removesuffix("。").split(MET)})
    return dict(found)


def sa_base(memory: Memory, name: str) -> int:
    base = sa.text("SELECT base FROM tiermem_session WHERE name = :name")
    return int(memory._performer._database.read(lambda c: c.execute(base, {"name": name.encode()}).scalar_one()))
