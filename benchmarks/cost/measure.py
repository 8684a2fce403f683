"""What one turn costs at 100, 10,000 and 100,000 stored messages, beside the peers and beside the limit.

A turn: read what the model should see, store the user's message and the answer. All memories take turns in one run
(A B A B), so a busy machine is busy for all. CPU is the time of the whole process, its other threads included.
The limit is what no durable memory can do without: tokenise both messages, write both in one transaction.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

from benchmarks import report
from benchmarks.cost.turns import Turns, everyone, limit

WARM = 3  # turns before the first that counts: indexes and statements are loaded, not paid by each turn
LEAST = 3  # turns of the slowest
PATIENCE = 25.0  # seconds a memory may take at one size; then its turns end
TRACED = 20  # turns whose fsyncs are counted
TABLES: Sequence[tuple[str, str, Callable[[Sequence[float]], float]]] = (
    ("CPU ms a turn, median", "cpu", median),
    ("CPU ms a turn, mean: with the batches of the index and whatever else comes now and then", "cpu", fmean),
    ("Wall ms a turn, median", "wall", median),
)


@dataclass
class Times:
    """CPU and wall seconds of the turns of one memory at one size; `stored` is that size, or the most it takes."""

    stored: int
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """True when its turns have taken long enough."""
        return len(self.wall) >= LEAST and sum(self.wall) > PATIENCE


def run(sizes: Sequence[int], turns: int, *, only: str, markdown: bool) -> dict[str, list[Times]]:
    """Measure, and print the tables."""
    print(report.versions(), flush=True)
    chosen = [one for one in everyone() if only in one.name]
    names = [limit().name, *(one.name for one in chosen)]
    found: dict[str, list[Times]] = {name: [] for name in names}
    for size in sizes:
        with TemporaryDirectory(prefix="tiermem-bench-") as folder:
            measured = at(size, turns, [limit(), *[one for one in everyone() if only in one.name]], Path(folder))
        for name, times in measured.items():
            found[name].append(times)
    for title, part, average in TABLES:
        _show(title, part, average, sizes, found, markdown=markdown)
    fsyncs = [(name, f"{count:.2f}" if count is not None else "not counted") for name, count in synced(names)]
    report.show(
        f"fsync and fdatasync a turn, {TRACED} turns under strace", ("memory", "a turn"), fsyncs, markdown=markdown
    )
    return found


def at(size: int, turns: int, chosen: Sequence[Turns], folder: Path) -> dict[str, Times]:
    """Fill every memory with *size* messages, then let them take *turns* turns, one after the other."""
    times: dict[str, Times] = {}
    for one in chosen:
        stored = min(size, one.most)
        started = time.perf_counter()
        one.open(folder, stored)
        for place in range(WARM if stored <= 10_000 else 1):
            one.turn(-1 - place)
        times[one.name] = Times(stored)
        print(f"{one.name}: {stored:,} messages in {time.perf_counter() - started:.1f} s", file=sys.stderr, flush=True)
    gc.collect()
    gc.freeze()  # or every collection walks the lists of all peers, and whoever takes a turn then pays for it
    for place in range(turns):
        for one in chosen:
            if not times[one.name].done:
                _timed(one, place, times[one.name])
    gc.unfreeze()
    for one in chosen:
        one.close()
    return times


def _timed(one: Turns, place: int, times: Times) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    one.turn(place)
    times.cpu.append(time.process_time() - cpu)
    times.wall.append(time.perf_counter() - wall)


def _show(
    title: str,
    part: str,
    average: Callable[[Sequence[float]], float],
    sizes: Sequence[int],
    found: dict[str, list[Times]],
    *,
    markdown: bool,
) -> None:
    base = [1000 * average(getattr(times, part)) for times in found[limit().name]]
    columns = ["memory", *(f"{size:,}" for size in sizes), *(f"x limit at {size:,}" for size in sizes), "growth"]
    rows = []
    for name, all_times in found.items():
        values = [1000 * average(getattr(times, part)) for times in all_times]
        whole = all(times.stored == size for times, size in zip(all_times, sizes, strict=True))
        shown = [_cell(value, times, size) for value, times, size in zip(values, all_times, sizes, strict=True)]
        ratios = [report.number(value / least) for value, least in zip(values, base, strict=True)]
        rows.append([name, *shown, *ratios, f"{values[-1] / values[0]:.1f}x" if whole else "-"])
    report.show(title, columns, rows, markdown=markdown)


def _cell(value: float, times: Times, size: int) -> str:
    return report.number(value) + ("" if times.stored == size else f" (at {times.stored:,})")


def synced(names: Sequence[str]) -> list[tuple[str, float | None]]:
    """fsyncs a turn of every memory: those of a child process with turns, less those of one without, by strace."""
    if shutil.which("strace") is None:
        return [(name, None) for name in names]
    return [(name, (_fsyncs(name, TRACED) - _fsyncs(name, 0)) / TRACED) for name in names]


def _fsyncs(name: str, turns: int) -> int:
    with TemporaryDirectory(prefix="tiermem-bench-") as folder:
        log = Path(folder) / "strace"
        command = [
            "strace",
            "-c",
            "-f",
            "-e",
            "trace=fsync,fdatasync",
            "-o",
            str(log),
            sys.executable,
            "-m",
            "benchmarks",
        ]
        arguments = ["cost", "--fsync-child", name, "--turns", str(turns)]
        subprocess.run([*command, *arguments], check=True, capture_output=True, env=os.environ | {"TMPDIR": folder})
        rows = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*\s(?:fsync|fdatasync)$", log.read_text(), re.MULTILINE)
    return sum(map(int, rows))


def child(name: str, turns: int) -> None:
    """Take *turns* turns of the memory *name* after a warm one, and leave without closing: a close is no turn.

    Its folder is made in that of the parent, which removes both.
    """
    one = next(one for one in (limit(), *everyone()) if one.name == name)
    with TemporaryDirectory(prefix="tiermem-bench-") as folder:
        one.open(Path(folder), 100)
        one.turn(-1)
        for place in range(turns):
            one.turn(place)
        os._exit(0)
