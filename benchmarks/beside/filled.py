"""Databases filled by a tree, kept in a folder between runs: filling a large one takes minutes."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.beside.corpus import Corpus
from benchmarks.beside.trees import Tree, children

Layout = Sequence[tuple[str, str, int]]  # user, session, messages
USER, SESSION = "anna", "s"
EACH = 100  # messages of a session, where a user has many


def one_session(size: int, user: str = USER, session: str = SESSION) -> Layout:
    """All messages in one session."""
    return [(user, session, size)]


def many_sessions(size: int) -> Layout:
    """As many messages in sessions of a hundred."""
    return [(USER, f"s{place}", EACH) for place in range(size // EACH)]


def beside_others(size: int) -> Layout:
    """The same, and as many sessions of other users."""
    return [*many_sessions(size), *((f"user{place}", SESSION, EACH) for place in range(size // EACH))]


@dataclass(frozen=True)
class Filled:
    """A database that nobody is writing to, and the seconds of processor time that it took to fill it."""

    file: Path
    seconds: float

    @property
    def megabytes(self) -> float:
        """Of the file."""
        return self.file.stat().st_size / 1e6

    def copied(self, folder: Path, name: str = "copy.db") -> Path:
        """A copy to write to."""
        return Path(shutil.copyfile(self.file, folder / name))


@dataclass(frozen=True)
class Cache:
    """The folder, and what is stored in all databases of this run. *fresh*: those that are there are filled again."""

    folder: Path
    corpus: Corpus
    scratch: Path
    fresh: bool = False

    def one_session(self, tree: Tree, size: int) -> Filled:
        """The database of *tree* with *size* messages in one session."""
        return self.filled(tree, f"one-{size}", one_session(size))

    def filled(self, tree: Tree, name: str, layout: Layout) -> Filled:
        """The database of *tree* with *layout*, which is called *name*."""
        folder = self.folder / f"{tree.key}-{self.corpus.key}"
        file, told = folder / f"{name}.db", folder / f"{name}.json"
        made = self.scratch / f"made-{tree.key}-{name}"
        if not told.exists() or (self.fresh and not made.exists()):
            folder.mkdir(parents=True, exist_ok=True)
            told.unlink(missing_ok=True)
            _remove(file)
            print(f"{tree.name}: filling {name} ...", file=sys.stderr, flush=True)
            with children(tree, one_thread=True, folder=self.scratch) as (child,):
                seconds = child.do("fill", file=str(file), corpus=str(self.corpus.file), layout=layout)
            told.write_text(json.dumps({"seconds": seconds}), "utf-8")
            made.touch()
        return Filled(file, json.loads(told.read_text("utf-8"))["seconds"])


def _remove(file: Path) -> None:
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()
