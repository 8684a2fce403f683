"""The commands that only look: as a person reads it, or with `--json` as one document for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer
from rich.text import Text

from tiermem.cli import views
from tiermem.cli.app import (
    ExcludeOption,
    FromOption,
    JsonOption,
    NamespaceOption,
    PathOption,
    QuestionArgument,
    SessionOption,
    TenantOption,
    WithinOption,
    app,
    question_of,
    space,
    the_memory,
    the_named,
    the_session,
)
from tiermem.cli.terminal import checkup
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import console, date, facts, line, table
from tiermem.errors import UnknownReference

if TYPE_CHECKING:
    from tiermem.reports.state import Stats, Verification
    from tiermem.session import Session
    from tiermem.settings import Scope

ENDS = 20  # messages at each end among which one is looked for that is not hidden
NEAR = 5  # best matches that `ask` shows where nothing had to be recalled


@app.command()
def ask(
    query: QuestionArgument,
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens that the context may have.")] = 4000,
    explain: Annotated[bool, typer.Option("--explain", help="Every part of each score, and every piece.")] = False,
    within: WithinOption = "conversation",
    from_session: FromOption = None,
    exclude_session: ExcludeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a model would be given for a question. No model is asked."""
    where: Any = {"within": within, "sessions": from_session or None, "exclude": exclude_session or ()}
    question = question_of(query)
    with the_session(path, session, namespace, tenant) as opened:
        the_named(opened.memory, space(namespace, tenant), from_session, exclude_session)
        context = opened.context(question, budget, **where)
        near = [] if context.hits else opened.search(question, NEAR, **where)
        if as_json:
            document({"question": question, "context": context, "best_matches": near})
        else:
            views.answer(console(), question, context, near, explain=explain)


@app.command()
def sessions(
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the sessions of a namespace."""
    with the_memory(path) as memory:
        names = memory.sessions(space(namespace, tenant))
        found = [_listed(memory.session(name, space(namespace, tenant))) for name in names]
    if as_json:
        document([one._asdict() for one in found])
        return
    columns = ["session", "first", "last", "messages#", "tokens#", "window#"]
    rows = [
        (one.session, date(one.first), date(one.last), stats.messages, stats.tokens, stats.window_tokens)
        for one, stats in ((one, one.stats) for one in found)
    ]
    console().print(table(columns, rows))


class _Listed(NamedTuple):
    """A session, when its first and its last message was said that are not hidden, and its numbers."""

    session: str
    first: datetime | None
    last: datetime | None
    stats: Stats


def _listed(session: Session) -> _Listed:
    stats = session.stats()
    ends = session.messages(1, ENDS)[:1], session.messages(max(1, stats.messages - ENDS + 1))[-1:]
    first, last = (next((one.when for one in end), None) for end in ends)
    return _Listed(session.scope.session, first, last, stats)


@app.command()
def stats(
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """The state of a session in numbers."""
    with the_session(path, session, namespace, tenant) as opened:
        numbers = opened.stats()
    if as_json:
        document(numbers)
        return
    names = [name for name in type(numbers).__dataclass_fields__ if name != "degraded"]
    console().print(facts((name.replace("_", " "), getattr(numbers, name)) for name in names))
    for words in numbers.degraded:
        console().print(Text(f"degraded: {line(words)}"))


@app.command()
def verify(
    export: Annotated[Path | None, typer.Argument(help="An export of a user, in place of a database.")] = None,
    session: Annotated[str | None, typer.Option(help="Only this conversation; else all of the database.")] = None,
    head: Annotated[str | None, typer.Option(help="What `tiermem head` printed of this conversation once.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every hash, link, view and index; exit code 1 on a fault."""
    if head is not None and session is None:
        raise UnknownReference("--head is that of one conversation: name it with --session")
    if export is not None:
        from tiermem.portability.verifying import verify_export

        found = verify_export(export, {} if head is None or session is None else {session: head})
    elif session is None:
        with the_memory(path) as memory:
            found = memory.verify()
    else:
        with the_session(path, session, namespace, tenant) as opened:
            found = {opened.scope: opened.verify(chain=head)}
    if as_json:
        document([{"scope": scope, "ok": proof.ok, "verification": proof} for scope, proof in found.items()])
    else:
        _verified(found)
    if not all(verification.ok for verification in found.values()):
        raise typer.Exit(1)


@app.command()
def doctor(
    path: Annotated[str | None, typer.Argument(help="Database file or URL; else the one in your data folder.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Look at a database, its disk or server and who uses it, and say what would serve. Exit code 1: a fault."""
    from tiermem.doctor import examine
    from tiermem.runtime.opening import default_path

    found = examine(default_path() if path is None else path)
    if as_json:
        document({"ok": found.ok, **asdict(found)})
    else:
        checkup.tell(console(), found)
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def head(
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """The head of a conversation's chain, to be kept elsewhere: `tiermem verify --head` goes by it."""
    with the_session(path, session, namespace, tenant) as opened:
        found = opened.head()
    document({"session": session, "head": found}) if as_json else console().print(Text(found), soft_wrap=True)


def _verified(found: Mapping[Scope, Verification]) -> None:
    rows = [
        (f"{_owner(scope)}/{scope.session}", p.messages, p.decisions, p.summaries, p.indexed, p.items, len(p.problems))
        for scope, p in found.items()
    ]
    columns = ["session", "messages#", "decisions#", "summaries#", "indexed#", "items#", "problems#"]
    screen = console()
    screen.print(table(columns, rows))
    for scope, proof in found.items():
        for problem in proof.problems:
            screen.print(Text(f"{line(scope.session)}: {line(problem)}"), soft_wrap=True)
        for note in proof.notes:
            screen.print(Text(f"{line(scope.session)}: not compared: {line(note)}", style="dim"), soft_wrap=True)
    if all(proof.ok for proof in found.values()):
        screen.print(Text("Everything is as it was stored."))


def _owner(scope: Scope) -> str:
    return f"{scope.tenant}/{scope.user}" if scope.tenant else scope.user


@app.command()
def show(
    session: SessionOption,
    ref: Annotated[str | None, typer.Argument(help="m12, s3, friday/m12 or an id; without it: the window.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the newest messages of the window.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What the window shows, or the originals behind a reference."""
    with the_session(path, session, namespace, tenant) as opened:
        if ref is not None:
            behind = opened.expand(ref)
            document(behind) if as_json else views.original(console(), behind)
            return
        window = opened.view()
    if not as_json:
        views.view(console(), window, last)
        return
    shown = window.messages if last is None else window.messages[-last:]
    document({"summaries": window.summaries if last is None else (), "messages": shown, "tokens": window.tokens})


@app.command()
def explain(
    ref: Annotated[str, typer.Argument(help="m12, s3, friday/m12 or a message's id.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Why a message is shown as it is."""
    with the_session(path, session, namespace, tenant) as opened:
        why = opened.explain(ref)
    document(why) if as_json else views.explanation(console(), why)


@app.command()
def journal(
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every decision, in order; `undo` takes one back by its number."""
    with the_session(path, session, namespace, tenant) as opened:
        decisions = opened.journal()
    document(decisions) if as_json else views.journal(console(), decisions)


@app.command()
def rules(
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    as_json: JsonOption = False,
) -> None:
    """What users laid down in a conversation, and whether it still holds."""
    with the_session(path, session, namespace, tenant) as opened:
        found = opened.rules()
    document(found) if as_json else views.rules(console(), found)


@app.command()
def dropped(
    session: SessionOption,
    since: Annotated[int | None, typer.Option(min=0, help="A decision's number; without it: the last run.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    limit: Annotated[int, typer.Option(min=0, help="How many at most.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """What compaction and summaries took from the window, the weightiest first."""
    with the_session(path, session, namespace, tenant) as opened:
        found = opened.dropped(since, limit=limit)
    document(found) if as_json else views.dropped(console(), found)
