"""One trial of a mutant: a forked process imports a mutated copy of the sources and runs the tests that can notice.

The parent has loaded the libraries that the tests need, and nothing of ours, so that a trial begins in a moment. First
the tests are run as they are: which pass, how long each takes, and which functions of the folder each of them calls. A
mutant inside a function meets the tests that call it, the quickest first, until one fails; one outside meets all.

What a test says may not hang on luck here: Hypothesis draws the same examples each time and does not shrink what fails,
tests that read a clock are left out, and so are those on a backend other than RAM.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
COPIED = ("core", "tests", "langchain_tiered_memory", "llamaindex_tiered_memory", "benchmarks", "examples")
CLOCKS = {"perf_counter", "process_time", "monotonic", "thread_time", "timer"}
PLUGINS = ("pytest_asyncio.plugin", "_hypothesis_pytestplugin")
EXAMPLES = 25  # of Hypothesis for one test: what only the hundredth example notices counts as not noticed
SLOWEST = 8.0  # CPU seconds above which a test is left out, with all its calls watched
MEMORY = 4 * 2**30  # bytes that a mutant may ask for beyond what there is at its start


class Test(NamedTuple):
    """A test of the folder: its id, its CPU seconds, the functions of the folder that it calls as (file, line)."""

    name: str
    seconds: float
    calls: frozenset[tuple[str, int]]


def preload() -> None:
    """Load what every trial needs and no mutant changes."""
    import faiss  # noqa: F401
    import hypothesis.strategies  # noqa: F401
    import numpy as np  # noqa: F401
    import pydantic  # noqa: F401
    import pytest_asyncio.plugin  # noqa: F401
    import rjieba  # noqa: F401
    import sqlalchemy.dialects.sqlite  # noqa: F401
    import tiktoken  # noqa: F401

    gc.freeze()


class Copy:
    """A copy of the sources, in which one file at a time is mutated."""

    def __init__(self) -> None:
        self._held = tempfile.TemporaryDirectory(prefix="mutation-")
        self.root = Path(self._held.name)
        for name in COPIED:
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md", "README.zh.md"):
            shutil.copy(ROOT / name, self.root)

    def baseline(self, folder: str, files: Sequence[str]) -> list[Test]:
        """The tests in *files* that pass, quickest first.

        Raises:
            RuntimeError: none did.
        """
        plugin = _Watching(str(self.root / "core" / "tiermem" / folder) + os.sep)
        out = self.root / "baseline.json"

        def ran() -> int:
            code = _pytest([name for name in files if (self.root / name).exists()], plugin)
            out.write_text(json.dumps(plugin.passed()), "utf-8")
            return code

        _child(self.root, ran, cpu=3_600, wall=7_200)
        rows = json.loads(out.read_text("utf-8"))
        tests = [Test(name, seconds, frozenset(map(tuple, calls))) for name, seconds, calls in rows]
        if not tests:
            raise RuntimeError(f"no test of {folder} passes as it is")
        slow = [test.name for test in tests if test.seconds > SLOWEST]
        print(*(f"left out, because it is slow: {name}" for name in slow), sep="\n")
        return sorted((test for test in tests if test.name not in slow), key=lambda test: test.seconds)

    def killed(self, folder: str, mutant: Mapping[str, Any], tests: Sequence[Test]) -> str:
        """What noticed *mutant*: a test, "import" or "time-out"; "" if nothing did."""
        path = self.root / "core" / "tiermem" / folder / mutant["file"]
        source = path.read_text("utf-8")
        own = _function(source, mutant["line"])
        chosen = [test for test in tests if own is None or _calls(test, mutant["file"], own)]
        if not chosen:
            return ""
        seconds = sum(test.seconds for test in chosen)
        said = self.root / "killer.txt"
        said.write_text("import", "utf-8")
        path.write_text(mutant["text"], "utf-8")
        for stale in path.parent.glob(f"__pycache__/{path.stem}.*"):
            stale.unlink()
        try:
            plugin = _Chosen([test.name for test in chosen], said)
            files = sorted({test.name.partition("::")[0] for test in chosen})
            code = _child(
                self.root, lambda: _pytest(files, plugin, "-x"), cpu=int(2 * seconds) + 20, wall=60 * seconds + 300
            )
        finally:
            path.write_text(source, "utf-8")
        if code is None:
            return "time-out"
        return "" if code == 0 else said.read_text("utf-8")


def _calls(test: Test, file: str, lines: range) -> bool:
    return any(name == file and line in lines for name, line in test.calls)


def _function(source: str, line: int) -> range | None:
    """The lines of the outermost function around *line*; None for a line that is run when the module is imported."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if node.body[0].lineno <= line <= (node.end_lineno or line):
            return range(first, (node.end_lineno or line) + 1)
    return None


def _child(root: Path, work: Callable[[], int], *, cpu: int, wall: float) -> int | None:
    """What *work* returns, done in a forked process in *root*; None if it took more than its time."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setpgid(0, 0)
            _prepare(root, cpu)
            code = work()
        finally:
            os._exit(code)
    end = time.monotonic() + wall
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return None if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _prepare(root: Path, cpu: int) -> None:
    paths = [str(root / "core"), str(root)]
    os.chdir(root)
    sys.path[:0] = paths
    sys.dont_write_bytecode = (root / "baseline.json").exists()
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY,) * 2)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)


def _pytest(files: Sequence[str], plugin: object, *options: str) -> int:
    named = [word for name in PLUGINS for word in ("-p", name)]
    return int(pytest.main(["-q", "-p", "no:cacheprovider", *named, *options, *files], plugins=[plugin]))


class _Steady:
    """Takes luck, clocks and servers out of a run."""

    def pytest_sessionstart(self) -> None:
        from hypothesis import HealthCheck, Phase, settings

        settings.register_profile(
            "mutation",
            deadline=None,
            derandomize=True,
            database=None,
            max_examples=EXAMPLES,
            phases=(Phase.explicit, Phase.generate),
            suppress_health_check=list(HealthCheck),
        )
        settings.load_profile("mutation")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = self.kept([item for item in items if not _unsteady(item)])
        for item in items:
            _shorten(getattr(item, "function", None))

    def kept(self, items: list[pytest.Item]) -> list[pytest.Item]:
        return items


class _Chosen(_Steady):
    """Runs the chosen tests in their order, and writes down the name of the one that fails."""

    def __init__(self, names: Sequence[str], said: Path) -> None:
        self._rank = {name: rank for rank, name in enumerate(names)}
        self._said = said

    def kept(self, items: list[pytest.Item]) -> list[pytest.Item]:
        chosen = [item for item in items if item.nodeid in self._rank]
        return sorted(chosen, key=lambda item: self._rank[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._said.write_text(report.nodeid, "utf-8")


class _Watching(_Steady):
    """Notes what each test calls in a folder, how long it takes and whether it passes."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._codes: set[CodeType] = set()
        self._calls: dict[str, set[tuple[str, int]]] = {}
        self._seconds: dict[str, float] = {}
        self._failed: set[str] = set()

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self._codes.clear()
        began = time.process_time()
        sys.settrace(self._called)  # of every call; it asks for no lines
        yield
        sys.settrace(None)
        self._seconds[item.nodeid] = time.process_time() - began
        ours = [code for code in self._codes if code.co_filename.startswith(self._folder)]
        self._calls[item.nodeid] = {(Path(code.co_filename).name, code.co_firstlineno) for code in ours}

    def _called(self, frame: FrameType, event: str, argument: object) -> None:
        self._codes.add(frame.f_code)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)

    def passed(self) -> list[tuple[str, float, list[tuple[str, int]]]]:
        names = [name for name in self._calls if name not in self._failed]
        return [(name, self._seconds[name], sorted(self._calls[name])) for name in names]


def _shorten(function: Any) -> None:
    """Fewer examples also where a test asks for more."""
    from hypothesis import settings

    asked = getattr(function, "_hypothesis_internal_use_settings", None)
    if asked is not None and asked.max_examples > EXAMPLES:
        function._hypothesis_internal_use_settings = settings(asked, max_examples=EXAMPLES)


def _unsteady(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", [])
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    beyond = {"file", "postgres", "postgres_url"}  # a rule does the same on every backend; RAM is the quickest
    served = bool(beyond & ({*names} - {"request"} | {*map(str, parameters.values())}))
    return served or bool(CLOCKS & _words(getattr(item, "function", None)))


def _words(function: Any) -> set[str]:
    """Every name that the code of *function* uses, inner functions and Hypothesis' wrapper looked through."""
    inner = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    waiting, names = [getattr(inner, "__code__", None)], set[str]()
    while waiting:
        code = waiting.pop()
        if code is not None:
            names |= {*code.co_names, *code.co_freevars}
            waiting += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return names
