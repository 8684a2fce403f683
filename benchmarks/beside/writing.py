"""What an add costs beside the limit, and an import."""

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


def adding(bench: Bench) -> Iterator[Row]:
    """One message at a time: the limit is to tokenise it, and to write it in one durable transaction."""
    for size in bench.sizes:
        old, new = _added(bench, size)
        least = new["limit"]
        middle, mean = median(least), fmean(least)
        title = f"add of one message at {size:,}"
        yield multiple(f"{title}, median", median(new["each"]), 2, middle, "limit", median(old["each"]))
        yield multiple(f"{title}, mean", fmean(new["each"]), 2, mean, "limit", fmean(old["each"]))
        high, before = percentile(new["each"], 0.99), percentile(old["each"], 0.99)
        yield multiple(f"{title}, p99", high, 5, middle, "limit, median", before)
        yield Row(f"the limit's p99 at {size:,}", None, percentile(least, 0.99))
        yield Row(f"{title}, mean, with all that is done later", fmean(old["settled"]), fmean(new["settled"]))


def _added(bench: Bench, size: int) -> list[dict[str, list[float]]]:
    with bench.folder() as folder, bench.children(*bench.both) as writers:
        for child, tree in zip(writers, bench.both, strict=True):
            copy = bench.cache.one_session(tree, size).copied(folder, f"{tree.key}.db")
            child.do("open", file=str(copy), user=USER, session=SESSION)
        found: list[dict[str, list[float]]] = [{"each": [], "limit": [], "settled": []} for _ in writers]
        for turn in range(-1, ROUNDS):  # the first round, which loads, is not counted
            for child, limit, times in zip(writers, (False, True), found, strict=True):
                own = folder / f"limit {turn}" if limit else None
                round_of = _round(bench, child, size + (turn + 1) * ADDED, own)
                if turn >= 0:
                    times["each"] += round_of["each"]
                    times["limit"] += round_of["limit"]
                    times["settled"].append(round_of["settled"])
        return found


def _round(bench: Bench, child: Child, begin: int, limit: Path | None) -> dict[str, Any]:
    if limit:
        limit.mkdir()
    arguments = {"begin": begin, "number": ADDED, "folder": str(limit) if limit else None}
    found: dict[str, Any] = child.do("add", corpus=str(bench.cache.corpus.file), **arguments)
    return found


def importing(bench: Bench) -> Iterator[Row]:
    """Seconds to fill the databases that are asked, until all is indexed and embedded; those of the run that did it."""
    for size in bench.sizes:
        old, new = (bench.cache.one_session(tree, size).seconds for tree in bench.both)
        yield part(f"import of {size:,} messages, seconds", old, new, 5)
