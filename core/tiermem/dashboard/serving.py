"""The screen served to browsers on this machine, until the process is stopped.

Rule: it listens to the loopback address alone, and a request without the token is answered nothing (`guard.py`).
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

from tiermem.dashboard.guard import HOST, MOST_QUERY, Guard
from tiermem.dashboard.routes import screen

if TYPE_CHECKING:
    from tiermem.memory import Memory


def serve(memory: Memory, port: int, told: Callable[[str], object], *, write: bool = False) -> None:
    """Serve the screen on *memory* at *port* of this machine (0: any that is free); *told* is given its address, with a
    token that is made anew each time. With *write* decisions can be undone.

    Raises:
        OSError: the port is taken.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(32)
        guarded = Guard(screen(memory, token, write=write), token, port)
        config = uvicorn.Config(
            guarded,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            proxy_headers=False,
            http="h11",
            h11_max_incomplete_event_size=4 * MOST_QUERY,  # what is too long is refused in our own words
        )
        told(f"http://{HOST}:{port}/?token={token}")
        uvicorn.Server(config).run(sockets=[listening])
