"""`make dist`: builds what is published into dist/, looks into it, and runs some of the tests from the sources in it.

Exit code 1 where something is missing, or is in it that should not be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIST, HOME = ROOT / "dist", ROOT / ".matrix"
TOOLS = ("twine==7.0.0", "check-wheel-contents==0.6.3")
PACKAGES = ("langchain_tiered_memory", "llamaindex_tiered_memory", "tiermem")
NARROW = ("tests/test_package.py", "tests/window", "tests/text", "tests/evaluation/test_evaluating.py")
MOST_MEGABYTES = 6  # of either; 4 and 5 when this was written
FOREIGN = re.compile(r"__pycache__|\.pyc$|(?:^|/)(?:tests|benchmarks|examples|docs)/|\.env|\.sqlite|\.db$")


def main() -> int:
    """Build and look."""
    shutil.rmtree(DIST, ignore_errors=True)
    run(uv(), "build", "--quiet", "--out-dir", DIST, ROOT)
    (DIST / ".gitignore").unlink(missing_ok=True)
    wheel, sdist = next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))
    faults = [*wheel_faults(wheel), *size_faults(wheel, sdist)]
    python = tools()
    run(python, "-m", "twine", "check", "--strict", wheel, sdist)
    run(python, "-m", "check_wheel_contents", "--toplevel", ",".join(PACKAGES), wheel)
    faults += sdist_faults(sdist, wheel)
    print("\n".join(faults) or f"{wheel.name} and {sdist.name} are as they should be")
    return int(bool(faults))


def wheel_faults(wheel: Path) -> Iterator[str]:
    """What is missing in the wheel, or does not belong there."""
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        about = next(name for name in names if name.endswith(".dist-info/METADATA"))
        said = packed.read(about).decode("utf-8")
    yield from (f"{wheel.name}: {name} should not be in it" for name in names if FOREIGN.search(name))
    needed = [f"{package}/py.typed" for package in PACKAGES]
    ends = [".dist-info/licenses/LICENSE", ".dist-info/entry_points.txt"]
    yield from (f"{wheel.name}: {name} is missing" for name in needed if name not in names)
    yield from (f"{wheel.name}: no {end}" for end in ends if not any(name.endswith(end) for name in names))
    for line in ("License-Expression: MIT", "Requires-Python: >=3.11", "Description-Content-Type: text/markdown"):
        if line not in said:
            yield f"{wheel.name}: its metadata lack {line}"


def size_faults(*files: Path) -> Iterator[str]:
    """Files that have grown beyond what an index and a phone's network like."""
    for file in files:
        size = file.stat().st_size / 1e6
        print(f"{file.name}: {size:.1f} MB")
        if size > MOST_MEGABYTES:
            yield f"{file.name} has {size:.1f} MB"


def sdist_faults(sdist: Path, wheel: Path) -> Iterator[str]:
    """Where the sources do not build the same wheel, or their tests fail."""
    tree, again = HOME / "published", HOME / "again"
    for folder in (tree, again):
        shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(sdist) as packed:
        packed.extractall(tree, filter="data")
    sources = next(tree.iterdir())
    run(uv(), "build", "--quiet", "--wheel", "--out-dir", again, sources)
    first, second = (files_of(one) for one in (wheel, next(again.glob("*.whl"))))
    if first != second:
        yield f"{sdist.name} builds another wheel: {', '.join(sorted(first ^ second)[:5])}"
    paths = os.pathsep.join([str(sources / "core"), str(sources)])  # before the editable installation
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", *NARROW]
    done = subprocess.run(tests, cwd=sources, env=os.environ | {"PYTHONPATH": paths}, check=False)
    if done.returncode:
        yield f"the tests of {sdist.name} fail"


def files_of(wheel: Path) -> set[str]:
    """Every file of a wheel with its checksum."""
    with zipfile.ZipFile(wheel) as packed:
        return {f"{one.filename} {one.CRC}" for one in packed.infolist()}


def tools() -> Path:
    """The Python of an environment that has what looks at distributions."""
    folder = HOME / "tools"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        run(uv(), "venv", "--quiet", "--python", sys.executable, folder)
    run(uv(), "pip", "install", "--quiet", "--python", python, *TOOLS)
    return python


def uv() -> str:
    """The uv of this environment."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"


def run(*command: str | Path) -> None:
    """Run *command*; its words are shown where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
