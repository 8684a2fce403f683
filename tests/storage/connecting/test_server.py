"""A server that is full, starts again or is behind a pooler: waited for, told by typed errors, asked nothing odd."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from tests.flows.writing.test_concurrency import forks, run_crowd
from tests.memory.crowd import length
from tests.storage.connecting.proxy import Proxy, proxied
from tiermem import Memory
from tiermem.errors import StorageBusy, StorageError, StorageUnavailable
from tiermem.settings import Settings
from tiermem.storage.connecting.server import MOST_LOST, Server

QUICK = {"counter": length, "busy_timeout": 0.3}


def parsed(url: str) -> sa.URL:
    return sa.make_url(url).set(drivername="postgresql+psycopg")


def text(url: sa.URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.fixture
def admin(opened_url: str) -> Iterator[sa.Engine]:
    """One who may do anything to the database."""
    engine = sa.create_engine(parsed(opened_url), isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def terminate(admin: sa.Engine) -> int:
    """End all other connections to the database, as a restart does."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with admin.connect() as connection:
        return len(connection.exec_driver_sql(f"{query} AND pid <> pg_backend_pid()").all())


@pytest.fixture
def crowded(opened_url: str, admin: sa.Engine) -> Iterator[str]:
    """The URL for a user whom the server lets in four times at most."""
    name = f"u{sa.make_url(opened_url).database}"
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN CONNECTION LIMIT 4")
        connection.exec_driver_sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}")
        connection.exec_driver_sql(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}")
    yield text(sa.make_url(opened_url).set(username=name))
    terminate(admin)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name}")
        connection.exec_driver_sql(f"DROP ROLE {name}")


@pytest.fixture
def full(crowded: str) -> Iterator[list[sa.Connection]]:
    """That user's connections, all of them."""
    engine = sa.create_engine(parsed(crowded))
    yield [engine.connect() for _ in range(4)]
    engine.dispose()


def test_a_server_with_too_many_clients_is_waited_for(crowded: str, full: list[sa.Connection]) -> None:
    with pytest.raises(StorageBusy, match="takes no connection now"):
        Memory.open(crowded, **QUICK)  # type: ignore[arg-type]
    threading.Timer(0.3, full[0].invalidate).start()
    with Memory.open(crowded, counter=length) as memory:
        memory.session("s").add("hello")


@forks
def test_processes_that_want_more_connections_than_there_are_take_turns(crowded: str) -> None:
    run_crowd("default", crowded, 2, 12, 2)
    with Memory.open(crowded) as memory:
        assert len(memory.session("s").messages()) == 48


@forks
@pytest.mark.soak
def test_eight_processes_of_32_threads_get_no_error_with_default_settings(postgres_url: str) -> None:
    run_crowd("default", postgres_url, 8, 32, 6)
    with Memory.open(postgres_url) as memory:
        assert len(memory.session("s").messages()) == 8 * 32 * 6
        assert memory.session("s").verify().ok


def test_a_server_that_was_started_again_is_used_again(opened_url: str, admin: sa.Engine) -> None:
    with Memory.open(opened_url, counter=length, busy_timeout=0) as memory:
        session = memory.session("s")
        for number in range(3):
            session.add(f"{number}")
            assert terminate(admin) > 0
            assert len(session.messages()) == number + 1
            assert terminate(admin) > 0


@pytest.mark.parametrize("verb", ["write", "read"])
def test_a_transaction_that_lost_its_connection_is_done_again(opened_url: str, admin: sa.Engine, verb: str) -> None:
    server = Server(opened_url, Settings())
    runs: list[int] = []

    def body(connection: sa.Connection) -> str:
        runs.append(1)
        if len(runs) <= limit:
            terminate(admin)
        return str(connection.exec_driver_sql("SELECT 'done'").scalar_one())

    limit = 2
    assert getattr(server, verb)(body) == "done"
    limit = 1_000
    with pytest.raises(sa.exc.OperationalError):
        getattr(server, verb)(body)
    assert len(runs) == 3 + MOST_LOST + 1
    server.close()


def test_a_body_that_is_done_again_leaves_nothing_of_the_first_time(opened_url: str, admin: sa.Engine) -> None:
    server = Server(opened_url, Settings())
    server.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (x int)"))
    runs: list[int] = []

    def body(connection: sa.Connection) -> None:
        runs.append(1)
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        if len(runs) == 1:
            terminate(admin)
        connection.exec_driver_sql("INSERT INTO t VALUES (2)")

    server.write(body)
    kept = server.read(lambda connection: [row[0] for row in connection.exec_driver_sql("SELECT x FROM t ORDER BY x")])
    assert (kept, len(runs)) == ([1, 2], 2)
    server.close()


@pytest.mark.parametrize("verb", ["open", "add", "messages"])
def test_a_server_that_is_gone_is_told_at_once_and_may_be_tried_again(opened_url: str, verb: str) -> None:
    with proxied(opened_url) as proxy, Memory.open(proxy.url, counter=length) as memory:
        session = memory.session("s")
        session.add("hello")
        memory.wiring[1]._database._transactions.engine.dispose()
        proxy.open = False
        began = time.monotonic()
        with pytest.raises(StorageUnavailable) as caught:
            {"open": lambda: Memory.open(proxy.url), "add": lambda: session.add("x"), "messages": session.messages}[
                verb
            ]()
        assert caught.value.retryable
        assert time.monotonic() - began < Settings().busy_timeout
        proxy.open = True
        assert [message.text for message in session.messages()] == ["hello"]


@pytest.mark.parametrize("wrong", [{"host": "127.0.0.1", "port": 1}, {"host": "no-such-host.invalid"}])
def test_a_server_that_is_not_there_is_unavailable(opened_url: str, wrong: dict[str, Any]) -> None:
    url = sa.make_url(opened_url).set(query={}, **wrong)
    with pytest.raises(StorageUnavailable):
        Memory.open(text(url))


@pytest.mark.parametrize("wrong", [{"database": "no_such_database"}, {"username": "nobody_of_that_name"}])
def test_what_the_server_refuses_for_good_is_not_worth_another_try(opened_url: str, wrong: dict[str, str]) -> None:
    with pytest.raises(StorageError) as caught:
        Memory.open(text(sa.make_url(opened_url).set(**wrong)))  # type: ignore[arg-type]
    assert type(caught.value) is StorageError
    assert not caught.value.retryable


def test_a_lock_is_waited_for_as_long_as_the_setting_says_and_all_threads_are_told(
    opened_url: str, admin: sa.Engine
) -> None:
    with Memory.open(opened_url, **QUICK) as memory, admin.connect() as connection:  # type: ignore[arg-type]
        memory.session("s").add("start")
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT * FROM tiermem_session FOR UPDATE")
        kinds: list[str] = []

        def add() -> None:
            try:
                memory.session("s").add("x")
            except StorageBusy as error:
                kinds.append(type(error).__name__)

        threads = [threading.Thread(target=add) for _ in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert kinds == ["StorageBusy"] * 24
        connection.exec_driver_sql("ROLLBACK")
        memory.session("s").add("works")


# --- behind a pooler, which hands each transaction to another process of the server


@pytest.fixture
def watched(opened_url: str) -> Iterator[Proxy]:
    with proxied(opened_url) as proxy:
        yield proxy


@pytest.mark.parametrize("query", ["", "?prepare_threshold=0", "?connect_timeout=5"])
def test_nothing_is_asked_for_that_a_pooler_cannot_give(watched: Proxy, query: str) -> None:
    with Memory.open(watched.url + query, counter=length) as memory:
        session = memory.session("s")
        for number in range(12):  # psycopg prepares what it has run five times
            session.add(f"{number}")
        assert len(session.messages()) == 12

        def standing(connection: sa.Connection) -> list[Any]:
            prepared = connection.exec_driver_sql("SELECT name FROM pg_prepared_statements").all()
            return [*prepared, *connection.exec_driver_sql("SELECT objid FROM pg_locks WHERE locktype = 'advisory'")]

        assert memory.wiring[1]._database.read(standing) == []
    startup = [sent for sent in watched.sent if b"user\x00" in sent and b"database\x00" in sent]
    assert startup
    assert not any(b"options\x00" in sent for sent in startup)


def test_a_transaction_leaves_nothing_behind_in_its_session(opened_url: str) -> None:
    server = Server(opened_url, Settings(pool_size=1, max_overflow=0, busy_timeout=7))
    inside = [
        verb(lambda connection: connection.exec_driver_sql("SHOW lock_timeout").scalar_one())
        for verb in (server.write, server.read)
    ]
    with server.engine.connect() as connection:
        after = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    server.close()
    assert (inside, after) == (["7s", "7s"], "0")


def test_what_reads_cannot_write(opened_url: str) -> None:
    server = Server(opened_url, Settings())
    with pytest.raises(sa.exc.DBAPIError, match="read-only transaction"):
        server.read(lambda connection: connection.exec_driver_sql("CREATE TABLE t (x int)"))
    server.write(lambda connection: connection.exec_driver_sql("CREATE TABLE t (x int)"))
    server.close()
