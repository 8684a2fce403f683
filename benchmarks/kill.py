"""How much an interrupted process loses: kill -9 at every disk call and at random moments, and losses of power.

    python -m benchmarks.kill --strace --random 200 --power 200

Prints one row for each driver: the safe one (WAL, synchronous=FULL) and the fallback (rollback journal, EXTRA).
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.faults import crash
from tests.faults.kills import killed
from tests.faults.power_loss.losses import lost

ROW = "{:<30}{:>8}{:>14}{:>8}{:>10}{:>9}"


def main() -> int:
    """0 when nothing acknowledged was lost and every file verified."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="kills at random moments, for each driver")
    parser.add_argument("--strace", action="store_true", help="a kill at every disk call of a fixed workload")
    parser.add_argument("--power", type=int, default=0, metavar="N", help="losses of power, for each driver")
    parser.add_argument("--step", type=int, default=1, help="only every so many disk calls")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(ROW.format("", "kills", "acknowledged", "lost", "problems", "seconds"))
    bad = 0
    for driver in ("safe", "fallback"):
        os.environ["TIERMEM_TEST_DRIVER"] = driver
        if chosen.strace and crash.missing():
            print(f"every disk call: {crash.missing()}")
        elif chosen.strace:
            bad += _row(f"every disk call, {driver}", crash.points(chosen.step))
        if chosen.power:
            bad += _row(f"losses of power, {driver}", lost(chosen.power, chosen.seed))
        if chosen.random:
            bad += _row(f"random moments, {driver}", killed(chosen.random, chosen.seed))
    return 1 if bad else 0


def _row(name: str, found: object) -> int:
    start, kills, acknowledged, lost, problems = time.perf_counter(), 0, 0, 0, 0
    for one in found:  # type: ignore[attr-defined]
        kills += 1
        acknowledged += one.acknowledged
        lost += len(one.lost)
        problems += len(one.problems)
        if one.lost or one.problems:
            print(one, file=sys.stderr)
    print(ROW.format(name, kills, acknowledged, lost, problems, f"{time.perf_counter() - start:.0f}"), flush=True)
    return lost + problems


if __name__ == "__main__":
    sys.exit(main())
