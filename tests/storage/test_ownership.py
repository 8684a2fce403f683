"""Files that others may reach: links that they may have put there are refused, open modes are said."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.faults.worker import length
from tiermem import Memory
from tiermem.errors import StorageError
from tiermem.storage.files.ownership import planted

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners are those of POSIX")
ME, OTHER, ROOT = 1000, 2000, 0


def entry(mode: int, owner: int) -> os.stat_result:
    return os.stat_result((mode, 0, 0, 0, owner, 0, 0, 0, 0, 0))


@pytest.mark.parametrize(
    ("link", "folder", "refused"),
    [
        (entry(stat.S_IFLNK | 0o777, OTHER), entry(stat.S_IFDIR | 0o1777, ROOT), True),
        (entry(stat.S_IFLNK | 0o777, OTHER), entry(stat.S_IFDIR | 0o777, ME), True),
        (entry(stat.S_IFLNK | 0o777, ME), entry(stat.S_IFDIR | 0o1777, ROOT), False),
        (entry(stat.S_IFLNK | 0o777, ROOT), entry(stat.S_IFDIR | 0o1777, ROOT), False),
        (entry(stat.S_IFLNK | 0o777, OTHER), entry(stat.S_IFDIR | 0o755, OTHER), False),
        (entry(stat.S_IFREG | 0o600, OTHER), entry(stat.S_IFDIR | 0o1777, ROOT), False),
    ],
)
def test_a_link_of_another_user_where_everybody_may_write_is_planted(
    link: os.stat_result, folder: os.stat_result, refused: bool
) -> None:
    assert planted(link, folder, ME) is refused


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may give a link away")
@pytest.mark.parametrize("on_the_way", [False, True])
def test_a_planted_link_is_refused_and_nothing_is_made_behind_it(tmp_path: Path, on_the_way: bool) -> None:
    shared, theirs = tmp_path / "shared", tmp_path / "theirs"
    shared.mkdir()
    shared.chmod(0o1777)
    os.chown(shared, 3000, -1)
    theirs.mkdir()
    link = shared / "link"
    link.symlink_to(theirs if on_the_way else theirs / "memory.db")
    os.lchown(link, 2000, -1)
    with pytest.raises(StorageError, match="link of another user"):
        Memory.open(link / "memory.db" if on_the_way else link, counter=length)
    assert list(theirs.iterdir()) == []


def test_a_link_of_ones_own_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.db").symlink_to(tmp_path / "disk" / "memory.db")
    with Memory.open(tmp_path / "link.db", counter=length) as memory:
        memory.session("s").add("hello")
    assert stat.S_IMODE((tmp_path / "disk" / "memory.db").stat().st_mode) == 0o600


@pytest.mark.parametrize(("mode", "said"), [(0o600, False), (0o660, False), (0o644, True), (0o666, True)])
def test_a_file_that_everybody_may_open_keeps_its_mode_and_is_named(
    tmp_path: Path, mode: int, said: bool, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "memory.db"
    Memory.open(file, counter=length).close()
    file.chmod(mode)
    Memory.open(file, counter=length).close()
    assert (f"mode {mode:04o}" in caplog.text) is said
    assert stat.S_IMODE(file.stat().st_mode) == mode
