"""`python -m tests.matrix [CELL ...]`: install the built wheel in clean environments and use it there.

Options: --list, --python INTERPRETER, --with REQUIREMENT (decides; for finding out which versions work), --keep
(environments of an earlier run are used again). Everything after ``--`` goes to pytest. Exit code 1 when a cell failed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

from tests.matrix.cells import ANY, CELLS, ROOT, Cell, requirements_of

HOME = ROOT / ".matrix"
LONGEST = 600  # seconds of one installation or smoke test; both take 20 on a machine that does nothing else
SHOWN = ("langchain", "langchain-core", "langchain-classic", "langgraph", "llama-index-core", "llama-index-workflows")


def main() -> int:
    """Build the wheel, run every cell that was asked for, print the table."""
    given, options = _arguments()
    if given.list:
        print("\n".join(cell.name for cell in CELLS))
        return 0
    cells = [cell for cell in CELLS if not given.cells or cell.name in given.cells]
    wheel = _build()
    rows = []
    for cell in cells:
        started = time.perf_counter()
        wanted = replace(cell, pins=(*cell.pins, *given.pins))
        python = _environment(wanted, wheel, given.python, keep=given.keep)
        outcome = _use(wanted, python, options)
        rows.append((cell.name, outcome, _versions(python), time.perf_counter() - started))
        print(f"{cell.name}: {outcome}", flush=True)
    print()
    for name, outcome, versions, seconds in rows:
        print(f"{name:26} {outcome:58} {seconds:6.1f} s  {versions}")
    return int(any(not outcome.startswith("ok") for _, outcome, _, _ in rows))


def _arguments() -> tuple[argparse.Namespace, list[str]]:
    ours = sys.argv[1:]
    at = ours.index("--") if "--" in ours else len(ours)
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("cells", nargs="*", metavar="CELL", help=", ".join(cell.name for cell in CELLS))
    parser.add_argument("--with", dest="pins", action="append", default=[], metavar="REQUIREMENT")
    parser.add_argument("--python", default=sys.executable, help="the interpreter; this one by default")
    parser.add_argument("--list", action="store_true", help="name the cells")
    parser.add_argument("--keep", action="store_true", help="use environments of an earlier run again")
    given = parser.parse_args(ours[:at])
    unknown = set(given.cells) - {cell.name for cell in CELLS}
    if unknown:
        parser.error(f"no such cell: {', '.join(sorted(unknown))}")
    return given, ours[at + 1 :]


def _run(*command: str | Path, cwd: Path = ROOT, check: bool = True) -> subprocess.CompletedProcess[str]:
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=LONGEST)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"


def _build() -> Path:
    """The wheel, the source distribution unpacked, and the tests alone, which must import what was installed."""
    for folder in ("wheel", "tree", "sources"):
        shutil.rmtree(HOME / folder, ignore_errors=True)
    _run(_uv(), "build", "--quiet", "--out-dir", HOME / "wheel", ROOT)
    with tarfile.open(next((HOME / "wheel").glob("*.tar.gz"))) as packed:
        packed.extractall(HOME / "sources", filter="data")
    for folder in ("tests", "examples", "benchmarks"):
        shutil.copytree(ROOT / folder, HOME / "tree" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", HOME / "tree")
    return next((HOME / "wheel").glob("*.whl"))


def _environment(cell: Cell, wheel: Path, interpreter: str, *, keep: bool) -> Path:
    """The Python of a clean environment with *wheel*; of an earlier one, with today's wheel, where it is kept."""
    folder = HOME / cell.name
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (keep and python.exists()):
        _run(_uv(), "venv", "--quiet", "--clear", "--python", interpreter, folder)
    named = f"{wheel}[{','.join(cell.extras)}]" if cell.extras else str(wheel)
    wanted = [named, *cell.pins]
    install = [_uv(), "pip", "install", "--quiet", "--python", python]
    overrides = HOME / "any.txt"
    overrides.write_text("\n".join(ANY), "utf-8")
    how = ["--reinstall-package", "tiermem", "--overrides", overrides]
    if cell.lowest:
        wanted += [one for extra in cell.lowest for one in requirements_of(extra)]
        how += ["--resolution", "lowest-direct"]
    _run(*install, *how, *wanted)
    if cell.testing:
        settled = HOME / f"{cell.name}.txt"
        listed = _run(_uv(), "pip", "freeze", "--python", python, "--exclude", "tiermem").stdout
        settled.write_text(listed, "utf-8")
        _run(*install, "--overrides", overrides, "--constraints", settled, *cell.testing)
    return python


def _use(cell: Cell, python: Path, options: list[str]) -> str:
    """Run the smoke test, then the tests; "ok" and what they counted, or their last words."""
    elsewhere = next((HOME / "sources").iterdir()) if cell.from_sdist else HOME / "tree"
    smoke = _run(python, "-m", "tests.matrix.smoke", *_absent(cell), cwd=elsewhere, check=False)
    if smoke.returncode:
        print(smoke.stdout, smoke.stderr, sep="\n")
        return "FAILED: the smoke test"
    if not cell.tests:
        return f"ok: {_last(smoke.stdout)}"
    log = HOME / f"{cell.name}.log"
    with log.open("w", encoding="utf-8") as output:
        pytest = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *cell.tests, *options]
        code = subprocess.run(pytest, cwd=elsewhere, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    said = log.read_text("utf-8")
    if code:
        print("\n".join(said.splitlines()[-60:]))
    return f"{'FAILED' if code else 'ok'}: {_last(said)}"


def _absent(cell: Cell) -> list[str]:
    """The frameworks that must not be there, lest the cell prove nothing."""
    if "all" in cell.extras:
        return []
    given = " ".join((*cell.extras, *cell.lowest, *cell.pins))
    return [one for one, word in (("langchain_core", "langchain"), ("llama_index", "llamaindex")) if word not in given]


def _last(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1].strip("= ")


def _versions(python: Path) -> str:
    listed = _run(_uv(), "pip", "freeze", "--python", python).stdout.split()
    wanted = [*SHOWN, "pydantic"]
    found = dict(line.split("==", 1) for line in listed if "==" in line)
    return ", ".join(f"{name} {found[name]}" for name in wanted if name in found)


if __name__ == "__main__":
    sys.exit(main())
