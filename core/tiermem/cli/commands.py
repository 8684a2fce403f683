"""The commands of `tiermem`: each opens a memory, says one verb, prints the answer.

Rule 1: an error of tiermem or of the file system is one line on stderr and exit code 1.
Rule 2: a command that reads makes nothing: no database where there is none, no session that is not there, and opens the
database for reading only, unless it is of an older schema.
Rule 3: a file is read to its end before anything is opened or stored, so a fault in it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from tiermem import __version__
from tiermem.cli import transfer, views
from tiermem.cli.screen import console, facts, line, table
from tiermem.errors import SchemaTooOld, TiermemError, UnknownReference
from tiermem.importers import formats

if TYPE_CHECKING:  # the database takes a second to load, and `--help` needs none of it
    from tiermem.memory import Memory
    from tiermem.records import Verification
    from tiermem.session import Session
    from tiermem.settings import Scope


class _Commands(TyperGroup):
    """The group that turns errors into one line."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # `tiermem show | head` is no fault
            raise
        except TiermemError as error:
            words = str(error)
        except OSError as error:
            words = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        console(error=True).print(Text(f"tiermem: {line(words)}"), soft_wrap=True)
        raise typer.Exit(1)


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A memory for chat applications: import conversations, ask what was said, see every decision.",
)

NEAR = 5  # best matches that `ask` shows where nothing had to be recalled

PathOption = Annotated[str | None, typer.Option("--path", help="Database file or URL; else one in your data folder.")]
SessionOption = Annotated[str, typer.Option("--session", help="The conversation.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", help="The user whose conversation it is.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="The tenant of that user, where there are several.")]


def _space(namespace: str, tenant: str | None) -> str | tuple[str, str]:
    return namespace if tenant is None else (tenant, namespace)


@contextmanager
def _memory(path: str | None, *, writing: bool = False) -> Iterator[Memory]:
    """The memory at *path*, which must be there already."""
    from tiermem.memory import Memory
    from tiermem.runtime.opening import default_path
    from tiermem.storage.sqlite import file_of

    file = file_of(default_path() if path is None else path)
    if file is not None and not file.exists():
        raise FileNotFoundError(ENOENT, "no such database; `tiermem import` makes one", str(file))
    try:
        opened = Memory.open(path, read_only=not writing)
    except SchemaTooOld:  # ours, and raised by whoever opens it
        opened = Memory.open(path)
    with opened as memory:
        yield memory


@contextmanager
def _session(
    path: str | None, name: str, namespace: str, tenant: str | None, *, writing: bool = False
) -> Iterator[Session]:
    """The session *name*, which must be there already."""
    with _memory(path, writing=writing) as memory:
        known = memory.sessions(_space(namespace, tenant))
        if name not in known:
            there = f"there are: {', '.join(known[:20])}" if known else "it has none"
            raise UnknownReference(f"no session {name!r} in namespace {namespace!r}; {there}")
        yield memory.session(name, _space(namespace, tenant))


def _version(wanted: bool) -> None:
    if wanted:
        console().print(Text(f"tiermem {__version__}"))
        raise typer.Exit


@app.callback()
def _root(
    wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="JSON lines, a JSON document, or a dump; also as .gz.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    conversation: Annotated[str | None, typer.Option(help="Which one of a chat store that holds several.")] = None,
) -> None:
    """Add a file's messages to a session; twice adds nothing."""
    from tiermem.memory import Memory

    survey = formats.survey(file, conversation)
    with Memory.open(path) as memory:
        opened = memory.session(session, _space(namespace, tenant))
        transfer.add(console(), opened, formats.read(file, conversation), survey)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens that the context may have.")] = 4000,
    explain: Annotated[bool, typer.Option("--explain", help="Every part of each score, and every piece.")] = False,
) -> None:
    """Print what a model would be given for a question. No model is asked."""
    with _session(path, session, namespace, tenant) as opened:
        context = opened.context(question, budget)
        near = () if context.hits else opened.search(question, NEAR)
        views.answer(console(), question, context, near, explain=explain)


@app.command()
def sessions(namespace: NamespaceOption = "default", tenant: TenantOption = None, path: PathOption = None) -> None:
    """List the sessions of a namespace."""
    with _memory(path) as memory:
        rows = []
        for name in memory.sessions(_space(namespace, tenant)):
            stats = memory.session(name, _space(namespace, tenant)).stats()
            rows.append((name, stats.messages, stats.tokens, stats.window_tokens, stats.compacted, stats.covered))
    console().print(table(["session", "messages#", "tokens#", "window tokens#", "compacted#", "covered#"], rows))


@app.command()
def stats(
    session: SessionOption, namespace: NamespaceOption = "default", tenant: TenantOption = None, path: PathOption = None
) -> None:
    """The state of a session in numbers."""
    with _session(path, session, namespace, tenant) as opened:
        numbers = opened.stats()
    names = [name for name in type(numbers).__dataclass_fields__ if name != "degraded"]
    console().print(facts((name.replace("_", " "), getattr(numbers, name)) for name in names))
    for words in numbers.degraded:
        console().print(Text(f"degraded: {line(words)}"))


@app.command()
def verify(
    session: Annotated[str | None, typer.Option(help="Only this conversation; else all of the database.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
) -> None:
    """Check every hash, view and index; exit code 1 on a fault."""
    if session is None:
        with _memory(path) as memory:
            found = memory.verify()
    else:
        with _session(path, session, namespace, tenant) as opened:
            found = {opened.scope: opened.verify()}
    _verified(found)


def _verified(found: Mapping[Scope, Verification]) -> None:
    rows = [
        (
            _owner(scope),
            scope.session,
            proof.messages,
            proof.decisions,
            proof.summaries,
            proof.indexed,
            proof.items,
            len(proof.problems),
        )
        for scope, proof in found.items()
    ]
    columns = ["namespace", "session", "messages#", "decisions#", "summaries#", "indexed#", "items#", "problems#"]
    screen = console()
    screen.print(table(columns, rows))
    for scope, proof in found.items():
        for problem in proof.problems:
            screen.print(Text(f"{line(scope.session)}: {line(problem)}"), soft_wrap=True)
        for note in proof.notes:
            screen.print(Text(f"{line(scope.session)}: not compared: {line(note)}", style="dim"), soft_wrap=True)
    if not all(verification.ok for verification in found.values()):
        raise typer.Exit(1)
    screen.print(Text("Everything is as it was stored."))


def _owner(scope: Scope) -> str:
    return f"{scope.tenant}/{scope.user}" if scope.tenant else scope.user


@app.command()
def show(
    session: SessionOption,
    ref: Annotated[str | None, typer.Argument(help="m12, s3 or a message's id; without it: the window.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    last: Annotated[int | None, typer.Option(min=1, help="Only the newest messages of the window.")] = None,
) -> None:
    """What the window shows, or the originals behind a reference."""
    with _session(path, session, namespace, tenant) as opened:
        if ref is None:
            views.view(console(), opened.view(), last)
        else:
            views.original(console(), opened.expand(ref))


@app.command()
def explain(
    ref: Annotated[str, typer.Argument(help="m12, s3 or a message's id.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
) -> None:
    """Why a message is shown as it is."""
    with _session(path, session, namespace, tenant) as opened:
        views.explanation(console(), opened.explain(ref))


@app.command()
def restore(
    session: SessionOption,
    refs: Annotated[list[str] | None, typer.Argument(help="m12, s3 or ids; without any: everything.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
) -> None:
    """Put originals back into the window."""
    with _session(path, session, namespace, tenant, writing=True) as opened:
        restored, numbers = opened.restore(*(refs or ())), opened.stats()
    words = f"{len(restored):,} messages are shown word for word; the window has {numbers.window_tokens:,} tokens"
    console().print(Text(words))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A file that is not there yet; .jsonl or .jsonl.gz.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
) -> None:
    """Write a session's originals as JSON lines for `import`."""
    with _session(path, session, namespace, tenant) as opened:
        count, hidden = transfer.write_file(opened, file), opened.stats().hidden
    left = f"; {hidden:,} hidden ones are not in it" if hidden else ""
    console().print(Text(f"{count:,} messages written to {line(str(file))}{left}"), soft_wrap=True)
