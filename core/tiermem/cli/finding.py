"""The commands that put a question to what is kept: hits, the text that a model would get, documents."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from tiermem.cli.importing.piping import PIPE, read_pipe
from tiermem.cli.terminal.documents import document
from tiermem.cli.terminal.screen import command, console, counted, line, paragraph, table
from tiermem.errors import InvalidMessage, InvalidSettings, UnknownReference
from tiermem.text.sanitizing import visible

if TYPE_CHECKING:
    from tiermem.knowledge.knowledge import Knowledge
    from tiermem.messages import Message
    from tiermem.records import Hit


@app.command()
def search(
    query: QuestionArgument,
    session: Annotated[
        str | None, typer.Option("--session", help="Only this conversation; else all of the user's.")
    ] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    limit: Annotated[int, typer.Option("--limit", "-k", min=1, help="How many hits.")] = 10,
    within: WithinOption = "",
    from_session: FromOption = None,
    exclude_session: ExcludeOption = None,
    since: Annotated[datetime | None, typer.Option("--since", help="Only what was said from that day on.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", help="Only what was said by then.")] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only what that role said: user, assistant, tool.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Every part of each score, and what matched.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The best hits for a question, best first, also weak ones. Exit code 1 where there are none, as with grep."""
    asked: dict[str, Any] = {
        "within": within or ("conversation" if session is not None else "user"),
        "sessions": from_session or None,
        "exclude": exclude_session or (),
        "explain": explain,
        "since": since.date() if since else None,
        "until": until.date() if until else None,
        "role": role,
    }
    if within == "conversation" and session is None:
        raise InvalidSettings("--within conversation needs --session: which conversation is meant")
    words, user = question_of(query), space(namespace, tenant)
    if session is not None:
        with the_session(path, session, namespace, tenant) as opened:
            the_named(opened.memory, user, from_session, exclude_session)
            hits = opened.search(words, limit, **asked)
    else:
        with the_memory(path) as memory:
            the_named(memory, user, from_session, exclude_session)
            hits = memory.session("-", user).search(words, limit, **asked)
    if as_json:
        document(hits)
    else:
        _hits(hits, explain=explain)
    if not hits:
        raise typer.Exit(1)


def _hits(hits: list[Hit], *, explain: bool) -> None:
    screen = console()
    for hit in hits:
        views.message(screen, hit.message, ref=hit.ref, mark=f"score {hit.score:.3f}")
        if explain:
            paragraph(screen, views.why(hit).removeprefix(" · "))
    screen.print(Text(counted(len(hits), "hit"), style="dim"))


@app.command()
def context(
    session: SessionOption,
    query: Annotated[
        str | None, typer.Argument(help="What is asked; - reads a pipe; without it, the newest question.")
    ] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    budget: Annotated[int, typer.Option(min=1, help="Tokens that the context may have.")] = 4000,
    within: WithinOption = "conversation",
    from_session: FromOption = None,
    exclude_session: ExcludeOption = None,
    profile: Annotated[int, typer.Option(min=0, help="Tokens for what is known of the user.")] = 0,
    system: Annotated[Path | None, typer.Option("--system", help="A file with a system prompt to put first.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The very text that a model would get: every message of a context, whole, in order. No model is asked."""
    where: Any = {"within": within, "sessions": from_session or None, "exclude": exclude_session or ()}
    prompts: list[str] = [] if system is None else [system.read_text(encoding="utf-8")]
    words = None if query is None else question_of(query)
    with the_session(path, session, namespace, tenant) as opened:
        the_named(opened.memory, space(namespace, tenant), from_session, exclude_session)
        made = opened.context(
            words, budget, profile=profile, **where,
            system=[{"role": "system", "content": one} for one in prompts],
        )  # fmt: skip
    if as_json:
        document(made)
        return
    screen = console()
    for message in made.messages:
        screen.print(Text(f"[{line(message.acts_as)}]", style="bold"))
        screen.print(Text(f"{visible(views.body(message))}\n"), soft_wrap=not screen.is_terminal)
    told = console(error=True)  # what is read from a pipe is the text alone
    told.print(Text(f"{counted(len(made.messages), 'message')}, {made.tokens:,} of {budget:,} tokens", style="dim"))
    for degraded in made.degraded:
        told.print(Text(f"degraded: {line(degraded)}"))


@app.command()
def documents(
    source: Annotated[str | None, typer.Argument(help="Show this document; else list all.")] = None,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    add: Annotated[
        list[Path] | None, typer.Option("--add", help="A text file to keep, known by its path; - reads a pipe.")
    ] = None,
    name: Annotated[str | None, typer.Option("--as", help="What the added document is known by.")] = None,
    remove: Annotated[str | None, typer.Option("--remove", help="Hide this document; `erase --source` erases.")] = None,
    undo: Annotated[int | None, typer.Option("--undo", min=1, help="Take such a decision back.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The documents kept beside a user's conversations: list them, read one, add, hide."""
    texts = _texts(add or [], name)  # read before anything is stored
    if remove is not None and remove in texts:
        raise InvalidSettings(f"--remove would hide what --add keeps as {remove}: adding it again replaces it alone")
    with the_memory(path, writing=bool(texts or remove is not None or undo is not None), making=bool(texts)) as memory:
        kept = memory.knowledge(space(namespace, tenant))
        if source is not None and source not in (known := [one.source for one in kept.sources()]):
            there = f"there are: {', '.join(known[:20])}" if known else "there are none"
            raise UnknownReference(f"no document {source!r} of namespace {namespace!r}; {there}")
        for known_as, text in texts.items():
            kept.add_documents(text, source=known_as)
        hidden = [] if remove is None else kept.remove(remove)
        if undo is not None:
            kept.undo(undo)
        if source is not None:
            _chunks(kept.chunks(source), source, as_json=as_json)
            return
        if as_json:
            document(kept.sources())
            return
        for number in hidden:
            address = {"--undo": str(number), "--namespace": namespace, "--tenant": tenant, "--path": path}
            back = command("documents", None, address)
            console().print(
                Text(f"{line(remove or '')} hidden by decision {number}; `{back}` undoes it"), soft_wrap=True
            )
        _sources(kept)


def _texts(files: list[Path], name: str | None) -> dict[str, str]:
    """The text of each file, by what it is known by."""
    if name is not None and len(files) != 1:
        raise InvalidSettings("--as names one document: give one --add")
    if any(str(file) == PIPE for file in files) and name is None:
        raise InvalidSettings("a document from a pipe needs a name: --as")
    found = {}
    for file in files:
        try:
            text = read_pipe() if str(file) == PIPE else file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidMessage(f"{file}: no text in UTF-8") from error
        found[name or str(file)] = text
    return found


def _chunks(chunks: list[Message], source: str, *, as_json: bool) -> None:
    if as_json:
        document(chunks)
        return
    screen = console()
    for chunk in chunks:
        screen.print(Text(f"d{chunk.sequence} · {line(source)}", style="bold"), soft_wrap=True)
        paragraph(screen, visible(chunk.text))
    screen.print(Text(counted(len(chunks), "chunk"), style="dim"))


def _sources(kept: Knowledge) -> None:
    rows = [(one.source, one.title or "", one.chunks) for one in kept.sources()]
    screen = console()
    if rows:
        screen.print(table(["source", "title", "chunks#"], rows))
    screen.print(Text(counted(len(rows), "document"), style="dim"))
