"""Kill a process before its Nth disk call, for every N, and see what its file still holds.

    python -m tests.faults.crash [--step K] [--driver fallback]      one line a crash point, as JSON

strace delivers SIGKILL on entering the Nth call that writes, syncs, truncates, removes or opens a file of the store.
Processes are forked from one that has imported everything, and strace attaches to them: starting Python anew for
every point would take most of the time.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.worker import SENT, fixed, message, opened, warm

CALLS = "pwrite64,write,fdatasync,fsync,ftruncate,unlink,rename,openat"
ENDS = 4  # runs in a row that nothing kills: the index follows in a thread, so one run has more calls than the other
PR_SET_PTRACER, ANY = 0x59616D61, -1  # linux/prctl.h: where Yama restricts tracing, a child must allow it


def missing() -> str:
    """Why there can be no crash points here; "" when there can."""
    if sys.platform != "linux":
        return "system calls can be injected on Linux only"
    return "" if shutil.which("strace") else "strace is not installed (apt-get install strace)"


@dataclass(frozen=True)
class Point:
    """One crash: how many adds were acknowledged, which of them are gone, and what is wrong with the file."""

    number: int
    killed: bool
    acknowledged: int
    lost: tuple[str, ...]
    problems: tuple[str, ...]


def points(step: int = 1, first: int = 1) -> Iterator[Point]:
    """The crash points of the fixed workload, every *step*-th of them, up to the runs that nothing kills."""
    number, ended = first, 0
    warm()
    while ended < ENDS:
        point = crash(number)
        ended = 0 if point.killed else ended + 1
        if point.killed:
            yield point
        number += step


def crash(number: int) -> Point:
    """Run the fixed workload, kill it before its disk call *number*, and open the file again."""
    folder = Path(tempfile.mkdtemp(prefix="tm-crash-"))
    try:
        was_killed, told = killed(folder / "memory.db", number, fixed)
        lost, problems = examined(folder / "memory.db", told)
        return Point(number, was_killed, len(told), tuple(lost), tuple(problems))
    finally:
        shutil.rmtree(folder)


def killed(file: Path, number: int, work: Callable[[str], None]) -> tuple[bool, list[str]]:
    """Have a process do *work* with *file* and kill it before its disk call *number*: whether it came that far, and
    what it had acknowledged."""
    heard, said = os.pipe()
    wait, go = os.pipe()
    child = os.fork()
    if not child:
        _child(file, wait, said, work)
    os.close(said)
    os.close(wait)
    tracer = _traced(child, file, number)
    os.write(go, b"go")
    os.close(go)
    with os.fdopen(heard) as lines:
        told = lines.read().split()
    _, status = os.waitpid(child, 0)
    tracer.wait()
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, status
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, told


def _child(file: Path, wait: int, said: int, work: Callable[[str], None]) -> None:
    code = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(ANY), 0, 0, 0)
        os.dup2(said, 1)
        os.read(wait, 2)
        work(str(file))
        code = 0
    finally:
        os._exit(code)


def _traced(process: int, file: Path, number: int) -> subprocess.Popen[str]:
    names = [str(file.parent), *(f"{file}{end}" for end in ("", "-wal", "-shm", "-journal"))]
    command = ["strace", "-f", "-o", "/dev/null", "-p", str(process)]
    command += [part for name in names for part in ("-P", name)]
    command += ["-e", f"trace={CALLS}", "-e", f"inject={CALLS}:signal=SIGKILL:when={number}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    for line in tracer.stderr:
        if "attached" in line:
            return tracer
    raise RuntimeError(f"strace could not attach: exit {tracer.wait()}")


def examined(file: Path, told: list[str]) -> tuple[list[str], list[str]]:
    """What *file* has lost of the ids in *told*, and what else is wrong with it, also after everything was retried."""
    with opened(file) as memory:
        session = memory.session("s")
        kept = [one.id for one in session.messages()]
        lost = [one for one in told if one not in kept]
        problems = [problem for found in memory.verify().values() for problem in found.problems]
        if kept != [f"i{number}" for number in range(len(kept))]:
            problems.append(f"order: {kept}")
        if len(kept) > len(told) + 1:
            problems.append(f"{len(kept)} stored, {len(told)} acknowledged")
        session.add([message(number) for number in range(SENT)])
        if [one.canonical for one in session.messages()] != [message(number).canonical for number in range(SENT)]:
            problems.append("after adding everything again the log is not what was sent")
        problems += session.verify().problems
        integrity = memory._performer._database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar())
        return lost, problems + ([] if integrity == "ok" else [str(integrity)])


def main(wanted: Callable[[int, int], Iterator[dict[str, Any]]]) -> None:
    """One line a crash point of *wanted* (step, first), as JSON, on standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--driver", choices=["safe", "fallback"], default="safe")
    chosen = parser.parse_args()
    os.environ["TIERMEM_TEST_DRIVER"] = chosen.driver
    for point in wanted(chosen.step, chosen.first):
        print(json.dumps(point), flush=True)


def crashed(module: str, driver: str, step: int, first: int) -> list[dict[str, Any]]:
    """What `main` of *module* prints, run by a process of its own."""
    command = [sys.executable, "-m", module, "--driver", driver, "--step", str(step), "--first", str(first)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main(lambda step, first: map(asdict, points(step, first)))
