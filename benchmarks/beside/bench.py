"""What all measures are given, and how two or more processes are asked in turns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.beside.filled import Cache
from benchmarks.beside.trees import Child, Tree, children

ASKED, WARM = 40, 10  # questions that count; those before them


@dataclass(frozen=True)
class Bench:
    """The two trees, the databases, how many messages there shall be, and the folder of conversations, if any."""

    before: Tree
    now: Tree
    cache: Cache
    prose: Cache
    sizes: Sequence[int]
    data: Path | None = None

    @property
    def both(self) -> tuple[Tree, Tree]:
        """The older tree first."""
        return self.before, self.now

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder for one measure."""
        with TemporaryDirectory(dir=self.cache.scratch) as folder:
            yield Path(folder)

    @contextmanager
    def children(self, *trees: Tree, one_thread: bool = True) -> Iterator[list[Child]]:
        """Fresh processes, in the order of *trees*."""
        with children(*trees, one_thread=one_thread, folder=self.cache.scratch) as found:
            yield found


def in_turns(asked: Sequence[Child], questions: Sequence[str], verbs: Sequence[str]) -> Mapping[str, list[float]]:
    """By verb, the median milliseconds of each child: every question goes to all of them, one after the other."""
    for question in questions[:WARM]:
        for child in asked:
            for verb in verbs:
                child.do("ask", what=verb, question=question)
    for child in asked:
        child.do("freeze")
    times: dict[str, list[list[float]]] = {verb: [[] for _ in asked] for verb in verbs}
    for question in questions[WARM : WARM + ASKED]:
        for verb in verbs:
            for child, spent in zip(asked, times[verb], strict=True):
                spent.append(child.do("ask", what=verb, question=question))
    return {verb: list(map(median, spent)) for verb, spent in times.items()}
