"""A database from before there were facts is raised, and the facts of what was said are read."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.conftest import Open
from tests.storage.older import TALK, engine_of, lower_to_6, lower_to_8
from tiermem.storage import schema


@pytest.fixture(params=["file", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A place that can be looked into after it was closed."""
    return str(tmp_path / "memory.db") if request.param == "file" else str(request.getfixturevalue("postgres_url"))


def test_version_6_is_raised_and_its_facts_are_read(store: Open, target: str) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add([*TALK, "I live in Oslo."])
    session.index()
    memory.close()
    lower_to_6(target)
    raised = store()
    session = raised.session("s", "anna")
    session.index()
    engine = engine_of(target)
    with engine.connect() as connection:
        assert connection.execute(sa.select(schema.fact.c.sequence, schema.fact.c.value)).all() == [(41, "Oslo")]
    engine.dispose()
    assert session.verify().problems == ()


def test_version_8_is_raised_and_what_changes_of_its_users_is_seen(store: Open, target: str) -> None:
    memory = store()
    memory.session("s", "anna").add("I live in Oslo.")
    memory.close()
    lower_to_8(target)
    raised = store()
    profile = raised.profile("anna")
    assert [line.value for line in profile.lines()] == ["Oslo"]
    raised.session("s", "anna").add("I'm a nurse.")
    assert [line.value for line in profile.lines()] == ["Oslo", "nurse"]
    assert all(proved.ok for proved in raised.verify().values())
