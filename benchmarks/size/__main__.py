"""`make size`: what an installation of each extra weighs, in a clean environment, as a table.

Everything that pip would bring is counted, compiled bytecode aside: "packages" with tiermem itself, "beside" what comes
in addition to the installation without an extra.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from benchmarks.report import table

ROOT = Path(__file__).parents[2]
LEFT_OUT = ("minilm",)  # needs PyTorch, whose size is that of the build that is chosen


def uv() -> str:
    """The uv of this environment."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"


def installed(wheel: Path, extra: str, folder: Path) -> tuple[int, float]:
    """How many packages, and megabytes."""
    target = folder / (extra or "core")
    named = f"{wheel}[{extra}]" if extra else str(wheel)
    command = [uv(), "pip", "install", "--quiet", "--python", sys.executable, "--target", str(target), named]
    subprocess.run(command, check=True, env=os.environ | {"UV_LINK_MODE": "copy"}, timeout=600)
    size = sum(one.stat().st_size for one in target.rglob("*") if one.is_file() and "__pycache__" not in one.parts)
    packages = len(list(target.glob("*.dist-info")))
    shutil.rmtree(target)
    return packages, size / 1e6


def main() -> None:
    """Build the wheel, install it once for each extra, print the table."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([uv(), "build", "--quiet", "--wheel", "--out-dir", name, str(ROOT)], check=True, timeout=600)
        wheel = next(folder.glob("*.whl"))
        where = f"Python {platform.python_version()}, {platform.machine()}"
        print(f"The wheel: {wheel.stat().st_size / 1e6:.1f} MB. {where}\n")
        rows, bare = [], 0.0
        for extra in ("", *(one for one in extras if one not in LEFT_OUT)):
            packages, size = installed(wheel, extra, folder)
            bare = bare or size
            rows.append([f"tiermem[{extra}]" if extra else "tiermem", packages, f"{size:.0f}", f"{size - bare:+.0f}"])
            print(*rows[-1], file=sys.stderr, flush=True)
    print(table(["installed", "packages", "MB", "beside"], rows, markdown=True))


if __name__ == "__main__":
    main()
