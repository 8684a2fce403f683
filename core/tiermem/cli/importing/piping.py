"""A file that can be read twice, whatever the caller named: what comes by a pipe lies in a file meanwhile."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tiermem.errors import InvalidMessage

PIPE = "-"  # standard input or output, where a command takes a file


def name_of(file: Path) -> str:
    """What *file* is called in words for its owner."""
    return "standard input" if str(file) == PIPE else str(file)


def read_pipe() -> str:
    """All that comes by standard input.

    Raises:
        InvalidMessage: it is no text in UTF-8.
    """
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidMessage("standard input: no text in UTF-8") from error


@contextmanager
def readable(file: Path) -> Iterator[Path]:
    """*file* where it can be read twice; what comes by a pipe (``-``, /dev/stdin, ``<(…)``) lies in a file meanwhile.

    Raises:
        OSError: it cannot be read.
    """
    if str(file) != PIPE and (file.is_file() or not file.exists()):
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="tiermem-") as folder:  # its owner alone may look into it
        copy = Path(folder) / ("standard input" if str(file) == PIPE else file.name)
        with copy.open("wb") as disk:
            if str(file) == PIPE:
                shutil.copyfileobj(sys.stdin.buffer, disk)
            else:
                with file.open("rb") as pipe:
                    shutil.copyfileobj(pipe, disk)
        yield copy
