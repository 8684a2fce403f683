"""`python -m benchmarks.media [--commit COMMIT] [--data FILE]`: 300 pictures in a session, in this tree and in an older
commit; and LoCoMo's photos as blocks, where its file in the form of the recall benchmark is given.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import report
from benchmarks.beside.trees import Tree, checked_out, here

CASES = ((300, 1, "300 pictures of 100 kB"), (300, 3, "100 pictures of 100 kB, each three times"))
ROWS = (
    ("bytes", "bytes on disk", 1e-6, "MB"),
    ("tokens", "tokens of the session", 1, ""),
    ("add", "adding a turn, median", 1, "ms"),
    ("settle", "the background", 1, "ms"),
    ("first", "first context after opening", 1, "ms"),
    ("again", "a context, median of 15", 1, "ms"),
    ("context", "tokens of a context", 1, ""),
    ("pictures", "pictures in a context, with their bytes", 1, ""),
    ("sent", "characters of a context", 1e-6, "M"),
    ("restored", "restored as added", 1, ""),
)


def cost(tree: Tree, folder: Path, count: int, copies: int) -> dict[str, float]:
    """What `filling` prints, with the packages of *tree*."""
    file = folder / f"{tree.key}-{copies}" / "media.db"
    command = [sys.executable, "-m", "benchmarks.media.filling", str(file), str(count), str(copies)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=tree.environment(one_thread=True))
    read: dict[str, float] = json.loads(done.stdout)
    return read


def costs(older: Tree, folder: Path) -> None:
    """Print a table for each case."""
    for count, copies, title in CASES:
        before, now = (cost(tree, folder, count, copies) for tree in (older, here()))
        print(f"\n### {title}\n\n| | {older.name} | this tree |\n| --- | ---: | ---: |")
        for key, name, factor, unit in ROWS:
            told = (str(one[key]) if key == "restored" else f"{one[key] * factor:,.1f} {unit}" for one in (before, now))
            print(f"| {name} | {' | '.join(text.strip() for text in told)} |")


def photos(file: Path) -> None:
    """Print what is found of LoCoMo's photos."""
    from benchmarks.media.photos import BUDGET, asked
    from benchmarks.recall.conversations import read

    print(f"\n### LoCoMo's photos, recalled within {BUDGET:,} tokens\n")
    print("| | questions | evidence found | photos found |\n| --- | ---: | ---: | ---: |")
    for one in asked(read(file)):
        print(f"| {one.way} | {one.questions} | {100 * one.evidence:.1f} % | {100 * one.photos:.1f} % |")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 2 when there is no such commit."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.media", description="What pictures cost and what finds them."
    )
    made.add_argument("--commit", help="an older commit of this repository, to compare with")
    made.add_argument("--data", type=Path, help="locomo.jsonl in the form of the recall benchmark")
    given = made.parse_args(arguments)
    print(report.versions(), flush=True)
    with TemporaryDirectory(prefix="tiermem-media-") as folder:
        if given.commit:
            try:
                costs(checked_out(given.commit, Path(folder) / "older"), Path(folder))
            except ValueError as error:
                print(error)
                return 2
    if given.data:
        photos(given.data)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
