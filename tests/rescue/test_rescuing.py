"""What can still be read of a damaged database comes over whole, and what is lost is named."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import ok, refused, tiermem
from tests.properties.thinned import share
from tests.storage.damage import damage, fill, opened, unreadable
from tiermem import Memory, TiermemError
from tiermem.errors import SchemaTooOld, StorageCorrupt
from tiermem.rescue.rescuing import Rescued, rescue


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("whole") / "memory.db"
    fill(file)
    return file


def texts(memory: Memory) -> dict[tuple[str, str], list[str]]:
    """Every message that can be read, by whose it is."""
    said: dict[tuple[str, str], list[str]] = {}
    for user in ("ann", "bob"):
        for name in memory.sessions(user):
            session = memory.session(name, user)
            for number in range(1, session.stats().messages + 1):
                try:
                    said.setdefault((user, name), []).append(session.expand(f"m{number}").messages[0].text)
                except TiermemError:
                    said[user, name].append("")
    return said


def test_an_undamaged_database_comes_over_whole(whole: Path, tmp_path: Path) -> None:
    before = whole.read_bytes()
    done = rescue(whole, tmp_path / "new.db")
    assert done.lost == ()
    assert whole.read_bytes() == before
    with opened(whole, read_only=True) as old, opened(tmp_path / "new.db") as new:
        new.settle(60)
        new.session("s", "ann").index()
        assert [problem for proof in new.verify().values() for problem in proof.problems] == []
        assert texts(new) == texts(old)
        assert new.session("s", "ann").journal() == old.session("s", "ann").journal()
        assert [m.text for m in new.session("s", "ann").view().messages] == [
            m.text for m in old.session("s", "ann").view().messages
        ]
        for name, user in (("s", "ann"), ("other", "bob"), ("forked", "bob")):
            head = old.session(name, user).head()
            assert new.session(name, user).verify(chain=head).problems == ()
        assert new.items("ann").get(("drinks",), "tea").value == old.items("ann").get(("drinks",), "tea").value
        assert len(new.erasures("cid")) == 1


@pytest.mark.parametrize(
    ("table", "column"),
    [("message", "body"), ("decision", "first"), ("stub", "content"), ("summary", "body"), ("item", "value")],
)
def test_a_damaged_row_is_named_and_the_rest_comes_over(whole: Path, tmp_path: Path, table: str, column: str) -> None:
    shutil.copy(whole, tmp_path / "old.db")
    damage(tmp_path / "old.db", table, column, unreadable)
    done = rescue(tmp_path / "old.db", tmp_path / "new.db")
    assert len(done.lost) == 1
    assert done.lost[0].startswith(f"tiermem_{table}, pk ")
    with opened(whole, read_only=True) as old, opened(tmp_path / "new.db") as new:
        different = [key for key, said in texts(old).items() if texts(new)[key] != said]
        assert different == ([("ann", "s")] if table == "message" else [])


def zeroed(source: Path, target: Path, page: int, size: int) -> None:
    """*target*: *source*, with one page of it overwritten."""
    raw = bytearray(source.read_bytes())
    raw[page * size : (page + 1) * size] = random.Random(page).randbytes(size)  # no secret
    target.write_bytes(raw)


def readable_rows(done: Rescued) -> int:
    return done.rows.get("tiermem_message", 0)


def test_any_page_may_be_gone(whole: Path, tmp_path: Path) -> None:
    """Whichever it is: a typed error where nothing can be read at all, else all messages but those on that page."""
    disk = sqlite3.connect(whole)
    size, count = disk.execute("PRAGMA page_size").fetchone()[0], disk.execute("PRAGMA page_count").fetchone()[0]
    total = disk.execute("SELECT count(*) FROM tiermem_message").fetchone()[0]
    disk.close()
    pages = range(1, count) if share(3) == 3 else random.Random(3).sample(range(1, count), 12)
    lost: list[int] = []
    for page in pages:
        zeroed(whole, tmp_path / "old.db", page, size)
        (tmp_path / "new.db").unlink(missing_ok=True)
        try:
            done = rescue(tmp_path / "old.db", tmp_path / "new.db")
        except StorageCorrupt:
            assert not (tmp_path / "new.db").exists()
            continue
        lost.append(total - readable_rows(done))
        if lost[-1]:
            assert any("tiermem_message" in one for one in done.lost)
        with opened(tmp_path / "new.db") as memory:
            memory.session("after", "ann").add("it goes on")
            assert memory.session("after", "ann").messages()[0].text == "it goes on"
            texts(memory)
    assert sorted(lost)[len(lost) // 2] == 0  # most pages have no message


def test_what_cannot_be_rescued_is_refused(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError):
        rescue(whole, whole)
    with pytest.raises(FileNotFoundError):
        rescue(tmp_path / "no.db", tmp_path / "new.db")
    (tmp_path / "text.db").write_text("this is no database at all, but it is long enough to be one" * 100)
    with pytest.raises(StorageCorrupt):
        rescue(tmp_path / "text.db", tmp_path / "new.db")
    shutil.copy(whole, tmp_path / "older.db")
    with sqlite3.connect(tmp_path / "older.db") as disk:
        disk.execute("UPDATE tiermem_meta SET value = '17' WHERE key = 'version'")
        disk.execute("DROP TABLE tiermem_named")
    disk.close()
    with pytest.raises(SchemaTooOld):
        rescue(tmp_path / "older.db", tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("version", ["10", "abc", ""])
def test_a_damaged_version_is_told_and_all_else_comes_over(whole: Path, tmp_path: Path, version: str) -> None:
    expected = rescue(whole, tmp_path / "expected.db")
    shutil.copy(whole, tmp_path / "old.db")
    with sqlite3.connect(tmp_path / "old.db") as disk:
        disk.execute("UPDATE tiermem_meta SET value = ? WHERE key = 'version'", [version])
    disk.close()
    done = rescue(tmp_path / "old.db", tmp_path / "new.db")
    assert done.rows == expected.rows
    assert next(one for one in done.lost if one not in expected.lost).startswith("tiermem_meta: the version")
    with opened(tmp_path / "new.db") as memory:
        assert memory.session("s", "ann").verify().ok


def test_the_command_says_what_is_lost_and_exits_with_one(whole: Path, tmp_path: Path) -> None:
    assert "came over" in ok("rescue", str(whole), str(tmp_path / "new.db"))
    shutil.copy(whole, tmp_path / "old.db")
    damage(tmp_path / "old.db", "message", "body")
    result: Any = tiermem("rescue", str(tmp_path / "old.db"), str(tmp_path / "newer.db"))
    assert result.exit_code == 1
    assert "Lost: tiermem_message" in result.stdout
    assert "it is there already" in refused("rescue", str(whole), str(tmp_path / "newer.db"))
