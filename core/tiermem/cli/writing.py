"""The commands that store or decide, and the way out.

A file is read to its end before anything is opened or stored, so a fault in it changes nothing.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from errno import ENOENT
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from tiermem.cli.app import (
    JsonOption,
    NamespaceOption,
    PathOption,
    SessionOption,
    TenantOption,
    app,
    space,
    the_memory,
    the_session,
)
from tiermem.cli.importing import histories, transfer
from tiermem.cli.importing.histories import ImportOptions
from tiermem.cli.importing.piping import PIPE
from tiermem.cli.importing.transfer import Form
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import command, console, counted, line
from tiermem.errors import UnknownReference
from tiermem.times.instants import Order


@app.command("import")
def import_file(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Exports and chats of other programs, also .gz, .zip, folders, patterns, postgresql://…; - is a pipe."
        ),
    ],
    session: Annotated[
        str | None, typer.Option("--session", help="Where it goes; without it each conversation gets its own.")
    ] = None,
    namespace: Annotated[
        str | None, typer.Option("--namespace", help="The user; of a whole user's export another one than it was of.")
    ] = None,
    tenant: TenantOption = None,
    path: PathOption = None,
    conversation: Annotated[str | None, typer.Option(help="Only this one of several: its id or title.")] = None,
    dates: Annotated[Order | None, typer.Option(help="How the file means a date like 3/4/2023.")] = None,
    timezone: Annotated[str | None, typer.Option(help="The zone of times that name none, else UTC.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is in the files; store nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring in conversations that you have elsewhere; twice adds nothing. Of tiermem itself: all of a user's."""
    if dry_run or session is None:
        histories.without_session(
            files, None if namespace is None and tenant is None else space(namespace or "default", tenant), path,
            ImportOptions(conversation, dates, timezone, dry_run, as_json),
        )  # fmt: skip
        return
    asked = ImportOptions(conversation, dates, timezone, dry_run, as_json)
    histories.into_session(files, session, space(namespace or "default", tenant), path, asked)


@app.command()
def rescue(
    source: Annotated[Path, typer.Argument(help="The damaged database; it is not changed.")],
    target: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
    as_json: JsonOption = False,
) -> None:
    """Bring what can still be read of a damaged database into a fresh one; exit code 1 where something is lost."""
    from tiermem.memory import Memory
    from tiermem.rescue.rescuing import rescue as rescued

    done = rescued(source, target)
    with Memory.open(target) as memory:
        memory.settle()
    if as_json:
        document(done)
    else:
        for name in done.lost:
            console().print(Text(f"Lost: {line(name)}"), soft_wrap=True)
        console().print(Text(f"{counted(sum(done.rows.values()), 'row')} came over."))
    if done.lost:
        raise typer.Exit(1)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A file that is not there yet.")],
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy the whole database to a new file, as it is at one moment, while others read and write."""
    with the_memory(path) as memory:
        made = memory.backup(file)
    if as_json:
        document(made)
    else:
        words = f"{counted(made.messages, 'message')} copied to {line(str(made.file))}, {made.size:,} bytes"
        console().print(Text(words), soft_wrap=True)


@app.command()
def migrate(
    source: Annotated[str, typer.Argument(help="The database, a file or a URL; it is only read, and may be in use.")],
    target: Annotated[str, typer.Argument(help="A file that is not there yet, or the URL of an empty database.")],
    as_json: JsonOption = False,
) -> None:
    """Move a whole database, SQLite or PostgreSQL, and prove it; stopped, it goes on. Exit code 1: it differs."""
    from tiermem.migration import migrate as move

    if "://" not in source and not Path(source).exists():
        raise FileNotFoundError(ENOENT, "no such database", source)
    screen = console()
    with transfer.bars(screen) as told:
        done = move(source, target, told)
    if as_json:
        document({"ok": done.ok, **asdict(done)})
    else:
        transfer.tell_move(screen, done)
    if not done.ok:
        raise typer.Exit(1)


@app.command()
def export(
    file: Annotated[
        Path, typer.Argument(help="A file that is not there yet; .jsonl or .jsonl.gz; - writes to a pipe.")
    ],
    session: Annotated[str | None, typer.Option("--session", help="The conversation.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that is held of the user.")] = False,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    hidden: Annotated[bool, typer.Option("--hidden/--no-hidden", help="Hidden messages too, marked as such.")] = True,
    markdown: Annotated[bool, typer.Option("--markdown/--no-markdown", help="Of a user: beside it for people.")] = True,
    form: Annotated[
        Form, typer.Option("--as", help="Of a session: as tiermem reads it back, or for other programs and people.")
    ] = "tiermem",
    as_json: JsonOption = False,
) -> None:
    """Write a session's originals as JSON lines for `import`, with times and what is hidden; or all of a user's."""
    if (session is None) is not everything:
        raise UnknownReference("name what to export: --session, or --everything of the user")
    if session is None:
        if form != "tiermem":
            raise UnknownReference("--as is of a --session: an export of everything has its own form, and --markdown")
        if not hidden:
            raise UnknownReference("--no-hidden is of a --session: an export of everything leaves nothing out")
        with the_memory(path) as memory:
            transfer.take_along(console(), memory, space(namespace, tenant), file, markdown=markdown, as_json=as_json)
        return
    with the_session(path, session, namespace, tenant) as opened:
        if str(file) == PIPE:
            transfer.write(opened, sys.stdout.buffer, hidden=hidden, form=form)
            sys.stdout.buffer.flush()
            return
        written = transfer.write_file(opened, file, hidden=hidden, form=form)
    if as_json:
        document({"file": str(file), **written._asdict()})
        return
    marked = f", {written.hidden:,} of them hidden" if written.hidden else ""
    left = f"; {counted(written.left_out, 'hidden one')} left out" if written.left_out else ""
    words = f"{counted(written.messages, 'message')} written to {line(str(file))}{marked}{left}"
    console().print(Text(words), soft_wrap=True)


@app.command()
def restore(
    session: SessionOption,
    refs: Annotated[list[str] | None, typer.Argument(help="m12, s3, friday/m12, ids; without any: everything.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put originals back into the window."""
    with the_session(path, session, namespace, tenant, writing=True) as opened:
        restored, numbers = opened.restore(*(refs or ())), opened.stats()
    if as_json:
        document({"restored": [one.sequence for one in restored], "window_tokens": numbers.window_tokens})
        return
    shown = f"{counted(len(restored), 'message')} {'is' if len(restored) == 1 else 'are'} shown word for word"
    console().print(Text(f"{shown}; the window has {counted(numbers.window_tokens, 'token')}"))


@app.command()
def forget(
    session: SessionOption,
    refs: Annotated[list[str], typer.Argument(help="m12, s3 (all behind a summary), friday/m12 or ids.")],
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    reason: Annotated[str, typer.Option(help="Gathered with the decision.")] = "forgotten",
    as_json: JsonOption = False,
) -> None:
    """Hide messages from the window and from search. Nothing is removed: `undo` shows them again."""
    with the_session(path, session, namespace, tenant, writing=True) as opened:
        decisions = opened.forget(*refs, reason=reason)
    if as_json:
        document(decisions)
        return
    if not decisions:
        console().print(Text("Nothing to do: hidden already."))
    for decision in decisions:
        address = {
            "--session": decision.session or session,
            "--namespace": None if namespace == "default" else namespace,
            "--tenant": tenant,
            "--path": path,
        }
        where = f"{decision.session}/" if decision.session else ""
        span = f"m{decision.first}" if decision.first == decision.last else f"m{decision.first} to m{decision.last}"
        back = f"`{command('undo', decision.number, address)}` undoes it"
        console().print(Text(f"{line(where)}{span} hidden by decision {decision.number}; {back}"), soft_wrap=True)


@app.command()
def fork(
    session: SessionOption,
    at: Annotated[
        str | None, typer.Argument(help="The last message that both have: m12, an id; else the newest.")
    ] = None,
    name: Annotated[str | None, typer.Option("--as", help="The id of the fork; else one that is free.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on in a conversation of its own that begins with the same messages. Nothing is copied."""
    with the_session(path, session, namespace, tenant, writing=True) as opened:
        made = opened.fork(at, name)
        shared = made.stats().messages
    if as_json:
        document({"session": made.scope.session, "of": session, "messages": shared})
        return
    console().print(Text(f"{line(made.scope.session)} begins with m1 to m{shared} of {line(session)}"), soft_wrap=True)


@app.command()
def branches(
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """The conversations that share messages with this one, oldest first."""
    with the_session(path, session, namespace, tenant) as opened:
        found = opened.branches()
    if as_json:
        document(found)
        return
    for one in found:
        made = f", forked from {line(one.parent or 'what was erased')} at m{one.at}" if one.at else ""
        console().print(Text(f"{line(one.session)}: {counted(one.messages, 'message')}{made}"), soft_wrap=True)
    if not found:
        console().print(Text("It shares no messages with another conversation."))


@app.command()
def rewind(
    to: Annotated[str, typer.Argument(help="The last message that stays: m12, or an id.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go back to a message: what came after it is hidden. Nothing is removed: `undo` shows it again."""
    with the_session(path, session, namespace, tenant, writing=True) as opened:
        decisions = opened.rewind(to)
    if as_json:
        document(decisions)
        return
    if not decisions:
        console().print(Text("Nothing to do: nothing comes after it."))
        return
    address = {
        "--session": session,
        "--namespace": None if namespace == "default" else namespace,
        "--tenant": tenant,
        "--path": path,
    }
    hide = decisions[-1]
    back = f"`{command('undo', hide.number, address)}` undoes it"
    console().print(Text(f"m{hide.first} to m{hide.last} hidden by decision {hide.number}; {back}"), soft_wrap=True)


@app.command()
def undo(
    decision: Annotated[int, typer.Argument(min=1, help="The number of a decision; `tiermem journal` lists them.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take a decision back; undoing is a decision too."""
    with the_session(path, session, namespace, tenant, writing=True) as opened:
        opened.undo(decision)
        numbers = opened.stats()
    if as_json:
        document({"undone": decision, "window_tokens": numbers.window_tokens})
        return
    console().print(Text(f"Decision {decision} is undone; the window has {counted(numbers.window_tokens, 'token')}"))
