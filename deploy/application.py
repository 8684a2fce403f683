"""A chat application's memory over HTTP, as small as can be: one process of several that share a database.

    TIERMEM_URL=postgresql://… python deploy/application.py [--host 0.0.0.0] [--port 8000]

`POST /turn` {"user", "session", "text"} adds what a user said and answers with the context for a model; `POST /answer`
with the same keeps what the model said. `GET /health` asks the database; `GET /metrics` is for Prometheus. It knows no
passwords: put it behind what does.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tiermem import Memory, TiermemError

LARGEST = 1_000_000  # bytes of a request
BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0)  # seconds


class Metrics:
    """Requests by path and outcome, and how long they took. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = Counter[tuple[str, int]]()
        self._within = Counter[tuple[str, float]]()
        self._seconds = Counter[str]()

    def count(self, path: str, status: int, seconds: float) -> None:
        """One request came back."""
        with self._lock:
            self._requests[path, status] += 1
            self._seconds[path] += seconds  # type: ignore[assignment]
            for bound in (*BUCKETS, float("inf")):
                self._within[path, bound] += seconds <= bound

    def text(self) -> str:
        """In Prometheus' own format."""
        with self._lock:
            lines = ["# TYPE tiermem_requests_total counter"]
            for (path, status), count in sorted(self._requests.items()):
                lines.append(f'tiermem_requests_total{{path="{path}",status="{status}"}} {count}')
            lines.append("# TYPE tiermem_request_seconds histogram")
            for (path, bound), count in sorted(self._within.items()):
                name = "+Inf" if bound == float("inf") else f"{bound:g}"
                lines.append(f'tiermem_request_seconds_bucket{{path="{path}",le="{name}"}} {count}')
            for path, seconds in sorted(self._seconds.items()):
                lines.append(f'tiermem_request_seconds_sum{{path="{path}"}} {seconds:.6f}')
                lines.append(f'tiermem_request_seconds_count{{path="{path}"}} {self._within[path, float("inf")]}')
        return "\n".join(lines) + "\n"


def answer(memory: Memory, path: str, asked: dict[str, Any]) -> dict[str, Any]:
    """What *path* answers."""
    if path == "/health":
        memory.sessions("health")
        return {"ok": True}
    session = memory.session(str(asked["session"]), str(asked["user"]))
    if path == "/answer":
        (kept,) = session.add({"role": "assistant", "content": str(asked["text"])})
        return {"ref": f"m{kept.sequence}"}
    (kept,) = session.add({"role": "user", "content": str(asked["text"])})
    context = session.context(str(asked["text"]), int(asked.get("budget", 8_000)))
    messages = [{"role": one.role, "content": one.content} for one in context.messages]
    return {"ref": f"m{kept.sequence}", "messages": messages, "tokens": context.tokens}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    memory: Memory
    metrics: Metrics

    def do_GET(self) -> None:
        """Health and metrics."""
        if self.path == "/metrics":
            self._send(200, self.metrics.text().encode(), "text/plain; version=0.0.4")
        else:
            self._answered({"/health"}, {})

    def do_POST(self) -> None:
        """What was said."""
        length = int(self.headers.get("Content-Length") or 0)
        try:
            asked = json.loads(self.rfile.read(length)) if length <= LARGEST else None
        except ValueError:
            asked = None
        self._answered({"/turn", "/answer"}, asked)

    def _answered(self, known: set[str], asked: Any) -> None:
        began = time.perf_counter()
        status, said = self._outcome(known, asked)
        self.metrics.count(self.path if self.path in known else "other", status, time.perf_counter() - began)
        self._send(status, json.dumps(said).encode(), "application/json")

    def _outcome(self, known: set[str], asked: Any) -> tuple[int, dict[str, Any]]:
        if self.path not in known:
            return 404, {"error": "no such path"}
        try:
            return 200, answer(self.memory, self.path, asked)
        except (KeyError, TypeError, ValueError) as error:  # also what tiermem refuses of an argument
            return 400, {"error": f"{type(error).__name__}: {error}"}
        except TiermemError as error:
            return 503 if error.retryable else 500, {"error": str(error)}

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing: what is asked for is somebody's talk."""


def main() -> None:
    """Serve until stopped."""
    made = argparse.ArgumentParser(description="A memory over HTTP.")
    made.add_argument("--host", default="127.0.0.1")
    made.add_argument("--port", type=int, default=8_000, help="0: any that is free")
    given = made.parse_args()
    with Memory.open(os.environ["TIERMEM_URL"]) as memory:
        Handler.memory, Handler.metrics = memory, Metrics()
        server = ThreadingHTTPServer((given.host, given.port), Handler)
        print(f"serving on {given.host}:{server.server_address[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
