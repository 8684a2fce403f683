"""Paths that somebody names -> the files that they mean: folders, patterns, archives as vendors ship them, a pipe.

Rule 1: a file that is named is one that is meant; what merely lies in a folder or an archive may be anything.
Rule 2: an archive is read in place; nothing of it is ever written to a path that it names.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from glob import glob
from pathlib import Path, PurePosixPath
from typing import Any

from tiermem.errors import InvalidMessage
from tiermem.histories import gathered
from tiermem.histories.parts.contents import Contents
from tiermem.histories.tables import databases
from tiermem.importers import files

READ = frozenset(
    {
        ".json",
        ".jsonl",
        ".ndjson",
        ".csv",
        ".tsv",
        ".txt",
        ".md",
        ".vtt",
        ".af",
        ".gz",
        ".zip",
        ".db",
        ".sqlite",
        ".sqlite3",
        ".vscdb",
    }
)
_PACKED = READ - {".zip", ".db", ".sqlite", ".sqlite3", ".vscdb"}  # what is read inside of an archive
_BROKEN = (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError)  # the last: with a password
_ZIP = b"PK\x03\x04"


class NotUnpacked(InvalidMessage):
    """An archive that may hold histories, and is not unpacked: it is damaged, or lies in another one."""


class Found(list[Contents]):
    """The files behind one name, those of an archive or a folder together; `passed` are the names of those that are
    of no kind that could be a history."""

    def __init__(self, files: Sequence[Contents], passed: Sequence[str] = (), *, alone: bool = False) -> None:
        super().__init__(files)
        self.passed = list(passed)
        self.alone = alone  # the caller named this very file


def expanded(names: Sequence[str]) -> list[Path]:
    """The paths that *names* mean, patterns such as ``exports/*.zip`` replaced by what they match.

    Raises:
        FileNotFoundError: a pattern matches nothing.
    """
    found: list[Path] = []
    for name in names:
        matches = sorted(glob(name, recursive=True)) if any(sign in name for sign in "*?[") else []  # noqa: PTH207
        if not matches and any(sign in name for sign in "*?[") and not Path(name).exists():
            raise FileNotFoundError(2, "no file matches this pattern", name)
        found += map(Path, matches or [name])
    return found


def found(path: Path, name: str | None = None) -> Found:
    """The files that stand at *path*, which *name* calls in errors.

    Raises:
        InvalidMessage: a file or archive is damaged. OSError: it cannot be read.
    """
    if path.is_dir():
        return _of_folder(path)
    if zipfile.is_zipfile(path):
        return _of_archive(path, name or path.name)
    named = name or path.name
    if Path(named) not in {path, Path(path.name)}:  # what came by a pipe lies beside nothing
        return Found([Contents(named, named, partial(_text, path))], alone=True)
    beside = partial(_beside, Path() if Path(named) == path else path.parent)
    return Found([Contents(named, named, partial(_text, path), beside, home=path.absolute().parent.name)], alone=True)


def _inner(folder: Path, inner: str) -> str:
    return _text(folder / inner)


def _beside(folder: Path, inner: str) -> Any:
    other = folder / inner
    return files.parsed(_text(other), other.name) if other.is_file() else None


def is_archive(path: Path) -> bool:
    """Whether the file is a .zip, or begins as one and is cut off."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        begins = file.read(len(_ZIP)) == _ZIP
    return begins or zipfile.is_zipfile(path)


def _text(path: Path) -> str:
    if is_archive(path):  # and is not unpacked as one
        raise NotUnpacked(f"{path.name}: the archive is damaged or cut off")
    if databases.is_database(path):
        return databases.rows_of(path, path.name)
    with closing(files.text_lines(path)) as lines:
        return "".join(lines)


def _of_folder(folder: Path) -> Found:
    every = sorted(path for path in folder.rglob("*") if path.is_file())
    wanted = [path for path in every if path.suffix.lower() in READ]
    passed = [str(path.relative_to(folder)) for path in every if path.suffix.lower() not in READ]

    beside = partial(_beside, folder)
    together, others = gathered.gathered(path.relative_to(folder).as_posix() for path in wanted)
    taken = {name for one in together for name in one.every} | others
    passed += sorted(others)
    found_here = [Contents(one.name, one.name, partial(one.text, partial(_inner, folder))) for one in together]
    for path in wanted:
        inner = path.relative_to(folder).as_posix()
        if inner in taken:
            continue
        if zipfile.is_zipfile(path):
            more = _of_archive(path, inner)
            found_here += more
            passed += more.passed
        else:
            found_here.append(Contents(inner, inner, partial(_text, path), beside, folder.name))
    return Found(found_here, passed)


def _of_archive(path: Path, name: str) -> Found:
    try:
        with zipfile.ZipFile(path) as archive:
            every = sorted(one for one in archive.namelist() if not one.endswith("/") and "__MACOSX/" not in one)
    except _BROKEN as error:
        raise InvalidMessage(f"{name}: the archive cannot be unpacked ({error})") from error
    root = _common(every)
    members = {one.removeprefix(root): one for one in every if PurePosixPath(one).suffix.lower() in _PACKED}

    def beside(inner: str) -> Any:
        member = members.get(inner)
        return None if member is None else files.parsed(_unpacked(path, member, name), f"{name}: {inner}")

    def opened(inner: str) -> str:
        return _unpacked(path, members[inner], name)

    together, others = gathered.gathered(members)
    taken = {one for some in together for one in some.every} | others
    found_here = [Contents(f"{name}: {one.name}", one.name, partial(one.text, opened)) for one in together]
    found_here += [
        Contents(f"{name}: {inner}", inner, partial(_unpacked, path, member, name), beside, path.stem)
        for inner, member in members.items()
        if inner not in taken
    ]
    inside = {one.removeprefix(root) for one in every if one.lower().endswith(".zip")}
    found_here += [Contents(f"{name}: {one}", one, partial(_refuse_inside, f"{name}: {one}")) for one in sorted(inside)]
    kept = (inside | members.keys()) - others
    passed = [f"{name}: {one.removeprefix(root)}" for one in every if one.removeprefix(root) not in kept]
    return Found(found_here, passed)


def _refuse_inside(name: str) -> str:
    raise NotUnpacked(f"{name}: an archive inside of an archive is not read; unpack the outer one")


def _common(names: Sequence[str]) -> str:
    """The one folder that everything stands in, with its slash; "" where there is none."""
    heads = {one.partition("/")[0] for one in names if "/" in one}
    return f"{next(iter(heads))}/" if len(heads) == 1 and all("/" in one for one in names) and _deep(names) else ""


def _deep(names: Sequence[str]) -> bool:
    """Whether something stands deeper than one folder, or is a list of what there is: a folder of one channel is no
    wrapping."""
    return any(one.count("/") > 1 or one.endswith(("/channels.json", "/conversations.json")) for one in names)


def _unpacked(path: Path, member: str, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(member).file_size > files.LARGEST:
                raise InvalidMessage(f"{name}: {member} is larger than {files.LARGEST:,} bytes")
            body = archive.read(member)
    except _BROKEN as error:
        raise InvalidMessage(f"{name}: {member} cannot be unpacked ({error})") from error
    try:
        return files.decoded(files.unpacked(body, f"{name}: {member}"), f"{name}: {member}")
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidMessage(f"{name}: {member} is damaged") from error
