"""What is served, and what is made to be looked at: `tiermem mcp` for clients of the Model Context Protocol, `tiermem
dashboard` for a browser, `tiermem report` as a file."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from tiermem.cli.app import (
    NamespaceOption,
    PathOption,
    SessionOption,
    TenantOption,
    app,
    space,
    the_memory,
    the_session,
)
from tiermem.cli.terminal.screen import console, line
from tiermem.errors import InvalidSettings, MissingExtra

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would write other line ends
_OF_SCREEN = {"jinja2", "markupsafe", "pygal", "starlette", "uvicorn"}


@app.command()
def mcp(
    session: Annotated[str, typer.Option("--session", help="The conversation of this client.")] = "mcp",
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    http: Annotated[
        int | None, typer.Option("--http", min=0, max=65_535, help="Serve HTTP on this port of 127.0.0.1; 0: any.")
    ] = None,
    tools: Annotated[
        list[str] | None, typer.Option("--tool", help="Offer only these memory tools; may be repeated.")
    ] = None,
    max_tokens: Annotated[int, typer.Option("--max-tokens", help="Of an answer at most.")] = 1_000,
    timezone: Annotated[str | None, typer.Option(help="The user's time zone, like Asia/Shanghai.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Offer nothing that changes anything.")] = False,
) -> None:
    """Serve the memory of one user to MCP clients, by standard input and output, or on this machine by HTTP."""
    from tiermem.mcp import serving
    from tiermem.mcp.offer import Whose

    chosen = tuple(tools) if tools else None
    whose = Whose(session, space(namespace, tenant), timezone, chosen, max_tokens, read_only)
    with suppress(KeyboardInterrupt):
        asyncio.run(serving.by_pipes(path, whose) if http is None else serving.by_http(path, whose, http))


@app.command()
def dashboard(
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Of 127.0.0.1; 0: any that is free.")] = 0,
    write: Annotated[bool, typer.Option("--write", help="Let decisions be undone; else nothing is changed.")] = False,
    path: PathOption = None,
) -> None:
    """Show what a database holds, in a browser on this machine: users, sessions, windows, decisions, recalls."""
    with the_memory(path, writing=write) as memory, suppress(KeyboardInterrupt):
        screen("serving").serve(memory, port, _say_address, write=write)


def _say_address(address: str) -> None:
    console().print(Text(f"Open {address}\nwhich no other machine reaches; it ends with Ctrl-C."), soft_wrap=True)


@app.command()
def report(
    file: Annotated[Path, typer.Argument(help="The HTML file to be made; - is standard output.")],
    session: SessionOption,
    namespace: NamespaceOption = "default",
    tenant: TenantOption = None,
    path: PathOption = None,
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest messages.")] = 1_000,
    language: Annotated[str, typer.Option("--language", help="en or zh.")] = "en",
) -> None:
    """Write one conversation into one HTML file: its window, decisions, what was dropped; it loads nothing."""
    if language not in {"en", "zh"}:
        raise InvalidSettings(f"--language is en or zh, not {language}")
    with the_session(path, session, namespace, tenant) as opened:
        made = screen("report").report(opened.memory, opened.scope, language, last)
    raw = made.encode("utf-8", "replace")
    if str(file) == "-":
        sys.stdout.buffer.write(raw)
        sys.stdout.flush()
        return
    # For its owner's eyes alone, and never over a file or through a link, as an export.
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _BINARY, 0o600), "wb") as target:
        target.write(raw)
    console().print(Text(f"{line(str(file))}: {len(raw):,} bytes"), soft_wrap=True)


def screen(name: str) -> Any:
    """A module of the screen.

    Raises:
        MissingExtra: what it needs is not installed.
    """
    try:
        return import_module(f"tiermem.dashboard.{name}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OF_SCREEN:
            raise
        raise MissingExtra("the screen needs more packages: pip install 'tiermem[dashboard]'") from error
