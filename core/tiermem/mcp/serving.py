"""How a server is reached: by the two pipes of a client that started it, or by HTTP from this machine alone.

Rule 1: on HTTP it listens to the loopback address, takes no request that a page of another site sends, and with a token
none without it.
Rule 2: standard output belongs to the protocol; what there is to tell goes to standard error.
"""

from __future__ import annotations

import hmac
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

from tiermem.errors import InvalidSettings
from tiermem.mcp.offer import Whose
from tiermem.mcp.server import server
from tiermem.memory import AsyncMemory

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"
TOKEN = "TIERMEM_MCP_TOKEN"  # noqa: S105  # the name of the variable that holds it


async def by_pipes(path: str | None, whose: Whose) -> None:
    """Serve the client at standard input and output until it hangs up.

    Raises:
        TiermemError: the database cannot be opened, or *whose* makes no sense.
    """
    from mcp.server.stdio import stdio_server

    async with await AsyncMemory.open(path, read_only=whose.read_only) as memory:
        made = server(memory, whose)
        async with stdio_server() as (incoming, outgoing):
            await made.run(incoming, outgoing, made.create_initialization_options())


async def by_http(path: str | None, whose: Whose, port: int) -> None:
    """Serve any number of clients on this machine at ``http://127.0.0.1:PORT/mcp`` until the process is stopped; 0 is
    any port that is free. Where the variable TIERMEM_MCP_TOKEN is set, each request must have it as its bearer.

    Raises:
        OSError: the port is taken. InvalidSettings: the variable is set, but empty. TiermemError: as of `by_pipes`.
    """
    import uvicorn

    token = _token()
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()  # from now on a client is kept waiting, and not turned away
        async with await AsyncMemory.open(path, read_only=whose.read_only) as memory:
            app: Any = server(memory, whose).streamable_http_app(host=HOST)
            config = uvicorn.Config(app if token is None else guarded(app, token), log_level="warning", lifespan="on")
            print(f"tiermem: MCP on http://{HOST}:{listening.getsockname()[1]}/mcp", file=sys.stderr, flush=True)  # noqa: T201
            await uvicorn.Server(config).serve(sockets=[listening])


def _token() -> str | None:
    token = os.environ.get(TOKEN)
    if token is not None and not token.strip():  # a secret that was not found; without a token anybody would be served
        raise InvalidSettings(f"{TOKEN} is set, but empty; give it a token, or unset it to serve without one")
    return token if token is None else token.strip()


def guarded(app: ASGIApp, token: str) -> ASGIApp:
    """*app*, which is asked only with *token* as the bearer."""
    wanted = token.encode()

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        scheme, _, given = dict(scope.get("headers") or ()).get(b"authorization", b"").partition(b" ")
        known = scheme.lower() == b"bearer" and hmac.compare_digest(given.strip(), wanted)  # RFC 9110, 11.1: any case
        if scope["type"] != "http" or known:
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 401, "headers": [(b"www-authenticate", b"Bearer")]})
        await send({"type": "http.response.body", "body": b"the token is missing, or another one"})

    return asked
