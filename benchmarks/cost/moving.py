"""Export and import of a user: time and the most RAM, by how many messages there are, each in a process of its own.

    python -m benchmarks.cost.moving                 10,000 and 100,000 messages
    python -m benchmarks.cost.moving 1000000         as many as named

A line is a conversation of so many messages in one session, with a decision for every thousandth of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tiermem import Memory, Message

SIZES = (10_000, 100_000)
TEXT = "We decided to raise the pool of service {n} from 10 to {n}0, because the log says timeout after {n} s. "


def _filled(database: Path, count: int) -> None:
    with Memory.open(database, enable_context_management=False, durability="relaxed", index_batch=10**9) as memory:
        session = memory.session("s", "anna")
        for first in range(0, count, 1_000):
            numbers = range(first, min(first + 1_000, count))
            session.add(
                [Message(role=("user", "assistant")[n % 2], content=TEXT.format(n=n) * 2, id=f"i{n}") for n in numbers]
            )
        session.forget(*(f"i{n}" for n in range(0, count, 1_000)))


def step(name: str, folder: Path, count: int) -> dict[str, Any]:
    """One step, in this process: seconds, CPU seconds, MB of RAM at most and before."""
    source, target, file = folder / "one.db", folder / "two.db", folder / "anna.jsonl"
    if name == "fill":
        _filled(source, count)
        return {}
    with Memory.open(
        source if name.startswith("export") else target, enable_context_management=False, index_batch=10**9
    ) as memory:
        before, wall, cpu = _peak(), time.perf_counter(), time.process_time()
        if name == "import":
            memory.import_(file)
        else:
            memory.export("anna", folder / f"{name}.jsonl", readable=name == "export-readable")
        spent = {
            "seconds": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "peak": _peak(),
            "idle": before,
        }
    if name == "export":
        (folder / "export.jsonl").rename(file)
    return {one: round(value, 2) for one, value in spent.items()} | {"file_mb": round(file.stat().st_size / 1e6, 1)}


def _peak() -> float:
    """Of this process alone; what `getrusage` says begins with that of who started it."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def run(count: int) -> None:
    """All steps for so many messages, each printed as a line."""
    with tempfile.TemporaryDirectory(prefix="tm-moving-") as folder:
        for name in ("fill", "export", "export-readable", "import"):
            command = [sys.executable, "-m", "benchmarks.cost.moving", "--step", name, folder, str(count)]
            said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            if said:
                print(
                    f"{count:>9,} messages · {name:<16} {said['seconds']:7.1f} s, {said['cpu']:7.1f} s of CPU · "
                    f"RAM {said['peak']:.0f} MB at most, {said['idle']:.0f} MB before · {said['file_mb']} MB",
                    flush=True,
                )
        one, two = Memory.open(Path(folder) / "one.db"), Memory.open(Path(folder) / "two.db")
        with one, two:
            same = one.session("s", "anna").stats().tokens == two.session("s", "anna").stats().tokens
            again = two.export("anna", Path(folder) / "again.jsonl", readable=False)
        body = (Path(folder) / "again.jsonl").read_bytes() == (Path(folder) / "anna.jsonl").read_bytes()
        print(f"{count:>9,} messages · exported again: equal bytes {body}, tokens {same}; {again}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--step"]:
        print(json.dumps(step(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))))
    else:
        for size in [int(word) for word in sys.argv[1:]] or SIZES:
            run(size)
