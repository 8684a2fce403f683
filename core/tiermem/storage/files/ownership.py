"""Who else may reach a database file: links that others could have put there, and files that others may read.

A file that is there keeps its mode: a group may share it on purpose. That everybody may read or write it is said.
"""

from __future__ import annotations

import logging
import os
import stat
from pathlib import Path

from tiermem.errors import StorageError

_log = logging.getLogger("tiermem.storage")


def refuse_planted(file: Path) -> None:
    """Raise StorageError where *file*, or a folder on its way, is a link that another user put where everybody may
    write: what is said would be written where he wants it."""
    if os.name != "posix":
        return
    for place in (file.absolute(), *file.absolute().parents):
        link, folder = _looked(place), _looked(place.parent)
        if link is not None and folder is not None and planted(link, folder, os.geteuid()):
            raise StorageError(f"{place} is a link of another user, in a folder where everybody may write")


def planted(link: os.stat_result, folder: os.stat_result, me: int) -> bool:
    """Whether *link* is one that neither *me* nor the owner of *folder*, where everybody may write, has made."""
    return stat.S_ISLNK(link.st_mode) and bool(folder.st_mode & stat.S_IWOTH) and link.st_uid not in {me, folder.st_uid}


def warn_of_others(file: Path) -> None:
    """Say so where everybody on this machine may read or write *file*."""
    there = _looked(file.resolve()) if os.name == "posix" else None
    if there is not None and there.st_mode & stat.S_IRWXO:
        mode = stat.S_IMODE(there.st_mode)
        _log.warning("every user of this machine may open %s (mode %04o); chmod 600 keeps it for its owner", file, mode)


def _looked(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None
