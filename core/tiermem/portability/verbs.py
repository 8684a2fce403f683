"""The verbs of a database that move a user's data: parts of `Memory` and `AsyncMemory`."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TypeVar

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.portability import backup, exporting, importing
from tiermem.portability.backup import Backup
from tiermem.portability.lines import Manifest
from tiermem.portability.redacting import Redaction
from tiermem.redaction.walking import Redact
from tiermem.settings import scope_of

T = TypeVar("T")
Namespace = str | tuple[str, str]
File = str | PathLike[str]


class Moving:
    """Export and import of all that is held of a user."""

    _core: Core

    def drive(self, flow: Flow[T]) -> T:
        """Run *flow* to its end."""
        raise NotImplementedError

    def export(
        self, namespace: Namespace, file: File, *, readable: bool = True, redactor: Redact | None = None
    ) -> Manifest:
        """Write all that is held of a user, or of (tenant, user), to the new *file*: messages byte for byte with their
        state and times, decisions, summaries, facts that an application or a model stated, what was corrected or
        pinned, documents, items, tombstones; of a fork what it shares, written once; nothing of anybody else.

        Args:
            file: JSON lines, for `import_`; packed where its name ends in ".gz". Its owner alone may read it.
            readable: write it for people too, as Markdown, beside it: "anna.md" of "anna.jsonl".
            redactor: is given every text first, names, ids and keys too, and gives it back without what the reader of
                this copy may not see (`tiermem.redaction.Redactor`). Such a copy has neither the bytes of media nor
                what words could be tried against (hashes, chains, vectors), so it is for reading: `import_` refuses it.

        What is derived (the word index, facts that rules read, vectors of messages) is left out: an import derives it
        again. Sessions are read one after the other, each as it is at one moment, and nobody who writes waits long.
        The same data give the same bytes in every database. Returns counts and hashes, which are the last line, too.

        Raises:
            FileExistsError, OSError: the file is there already, or cannot be written; none is left.
            StorageCorrupt: something of it is damaged; the error names it.
            RedactionFailed: the redactor raised something, or gave no text; no file is left.
        """
        return self.drive(_exporting(self._core, namespace, file, readable, redactor))

    def import_(self, file: File, namespace: Namespace | None = None) -> Manifest:
        """Bring in what `export` wrote, of which nothing may be here yet; *namespace*: as another user than it was of.

        The file is read to its end and compared with its hashes first. What it brings is seen all at once or, whatever
        stops it, never; then the same call begins anew. Words are indexed in the background, and found meanwhile;
        vectors are made by the embedder in use. References ("m12", "friday/m12", "f3") stay what they were, for they
        name no user.

        Raises:
            InvalidExport: it is something else, damaged, or cut short. ExportTooNew: a newer tiermem wrote it.
            NamespaceNotEmpty: something is held of that user; it says what to do.
            OSError: it cannot be read.
            StorageError: it cannot be kept; nothing is seen of it.
        """
        return self.drive(_importing(namespace, file))

    def backup(self, file: File) -> Backup:
        """Copy the whole database to the new *file*, as it is at one moment, while others read and write: a database
        that `open` takes, for its owner's eyes alone. One in RAM is kept in this way. Whole and on disk, or not there.

        What is erased later is still in it: `verify_erased` of the memory opened on the copy says so.

        Raises:
            FileExistsError, OSError: the file is there already, or cannot be written.
            InvalidSettings: the database is a server's, which has tools of its own (`pg_dump`).
            StorageCorrupt: the database is damaged. StorageFull: there is no room for the copy.
        """
        return self.drive(backup.backup(_new_file(file)))


class AsyncMoving:
    """`Moving` with `await`."""

    _core: Core

    async def drive_async(self, flow: Flow[T]) -> T:
        """Run *flow* to its end."""
        raise NotImplementedError

    async def export(
        self, namespace: Namespace, file: File, *, readable: bool = True, redactor: Redact | None = None
    ) -> Manifest:
        """See `Moving.export`."""
        return await self.drive_async(_exporting(self._core, namespace, file, readable, redactor))

    async def import_(self, file: File, namespace: Namespace | None = None) -> Manifest:
        """See `Moving.import_`."""
        return await self.drive_async(_importing(namespace, file))

    async def backup(self, file: File) -> Backup:
        """See `Moving.backup`."""
        return await self.drive_async(backup.backup(_new_file(file)))


def _exporting(core: Core, namespace: Namespace, file: File, readable: bool, redactor: Redact | None) -> Flow[Manifest]:
    if redactor is not None and not callable(redactor):
        raise InvalidSettings(f"redactor is a function, it is no {brief_repr(redactor)}")
    redaction = Redaction(redactor)
    return exporting.export(core, scope_of("-", namespace), _path(file), twin=readable, redaction=redaction)


def _importing(namespace: Namespace | None, file: File) -> Flow[Manifest]:
    return importing.import_(_path(file), None if namespace is None else scope_of("-", namespace))


def _new_file(file: File) -> Path:
    if str(file) == ":memory:" or "://" in str(file):
        raise InvalidSettings(f"a backup is a file, not {brief_repr(str(file))}")
    return _path(file)


def _path(file: File) -> Path:
    if not isinstance(file, (str, PathLike)) or not str(file) or "\0" in str(file):
        raise InvalidSettings(f"file names a file, it is no {brief_repr(file)}")
    return Path(file)
