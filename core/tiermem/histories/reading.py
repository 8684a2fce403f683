"""Files that somebody names -> what is in them, one file after the other: each is read to its end, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tiermem.errors import InvalidMessage
from tiermem.histories import catalogue, unpacking
from tiermem.histories.parts.contents import Contents, ReadOptions
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.sources import plain
from tiermem.histories.tables import servers


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What one file came to.

    Args:
        file: its name; of an archive or folder with the name inside of it.
        source: the program that wrote it, "" where nobody knows.
        conversations: what is in it.
        refused: why it cannot be read, "" where it was.
        passed: it merely lies beside histories, and is none.
    """

    file: str
    source: str = ""
    conversations: tuple[Conversation, ...] = ()
    refused: str = ""
    passed: bool = False


def read(path: str | Path, wishes: ReadOptions = ReadOptions(), name: str | None = None) -> Iterator[FileRead]:  # noqa: B008  # a value
    """What is in the file, folder or archive at *path*, which *name* calls in errors; where *path* is the URL of a
    database on a PostgreSQL server, what is in that.

    A fault of one file is told in its `FileRead`; nothing is raised for it. What is no history is passed over in a
    folder or archive, and refused where it was named itself.

    Raises:
        InvalidMessage: an archive is damaged, or a database is of no program that is known. OSError: it cannot be read.
        StorageError, InvalidSettings, MissingExtra: a server cannot be asked.
    """
    if isinstance(path, str) and servers.is_server(path):
        yield from (_one(one, wishes, alone=True) for one in servers.contents(path))
        return
    there = unpacking.found(Path(path), name)
    while there:
        yield _one(there.pop(0), wishes, alone=there.alone)
    yield from (FileRead(file=one, refused="no kind of file that is read", passed=True) for one in there.passed)


def _one(contents: Contents, wishes: ReadOptions, *, alone: bool) -> FileRead:
    """One file; a list of users or settings beside histories looks like messages, until it is read."""
    source = None
    try:
        source = catalogue.source_of(contents)
        told = tuple(one for one in catalogue.conversations(contents, wishes) if one.path or one.left_out)
    except InvalidMessage as error:
        known = source is not None and source is not plain.SOURCE
        return FileRead(
            file=contents.name, source=source.name if known and source else "", refused=str(error),
            passed=not alone and not known and not isinstance(error, unpacking.NotUnpacked),
        )  # fmt: skip
    except OSError as error:
        if alone:
            raise
        return FileRead(file=contents.name, refused=f"{contents.name}: {error.strerror or error}")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        name = source.name if source else "nobody known"
        told_why = f"{contents.name}: a file of {name} that is not as those that are known: it may be newer"
        return FileRead(file=contents.name, source=name, refused=f"{told_why} ({type(error).__name__})")
    return FileRead(file=contents.name, source=source.name if source else "", conversations=told)
