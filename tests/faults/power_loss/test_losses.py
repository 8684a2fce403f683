"""A loss of power at any moment takes nothing that was acknowledged, and the file can be used."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.faults import crash
from tests.faults.power_loss.disk import SECTOR, Disk, DiskCall, Habit, calls
from tests.faults.power_loss.losses import Loss, lost
from tests.faults.worker import SENT
from tiermem.storage import sqlite

needs_strace = pytest.mark.skipif(bool(crash.missing()), reason=crash.missing() or "there is strace")
LOSSES = 24  # of each driver; `python -m benchmarks.kill --power 200` tries more


@pytest.fixture(autouse=True)
def _own_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """`opened` exchanges it in this process; two SQLites in one process would drop each other's locks."""
    for name in ("driver", "journal_mode"):
        monkeypatch.setattr(sqlite, name, getattr(sqlite, name))


def bad(losses: list[Loss]) -> list[Loss]:
    return [one for one in losses if one.lost or one.problems]


@needs_strace
@pytest.mark.parametrize("driver", ["safe", "fallback"])
def test_no_loss_of_power_takes_what_was_acknowledged(driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIERMEM_TEST_DRIVER", driver)
    losses = list(lost(LOSSES, seed=3))
    assert bad(losses) == []
    assert {one.acknowledged for one in losses} >= {0, SENT}


@needs_strace
def test_the_simulated_disk_does_lose_what_was_never_synced() -> None:
    """The control: without it a disk that never loses anything would pass too."""
    relaxed = bad(list(lost(LOSSES, seed=3, durability="relaxed")))
    assert [one for one in relaxed if one.lost]


LOG = r"""
7  openat(AT_FDCWD<\x2f>, "\x2f\x66\x2f\x61", O_RDWR|O_CREAT, 0644) = 3<\x2f\x66\x2f\x61>
7  openat(AT_FDCWD<\x2f>, "\x2f\x66\x2f\x62", O_RDONLY) = -1 ENOENT (No such file or directory)
7  pwrite64(3<\x2f\x66\x2f\x61>, "\x41\x42", 2, 4096) = 2
7  fsync(3<\x2f\x66\x2f\x61> <unfinished ...>
8  write(1<\x70>, "\x69\x30\x0a", 3) = 3
7  <... fsync resumed>) = 0
7  ftruncate(3<\x2f\x66\x2f\x61>, 1) = 0
7  unlink("\x2f\x66\x2f\x61") = 0
7  +++ exited with 0 +++
"""


def test_calls_are_read_in_the_order_in_which_they_took_effect() -> None:
    assert list(calls(LOG.splitlines())) == [
        DiskCall("create", "/f/a"),
        DiskCall("pwrite64", "/f/a", b"AB", 4096),
        DiskCall("write", "p", b"i0\n", number=1),
        DiskCall("sync", "/f/a", number=3),
        DiskCall("ftruncate", "/f/a", place=1),
        DiskCall("unlink", "/f/a"),
    ]


MADE, WRITTEN = DiskCall("create", "/f/a"), DiskCall("pwrite64", "/f/a", b"x" * 2 * SECTOR)
SYNCED, NAMED, GONE = DiskCall("sync", "/f/a"), DiskCall("sync", "/f"), DiskCall("unlink", "/f/a")
WHOLE = b"x" * 2 * SECTOR


@pytest.mark.parametrize(
    ("done", "strict", "journaled"),
    [
        ([MADE], {None, b""}, {None, b""}),
        ([MADE, NAMED], {b""}, {b""}),
        ([MADE, NAMED, WRITTEN], {b"", WHOLE[:SECTOR], WHOLE}, {b"", WHOLE[:SECTOR], WHOLE}),
        ([MADE, WRITTEN, SYNCED], {None, WHOLE}, {WHOLE}),
        ([MADE, NAMED, WRITTEN, SYNCED], {WHOLE}, {WHOLE}),
        ([MADE, NAMED, WRITTEN, SYNCED, GONE], {None, WHOLE}, {None, WHOLE}),
        ([MADE, NAMED, WRITTEN, SYNCED, GONE, NAMED], {None}, {None}),
    ],
)
def test_what_is_left_is_what_was_synced_and_any_part_of_the_rest(
    done: list[DiskCall], strict: set[bytes | None], journaled: set[bytes | None]
) -> None:
    assert left(done, "strict") == strict
    assert left(done, "journaled") == journaled


def left(done: list[DiskCall], habit: Habit) -> set[bytes | None]:
    disk, chance = Disk("/f", habit), random.Random(1)
    for call in done:
        disk.take(call)
    return {disk.left(chance).get(str(Path("/f/a"))) for _ in range(200)}
