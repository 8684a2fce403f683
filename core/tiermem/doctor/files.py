"""What can be seen of a SQLite file."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from tiermem.storage.files.access import size

WRITES, PAGE = 5, 4_096


def seen(connection: sa.Connection, file: Path) -> dict[str, Any]:
    """By the names of `Symptoms`."""
    pages, free = _pragma(connection, "page_count"), _pragma(connection, "freelist_count")
    log = size(Path(f"{file}-wal"))
    settings = {
        "journal_mode": str(_pragma(connection, "journal_mode")),
        "sqlite_version": str(connection.exec_driver_sql("SELECT sqlite_version()").scalar_one()),
    }
    return {
        "size": size(file) + log,
        "log": log,
        "unused": int(free) / max(1, int(pages)),
        "writers": users_of(file),
        "write": durable_write(file.absolute().parent),
        "filesystem": filesystem(file),
        "shared_file": bool(file.stat().st_mode & stat.S_IRWXO) if os.name == "posix" else None,
        "settings": settings,
    }


def _pragma(connection: sa.Connection, name: str) -> Any:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def durable_write(folder: Path) -> float | None:
    """Median seconds of a page written to a file of its own in *folder* and onto the disk; None where none can be."""
    took: list[float] = []
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(WRITES):
                began = time.perf_counter()
                file.write(os.urandom(PAGE))
                file.flush()
                os.fsync(file.fileno())
                took.append(time.perf_counter() - began)
    except OSError:
        return None
    return median(took)


def users_of(file: Path) -> int | None:
    """Other processes that have *file* open, of those that this one may look at; None where they are not listed."""
    if not sys.platform.startswith("linux"):
        return None
    wanted, found = file.stat(), 0
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid():
            found += _opened(process, (wanted.st_dev, wanted.st_ino))
    return found


def _opened(process: Path, wanted: tuple[int, int]) -> bool:
    with suppress(OSError):  # it ended, or is another user's
        for link in (process / "fd").iterdir():
            with suppress(OSError):
                there = link.stat()
                if (there.st_dev, there.st_ino) == wanted:
                    return True
    return False


def filesystem(file: Path, mounts: str | None = None) -> str | None:
    """The kind of file system that *file* is on, as *mounts* (of Linux) has it; None where that is not told."""
    if mounts is None:
        if not sys.platform.startswith("linux"):
            return None
        mounts = Path("/proc/self/mounts").read_text()
    kinds = _kinds(mounts)
    return next((kinds[str(folder)] for folder in file.resolve().parents if str(folder) in kinds), None)


def _kinds(mounts: str) -> Mapping[str, str]:
    fields = [line.split() for line in mounts.splitlines()]
    return {one[1].replace("\\040", " "): one[2] for one in fields if len(one) > 2}  # later ones lie above
