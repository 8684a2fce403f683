"""What a turn through each adapter costs, and a step of each agent."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import fmean, median

from benchmarks.beside import steps
from benchmarks.beside.bench import Bench
from benchmarks.beside.filled import one_session
from benchmarks.beside.rows import Row, part
from benchmarks.cost.turns import SESSION, Add, History, ours

SIZES = (100, 10_000, 100_000)  # those of the cost benchmark
TURNS, WARM, PATIENCE = 24, 3, 30_000.0  # turns; before them; milliseconds after which there is no further one
RUNS = 3  # of each agent


def turning(bench: Bench) -> Iterator[Row]:
    """The cost benchmark's rows, in the cost benchmark's prose."""
    for size in (one for one in SIZES if one <= max(bench.sizes)):
        for name in (one.name for one in ours()):
            old, new = _turns(bench, name, size)
            parts = 15 if name == History.name and size >= 10_000 else 6
            yield part(f"{name.removeprefix('tiermem: ')}: a turn at {size:,}", old, new, parts)


def _turns(bench: Bench, name: str, size: int) -> tuple[float, float]:
    """Median milliseconds of both trees."""
    with bench.folder() as folder, bench.children(*bench.both) as asked:
        for child, tree in zip(asked, bench.both, strict=True):
            own = folder / tree.key
            own.mkdir()
            filled = bench.prose.filled(tree, f"turns-{size}", one_session(size, "default", SESSION))
            (own / Add.template).symlink_to(filled.file)
            child.do("take_turns", name=name, folder=str(own), stored=size)
            for place in range(WARM):
                child.do("turn", place=-1 - place)
            child.do("freeze")
        times: list[list[float]] = [[], []]
        for place in range(TURNS):
            for child, spent in zip(asked, times, strict=True):
                spent.append(child.do("turn", place=place))
            if sum(map(sum, times)) > PATIENCE:
                break
        return median(times[0]), median(times[1])


def stepping(bench: Bench) -> Iterator[Row]:
    """Agents once their limit is full, then the frameworks' own in the same run."""
    for name in steps.AGENTS:
        times: list[list[float]] = [[], []]
        for _ in range(RUNS):
            with bench.folder() as folder, bench.children(*bench.both) as asked:
                for child, spent in zip(asked, times, strict=True):
                    own = folder / child.tree.key
                    own.mkdir()
                    spent.extend(child.do("steps", agent=name, folder=str(own)))
        yield part(f"{name}: a step once full", median(times[0]), median(times[1]), 4)
    with bench.folder() as folder, bench.children(bench.now) as (child,):
        for name in steps.FRAMEWORKS:
            yield Row(f"{name}: a step", None, median(child.do("steps", agent=name, folder=str(folder))))


def counting(bench: Bench) -> Iterator[Row]:
    """Python calls of a step of each agent, then of the frameworks alone."""
    for name in steps.AGENTS:
        found: list[list[float]] = []
        with bench.folder() as folder, bench.children(*bench.both) as asked:
            for child in asked:
                own = folder / child.tree.key
                own.mkdir()
                found.append(child.do("calls", agent=name, folder=str(own)))
        for what, of in (("median", median), ("mean", fmean)):
            yield Row(f"{name}: {what} of a step once full", of(found[0]), of(found[1]))
    with bench.folder() as folder, bench.children(bench.now) as (child,):
        for name in steps.FRAMEWORKS:
            yield Row(f"{name}: median", None, median(child.do("calls", agent=name, folder=str(folder))))
