"""The commands that erase, and that prove it. What is about to go is counted and asked about first."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from tiermem.cli.app import JsonOption, NamespaceOption, PathOption, TenantOption, app, space, the_memory
from tiermem.cli.importing.piping import PIPE, read_pipe
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import console, counted, line, table
from tiermem.errors import UnknownReference

if TYPE_CHECKING:
    from tiermem.erasure.receipt import Receipt

_NAMED = "name what to erase: --session (with references, or all of it), --source, or --everything of the user"


@app.command()
def erase(
    refs: Annotated[
        list[str] | None, typer.Argument(help="Of a session: m12, s3, friday/m12, ids; or all of it.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="The conversation.")] = None,
    source: Annotated[str | None, typer.Option(help="A document, by what it is known by.")] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All that there is of the user.")] = False,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    reason: Annotated[str, typer.Option(help="Kept with the tombstone: no personal data.")] = "",
    receipt: Annotated[Path | None, typer.Option(help="Write the receipt here, as JSON.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    vacuum: Annotated[bool, typer.Option("--vacuum", help="Write the database's files anew.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    overrule: Annotated[bool, typer.Option("--overrule", help="Also what `retain` keeps longer.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove for good what was said, with all that was derived of it. `forget` hides, this cannot be undone."""
    if sum((session is not None, source is not None, everything)) != 1 or (refs and session is None):
        raise UnknownReference(_NAMED)
    if receipt is not None and receipt.exists():
        raise FileExistsError(17, "it is there already", str(receipt))
    user = space(namespace, tenant)
    with the_memory(path, writing=True) as memory:
        known = memory.sessions(user)
        if session is not None and session not in known:
            raise UnknownReference(f"no session {session!r} in namespace {namespace!r}")

        def run(*, dry: bool) -> Receipt:
            given = {"reason": reason, "dry_run": dry, "vacuum": vacuum, "overrule": overrule}
            if session is not None:
                return memory.session(session, user).erase(*(refs or ()), **given)  # type: ignore[arg-type]
            if source is not None:
                return memory.knowledge(user).erase(source, **given)  # type: ignore[arg-type]
            return memory.erase(user, **given)  # type: ignore[arg-type]

        planned = run(dry=True)
        screen = console(error=as_json)  # a program reads the receipt alone
        screen.print(Text(_counts("Would erase", planned)), soft_wrap=True)
        if dry_run or not planned.removed:
            if as_json:
                document(planned)
            return
        if not yes and not typer.confirm("Erase it for good?", default=False, err=as_json):
            screen.print(Text("Nothing was erased."))
            raise typer.Exit(1)
        done = run(dry=False)
    _tell(done, receipt, as_json=as_json)


def _counts(verb: str, receipt: Receipt) -> str:
    rows = [f"{count:,} {name.removeprefix('tiermem_').replace('_', ' ')}" for name, count in receipt.removed.items()]
    return f"{verb} nothing: there is nothing of it." if not rows else f"{verb} rows: {', '.join(rows)}"


def _tell(done: Receipt, file: Path | None, *, as_json: bool) -> None:
    if as_json:
        document(done)
        if file is not None:
            _written(file, done.model_dump_json(indent=1))
        return
    console().print(Text(_counts(f"Erasure {done.number} removed", done)), soft_wrap=True)
    screen = console()
    for told in (*(f"Not gone yet: {one}" for one in done.pending), *(f"Not in reach: {one}" for one in done.not_ours)):
        screen.print(Text(told), soft_wrap=not screen.is_terminal)
    if file is not None:
        _written(file, done.model_dump_json(indent=1))
        console().print(
            Text(f"The receipt is in {line(str(file))}; `tiermem verify-erased` checks it."), soft_wrap=True
        )


def _written(file: Path, text: str) -> None:
    """Write *text* to the new *file*, which its owner alone may read."""
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as target:
        target.write(text + "\n")


_DAYS = "Days; 0: no end."


@app.command()
def retain(
    keep_for: Annotated[float | None, typer.Option(help=f"Messages of conversations. {_DAYS}")] = None,
    documents: Annotated[float | None, typer.Option(help=f"Documents. {_DAYS}")] = None,
    notes: Annotated[float | None, typer.Option(help=f"Notes. {_DAYS}")] = None,
    keep_at_least: Annotated[float | None, typer.Option(help="Days before which nothing is erased.")] = None,
    namespace: Annotated[str | None, typer.Option(help="Of one user; without it of the database.")] = None,
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how long things are kept, or say it: what is not named stays as it is. `expire` erases what is past it."""
    user = None if namespace is None else space(namespace, tenant)
    named = {"keep_for": keep_for, "documents": documents, "notes": notes, "keep_at_least": keep_at_least}
    given = {name: days for name, days in named.items() if days is not None}
    with the_memory(path, writing=bool(given)) as memory:
        rule = memory.retention(user)
        if given:
            limits = {name: days or (0.0 if name == "keep_at_least" else None) for name, days in given.items()}
            rule = type(rule)(**rule.model_dump() | limits)
            memory.retain(rule, user)
    if as_json:
        document(rule)
        return
    for name, days in rule.model_dump(exclude={"sessions"}).items():
        console().print(Text(f"{name.replace('_', '-')}: {f'{days:g} days' if days else 'no limit'}"))
    for name, days in rule.sessions.items():
        console().print(Text(f"session {line(name)}: {f'{days:g} days' if days else 'no limit'}"), soft_wrap=True)


@app.command()
def expire(
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    receipts: Annotated[Path | None, typer.Option(help="Write the receipts here, as JSON lines.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase what of a user is past its time by the rules of `retain`: for a scheduler, so nothing is asked."""
    if receipts is not None and receipts.exists():
        raise FileExistsError(17, "it is there already", str(receipts))
    with the_memory(path, writing=True) as memory:
        done = memory.life(space(namespace, tenant)).expire(dry_run=dry_run)
    if receipts is not None and not dry_run:
        _written(receipts, "\n".join(one.model_dump_json() for one in done.receipts))
    if as_json:
        document({"dry_run": dry_run, **asdict(done), "receipts": done.receipts})
        return
    parts = [counted(done.messages, "message"), counted(done.chunks, "chunk"), counted(done.notes, "note")]
    whole = f"; {counted(done.conversations, 'conversation')} whole" if done.conversations else ""
    verb = "Would erase" if dry_run else "Erased"
    console().print(Text(f"{verb} {', '.join(parts)}{whole}."), soft_wrap=True)


@app.command()
def erasures(
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was erased of a user: when, how much, and why; with --json as receipts."""
    with the_memory(path) as memory:
        receipts = memory.erasures(space(namespace, tenant))
    if as_json:
        document([one.model_dump(mode="json") for one in receipts])
        return
    counts = [[one.removed.get(f"tiermem_{kind}", 0) for kind in _KINDS] for one in receipts]
    rows = [
        (one.number, f"{one.at:%Y-%m-%d %H:%M}", *numbers, line(one.reason))
        for one, numbers in zip(receipts, counts, strict=True)
    ]
    console().print(table(["erasure#", "at", "sessions#", "messages#", "items#", "reason"], rows))


_KINDS = ("session", "message", "item")


@app.command("verify-erased")
def verify_erased(
    receipt: Annotated[Path, typer.Argument(help="What `erase --receipt` wrote; - reads a pipe.")],
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check that what a receipt names is gone, in the database itself or in a backup of it."""
    text = read_pipe() if str(receipt) == PIPE else receipt.read_text(encoding="utf-8")
    with the_memory(path) as memory:
        proof = memory.verify_erased(text)
    if as_json:
        document({"ok": proof.ok, "verification": proof})
        if not proof.ok:
            raise typer.Exit(1)
        return
    for note in (*proof.problems, *proof.notes):
        console().print(Text(line(note)), soft_wrap=True)
    if not proof.ok:
        raise typer.Exit(1)
    console().print(Text(f"All of it is gone: {counted(proof.messages, 'message')}, and what was derived of them."))
