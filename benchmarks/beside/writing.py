"""What an add costs beside the limit, and an import.

An add is measured twice. In the main thread, where transactions are run by another one, by the time of the process: it
holds whatever the background does meanwhile. In a thread of the caller's, by that thread's time: what the caller pays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.beside.bench import Bench
from benchmarks.beside.filled import SESSION, USER
from benchmarks.beside.rows import Row, multiple, part
from benchmarks.beside.trees import Child
from benchmarks.recall.measure import percentile

ROUNDS, ADDED = 4, 250  # in each round that many messages are added by one tree, then by the other
WHOSE = {False: "of the process", True: "of the caller's thread"}

Times = dict[str, list[float]]


def adding(bench: Bench) -> Iterator[Row]:
    """One message at a time: the limit is to tokenise it, and to write it in one durable transaction."""
    for size in bench.sizes:
        for alone, whose in WHOSE.items():
            old, new = _added(bench, size, alone)
            least, title = new["limit"], f"add at {size:,}, {whose}"
            middle = median(least)
            yield multiple(f"{title}: median", median(new["each"]), 2, middle, "limit", median(old["each"]))
            yield multiple(f"{title}: mean", fmean(new["each"]), 2, fmean(least), "limit", fmean(old["each"]))
            high, before = percentile(new["each"], 0.99), percentile(old["each"], 0.99)
            yield multiple(f"{title}: p99", high, 5, middle, "limit, median", before)
            if alone:
                yield Row(f"the limit at {size:,}: p99", None, percentile(least, 0.99))
        yield Row(f"add at {size:,}, all that is done for it later: mean", fmean(old["settled"]), fmean(new["settled"]))


def _added(bench: Bench, size: int, alone: bool) -> list[Times]:
    """The times of both trees; a first round, which loads, is not counted."""
    with bench.folder() as folder, bench.children(*bench.both) as writers:
        for child, tree in zip(writers, bench.both, strict=True):
            copy = bench.cache.one_session(tree, size).copied(folder, f"{tree.key}.db")
            child.do("open", file=str(copy), user=USER, session=SESSION)
        found: list[Times] = [{"each": [], "limit": [], "settled": []} for _ in writers]
        for turn in range(1 + ROUNDS):
            for child, beside_limit, times in zip(writers, (False, True), found, strict=True):
                limit = folder / f"limit {turn}" if beside_limit else None
                one = _round(bench, child, size + turn * ADDED, limit, alone)
                if turn:
                    times["each"] += one["each"]
                    times["limit"] += one["limit"]
                    times["settled"].append(one["settled"])
        return found


def _round(bench: Bench, child: Child, begin: int, limit: Path | None, alone: bool) -> dict[str, Any]:
    if limit:
        limit.mkdir()
    arguments = {"begin": begin, "number": ADDED, "folder": str(limit) if limit else None, "alone": alone}
    found: dict[str, Any] = child.do("add", corpus=str(bench.cache.corpus.file), **arguments)
    return found


def importing(bench: Bench) -> Iterator[Row]:
    """Seconds to fill the databases that are asked, until all is indexed and embedded; those of the run that did it."""
    for size in bench.sizes:
        old, new = (bench.cache.one_session(tree, size).seconds for tree in bench.both)
        yield part(f"import of {size:,} messages, seconds", old, new, 5)
