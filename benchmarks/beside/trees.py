"""The source trees that are compared, and the child processes that run them in the same virtual environment.

Of an older commit only the packages are checked out. The benchmarks are always this tree's, and use what both have.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[2]
PACKAGES = ("core", "langchain_tiered_memory", "llamaindex_tiered_memory")
THREADS = "OPENBLAS_NUM_THREADS"


class ChildFailed(RuntimeError):
    """A child process raised, or ended."""


@dataclass(frozen=True)
class Tree:
    """Packages in a folder. *name* is a column of the tables."""

    name: str
    folder: Path

    @cached_property
    def key(self) -> str:
        """A digest of the core's code: files that it has filled are good for the same code only."""
        digest = hashlib.sha256()
        for file in sorted((self.folder / "core" / "tiermem").rglob("*.py")):
            digest.update(str(file.relative_to(self.folder)).encode() + file.read_bytes())
        return digest.hexdigest()[:12]

    def environment(self, one_thread: bool) -> dict[str, str]:
        """The variables under which this tree's packages are imported; BLAS is held to one thread, or not told."""
        path = [self.folder / "core", self.folder, HERE]
        variables = {name: value for name, value in os.environ.items() if name != THREADS}
        variables |= {"PYTHONPATH": os.pathsep.join(map(str, path))}
        return variables | ({THREADS: "1"} if one_thread else {})


def here() -> Tree:
    """The tree that this file is in, with what is not committed."""
    return Tree("this tree", HERE)


def checked_out(commit: str, folder: Path) -> Tree:
    """The packages of *commit*, put into *folder*.

    Raises:
        ValueError: this repository has no such commit.
    """
    command = ["git", "-C", str(HERE), "archive", "--format=tar", commit, *PACKAGES]
    packed = subprocess.run(command, check=False, capture_output=True)
    if packed.returncode:
        raise ValueError(f"{commit}: {packed.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return Tree(commit, folder)


class Child:
    """A process with the packages of a tree, which does one thing at a time: see `benchmarks.beside.child`."""

    def __init__(self, tree: Tree, *, one_thread: bool, folder: Path) -> None:
        self.tree = tree
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.beside.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=tree.environment(one_thread),
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise ChildFailed(f"{tree.name}: no pipes")
        self._asked, self._answers = self._process.stdin, self._process.stdout

    def do(self, verb: str, **arguments: Any) -> Any:
        """What the child's *verb* returns.

        Raises:
            ChildFailed: it raised, or is gone.
        """
        print(json.dumps([verb, arguments]), file=self._asked, flush=True)
        answer = self._answers.readline()
        if not answer:
            raise ChildFailed(f"{self.tree.name}: {verb} ended the process")
        value, error = json.loads(answer)
        if error:
            raise ChildFailed(f"{self.tree.name}: {verb}: {error}")
        return value

    def close(self) -> None:
        """End the process."""
        self._asked.close()
        self._process.wait()
        self._answers.close()


@contextmanager
def children(*trees: Tree, one_thread: bool, folder: Path) -> Iterator[list[Child]]:
    """A child a tree, ended with the block."""
    started = [Child(tree, one_thread=one_thread, folder=folder) for tree in trees]
    try:
        yield started
    finally:
        for child in started:
            child.close()
