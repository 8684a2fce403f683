"""Exports as files: written for their owner's eyes alone, whole or not at all; read line by line."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from tiermem.errors import InvalidExport
from tiermem.portability import lines
from tiermem.portability.lines import Manifest
from tiermem.portability.redacting import Redaction

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write other line ends
_GZIP = b"\x1f\x8b"
LONGEST = 256 << 20  # bytes of a line; the largest message is a fraction of it


class _Hashes:
    """Counts and SHA-256 of lines, by what they are; that of all of them under ""."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        self._hashes = {"": hashlib.sha256()}

    def add(self, kind: str, raw: bytes) -> None:
        if kind:
            self.counts[kind] += 1
            self._hashes.setdefault(kind, hashlib.sha256()).update(raw)
        self._hashes[""].update(raw)

    def hex(self) -> dict[str, str]:
        return {kind: made.hexdigest() for kind, made in self._hashes.items()}


class Sink:
    """An export being written: its lines to one file, and what people read to another, if that is wanted."""

    def __init__(self, disk: BinaryIO, packed: bool, twin: BinaryIO | None, redaction: Redaction) -> None:
        self._disk, self._packed, self._twin = disk, packed, twin
        self.redaction = redaction
        self.restart()

    def restart(self) -> None:
        """Begin anew; what was written is gone."""
        for file in (self._disk, self._twin):
            if file is not None:
                file.seek(0)
                file.truncate()
        target = gzip.GzipFile("", "wb", fileobj=self._disk, mtime=0) if self._packed else self._disk
        self._target, self._hashes = cast("BinaryIO", target), _Hashes()

    @property
    def readable(self) -> bool:
        """Whether somebody wants to read it."""
        return self._twin is not None

    def begin(self, manifest: Manifest) -> None:
        """Write the first line."""
        self._put("", lines.header(self.redaction.header(manifest)))

    def add(self, written: Iterable[bytes]) -> None:
        """Write lines, redacted."""
        for raw in self.redaction.lines(written):
            self._put(lines.kind_of(raw), raw)

    def tell(self, text: str) -> None:
        """Write *text* for people."""
        if self._twin is not None:
            self._twin.write(text.encode("utf-8", "backslashreplace"))

    def tell_all(self, texts: Iterable[str]) -> None:
        """The same of several."""
        for text in texts:
            self.tell(text)

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the last line, and have all of it on disk; the manifest as it stands there."""
        digests = self._hashes.hex()
        overall = digests.pop("")
        counts = dict(self._hashes.counts)
        whole = replace(self.redaction.header(manifest), counts=counts, sha256=digests, overall=overall)
        self._target.write(lines.footer(whole))
        if self._packed:
            self._target.close()
        for file in (self._disk, self._twin):
            if file is not None:
                file.flush()
                os.fsync(file.fileno())
        return whole

    def _put(self, kind: str, raw: bytes) -> None:
        self._hashes.add(kind, raw)
        self._target.write(raw)


def twin_of(file: Path) -> Path:
    """Where what people read of the export *file* stands."""
    name = file.name.removesuffix(".gz").removesuffix(".jsonl")
    return file.with_name(f"{name}.md")


@contextmanager
def new(file: Path, *, readable: bool, redaction: Redaction) -> Iterator[Sink]:
    """The new file *file*, and its twin where it is to be *readable*; both are gone where something fails.

    Raises:
        FileExistsError: one of them is there already; it was not touched.
        OSError: they cannot be written.
    """
    wanted = [file, *([twin_of(file)] if readable else [])]
    made: list[tuple[Path, BinaryIO]] = []
    try:
        for path in wanted:
            made += [(path, _new(path))]
        yield Sink(made[0][1], file.suffix == ".gz", made[1][1] if readable else None, redaction)
    except BaseException:  # an interrupt leaves half a file as well
        for path, disk in made:
            disk.close()
            path.unlink(missing_ok=True)
        raise
    for _, disk in made:
        disk.close()


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "w+b")


class ExportLine(NamedTuple):
    """A line of an export, its number, and what it says that it is."""

    number: int
    kind: str
    raw: bytes


def read(file: Path) -> Iterator[ExportLine]:
    """The lines of the export *file* between the first and the last one, which it has to have; its overall hash is
    compared at the end.

    Raises:
        InvalidExport, ExportTooNew: as `surveyed`.
        OSError: it cannot be read.
    """
    yield from _checked(file)


def surveyed(file: Path) -> Manifest:
    """What the export *file* has, when all of it was read and compared with its hashes.

    Raises:
        InvalidExport: it is something else, damaged, or cut short.
        ExportTooNew: it was written by a newer tiermem.
        OSError: it cannot be read.
    """
    checked = _checked(file)
    while True:
        try:
            next(checked)
        except StopIteration as end:
            manifest: Manifest = end.value
            return manifest


def _checked(file: Path) -> Generator[ExportLine, None, Manifest]:
    hashes, begun, held = _Hashes(), None, ExportLine(0, "", b"")
    for number, raw in enumerate(_raw_lines(file), start=1):
        if begun is None:
            begun = lines.read_header(raw, file.name)
            hashes.add("", raw)
            continue
        if held.kind == lines.MANIFEST:
            raise InvalidExport(f"{file.name}: line {number} stands behind the last one; nothing was imported")
        if held.number:
            hashes.add(held.kind, held.raw)
            yield held
        held = ExportLine(number, lines.kind_of(raw), raw)
    if begun is None:
        raise InvalidExport(f"{file.name} is empty")
    if held.kind != lines.MANIFEST or not held.raw.endswith(b"\n"):
        raise InvalidExport(f"{file.name} is cut short: its last line is missing; nothing was imported")
    return lines.read_footer(held.raw, held.number, begun, hashes.counts, hashes.hex())


def _raw_lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as disk:
        packed = disk.read(len(_GZIP)) == _GZIP
    try:
        with cast("BinaryIO", gzip.open(file, "rb") if packed else file.open("rb")) as source:
            while raw := source.readline(LONGEST):
                yield raw
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InvalidExport(
            f"{file.name}: the compressed file is damaged or cut short; nothing was imported"
        ) from error
