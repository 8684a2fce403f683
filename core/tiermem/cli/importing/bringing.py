"""`tiermem import` without a session: every conversation of every file becomes a session of its own.

Rule 1: a file is read to its end before anything of it is stored; one that is refused stops no other.
Rule 2: whatever is left out is said, with its number and the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from tiermem.cli.importing.piping import name_of, readable
from tiermem.cli.importing.tally import ImportReport, tell
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import counted, day, line, table
from tiermem.errors import InvalidMessage
from tiermem.histories import reading, unpacking
from tiermem.histories.bringing import SessionNames, bring
from tiermem.histories.parts.contents import ReadOptions
from tiermem.histories.parts.conversation import Conversation
from tiermem.histories.reading import FileRead
from tiermem.histories.tables.servers import is_server

if TYPE_CHECKING:
    from tiermem.memory import Memory

SHOWN = 40  # lines of a table; a folder of a thousand chats is told by its sums


def read_all(
    files: Sequence[str], wishes: ReadOptions, only: str | None = None, called: str | None = None
) -> Iterator[FileRead]:
    """What is in *files*: paths, patterns, folders, archives, URLs of servers, and ``-`` for what comes by a pipe.

    Of the conversations those that *only* names; a file that lies somewhere else meanwhile is *called* what it was.
    """
    for file in _every(files, wishes, called):
        yield replace(file, conversations=tuple(one for one in file.conversations if _meant(one, only)))


def _every(files: Sequence[str], wishes: ReadOptions, called: str | None) -> Iterator[FileRead]:
    for server in filter(is_server, files):
        yield from reading.read(server, wishes)
    for path in unpacking.expanded([one for one in files if not is_server(one)]):
        if path.is_dir():
            yield from reading.read(path, wishes)
            continue
        with readable(path) as there:
            yield from reading.read(there, wishes, called or name_of(path))


def bring_all(
    screen: Console, files: Sequence[str], namespace: str | tuple[str, str], path: str | None, wishes: ReadOptions,
    *, only: str | None, as_json: bool, called: str | None = None,
) -> None:  # fmt: skip
    """Store every conversation of *files* (or those that *only* names), and print what that came to.

    Raises:
        InvalidMessage: nothing could be read at all. typer.Exit: with 1, where a file was refused.
    """
    from tiermem.memory import Memory

    tally, memory, names = ImportReport(), None, None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
            for file in read_all(files, wishes, only, called):
                tally.add(file)
                chosen = [one for one in file.conversations if one.path]
                if chosen and memory is None:  # a database is made for what there is
                    memory = Memory.open(path)
                    names = SessionNames(memory, namespace)
                task = progress.add_task(line(Path(file.file).name), total=len(chosen))
                for one in chosen:
                    tally.keep(one, bring(_opened(memory), one, namespace, names=names))
                    progress.advance(task)
                progress.remove_task(task)
        if memory is not None:
            memory.settle()
    finally:
        if memory is not None:
            memory.close()
    end(screen, tally, as_json=as_json, found=bool(tally.sessions), only=only)


def _opened(memory: Memory | None) -> Memory:
    assert memory is not None  # noqa: S101  # something was chosen
    return memory


def survey(screen: Console, files: Sequence[str], wishes: ReadOptions, *, only: str | None, as_json: bool) -> None:
    """Print what is in *files*, and store nothing.

    Raises:
        InvalidMessage: nothing could be read at all. typer.Exit: with 1, where a file was refused.
    """
    tally = ImportReport()
    found = tally.sessions
    for file in read_all(files, wishes, only):
        tally.add(file)
        found += [_described(one) for one in file.conversations if one.path]
    if not as_json and found:
        columns = ["session", "title", "source", "messages#", "forks#", "first", "last"]
        rows = [(*one.values(),) for one in found[:SHOWN]]
        screen.print(table(columns, [(*row[:5], day(row[5]), day(row[6])) for row in rows]))
        more = f" ({len(found) - SHOWN:,} more are not shown)" if len(found) > SHOWN else ""
        messages = sum(one["messages"] for one in found)
        words = f"{counted(len(found), 'conversation')}{more}, {counted(messages, 'message')}; nothing was stored"
        screen.print(Text(words))
    end(screen, tally, as_json=as_json, found=bool(found), only=only)


def _described(one: Conversation) -> dict[str, Any]:
    first, last = one.spans or (None, None)
    names = {"session": one.id, "title": line(one.title), "source": one.source}
    return {**names, "messages": one.messages, "forks": len(one.branches), "first": first, "last": last}


def chosen(
    files: Sequence[str], wishes: ReadOptions, only: str | None, called: str | None = None
) -> tuple[Conversation, ImportReport]:
    """The one conversation of *files* that is meant.

    Raises:
        InvalidMessage: there is none, or there are several.
    """
    tally, found = ImportReport(), list[Conversation]()
    for file in read_all(files, wishes, only, called):
        tally.add(file)
        found += [one for one in file.conversations if one.path]
    if tally.refused:
        raise InvalidMessage(tally.refused[0])
    if len(found) == 1:
        return found[0], tally
    if not found:
        raise InvalidMessage(_nothing(only))
    names = ", ".join(one.id for one in found[:10])
    raise InvalidMessage(
        f"{len(found)} conversations; leave out --session to bring in all, or name one with --conversation: {names}"
    )


def _meant(one: Conversation, only: str | None) -> bool:
    return only is None or only in {one.id, one.title} or one.id.endswith(f"-{only}")


def _nothing(only: str | None) -> str:
    return f"no conversation {'is called ' + line(only) if only else 'was found'}"


def end(screen: Console, tally: ImportReport, *, as_json: bool, found: bool, only: str | None) -> None:
    """Print what became of all files.

    Raises:
        InvalidMessage: nothing was found.
    """
    if as_json:
        document(
            {"conversations": tally.sessions, "left_out": tally.left_out, "undated": tally.undated,
             "lent_times": tally.lent, "passed_over": tally.passed, "refused": tally.refused}
        )  # fmt: skip
    elif not found and len(tally.refused) == 1:
        raise InvalidMessage(tally.refused[0])
    else:
        tell(screen, tally)
    if tally.refused:
        raise typer.Exit(1)
    if not found and not as_json:
        raise InvalidMessage(_nothing(only))
