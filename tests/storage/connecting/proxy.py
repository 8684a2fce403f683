"""A proxy before a PostgreSQL server, which can hang up between a COMMIT and its answer, or before the COMMIT."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

COMMIT = b"\x0bCOMMIT\x00"


class Proxy:
    """`cuts` says what becomes of the next commits, in order.

    "after": it arrives, and the answer does not; "before": nothing arrives; "shut": the answer does not arrive, and
    from then on nobody is let in.
    """

    def __init__(self, url: str) -> None:
        parsed = sa.make_url(url)
        self._socket = str(Path(str(parsed.query["host"])) / ".s.PGSQL.5432")
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        made = sa.URL.create("postgresql", parsed.username, None, "127.0.0.1", port, parsed.database)
        self.url = made.render_as_string(hide_password=False)
        self.cuts: list[str] = []
        self.sent: list[bytes] = []  # by clients
        self.open = True
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if not self.open:
                    client.close()
                    continue
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket)
                threading.Thread(target=self._up, args=(client, server), daemon=True).start()
                threading.Thread(target=self._down, args=(client, server), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                self.sent.append(data)
                if COMMIT in data and self.cuts:
                    self._cut(self.cuts.pop(0), data, client, server)
                    return
                server.sendall(data)
        _hang_up(client, server)

    def _cut(self, how: str, data: bytes, client: socket.socket, server: socket.socket) -> None:
        self.open = self.open and how != "shut"
        client.shutdown(socket.SHUT_RDWR)
        if how != "before":
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)  # the server reads what came, and then the end

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _hang_up(client, server)


def _hang_up(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """A proxy before the server of *url*."""
    proxy = Proxy(url)
    yield proxy
    proxy.close()
