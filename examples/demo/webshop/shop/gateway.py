"""The card gateway: a TCP server that answers after the latency in config.toml, and its client.

The latency is part of the workload (a service of somebody else, over the network), as in any load test.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import time

Address = tuple[str, int]


class Gateway(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128  # the default of 5 would drop connections when 48 clients come at once

    def __init__(self, latency_s: float) -> None:
        super().__init__(("127.0.0.1", 0), _Authorisation)
        self.latency_s = latency_s
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self) -> Address:
        host, port = self.socket.getsockname()
        return host, port


class _Authorisation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        amount = self.rfile.readline().decode().strip()
        assert isinstance(self.server, Gateway)
        time.sleep(self.server.latency_s)
        self.wfile.write(f"authorised {amount}\n".encode())


def authorise(address: Address, amount: float) -> str:
    """Ask the gateway for *amount*; the answer in one line."""
    with socket.create_connection(address, timeout=10) as line:
        line.sendall(f"{amount:.2f}\n".encode())
        return line.makefile().readline().strip()
