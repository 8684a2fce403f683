"""What compressing a log costs: `python -m benchmarks.compression.logs [--bytes 250000,500000,1000000]`.

A log of a server, made by rule: each line has a time, ids, a path and figures of its own, so that no line is left out
for being said already. Told are CPU seconds, and those for each megabyte: the same where the time is linear.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import accumulate, takewhile
from random import Random
from time import process_time

from benchmarks import report
from tiermem.compression import compress

COLUMNS = ("bytes", "lines", "CPU s", "CPU s a MB", "attempts", "kept")


def lines() -> Iterator[str]:
    """Lines of the log, without an end."""
    random, number = Random(0), 0
    while True:
        number += 1
        when = f"2026-03-{1 + number % 28:02d}T{number % 24:02d}:{number % 60:02d}:{number * 7 % 60:02d}Z"
        path = f"/api/v1/items/{random.randrange(10**6)}"
        what = f"request id={random.randrange(16**8):08x} path={path} status={random.choice([200, 200, 404, 500])}"
        yield f"{when} INFO  [worker-{number % 17}] {what} took {random.randrange(1, 5_000)} ms"


def log(size: int) -> str:
    """The beginning of the log, *size* characters or a line less."""
    endless, ends = lines(), lines()
    sizes = takewhile(lambda end: end <= size, accumulate(len(line) + 1 for line in ends))
    return "\n".join(line for line, _ in zip(endless, sizes, strict=False))


def main() -> None:
    """Prints the table."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--bytes", default="250000,500000,1000000", help="sizes, with commas (default: %(default)s)")
    compress("The pool had 10 connections. " * 20, 0.3)  # what is loaded once
    rows = []
    for size in map(int, given.parse_args().bytes.split(",")):
        text = log(size)
        began = process_time()
        short = compress(text, 0.3)
        spent = process_time() - began
        each = (f"{spent:.1f}", f"{spent / len(text) * 1e6:.1f}")
        rows.append((len(text), text.count("\n") + 1, *each, short.tried, f"{short.kept.total:.2f}"))
    print(report.table(COLUMNS, rows))
    print(report.versions())


if __name__ == "__main__":
    main()
