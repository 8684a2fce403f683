"""A process with several threads may die at any moment."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = 10  # for each driver; `python -m benchmarks.kill --random 200` does more


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork and no SIGKILL")
def test_what_was_acknowledged_survives_kills_at_random_moments() -> None:
    command = [sys.executable, "-m", "benchmarks.kill", "--random", str(KILLS)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(rf"random moments, (\w+) +{KILLS} +(\d+) +0 +0 ", done.stdout)
    assert [name for name, _ in rows] == ["safe", "fallback"]
    assert all(int(acknowledged) > KILLS for _, acknowledged in rows)
