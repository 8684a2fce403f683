"""What the commands share: the group, their options, and how a database and a session are opened.

Rule 1: an error of tiermem or of the file system is one line on stderr and exit code 1; see `EXITS`.
Rule 2: a command that reads makes nothing: no database where there is none, no session that is not there, and opens the
database for reading only, unless it is of an older schema.
Rule 3: whoever reads what is printed may stop at any time (`tiermem show | head`): that is no fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import ENOENT
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from tiermem import __version__
from tiermem.cli.importing.piping import PIPE, read_pipe
from tiermem.cli.terminal.screen import console, hang_up, line
from tiermem.cli.terminal.wording import in_options
from tiermem.errors import InvalidSettings, SchemaTooOld, TiermemError, UnknownReference

if TYPE_CHECKING:  # the database takes a second to load, and `--help` needs none of it
    from tiermem.memory import Memory
    from tiermem.session import Session


class _Commands(TyperGroup):
    """The group that turns errors into one line."""

    def invoke(self, ctx: Any) -> Any:
        """Runs the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            hang_up()
            raise typer.Exit(0) from None
        except TiermemError as error:
            words, code = in_options(str(error)), 2 if isinstance(error, InvalidSettings) else 1
        except OSError as error:
            words, code = f"{error.filename}: {error.strerror}" if error.filename else str(error), 1
        console(error=True).print(Text(f"tiermem: {line(words)}"), soft_wrap=True)
        raise typer.Exit(code)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each command with its first sentence, whole; click would cut it off at the width of the terminal."""
        known = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = [(name, _sentence(one.help or "")) for name, one in known.items() if one is not None and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _sentence(text: str) -> str:
    return f"{' '.join(text.split()).partition('. ')[0].rstrip('.')}."


# One line an exit code: rich is off here, and whoever wraps a help text joins lines without an empty one between.
EXITS = """Exit codes:

0  done, also where whoever reads the output stops early.

1  an error, one line on standard error; or what was asked for is not so: verify, verify-erased, doctor, migrate or
rescue found a fault, search found nothing, eval missed a figure, erase was not confirmed.

2  a wrong option or argument, or a package of an extra is missing.

130  interrupted."""

app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=EXITS,
    help="A memory for chat applications: import conversations, ask what was said, see every decision and undo it.",
)

PathOption = Annotated[str | None, typer.Option("--path", help="Database file or URL; else one in your data folder.")]
SessionOption = Annotated[str, typer.Option("--session", help="The conversation.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", help="The user whose conversation it is.")]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="The tenant of that user, where there are several.")]
WithinOption = Annotated[
    str, typer.Option("--within", help="conversation, notes, user (all of the user's), knowledge or everything.")
]
FromOption = Annotated[
    list[str] | None, typer.Option("--from-session", help="Only these conversations of the user; may be repeated.")
]
ExcludeOption = Annotated[
    list[str] | None, typer.Option("--exclude-session", help="But not these conversations; may be repeated.")
]
QuestionArgument = Annotated[str, typer.Argument(help="What you want to know; - reads a pipe.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document, for programs.")]


def space(namespace: str, tenant: str | None) -> str | tuple[str, str]:
    """The namespace that the options name."""
    return namespace if tenant is None else (tenant, namespace)


def question_of(given: str) -> str:
    """The question that was *given*, or what a pipe holds."""
    return read_pipe().strip() if given == PIPE else given


@contextmanager
def the_memory(path: str | None, *, writing: bool = False, making: bool = False) -> Iterator[Memory]:
    """The memory at *path*, which must be there already, but where it is *making* one."""
    from tiermem.memory import Memory
    from tiermem.runtime.opening import default_path
    from tiermem.storage.sqlite import file_of

    file = file_of(default_path() if path is None else path)
    if file is not None and not making:
        if not file.exists():
            raise FileNotFoundError(ENOENT, "no such database; `tiermem import` makes one", str(file))
        if file.is_file() and not file.stat().st_size:  # opening it would write a database
            raise FileNotFoundError(ENOENT, "an empty file, and no database; `tiermem import` makes one", str(file))
    try:
        opened = Memory.open(path, read_only=not writing)
    except SchemaTooOld:  # ours, and raised by whoever opens it
        opened = Memory.open(path)
    with opened as memory:
        yield memory


@contextmanager
def the_session(
    path: str | None, name: str, namespace: str, tenant: str | None, *, writing: bool = False
) -> Iterator[Session]:
    """The session *name*, which must be there already."""
    with the_memory(path, writing=writing) as memory:
        known = memory.sessions(space(namespace, tenant))
        if name not in known:
            there = f"there are: {', '.join(known[:20])}" if known else "it has none"
            raise UnknownReference(f"no session {name!r} in namespace {namespace!r}; {there}")
        yield memory.session(name, space(namespace, tenant))


def the_named(memory: Memory, user: str | tuple[str, str], *several: Iterable[str] | None) -> None:
    """Sees to it that every session that is named is one of *user*.

    Raises:
        UnknownReference: one is not.
    """
    named = [name for names in several for name in names or ()]
    known = memory.sessions(user) if named else []
    if missing := [name for name in named if name not in known]:
        there = f"there are: {', '.join(known[:20])}" if known else "it has none"
        raise UnknownReference(f"no session {missing[0]!r} in namespace {user!r}; {there}")


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
