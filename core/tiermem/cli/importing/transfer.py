"""Whole files into a session, and a session into a file; and all of a user's.

Rule 1: messages are added in batches; whatever stops an import, the same command goes on from there.
Rule 2: an export is a new file that its owner alone may read, whole and on disk when the command ends; a failed one
leaves none behind.
"""

from __future__ import annotations

import gzip
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple, TypeAlias, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from tiermem.blocks.roles import nearest
from tiermem.cli.importing.piping import PIPE
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import counted, line, table
from tiermem.importers import exports, formats, openai_chat
from tiermem.importers.formats import Imported
from tiermem.messages import Message
from tiermem.portability import readable
from tiermem.portability.files import twin_of

if TYPE_CHECKING:
    from tiermem.memory import Memory
    from tiermem.migration import Migrated
    from tiermem.reports.state import Stats
    from tiermem.session import Session

# One transaction a batch: large enough that its fsync costs nothing, small enough that the bar moves.
BATCH = 500
Form: TypeAlias = Literal["tiermem", "openai", "markdown"]


class Exported(NamedTuple):
    """How many messages an export has, how many of them are hidden, and how many hidden ones were left out."""

    messages: int
    hidden: int
    left_out: int


def add(
    screen: Console, session: Session, entries: Iterator[Imported], survey: formats.Survey, *, as_json: bool = False
) -> None:
    """Add *entries*, of which *survey* knows how many there are, to *session*, and print what that came to.

    Raises:
        IdConflict: an id is in the session already with other content; the batches before it were stored.
    """
    started = time.perf_counter()
    before = session.stats()
    marked = _add(screen, session, entries, survey.messages)
    if as_json:
        now = session.stats()
        added = now.messages - before.messages
        numbers = {"added": added, "known": survey.messages - added, "hidden": len(marked), "undated": survey.undated}
        document({"session": session.scope.session, **numbers, "left_out": survey.left_out, "stats": now})
        return
    _report(screen, session, survey, before, time.perf_counter() - started)
    _tell_shown(screen, session, marked)


def _add(screen: Console, session: Session, entries: Iterator[Imported], total: int) -> list[int]:
    """Adds *entries*; the numbers of those that the file has as hidden."""
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    stored, marked = 0, list[int]()
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task("importing", total=total)
        try:
            while batch := list(islice(entries, BATCH)):
                marked += _keep(session, batch)
                stored += len(batch)
                progress.update(task, completed=stored)
            session.settle()  # a process that ends leaves to the next one what it had not done
        except KeyboardInterrupt:
            screen.print(
                Text(f"Stopped: {stored:,} of {total:,} messages are stored; the same command goes on from there.")
            )
            raise
    return marked


def _keep(session: Session, batch: list[Imported]) -> list[int]:
    from tiermem.flows.writing import add as remember

    hidden = {entry.message.id for entry in batch if entry.hidden}
    messages = [entry.message for entry in batch]
    kept = session.memory.drive(remember.add(session.core, session.scope, messages, as_stored=True, hidden=hidden))
    return [one.sequence for one in kept if one.id in hidden]


def _report(screen: Console, session: Session, survey: formats.Survey, before: Stats, seconds: float) -> None:
    now = session.stats()
    added, hidden = now.messages - before.messages, now.hidden - before.hidden
    known = survey.messages - added
    unseen = f", {hidden:,} of them hidden" if hidden > 0 else ""
    already = f", {known:,} {'was' if known == 1 else 'were'} there already" if known else ""
    screen.print(Text(f"{counted(added, 'message')} added{unseen}{already}"))
    if survey.undated:
        one = survey.undated == 1
        words = f"{counted(survey.undated, 'message')} {'has' if one else 'have'} no time"
        screen.print(
            Text(f"{words}; {'it counts' if one else 'they count'} as said now{_unread(survey)}"), soft_wrap=True
        )
    if survey.left_out:
        names = ", ".join(map(line, survey.left_out))
        screen.print(Text(f"Not imported, since these are no messages of this conversation: {names}"), soft_wrap=True)
    for role in survey.roles:
        meant = nearest(role)
        hint = f" (do you mean {meant}?)" if meant else ""
        screen.print(
            Text(f"Kept as it is, since it is no role that providers know: {line(role)}{hint}"), soft_wrap=True
        )
    columns = ["messages#", "tokens#", "window tokens#", "compacted#", "covered#", "summaries#", "seconds#"]
    row = (now.messages, now.tokens, now.window_tokens, now.compacted, now.covered, now.summaries, f"{seconds:.1f}")
    screen.print(table(columns, [row]))


def _tell_shown(screen: Console, session: Session, marked: list[int]) -> None:
    """Says how many of the messages *marked* as hidden in the file are shown, since they were there before."""
    from tiermem.flows.reading import report
    from tiermem.window.view import within

    hidden = session.memory.drive(report.hidden(session.scope)) if marked else []
    if shown := sum(not within(hidden, number) for number in marked):
        words = f"{counted(shown, 'message')} hidden in the file {'was' if shown == 1 else 'were'} there and not hidden"
        screen.print(Text(f"{words}: left as {'it is' if shown == 1 else 'they are'}"), soft_wrap=True)


def _unread(survey: formats.Survey) -> str:
    return (
        f" (what stands in {', '.join(map(line, survey.unread))} is no time that is understood)"
        if survey.unread
        else ""
    )


def write_file(session: Session, file: Path, *, hidden: bool = True, form: Form = "tiermem") -> Exported:
    """Write the originals of *session* to the new file *file*, a message a line, for its owner's eyes alone.

    Raises:
        FileExistsError: *file* is there already, or is a link; it was not touched.
        OSError: it cannot be written.
    """
    if file.exists() and not file.is_file() and not file.is_dir():  # a pipe or a device of the caller's
        with file.open("wb") as pipe:
            return write(session, pipe, hidden=hidden, form=form)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb") as disk:
        try:
            written = write(session, disk, hidden=hidden, packed=file.suffix == ".gz", form=form)
            disk.flush()
            os.fsync(disk.fileno())
        except BaseException:  # an interrupt leaves half a file as well
            file.unlink()
            raise
    return written


_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write other line ends


def take_along(
    screen: Console,
    memory: Memory,
    namespace: str | tuple[str, str],
    file: Path,
    *,
    markdown: bool,
    as_json: bool = False,
) -> None:  # fmt: skip
    """Write all that is held of a user to the new file *file* (or a pipe), and print what that came to.

    Raises:
        OSError: it cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="tiermem-") as folder:
        piped = str(file) == PIPE
        target = Path(folder) / "export.jsonl" if piped else file
        done = memory.export(namespace, target, readable=markdown and not piped)
        if piped:
            with target.open("rb") as source:
                shutil.copyfileobj(source, sys.stdout.buffer)
            sys.stdout.buffer.flush()
            return
    if as_json:
        document({"file": str(file), "manifest": done})
        return
    screen.print(Text(f"Written to {line(str(file))}: {done}"), soft_wrap=True)
    screen.print(Text(f"SHA-256 of its lines: {done.overall}"), soft_wrap=True)
    if markdown:
        screen.print(Text(f"For people: {line(str(twin_of(file)))}"), soft_wrap=True)


def bring_in(
    screen: Console, file: Path, namespace: str | tuple[str, str] | None, path: str | None, *, as_json: bool = False
) -> None:
    """Bring in all of a user's that *file* has, and print what that came to.

    Raises:
        InvalidExport, NamespaceNotEmpty: nothing was imported.
    """
    from tiermem.memory import Memory
    from tiermem.portability.files import surveyed

    surveyed(file)  # before a database is made for it
    with Memory.open(path) as memory:
        done = memory.import_(file, namespace)
        memory.settle()
    if as_json:
        document({"namespace": done.namespace, "manifest": done})
        return
    screen.print(Text(f"Imported for {line(str(done.namespace))}: {done}"), soft_wrap=True)


@contextmanager
def bars(screen: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each of the steps that are told by name, with how many of how many; none where nobody looks."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:

        def told(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = progress.add_task(step, total=total)
            progress.update(tasks[step], completed=done)

        try:
            yield told
        except KeyboardInterrupt:
            screen.print(Text("Stopped; the same command goes on from there."))
            raise


def tell_move(screen: Console, done: Migrated) -> None:
    """Print what a migration came to."""
    for one in (*done.differences, *done.notes):
        screen.print(Text(line(one)), soft_wrap=True)
    if not done.ok:
        screen.print(Text(f"{line(done.target)} is not the same, and nobody can open it; run the command again."))
        return
    looked = f"{counted(done.sessions, 'session')} looked at, {counted(done.questions, 'question')} asked on both sides"
    moved = counted(sum(done.rows.values()), "row")
    screen.print(Text(f"{moved} moved to {line(done.target)} and compared; {looked}: all the same"), soft_wrap=True)


def write(
    session: Session, disk: BinaryIO, *, hidden: bool = True, packed: bool = False, form: Form = "tiermem"
) -> Exported:
    """Write the originals of *session*, those that are hidden marked as such, or left out.

    Raises:
        StorageCorrupt: one of them is damaged.
        OSError: they cannot be written.
    """
    from tiermem.flows.reading import report

    messages = marked = left_out = 0
    target = cast("BinaryIO", gzip.GzipFile(fileobj=disk, mode="wb", mtime=0)) if packed else disk
    every = session.stats().messages
    if form == "markdown":
        target.write(readable.heading(session.scope, every, 0).lstrip().encode("utf-8", "replace"))
    for first in range(1, every + 1, BATCH):
        for message, is_hidden in session.memory.drive(report.archive(session.scope, first, first + BATCH - 1)):
            if is_hidden and (not hidden or form == "openai"):  # which has no word for it
                left_out += 1
                continue
            target.writelines(_lines(session, message, form, is_hidden=is_hidden))
            messages, marked = messages + 1, marked + is_hidden
    if packed:
        target.close()
    return Exported(messages, marked, left_out)


def _lines(session: Session, message: Message, form: Form, *, is_hidden: bool) -> Iterable[bytes]:
    """One message in *form*."""
    if form == "openai":
        return openai_chat.lines(message)
    if form == "markdown":
        spans = [(message.sequence, message.sequence)] if is_hidden else []
        return [readable.message(message, session.scope, spans).encode("utf-8", "replace")]
    return [exports.line(message, hidden=is_hidden)]
