"""`deploy/distribute_by_user.sql` names every table of a server as what it is, by a column that all its keys have."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from tiermem.storage.schema import metadata
from tiermem.storage.shards.tables import COLUMN, REFERENCE, of_servers

SCRIPT = (Path(__file__).parents[2] / "deploy" / "distribute_by_user.sql").read_text("utf-8")


def test_every_table_is_laid_out_as_it_is_made() -> None:
    assert of_servers().tables.keys() == metadata.tables.keys()
    assert set(re.findall(r"create_reference_table\('(\w+)'\)", SCRIPT)) == REFERENCE.keys()
    by_user = re.findall(r"create_distributed_table\('(\w+)', '(\w+)'(?:, colocate_with => '(\w+)')?\)", SCRIPT)
    assert {name for name, *_ in by_user} == metadata.tables.keys() - REFERENCE.keys()
    assert [name for name, column, _ in by_user if column != COLUMN] == []
    assert [with_ for *_, with_ in by_user] == ["", *["tiermem_session"] * (len(by_user) - 1)]
    assert len(re.findall(r"^SELECT", SCRIPT, re.MULTILINE)) == len(metadata.tables)


def test_every_key_and_no_reference_holds_the_column() -> None:
    for name, table in of_servers().tables.items():
        keys = [one for one in table.constraints if isinstance(one, sa.PrimaryKeyConstraint | sa.UniqueConstraint)]
        assert [COLUMN in one.columns for one in keys] == [name not in REFERENCE] * len(keys), name
        assert not table.foreign_keys
        assert not [index for index in table.indexes if index.unique]
