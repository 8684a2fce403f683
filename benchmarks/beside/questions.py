"""What a question costs, the first one after a restart, and the room that an archive takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.beside.bench import WARM, Bench, in_turns
from benchmarks.beside.filled import EACH, SESSION, USER, Filled, beside_others, many_sessions
from benchmarks.beside.rows import Row, limited, multiple, part
from benchmarks.beside.trees import Child

VERBS = ("context", "search")
TITLES = {"context": "context(question, 4000)", "search": "search(k=10)"}
SHARES = {"context": {1_000: 8, 10_000: 8, 100_000: 10}, "search": dict.fromkeys((1_000, 10_000, 100_000), 10)}
LARGE = 100_000  # messages at which room and restarts are held to a target
RESIDENT, FILE = 350.0, 130.0  # megabytes
RESTARTS = 3
MILLION = 1_000_000


def asking(bench: Bench) -> Iterator[Row]:
    """A question at each size, with BLAS on one thread and as it ships."""
    for size in bench.sizes:
        files = [bench.cache.one_session(tree, size).file for tree in bench.both]
        held, free = (_asked(bench, files, one_thread) for one_thread in (True, False))
        for verb in VERBS:
            title, (before, now) = f"{TITLES[verb]} at {size:,}", held[verb]
            yield part(f"{title}, one thread", before, now, SHARES[verb].get(size))
            old, new = free[verb]
            yield multiple(f"{title}, as it ships", new, 1.2, now, "one thread", old)


def _asked(bench: Bench, files: list[Path], one_thread: bool) -> dict[str, list[float]]:
    with bench.children(*bench.both, one_thread=one_thread) as asked:
        for child, file in zip(asked, files, strict=True):
            child.do("open", file=str(file), user=USER, session=SESSION)
        return dict(in_turns(asked, bench.cache.corpus.questions, VERBS))


def restarting(bench: Bench) -> Iterator[Row]:
    """The first question of a new process, what it has in RAM once it was asked some, and the file."""
    for size in bench.sizes:
        filled = [bench.cache.one_session(tree, size) for tree in bench.both]
        runs = [_restarted(bench, filled) for _ in range(RESTARTS)]
        large = size == LARGE
        for what, title in (("first", "first question after a restart"), ("loaded", "the same, modules loaded")):
            (old, new) = (median(run[side][what] for run in runs) for side in (0, 1))
            yield part(f"{title}, at {size:,}", old, new, 10 if large else None)
        for what, title in (("now", "MB of RSS once asked"), ("most", "MB of RSS at most, until then")):
            (old, new) = (median(run[side][what] for run in runs) for side in (0, 1))
            yield _room(f"{title} at {size:,}", old, new, RESIDENT if large else None)
        old, new = (one.megabytes for one in filled)
        yield _room(f"MB of file at {size:,}", old, new, FILE if large else None)


def _room(title: str, old: float, new: float, most: float | None) -> Row:
    return Row(title, old, new) if most is None else limited(title, new, most, old)


def _restarted(bench: Bench, filled: list[Filled]) -> list[dict[str, float]]:
    """Of each tree. A process that has loaded its modules for another memory, then one that has loaded nothing."""
    found: list[dict[str, float]] = [{}, {}]
    for what in ("loaded", "first"):
        with bench.children(*bench.both) as asked:
            for child, one, figures in zip(asked, filled, found, strict=True):
                if what == "loaded":
                    child.do("load")
                figures[what] = _first(bench, child, one)
                if what == "first":
                    figures.update(_resident(bench, child))
    return found


def _first(bench: Bench, child: Child, filled: Filled) -> float:
    question = bench.cache.corpus.questions[0]
    spent: float = child.do("first", question=question, file=str(filled.file), user=USER, session=SESSION)
    return spent


def _resident(bench: Bench, child: Child) -> dict[str, float]:
    for question in bench.cache.corpus.questions[1:WARM]:
        child.do("ask", what="context", question=question)
    found: dict[str, float] = child.do("resident")
    return found


def asking_user(bench: Bench) -> Iterator[Row]:
    """A user of many sessions beside one session of as many messages, and beside as many other users."""
    size = max(bench.sizes)
    one = bench.cache.one_session(bench.now, size).file
    many = bench.cache.filled(bench.now, f"many-{size}", many_sessions(size)).file
    crowd = bench.cache.filled(bench.now, f"crowd-{size}", beside_others(size)).file
    newest = f"s{size // EACH - 1}"
    with bench.children(*[bench.now] * 3) as asked:
        asked[0].do("open", file=str(one), user=USER, session=SESSION)
        for child, file in zip(asked[1:], (many, crowd), strict=True):
            child.do("open", file=str(file), user=USER, session=newest, within="user")
        found = in_turns(asked, bench.cache.corpus.questions, VERBS)
    for verb, (alone, apart, crowded) in found.items():
        title = f'{TITLES[verb]}, {size // EACH:,} sessions of a user, within="user"'
        yield multiple(title, apart, 1.5, alone, f"one session of {size:,}")
        yield multiple(f"the same beside {size // EACH:,} other users", crowded, 1.1, apart, "without them")


def asking_million(bench: Bench) -> Iterator[Row]:
    """A question at a million messages and at ten thousand, of this tree alone."""
    with bench.children(bench.now, bench.now) as asked:
        for child, size in zip(asked, (10_000, MILLION), strict=True):
            child.do("open", file=str(bench.cache.one_session(bench.now, size).file), user=USER, session=SESSION)
        found = in_turns(asked, bench.cache.corpus.questions, VERBS)
        resident = asked[1].do("resident")["now"]
    for verb, (small, large) in found.items():
        yield multiple(f"{TITLES[verb]} at {MILLION:,}", large, 10, small, "10,000")
    yield Row(f"MB of RSS once asked at {MILLION:,}", None, resident)
