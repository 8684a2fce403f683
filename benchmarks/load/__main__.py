"""Rising load until it breaks: SQLite with 1, 4 and 8 processes, and PostgreSQL.

    python -m benchmarks.load [--seconds 10] [--users 100] [--messages 100] [--plot FILE] [--out FILE] [--markdown]

An open loop: requests come at random (Poisson) whether or not those before are answered, and each is timed from the
moment it was due, so that no omission is coordinated. A request is an add, a context or a search of a user drawn by
lot. Then what the costs mean for 10,000 and 1,000,000 users, by arithmetic on assumptions that are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import report
from benchmarks.load import model
from benchmarks.load.arrivals import MIX
from benchmarks.load.curves import SERVED, Point, curve
from benchmarks.load.plot import draw

RATES = (10, 20, 40, 80, 160, 320, 640)
SETUPS = "SQLite:1,SQLite:4,SQLite:8,PostgreSQL:1,PostgreSQL:4,PostgreSQL:8"
HEAD = ("database", "processes", "offered /s", "answered /s", "p50 ms", "p99 ms", "add p99", "context p99",
        "search p99", "given up", "errors", "our CPU ms", "server CPU ms", "load average")  # fmt: skip
NEEDS = ("users", "by", "mean /s", "peak /s", "our cores", "server cores", "GB a year")


def row(one: Point) -> tuple[object, ...]:
    """A point as a line."""
    times = [f"{seconds * 1000:.0f}" for seconds in (one.p50, one.p99, one.add, one.context, one.search)]
    cpu = (f"{one.ours:.1f}", f"{one.server:.1f}" if one.server else "")
    rates = (f"{one.offered:g}", f"{one.done:.1f}")
    return (one.database, one.processes, *rates, *times, one.late, one.errors, *cpu, f"{one.load:.1f}")


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.load", description=(__doc__ or "").split("\n")[0])
    made.add_argument("--seconds", type=float, default=10.0, help="of each point (default: %(default)s)")
    made.add_argument("--users", type=int, default=100)
    made.add_argument("--messages", type=int, default=100, help="that each user said before")
    made.add_argument("--rates", default=",".join(map(str, RATES)), help="requests a second (default: %(default)s)")
    made.add_argument("--setups", default=SETUPS, help="(default: %(default)s)")
    made.add_argument("--kilobytes", type=float, default=model.PER_MESSAGE, help="of the database, a message")
    made.add_argument("--plot", type=Path, help="picture to draw (needs matplotlib)")
    made.add_argument(
        "--out", type=Path, help="where the points go, as JSON; those that are there are not measured again"
    )
    made.add_argument("--markdown", action="store_true")
    return made.parse_args(arguments)


def measured(given: argparse.Namespace) -> list[Point]:
    """All curves, a line told as each point is there."""
    rates, points = [float(rate) for rate in given.rates.split(",")], list[Point]()
    if given.out is not None and given.out.exists():
        points = [Point(*one) for one in json.loads(given.out.read_text())]
    for setup in given.setups.split(","):
        kind, _, processes = setup.partition(":")
        known = [one for one in points if (one.database, one.processes) == (kind, int(processes))]
        left = (
            []
            if any(one.broken for one in known)
            else [rate for rate in rates if rate not in {one.offered for one in known}]
        )
        for point in curve(kind, int(processes), left, given.seconds, given.users, given.messages) if left else ():
            points.append(point)
            print(*row(point), file=sys.stderr, flush=True)
        points.sort(key=lambda one: (one.database != "SQLite", one.processes, one.offered))
        if given.out is not None:
            given.out.write_text(json.dumps(points))
    return points


def needs(points: Sequence[Point], kilobytes: float) -> list[tuple[object, ...]]:
    """The model's lines: by the highest load of each database that was served well."""
    lines = list[tuple[object, ...]]()
    for kind in dict.fromkeys(one.database for one in points):
        point = model.best([one for one in points if one.database == kind])
        for users in (10_000, 1_000_000) if point is not None else ():
            assert point is not None
            need = model.needed(users, point, kilobytes)
            by = f"{kind}, {point.processes} processes at {point.offered:g}/s"
            cores = (str(need.ours), f"{need.server:.1f}" if need.server else "")
            if kind == "SQLite" and need.peak > point.offered:
                cores = ("more than a file bears", "")
            lines.append((f"{users:,}", by, f"{need.mean:.1f}", f"{need.peak:.0f}", *cores, f"{need.year:,.0f}"))
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, draw."""
    given = options(arguments)
    points = measured(given)
    mix = ", ".join(f"{often:g} {verb}" for verb, often in MIX.items())
    print(f"{os.cpu_count()} CPUs, load average {os.getloadavg()[0]:.1f}; {report.versions()}")
    print(f"{given.users} users of {given.messages} messages; {given.seconds:g} s a point; in a turn: {mix}")
    print(report.table(HEAD, [row(one) for one in points], markdown=given.markdown))
    print(
        f"\nThe model: {model.TURNS_A_DAY:g} turns a user and day, the busiest hour {model.PEAK:g} times the mean, "
        f"cores {model.BUSY:.0%} used then, {given.kilobytes:g} kB a message; CPU of the highest load with p99 up to "
        f"{SERVED:g} s"
    )
    print(report.table(NEEDS, needs(points, given.kilobytes), markdown=given.markdown))
    if given.plot is not None:
        draw(points, given.plot)


if __name__ == "__main__":
    main()
