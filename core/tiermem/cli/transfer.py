"""Whole files into a session, and a session into a file.

Rule 1: messages are added in batches; whatever stops an import, the same command goes on from there.
Rule 2: an export is a new file, whole and on disk when the command ends; a failed one leaves none behind.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from tiermem.cli.screen import line, table
from tiermem.importers import formats
from tiermem.messages import Message, to_json

if TYPE_CHECKING:
    from tiermem.session import Session

# One transaction a batch: large enough that its fsync costs nothing, small enough that the bar moves.
BATCH = 500


def add(screen: Console, session: Session, messages: Iterator[Message], survey: formats.Survey) -> None:
    """Add *messages*, of which *survey* knows how many there are, to *session*, and print what that came to.

    Raises:
        IdConflict: an id is in the session already with other content; the batches before it were stored.
    """
    started = time.perf_counter()
    before = session.stats().messages
    _add(screen, session, messages, survey.messages)
    _report(screen, session, survey, before, time.perf_counter() - started)


def _add(screen: Console, session: Session, messages: Iterator[Message], total: int) -> None:
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    stored = 0
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("importing", total=total)
        try:
            while batch := list(islice(messages, BATCH)):
                session.add(batch)
                stored += len(batch)
                progress.update(task, completed=stored)
        except KeyboardInterrupt:
            screen.print(
                Text(f"Stopped: {stored:,} of {total:,} messages are stored; the same command goes on from there.")
            )
            raise


def _report(screen: Console, session: Session, survey: formats.Survey, before: int, seconds: float) -> None:
    now = session.stats()
    added = now.messages - before
    known = survey.messages - added
    screen.print(Text(f"{added:,} messages added{f', {known:,} were there already' if known else ''}"))
    if survey.left_out:
        names = ", ".join(map(line, survey.left_out))
        screen.print(Text(f"Not imported, since these are no messages of this conversation: {names}"), soft_wrap=True)
    columns = ["messages#", "tokens#", "window tokens#", "compacted#", "covered#", "summaries#", "seconds#"]
    row = (now.messages, now.tokens, now.window_tokens, now.compacted, now.covered, now.summaries, f"{seconds:.1f}")
    screen.print(table(columns, [row]))


def write_file(session: Session, file: Path) -> int:
    """Write the originals of *session* to the new file *file*, a message a line; the number of messages.

    Raises:
        FileExistsError: *file* is there already; it was not touched.
        OSError: it cannot be written.
    """
    with file.open("xb") as disk:
        try:
            count = _write(session, disk, packed=file.suffix == ".gz")
            disk.flush()
            os.fsync(disk.fileno())
        except BaseException:  # an interrupt leaves half a file as well
            file.unlink()
            raise
    return count


def _write(session: Session, disk: BinaryIO, *, packed: bool) -> int:
    count = 0
    target = cast("BinaryIO", gzip.GzipFile(fileobj=disk, mode="wb", mtime=0)) if packed else disk
    total = session.stats().messages
    for first in range(1, total + 1, BATCH):
        for message in session.messages(first, first + BATCH - 1):
            target.write(_line(message))
            count += 1
    if packed:
        target.close()
    return count


def _line(message: Message) -> bytes:
    """One line of JSON; a lone surrogate has no UTF-8, so a message with one is written in ASCII escapes."""
    try:
        message.canonical.decode("utf-8")
    except UnicodeDecodeError:
        return json.dumps(to_json(message), sort_keys=True).encode("ascii") + b"\n"
    return message.canonical + b"\n"
