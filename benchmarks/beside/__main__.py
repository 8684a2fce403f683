"""`python -m benchmarks.beside --commit COMMIT`: this tree beside an older commit, in one run.

Milliseconds of processor time, medians unless a row says otherwise; both trees run in the same virtual environment, and
take turns (A B A B), so that a busy machine is busy for both. A database is filled once a tree and kept in a folder.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

from benchmarks import report
from benchmarks.beside import adapters, corpus, questions, trees, writing
from benchmarks.beside.bench import Bench
from benchmarks.beside.filled import Cache
from benchmarks.beside.rows import Row, printed
from benchmarks.beside.same import comparing

GROUPS: dict[str, tuple[str, Callable[[Bench], Iterator[Row]]]] = {
    "ask": ("A question", questions.asking),
    "restart": ("A restart, and the room taken", questions.restarting),
    "add": ("Adding one message", writing.adding),
    "import": ("An import", writing.importing),
    "turns": ("A whole turn", adapters.turning),
    "agents": ("A step of an agent", adapters.stepping),
    "calls": ("Python calls of a step", adapters.counting),
    "user": ("All sessions of a user", questions.asking_user),
    "million": ("A million messages", questions.asking_million),
    "same": ("The answers themselves", comparing.comparing),
}
RARELY = {"million", "same", "calls"}  # half an hour to fill; another commit may mean to answer otherwise; slow


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.beside", description="This tree beside an older commit.")
    made.add_argument("--commit", required=True, help="the older commit of this repository")
    made.add_argument("--sizes", type=_sizes, default=(1_000, 10_000, 100_000), help="messages stored, with commas")
    made.add_argument("--only", type=_groups, help=f"of {', '.join(GROUPS)}; all but {', '.join(RARELY)} by default")
    made.add_argument("--data", type=Path, help="folder of the recall benchmark's .jsonl files; else prose is stored")
    made.add_argument("--cache", type=Path, default=Path(gettempdir()) / "tiermem-beside", help="default: %(default)s")
    made.add_argument("--fresh", action="store_true", help="fill all databases anew")
    made.add_argument("--markdown", action="store_true", help="tables in Markdown")
    return made


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(part.replace("_", "")) for part in text.split(",")))


def _groups(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(GROUPS):
        raise argparse.ArgumentTypeError(f"nothing is called {', '.join(sorted(unknown))}")
    return names


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 when a target is not met, 2 when the commit or the data are not there."""
    given = parser().parse_args(arguments)
    given.cache.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="tiermem-beside-") as folder:
        try:
            (scratch := Path(folder) / "work").mkdir()
            older = trees.checked_out(given.commit, Path(folder) / "older")
            stored, prose = (corpus.made(data, given.cache) for data in (given.data, None))
        except (ValueError, FileNotFoundError) as error:
            print(error)
            return 2
        own, told = (Cache(given.cache, one, scratch, given.fresh) for one in (stored, prose))
        bench = Bench(older, trees.here(), own, told, given.sizes, given.data)
        print(report.versions(), flush=True)
        groups = given.only or [name for name in GROUPS if name not in RARELY]
        rows = [row for name in groups for row in measured(name, bench, markdown=given.markdown)]
    missed = sum(not row.met for row in rows)
    print(f"\n{sum(row.most is not None for row in rows)} targets, {missed} not met")
    return int(missed > 0)


def measured(name: str, bench: Bench, *, markdown: bool) -> list[Row]:
    """The rows of the group *name*, printed."""
    title, measure = GROUPS[name]
    rows = []
    for row in measure(bench):
        rows.append(row)
        print(f"{row.what}: {row.before} -> {row.now}", file=sys.stderr, flush=True)
    print(f"\n### {title}\n\n{printed(rows, bench.before.name, bench.now.name, markdown=markdown)}", flush=True)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
