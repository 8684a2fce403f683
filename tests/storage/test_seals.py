"""Values of the database itself that nothing else would tell from others: each change is found, and none is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.damage import engine_of, opened
from tiermem import Memory
from tiermem.erasure.retention import Retention
from tiermem.errors import SchemaTooNew, StorageCorrupt
from tiermem.rescue.rescuing import rescue
from tiermem.storage.migrated.shape import SAME
from tiermem.storage.schema import VERSION
from tiermem.storage.tables import seals
from tiermem.storage.tables.columns import meta


@pytest.fixture
def lived(target: str) -> str:
    """A database with each of these values."""
    if target == ":memory:":
        pytest.skip("it is opened twice")
    with opened(target) as memory:
        memory.retain(Retention(keep_for=400))
        memory.session("s", "ann").add(["The pool has 50 connections.", "The fence is green."])
        memory.session("s", "ann").erase("m1")
        memory.session("gone", "ann").add(
            "Words.",
        )
        memory.session("gone", "ann").erase()
    return target


def changed(target: str, key: str, value: str | None) -> None:
    engine = engine_of(target)
    with engine.begin() as connection:
        if value is None:
            connection.execute(meta.delete().where(meta.c.key == key))
        else:
            connection.execute(meta.update().where(meta.c.key == key).values(value=value))
    engine.dispose()


def values(target: str) -> dict[str, str]:
    engine = engine_of(target)
    with engine.begin() as connection:
        found = {row.key: row.value for row in connection.execute(sa.select(meta))}
    engine.dispose()
    return found


def problems(memory: Memory) -> list[str]:
    return [problem for proof in memory.verify().values() for problem in proof.problems]


USES: dict[str, list[Callable[[Memory], object]]] = {
    "database": [],
    "erasure": [
        lambda memory: memory.session("gone", "ann").add("Words."),
        lambda memory: memory.session("s", "ann").erase("m2"),
        lambda memory: memory.erase("ann"),
    ],
    "retention": [
        lambda memory: memory.erase("ann"),
        lambda memory: memory.life("ann").expire(),
        lambda memory: memory.retention(),
    ],
}


@pytest.mark.parametrize("key", sorted(USES))
def test_a_changed_or_lost_value_is_found_and_used_for_nothing(lived: str, key: str) -> None:
    whole = values(lived)[key]
    for wrong in (whole[:-1] + ("0" if whole[-1] != "0" else "1"), None):
        changed(lived, key, wrong)
        with opened(lived) as memory:
            assert f"tiermem_meta, row {key}: it does not match its check" in problems(memory)
            for use in USES[key]:
                with pytest.raises(StorageCorrupt, match=f"row {key}.*tiermem rescue"):
                    use(memory)
            assert memory.session("s", "ann").messages()[-1].text == "The fence is green."  # the rest can be read
        if wrong is not None:
            changed(lived, key, whole)
            with opened(lived) as memory:
                assert problems(memory) == []


def test_a_database_from_before_there_were_checks_gets_them_when_it_is_opened(lived: str) -> None:
    before = values(lived)
    for key in before:
        if key.startswith(seals.CHECK):
            changed(lived, key, None)
    with opened(lived) as memory:
        assert problems(memory) == []
    assert values(lived) == before


def test_rescue_leaves_a_damaged_value_behind_and_says_so(tmp_path: Path) -> None:
    file, new = tmp_path / "old.db", tmp_path / "new.db"
    with opened(str(file)) as memory:
        memory.session("s", "ann").add("The fence is green.")
    changed(str(file), "database", "0" * 32)
    assert any("tiermem_meta, row database" in one for one in rescue(file, new).lost)
    with opened(str(new)) as memory:
        assert problems(memory) == []
        assert memory.session("s", "ann").messages()[0].text == "The fence is green."


@given(st.sampled_from(["database", "erasure", "erasure.ab", "retention.cd"]), st.text(min_size=1), st.text(min_size=1))
def test_only_the_value_that_was_kept_fits(key: str, value: str, other: str) -> None:
    check = {seals.CHECK + key: seals._hash(key, value)}
    assert seals.is_sealed(key)
    assert seals.sound({key: value, **check}) == {key: value}
    if other != value:
        assert list(seals.wrong({key: other, **check})) == [key]


@pytest.mark.parametrize("version", ["1", "10", str(VERSION - 1), "abc", ""])
@pytest.mark.parametrize("read_only", [False, True])
def test_a_version_that_the_tables_belie_is_told_with_what_to_do(lived: str, version: str, read_only: bool) -> None:
    if version in SAME and "://" not in lived:
        pytest.skip("a file has the same tables then, and is raised by its number")
    before = values(lived)
    changed(lived, "version", version)
    with pytest.raises(StorageCorrupt, match=f"{version!r}.*schema {VERSION}.*damaged.*Set its value.*rescue"):
        Memory.open(lived, read_only=read_only)
    assert values(lived) == before | {"version": version}
    changed(lived, "version", str(VERSION))
    with opened(lived) as memory:
        assert memory.session("s", "ann").messages()[-1].text == "The fence is green."
        assert not problems(memory)


def test_a_newer_version_is_refused_with_both_numbers(lived: str) -> None:
    changed(lived, "version", str(VERSION + 1))
    with pytest.raises(SchemaTooNew, match=f"{VERSION + 1}.*{VERSION}: use a newer"):
        Memory.open(lived)
