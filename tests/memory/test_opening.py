"""Opening: where a memory lives, what may be wrong with that, and that nothing is touched that is not ours."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.memory.crowd import length
from tiermem import Memory
from tiermem.errors import Closed, InvalidSettings, StorageError
from tiermem.storage.sqlite import driver, journal_mode, wal_is_safe
from tiermem.testing import ScriptedSummarizer


def pragma(memory: Memory, name: str) -> object:
    return memory._performer._database.read(lambda c: c.exec_driver_sql(f"PRAGMA {name}").scalar())


def test_a_path_that_is_not_there_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "new" / "deep" / "memory.db"
    with Memory.open(file) as memory:
        memory.session("s").add("hello")
        assert memory.path == str(file)
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with Memory.open(str(file)) as memory:
        assert [m.content for m in memory.session("s").messages()] == ["hello"]


def test_an_empty_file_becomes_a_database(file: Path) -> None:
    file.touch()
    with Memory.open(file) as memory:
        memory.session("s").add("hello")
    assert file.stat().st_size > 0


def test_who_names_no_path_gets_a_file_that_is_there_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    with Memory.open() as memory:
        memory.session("s").add("kept")
        place = Path(memory.path)
    assert place.name == "tiermem.db"
    with Memory.open() as memory:
        assert [m.content for m in memory.session("s").messages()] == ["kept"]


def test_only_its_own_name_means_ram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Memory.open(":memory:") as one, Memory.open(":memory:") as other:
        one.session("s").add("here")
        assert other.session("s").messages() == []
    assert list(tmp_path.iterdir()) == []
    with Memory.open("memory") as memory:
        memory.session("s").add("kept")
    assert (tmp_path / "memory").is_file()


def test_a_url_of_sqlite_is_its_file(file: Path) -> None:
    with Memory.open(f"sqlite:///{file}") as memory:
        memory.session("s").add("hello")
    with Memory.open(file) as memory:
        assert [m.content for m in memory.session("s").messages()] == ["hello"]


def test_a_folder_or_a_path_through_a_file_is_a_storage_error(tmp_path: Path, file: Path) -> None:
    file.write_bytes(b"")
    for place in (tmp_path, file / "below.db"):
        with pytest.raises(StorageError):
            Memory.open(place)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pre_rot_threshold": 0},
        {"pre_rot_threshold": "many"},
        {"compaction_trigger": 1.5},
        {"compaction_trigger": 0.9, "summarization_trigger": 0.8},
        {"keep_recent_count": -1},
        {"embedder_timeout": -1},
        {"pool_size": 0},
        {"max_overflow": -1},
        {"no_such_setting": 1},
        {"counter": 5},
        {"embedder": object()},
    ],
)
def test_what_makes_no_sense_is_refused_before_a_file_is_made(file: Path, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidSettings):
        Memory.open(file, **wrong)  # type: ignore[arg-type]
    assert not file.exists()


def test_commits_are_durable_with_the_sqlite_that_is_linked(file: Path) -> None:
    with Memory.open(file) as memory:
        mode, synchronous = journal_mode(driver().sqlite_version_info, "full")
        assert str(pragma(memory, "journal_mode")).upper() == mode
        assert pragma(memory, "synchronous") == {"FULL": 2, "EXTRA": 3}[synchronous]
        assert pragma(memory, "secure_delete") == 1


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 50, 4), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((4, 0, 0), True),
    ],
)
def test_wal_is_used_only_where_it_cannot_drop_committed_rows(version: tuple[int, ...], safe: bool) -> None:
    assert wal_is_safe(version) is safe
    assert journal_mode(version, "full") == (("WAL", "FULL") if safe else ("DELETE", "EXTRA"))


def test_a_database_in_wal_is_left_in_wal_by_a_driver_that_would_not_choose_it(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tiermem.storage import sqlite

    with Memory.open(file) as memory:
        memory.session("s").add("before")
        if str(pragma(memory, "journal_mode")) != "wal":
            pytest.skip("no SQLite that is safe in WAL mode is linked here")
        monkeypatch.setattr(sqlite, "journal_mode", lambda *_: ("DELETE", "EXTRA"))
        with Memory.open(file) as other:
            assert pragma(other, "journal_mode") == "wal"
            other.session("s").add("after")
        assert [m.content for m in memory.session("s").messages()] == ["before", "after"]


def test_one_process_may_open_a_file_twice_and_share_it(file: Path) -> None:
    with Memory.open(file, counter=length) as one, Memory.open(file, counter=length) as other:
        for number in range(20):
            (one, other)[number % 2].session("s").add(f"{number}")
        assert one.session("s").messages() == other.session("s").messages()
        assert one.session("s").view() == other.session("s").view()


def test_what_one_memory_decides_another_one_sees(file: Path) -> None:
    small = {"counter": length, "pre_rot_threshold": 500, "keep_recent_count": 2}
    with Memory.open(file, **small) as one, Memory.open(file, **small) as other:  # type: ignore[arg-type]
        for number in range(40):
            one.session("s").add(f"We decided that number {number} is raised to 50. " * 3)
            assert other.session("s").view() == one.session("s").view()
        other.session("s").restore()
        assert one.session("s").view().summaries == ()
        assert one.session("s").verify().ok


def test_a_shared_memory_is_opened_once_for_the_same_options(file: Path) -> None:
    model = ScriptedSummarizer()
    one = Memory.shared(file, summarizer=model)
    assert Memory.shared(file, summarizer=model) is one
    assert Memory.shared(file, summarizer=ScriptedSummarizer()) is not one
    one.close()
    again = Memory.shared(file, summarizer=model)
    assert again is not one
    again.session("s").add("works")
    with pytest.raises(Closed):
        one.session("s").messages()
    again.close()


def test_a_password_is_in_no_error(postgres_url: str) -> None:
    url = sa.make_url(postgres_url).set(password="hunter2", database="no_such_database")
    with pytest.raises(StorageError) as caught:
        Memory.open(url.render_as_string(hide_password=False))
    assert "hunter2" not in str(caught.value)
