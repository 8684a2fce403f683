"""`tiermem mcp`: the memory of one user, for clients of the Model Context Protocol."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Annotated

import typer

from tiermem.cli.app import NamespaceOption, PathOption, TenantOption, app, space


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
