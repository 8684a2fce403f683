"""Runs programs of tests, each in a process of its own, forked from one that has imported both frameworks.

Importing a framework costs a second or two, and some fifty programs are run. What is about starting up or about the
end of a process (imports, warnings, drivers, exits) starts an interpreter of its own instead.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

IMPORTED = [
    "langchain.agents",
    "langchain_classic",
    "langgraph.graph",
    "langchain_tiered_memory.agents.middleware",
    "llama_index.core.agent.workflow",
    "llamaindex_tiered_memory.memory",
    "tiermem.memory",
]
LONGEST = 600.0  # seconds
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(IMPORTED)


class Program:
    """A program under way, named by its path and its arguments."""

    def __init__(self, *arguments: object, environment: Mapping[str, str] | None = None) -> None:
        self.arguments = [str(one) for one in arguments]
        self._printed = Path(tempfile.mkdtemp(prefix="tm-program-"))
        given = (self.arguments, dict(environment or {}), self._printed)
        self._process = _context.Process(target=_become, args=given)
        self._process.start()

    def ended(self, timeout: float = LONGEST) -> CompletedProcess[str]:
        """Its exit code and what it printed; `TimeoutExpired` when it takes longer."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            self._process.kill()
            raise TimeoutExpired(self.arguments, timeout)
        out, err = ((self._printed / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return CompletedProcess(self.arguments, self._process.exitcode, out, err)


def run(*arguments: object) -> CompletedProcess[str]:
    """A program from its start to its end."""
    return Program(*arguments).ended()


def _become(arguments: list[str], environment: dict[str, str], printed: Path) -> None:
    """Turn this process into the program."""
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(printed / name, os.O_WRONLY | os.O_CREAT), number)
    os.environ.update(environment)
    sys.argv[:] = arguments
    sys.path.insert(0, str(Path(arguments[0]).parent))
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # multiprocessing ends a process without them


def type_checked(program: Path) -> CompletedProcess[str]:
    """What mypy says of *program* by our own settings and from the cache that `make lint` filled, so that it reads no
    file of ours or of the frameworks again; other options would, and would leave `lint` without its cache."""
    command = [sys.executable, "-m", "mypy", "--config-file", "pyproject.toml", "--no-pretty", str(program)]
    return subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=LONGEST, check=False
    )
