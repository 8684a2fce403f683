"""Load test: so many clients check out at once, each several times. `python -m shop.loadtest NAME CLIENTS REQUESTS`."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from . import settings as configuration
from .checkout import Receipt, place_order
from .gateway import Gateway
from .pool import ConnectionPool, PoolTimeout


@dataclass(frozen=True)
class Attempt:
    """One checkout of one client: milliseconds, and what became of it."""

    client: int
    request: int
    email: str
    took_ms: float
    receipt: Receipt | None
    error: str = ""

    def __str__(self) -> str:
        who = f"client {self.client:02} request {self.request} {self.email}"
        if self.receipt is None:
            return f"{who} FAILED after {self.took_ms:.1f} ms: {self.error}"
        part = self.receipt
        return (
            f"{who} ok in {self.took_ms:.1f} ms (wait {part.wait_ms:.1f}, "
            f"query {part.query_ms:.1f}, gateway {part.gateway_ms:.1f})"
        )


def run(folder: Path, clients: int, requests: int, dump_after_s: float | None = None) -> tuple[list[Attempt], float]:
    """Every attempt, in the order in which they ended, and the seconds that all took."""
    settings = configuration.load(folder)
    pool = ConnectionPool(settings.database, settings.pool_size, settings.pool_timeout_s)
    attempts: list[Attempt] = []
    with Gateway(settings.gateway_latency_s) as gateway:

        def one_client(client: int) -> None:
            for request in range(1, requests + 1):
                email = f"customer{(client * 977 + request * 131) % 20_000:05}@example.com"
                started = time.perf_counter()
                receipt, error = None, ""
                try:
                    receipt = place_order(pool, settings, gateway.address, email)
                except PoolTimeout as problem:
                    error = f"PoolTimeout: {problem}"
                attempts.append(Attempt(client, request, email, 1000 * (time.perf_counter() - started), receipt, error))

        threads = [threading.Thread(target=one_client, args=(n,), name=f"client-{n:02}") for n in range(clients)]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        if dump_after_s is not None:
            time.sleep(dump_after_s)
            faulthandler.dump_traceback(sys.stdout, all_threads=True)
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - started
        gateway.shutdown()
    pool.close()
    return attempts, seconds


def report(name: str, attempts: Sequence[Attempt], seconds: float, folder: Path) -> list[str]:
    """The numbers of a run, each line readable on its own."""
    settings = configuration.load(folder)
    good = [attempt.took_ms for attempt in attempts if not attempt.error]
    cuts = quantiles(good, n=100, method="inclusive") if len(good) > 1 else [0.0] * 99
    errors = Counter(attempt.error for attempt in attempts if attempt.error)
    failed = sum(errors.values())
    lines = [
        f"{name}: pool size {settings.pool_size}, pool timeout {settings.pool_timeout_s} s",
        f"{name}: {len(attempts)} checkouts in {seconds:.2f} s, {len(good)} succeeded, {failed} failed",
        f"{name}: latency p50 {cuts[49]:.1f} ms, p95 {cuts[94]:.1f} ms, p99 {cuts[98]:.1f} ms",
    ]
    lines += [f"{name}: exact error, {count} times: {error}" for error, count in errors.most_common()]
    return [*lines, f"{name}: {'FAILED' if failed else 'PASSED'}"]


def main() -> None:
    name, clients, requests = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    dump_after_s = float(sys.argv[4]) if len(sys.argv) > 4 else None
    folder = Path.cwd()
    form = "%(asctime)s %(threadName)s %(levelname)s %(name)s %(message)s"
    logging.basicConfig(filename=folder / "checkout.log", level=logging.DEBUG, format=form)
    logging.getLogger("shop.loadtest").info("%s begins: %d clients, %d requests each", name, clients, requests)
    attempts, seconds = run(folder, clients, requests, dump_after_s)
    print(*report(name, attempts, seconds, folder), *attempts, sep="\n")


if __name__ == "__main__":
    main()
