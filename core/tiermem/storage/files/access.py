"""Reading a SQLite file that may not, or shall not, be written."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

REFUSED = {8, 14}  # SQLITE_READONLY, SQLITE_CANTOPEN: of a file in WAL, whose log cannot be made here
_EFFECTIVE = os.access in os.supports_effective_ids


def writable(file: Path) -> bool:
    """Whether this process may write *file*: the file, and beside it a journal, or the log that is there already."""
    if not _allowed(file):
        return False
    return _allowed(file.parent) or all(_allowed(Path(f"{file}{end}")) for end in ("-wal", "-shm"))


def _allowed(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=_EFFECTIVE)


def connect(module: ModuleType, file: Path, **options: Any) -> Any:
    """A connection that only reads. Where the folder may be written it leaves nothing there: SQLite puts its log away.

    Where the log of a file in WAL cannot be made nobody who may write has it open, so that it is read without one.
    """
    if writable(file):
        return _made(module, file, "rw", options)
    connection = _made(module, file, "ro", options)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except module.OperationalError as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in REFUSED or size(Path(f"{file}-wal")):
            raise
        return _made(module, file, "ro&immutable=1", options)
    return connection


def size(path: Path) -> int:
    """Bytes in the file; 0 where it is not there, or no longer: the last one to close a database takes its log away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _made(module: ModuleType, file: Path, mode: str, options: dict[str, Any]) -> Any:
    return module.connect(f"{file.absolute().as_uri()}?mode={mode}", uri=True, **options)
