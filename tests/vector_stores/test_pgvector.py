"""Vectors compared inside PostgreSQL: the same answers as in RAM, whatever is filtered, lost, erased or missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.storage.connecting.test_whose_rows import unkeyed
from tests.vector_stores.stores import QUESTIONS, Plain, fill, found, opened, said
from tiermem import Memory, Message
from tiermem.errors import InvalidSettings, MissingExtension, StorageReadOnly
from tiermem.flows.reading.pgvector import asking
from tiermem.index.outside import rounds
from tiermem.migration import migrate
from tiermem.storage.pgvector import extension
from tiermem.storage.pgvector.rows import nearby

EXACT, HNSW = "pgvector-exact", "pgvector-hnsw"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What the same talk gives by our own index, in a file."""
    with opened(str(tmp_path_factory.mktemp("own") / "own.db")) as memory:
        fill(memory)
        return found(memory)


@pytest.fixture
def server(opened_url: str) -> Iterator[sa.Connection]:
    """A connection behind our back."""
    engine = sa.create_engine(
        sa.make_url(opened_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done with very many passages is done with these."""
    monkeypatch.setattr(asking, "HNSW_FROM", 40)
    monkeypatch.setattr(asking, "NAMED", 70)
    monkeypatch.setattr(rounds, "PAUSE", 0.0)


def differing(server: sa.Connection) -> int:
    """How many rows one of the two tables has and the other has not."""
    columns = "session, embedder, sequence, part"
    one, other = (f"SELECT {columns} FROM {name}" for name in ("tiermem_vector", "tiermem_pgvector"))
    query = f"SELECT count(*) FROM (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one})) AS lone"
    return int(server.exec_driver_sql(query).scalar_one())


def in_files(server: sa.Connection, octets: bytes) -> int:
    """How many files of the database have these bytes."""
    server.exec_driver_sql("CHECKPOINT")
    own = "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
    folder, number = server.exec_driver_sql(own).one()
    return sum(octets in file.read_bytes() for file in Path(folder, "base", str(number)).iterdir())


def few(memory: Memory) -> list[Any]:
    """What some questions find, with scores."""
    session = memory.session("monday", "ann")
    ways: list[dict[str, Any]] = [{"within": "user"}, {"within": "user", "sessions": ["tuesday"]}]
    hits = [session.search(question, 10, **way) for question in QUESTIONS[:2] for way in ways]
    hits.append(memory.knowledge("ann").search("which port?"))
    return [[(hit.ref, round(hit.score, 6)) for hit in some] for some in hits]


def kept(server: sa.Connection) -> int:
    return int(server.execute(sa.select(sa.func.count()).select_from(nearby)).scalar_one())


@pytest.mark.parametrize("kind", [EXACT, HNSW])
def test_the_same_is_found_with_the_same_scores_and_no_vector_is_loaded(
    kind: str, opened_url: str, server: sa.Connection, own: list[Any], small: None
) -> None:
    statements: list[str] = []
    with opened(opened_url, vector_index=kind) as memory:
        engine = memory.wiring[1]._database._transactions.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *sent: statements.append(" ".join(sent[2].split())))
        fill(memory)
        assert found(memory) == own
        assert not memory.wiring[0].vectors._values
        assert memory.wiring[0].known.embed_error == memory.wiring[0].known.upkeep_error == ""
    assert kept(server) == 60 + 60 + 3 + 3
    assert differing(server) == 0
    mine = [
        one for one in statements if "tiermem_pgvector" in one and "to_regclass" not in one and "count(*)" not in one
    ]
    assert {table for one in mine if one.startswith(("SELECT", "DELETE")) for table in unkeyed(one)} == set()
    ordered = [one for one in mine if "OFFSET 0" in one]
    assert bool(ordered) == (kind == HNSW)


async def test_it_can_be_awaited_and_what_waits_for_its_vector_is_found(opened_url: str, own: list[Any]) -> None:
    with opened(opened_url, vector_index=EXACT) as memory, opened(":memory:") as exact:
        for one in (memory, exact):
            fill(one, count=40)
            one.session("monday", "ann").add("The new tram in Oslo opens at noon.")
        session = memory.session("monday", "ann")
        question = "When does the new tram in Oslo open?"
        near = [(hit.ref, round(hit.score, 5)) for hit in await session.as_async().search(question)]
        assert near == [(hit.ref, round(hit.score, 5)) for hit in exact.session("monday", "ann").search(question)]


def test_the_index_is_asked_and_no_filter_starves_it(
    opened_url: str, server: sa.Connection, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "NAMED", 20)
    monkeypatch.setattr(asking.asked, "EF_SEARCH", 10)  # the scan has to go on, past what passes no filter
    with opened(opened_url, vector_index=HNSW) as memory:
        fill(memory, "bob", 300)
        fill(memory, "ann", 90)
        ann, question = memory.session("monday", "ann"), "When does the harbour in Bergen open?"
        asked = []
        named = asking.asked.named
        monkeypatch.setattr(asking.asked, "named", lambda *a, **k: asked.append(named(*a, **k)) or asked[-1])
        for _ in range(3):
            nearest = [hit.ref for hit in ann.search(question, 5)]
            assert len(nearest) == 5
            assert sum(len(numbers) for numbers, _ in (asked[-1] or {}).values()) == 20  # of 45, behind 300 of bob
            for ref in nearest:
                ann.forget(ref)
        monkeypatch.setattr(asking.asked, "SCANNED", 10)  # it gives up: all are scored
        assert len(ann.search(question, 5)) == 5
    plan = server.exec_driver_sql("SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'tiermem_pgvector_hnsw%%'")
    assert "halfvec(48)" in plan.scalar_one()


def test_the_plan_of_the_question_is_the_index(opened_url: str, small: None) -> None:
    with opened(opened_url, vector_index=HNSW) as memory:
        fill(memory)
        engine = memory.wiring[1]._database._transactions.engine
        plans: list[str] = []

        def explained(connection: Any, cursor: Any, statement: str, values: Any, *_: Any) -> None:
            if "OFFSET 0" in statement:
                cursor.execute("EXPLAIN " + statement, values)
                plans.append("\n".join(row[0] for row in cursor.fetchall()))

        sa.event.listen(engine, "before_cursor_execute", explained)
        memory.session("monday", "ann").search(QUESTIONS[0], within="user")
    assert "Index Scan using tiermem_pgvector_hnsw_" in plans[0]
    assert "Sort" not in plans[0]


def test_what_is_erased_is_gone_with_it_also_by_who_does_not_use_it(opened_url: str, server: sa.Connection) -> None:
    with opened(opened_url, vector_index=EXACT) as memory:
        fill(memory)
        of_ann = kept(server)
    with opened(opened_url) as memory:  # without it
        fill(memory, "bob", 40)
        assert kept(server) == of_ann + 20 + 20 + 3 + 3
        memory.session("monday", "bob").erase("m3")
        assert kept(server) == of_ann + 45
        memory.session("tuesday", "bob").erase()
        assert kept(server) == of_ann + 25
        memory.session("monday", "bob").add("Quixotic zephyrs vex Jack.")
        memory.session("monday", "bob").index()
        assert memory.settle(60)
        query = "SELECT value FROM tiermem_vector ORDER BY pk DESC LIMIT 1"
        secret = bytes(server.exec_driver_sql(query).scalar_one())
        assert in_files(server, secret) == 2  # pgvector keeps the same bytes
        memory.erase("bob", vacuum=True)
        assert in_files(server, secret) == 0
    assert kept(server) == of_ann
    assert differing(server) == 0


def test_a_database_that_is_there_is_filled_and_a_stopped_opening_is_gone_on_with(
    opened_url: str, server: sa.Connection, own: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(opened_url) as memory:
        fill(memory)
    monkeypatch.setattr(extension, "STRETCH", 25)
    mended, calls = extension._mended, []

    def stopping(*given: Any, **named: Any) -> None:
        calls.append(named)
        if len(calls) == 3:
            raise KeyboardInterrupt
        mended(*given, **named)

    monkeypatch.setattr(extension, "_mended", stopping)
    with pytest.raises(KeyboardInterrupt):
        opened(opened_url, vector_index=HNSW)
    assert 0 < kept(server) < 100
    with opened(opened_url, vector_index=HNSW) as memory:
        assert differing(server) == 0
        assert found(memory) == own
    done = len(calls)
    opened(opened_url, vector_index=HNSW).close()
    assert len(calls) == done  # once
    server.exec_driver_sql("DROP TABLE tiermem_pgvector")
    with pytest.raises(StorageReadOnly, match="once to write"):
        opened(opened_url, vector_index=EXACT, read_only=True)


def test_what_was_removed_behind_our_back_costs_no_answer_and_is_put_back(
    opened_url: str, server: sa.Connection, own: list[Any]
) -> None:
    with opened(opened_url, vector_index=EXACT) as memory:
        fill(memory)
        before = few(memory)
        for which in ("sequence = 7", "mod(sequence, 2) = 0", "true"):
            server.exec_driver_sql(f"DELETE FROM tiermem_pgvector WHERE {which}")
            assert differing(server)
            assert few(memory) == before  # at once
            assert memory.settle(60)
            assert differing(server) == 0
        server.exec_driver_sql(
            "INSERT INTO tiermem_pgvector SELECT session, embedder, 1000, part, owner, value "
            "FROM tiermem_pgvector WHERE sequence = 3"
        )
        assert found(memory) == own


def test_what_an_index_cannot_miss_is_noticed_in_turn(opened_url: str, server: sa.Connection, small: None) -> None:
    with opened(opened_url, vector_index=HNSW) as memory:
        fill(memory)
        server.exec_driver_sql("DELETE FROM tiermem_pgvector WHERE sequence BETWEEN 20 AND 40")
        session = memory.session("monday", "ann")
        for _ in range(3):  # one stretch a question
            session.search(QUESTIONS[0], within="user")
            assert memory.settle(60)
        assert differing(server) == 0


def test_forks_and_moves_and_copies_have_it_made_anew(
    opened_url: str, server: sa.Connection, own: list[Any], tmp_path: Path
) -> None:
    file = tmp_path / "moved.db"
    with opened(opened_url, vector_index=EXACT) as memory:
        fill(memory)
        fork = memory.session("monday", "ann").fork(session_id="aside")
        fork.add([said(70), said(71)])
        fork.index()
        assert memory.settle(60)
        near = [(hit.session, hit.ref, round(hit.score, 5)) for hit in fork.search(QUESTIONS[0], 10)]
        memory.export("ann", tmp_path / "ann.jsonl")
        memory.erase("ann")
        assert kept(server) == 0
        memory.import_(tmp_path / "ann.jsonl", "ann")
        for name in ("monday", "tuesday", "aside"):
            memory.session(name, "ann").index()
        assert memory.settle(60)
        assert differing(server) == 0
        again = memory.session("aside", "ann").search(QUESTIONS[0], 10)
        assert [(hit.session, hit.ref, round(hit.score, 5)) for hit in again] == near
    migrate(opened_url, str(file))
    with opened(str(file)) as memory:
        again = memory.session("aside", "ann").search(QUESTIONS[0], 10)
        assert [(hit.session, hit.ref, round(hit.score, 5)) for hit in again] == near


def test_vectors_of_another_embedder_have_an_index_of_their_own(opened_url: str, server: sa.Connection) -> None:
    class Wider:
        model_name = "wider"

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [self.embed_query(text) for text in texts]

        def embed_query(self, text: str) -> list[float]:
            return [float(text.lower().count(letter)) - 0.5 for letter in "abcdefghijklmnopqrstuvwxyz"]

    with opened(opened_url, vector_index=HNSW) as memory:
        fill(memory)
    with Memory.open(opened_url, embedder=Wider(), vector_index=HNSW) as memory:
        memory.reembed()
        assert memory.settle(60)
        assert memory.session("monday", "ann").search(QUESTIONS[0])
        assert differing(server) == 0
    opened_again = Memory.open(opened_url, embedder=Wider(), vector_index=HNSW)
    opened_again.close()
    query = "SELECT indexdef FROM pg_indexes WHERE indexname LIKE 'tiermem_pgvector_hnsw%%'"
    assert ["halfvec(26)" in one for one in server.exec_driver_sql(query).scalars()] == [True]


def test_what_a_server_lacks_is_said_with_what_to_run(opened_url: str, server: sa.Connection) -> None:
    role = f"poor_{sa.make_url(opened_url).database}"
    server.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    server.exec_driver_sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    poor = sa.make_url(opened_url).set(username=role).render_as_string(hide_password=False)
    with pytest.raises(MissingExtension, match=r"may not put it there.*CREATE EXTENSION vector"):
        opened(poor, vector_index=EXACT)
    database = sa.make_url(opened_url).database
    server.exec_driver_sql(f"ALTER DATABASE {database} SET extension_control_path = '/nowhere'")
    with pytest.raises(MissingExtension, match="this server has no pgvector: install it"):
        opened(opened_url, vector_index=EXACT)
    server.exec_driver_sql(f"ALTER DATABASE {database} RESET extension_control_path")
    opened(opened_url, vector_index=EXACT).close()
    server.exec_driver_sql("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
    opened(opened_url, vector_index=EXACT).close()
    with pytest.raises(MissingExtension, match=r"0\.7\.4 is too old, 0\.8\.0 is needed.*ALTER EXTENSION vector UPDATE"):
        opened(opened_url, vector_index=HNSW)
    server.exec_driver_sql("UPDATE pg_extension SET extversion = '0.6.2' WHERE extname = 'vector'")
    with pytest.raises(MissingExtension, match=r"0\.6\.2 is too old, 0\.7\.0 is needed"):
        opened(opened_url, vector_index=EXACT)
    server.exec_driver_sql(f"DROP OWNED BY {role}")
    server.exec_driver_sql(f"DROP ROLE {role}")


def test_where_it_makes_no_sense_it_is_refused_by_name(file: Path) -> None:
    with pytest.raises(InvalidSettings, match="needs a PostgreSQL server"):
        opened(str(file), vector_index=EXACT)
    with pytest.raises(InvalidSettings, match="must be one of ram, pgvector-exact, pgvector-hnsw"):
        opened(str(file), vector_index="pgvector")
    with pytest.raises(InvalidSettings, match="name one"):
        Memory.open(file, vector_index=HNSW)
    with pytest.raises(InvalidSettings, match="two ways to search the same"):
        opened(str(file), Plain(), vector_index=EXACT)
    with opened(str(file), vector_index="ram") as memory:
        memory.session("s").add(Message(role="user", content="hello"))
