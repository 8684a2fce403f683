"""`make mutation ARGS="times window --count 50"`: which small breaks of a folder its tests notice.

The score is the share of mutants that a test noticed, of all that are no equal program (`equal.toml` says which are,
and why). With the same seed the sample is the same as long as the lines are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.mutation.trial import ROOT, Copy, Test, preload

HERE = Path(__file__).parent
# The tests of a folder, and of floors above that exercise its rules.
RULES = "tests/properties/test_rules.py"
READING = [f"tests/flows/reading/test_{name}.py" for name in ("recall", "steady", "context")]
WRITING = ["tests/flows/writing/test_window.py", "tests/flows/writing/test_add_compacted.py"]
BESIDE: Mapping[str, Sequence[str]] = {
    "text": [
        "tests/window/test_stubs.py",
        "tests/knowledge/test_documents_search.py",
        "tests/search/test_explanation.py",
    ],
    "tokens": [RULES],
    "times": [],
    "window": [RULES, *WRITING, "tests/flows/reading/test_steady.py"],
    "search": READING,
    "summaries": [],
    "facts": ["tests/flows/reading/test_marks.py"],
    "agents": [],
}
Equal = Mapping[tuple[str, str], str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants of every folder that is named, and print what became of each."""
    given = _parser().parse_args(arguments)
    preload()
    equal = _equal()
    rows = [_tried(folder, given, equal) for folder in given.folders or BESIDE]
    print("\n| folder | mutants | killed | survived | equal | score |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for folder, killed, survived, same in rows:
        score = 100 * killed / max(1, killed + survived)
        print(f"| {folder} | {killed + survived + same} | {killed} | {survived} | {same} | {score:.0f} % |")
    return 0


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make mutation", description=__doc__.splitlines()[0])
    made.add_argument("folders", nargs="*", choices=[[], *BESIDE], help="folders of core/tiermem (default: all)")
    made.add_argument("--count", type=int, default=50, help="mutants a folder (default: %(default)s)")
    made.add_argument("--seed", type=int, default=1, help="of the sample (default: %(default)s)")
    made.add_argument(
        "--again", type=Path, help="only those of the sample that survived in this output of a run before"
    )
    made.add_argument("--python", default=sys.executable, help="a Python that has cosmic-ray")
    return made


def _tried(folder: str, given: argparse.Namespace, equal: Equal) -> tuple[str, int, int, int]:
    copy = Copy()
    tests = copy.baseline(folder, [f"tests/{folder}", *BESIDE[folder]])
    print(f"\n{folder}: {len(tests)} tests, {sum(test.seconds for test in tests):.0f} s", flush=True)
    counted = {"killed": 0, "survived": 0, "equal": 0}
    for mutant in _mutants(folder, given):
        verdict, note = _verdict(copy, folder, mutant, tests, equal)
        counted[verdict] += 1
        print(f"{verdict:8} {folder}/{mutant['file']}:{mutant['line']} {mutant['operator']}", flush=True)
        if verdict != "killed":
            print(f"         - {mutant['before']}\n         + {mutant['after']}\n           {note}", flush=True)
    return folder, counted["killed"], counted["survived"], counted["equal"]


def _verdict(
    copy: Copy, folder: str, mutant: Mapping[str, Any], tests: Sequence[Test], equal: Equal
) -> tuple[str, str]:
    reason = equal.get((mutant["before"], mutant["after"]))
    if reason is not None:
        return "equal", reason
    return ("killed", "") if copy.killed(folder, mutant, tests) else ("survived", "")


def _mutants(folder: str, given: argparse.Namespace) -> list[dict[str, Any]]:
    sources = ROOT / "core" / "tiermem" / folder
    command = [given.python, str(HERE / "mutants.py"), str(sources), str(given.seed), str(given.count)]
    found: list[dict[str, Any]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    if given.again is None:
        return found
    before = given.again.read_text("utf-8")
    return [mutant for mutant in found if f"- {mutant['before']}\n         + {mutant['after']}\n" in before]


def _equal() -> dict[tuple[str, str], str]:
    rows = tomllib.loads((HERE / "equal.toml").read_text("utf-8")).get("equal", [])
    return {(row["before"], row["after"]): row["reason"] for row in rows}


if __name__ == "__main__":
    raise SystemExit(main())
