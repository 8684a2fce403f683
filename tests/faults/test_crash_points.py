"""A process that dies before any one of its disk calls has lost nothing that it acknowledged."""

from __future__ import annotations

import os
import sys

import pytest

from tests.faults import crash
from tests.faults.worker import SENT
from tests.properties.thinned import thinned

needs_strace = pytest.mark.skipif(bool(crash.missing()), reason=crash.missing() or "there is strace")
STEP = 37  # of the fallback's some 530 disk calls, to keep the run short
FEWEST = 100  # disk calls of the fixed workload; fewer means that it no longer does what is to be interrupted


@needs_strace
@pytest.mark.parametrize("first", thinned([1, 2, 3], 3))
def test_no_disk_call_is_a_moment_at_which_something_acknowledged_is_lost(first: int) -> None:
    points = crash.crashed("tests.faults.crash", "safe", 3, first)
    assert [p for p in points if p["lost"] or p["problems"]] == []
    assert len(points) >= FEWEST // 3
    acknowledged = {p["acknowledged"] for p in points}
    assert acknowledged >= {0, SENT}
    assert len(acknowledged) > 2, "also between the first and the last"
    print(f"{len(points)} crash points, 0 acknowledged messages lost")


@needs_strace
def test_the_fallback_driver_loses_nothing_either() -> None:
    """A rollback journal has several times as many disk calls; `python -m benchmarks.kill --strace` takes them all."""
    points = crash.crashed("tests.faults.crash", "fallback", STEP, 1)
    assert [p for p in points if p["lost"] or p["problems"]] == []
    assert len(points) >= FEWEST // STEP
    print(f"{len(points)} crash points (every {STEP}th), 0 acknowledged messages lost")


def test_where_there_is_no_strace_that_is_said() -> None:
    if os.environ.get("CI") and sys.platform == "linux":
        assert crash.missing() == ""
