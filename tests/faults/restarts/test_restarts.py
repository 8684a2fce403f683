"""A server may end any connection at any moment, and may be stopped and started: nothing acknowledged is lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.restarts.talkers import OPTIONS, Talkers, Told, examined
from tests.faults.restarts.trouble import trouble
from tiermem import Memory

ROOT = Path(__file__).parents[3]
MODES = ("fast", "immediate")
CUTS, STARTS = 200, 20  # of the soak
PROCESSES, THREADS = 2, 4


def test_the_same_memory_goes_on_after_cuts_and_restarts() -> None:
    with trouble() as server, Memory.open(server.url, **OPTIONS) as memory:
        talkers = Talkers(memory, "here", 3)
        for mode in MODES:
            server.cut(8, 0.02)
            server.start_again(mode, 0.1)
        server.cut(4, 0.02)
        told = talkers.end()
        assert set(told["errors"]) <= {"StorageUnavailable", "StorageBusy", "OutcomeUnknown"}
        assert examined(memory, [told]) > 0


@pytest.mark.soak
def test_200_cuts_and_20_restarts_under_two_processes_of_threads() -> None:
    with trouble() as server:
        Memory.open(server.url, **OPTIONS).close()
        command = [sys.executable, "-m", "tests.faults.restarts.talkers", server.url]
        running = [
            subprocess.Popen(
                [*command, f"p{place}", str(THREADS)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for place in range(PROCESSES)
        ]
        assert all(one.stdout is not None and one.stdout.readline() == "started\n" for one in running)
        began = time.monotonic()
        for number in range(STARTS):
            server.cut(CUTS // STARTS, 0.15)
            server.start_again(MODES[number % 2], 1.0)
        server.cut(CUTS % STARTS, 0.15)
        seconds = time.monotonic() - began
        told: list[Told] = [json.loads(one.communicate()[0]) for one in running]
        with Memory.open(server.url, **OPTIONS) as memory:
            count = examined(memory, told)
    errors = sum((Counter(one["errors"]) for one in told), Counter[str]())
    print(f"{PROCESSES} processes of {THREADS} threads, {CUTS} transactions cut, {STARTS} restarts, {seconds:.0f} s")
    print(f"{count} messages acknowledged and stored, in order, none lost, none twice; verified")
    print(f"{sum(one['calls'] for one in told)} calls, done again after {dict(errors)}")
    print(f"longest call {max(one['longest'] for one in told):.1f} s")
