"""Runs a framework's own tests in a process of their own and counts what became of them, for the runners beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
Results = dict[str, str]  # test id to "passed", "skipped", or the first line of its error


def home_of(checkouts: Iterable[Path], test_file: str) -> Path | None:
    """The folder of the distribution that holds *test_file*: in a checkout, or in a folder of unpacked sdists."""
    for checkout in checkouts:
        for home in (checkout, *sorted(checkout.glob("*")), *sorted(checkout.glob("libs/*"))):
            if (home / test_file).is_file():
                return home.resolve()
    return None


def run(runner: str, home: Path, test_file: str, flags: Iterable[str] = (), **variables: str) -> Results:
    """What became of the tests of *test_file*, when *runner* runs them in the folder *home*."""
    paths = [str(ROOT / "core"), str(ROOT), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | variables
    command = [sys.executable, runner, "--inside", test_file, *flags]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise SystemExit(f"{test_file} could not run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return dict(json.loads(line.removeprefix("RESULT ")))


def passed(results: Results) -> int:
    return sum(outcome == "passed" for outcome in results.values())


def ran(results: Results) -> int:
    return sum(outcome != "skipped" for outcome in results.values())


def counted(results: Results) -> str:
    return f"{passed(results)}/{ran(results)}"


def explain(ours: Results, reasons: Mapping[str, str], stock: Results | None = None) -> int:
    """Prints every test that did not pass; returns how many of those only ours fails have no known reason."""
    unknown = 0
    for test, outcome in ours.items():
        if outcome in {"passed", "skipped"}:
            continue
        reason = reasons.get(test.split("[")[0]) or reasons.get(test)
        if stock is not None and stock.get(test) != "passed":
            reason = f"fails with the stock classes too: {stock.get(test)}"
        unknown += reason is None
        print(f"    {test}: {reason or outcome}")
    return unknown


# --- in the process of one suite


class Outcomes:
    """A pytest plugin that keeps what became of every test."""

    def __init__(self) -> None:
        self.results: Results = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        name = report.nodeid.split("::", 1)[-1]
        if report.when == "call" or report.outcome != "passed":
            self.results[name] = _first_line(report) if report.failed else report.outcome

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self.results["collection"] = _first_line(report)


def _first_line(report: Any) -> str:
    lines = str(report.longrepr).strip().splitlines()
    return next((line for line in lines if line.startswith("E ")), lines[-1] if lines else "failed")


def tests_of(test_file: str, outcomes: Outcomes, *options: str) -> int:
    """Run *test_file* of the working directory, whose tests import one another as `tests.…`, and print the results."""
    import pytest

    sys.path.insert(0, str(Path.cwd()))
    given = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "-o", "asyncio_mode=auto", "-W", "ignore", *options]
    pytest.main([*given, test_file], plugins=[outcomes])
    if outcomes.results:  # none where the tests' own configuration cannot be imported: the output says why
        print(f"\nRESULT {json.dumps(outcomes.results)}")
    return 0
