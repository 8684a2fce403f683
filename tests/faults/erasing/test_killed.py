"""An erasure that is killed before any one of its disk calls was not begun, or is finished at the next opening."""

from __future__ import annotations

import pytest

from tests.faults import crash
from tests.properties.thinned import thinned

needs_strace = pytest.mark.skipif(bool(crash.missing()), reason=crash.missing() or "there is strace")
STEP = 90  # each some 0.4 s of CPU
FEWEST = 270  # disk calls of an erasure; fewer means that it no longer does what is to be interrupted


@needs_strace
@pytest.mark.parametrize("first", thinned(range(1, STEP + 1), STEP))
def test_an_erasure_that_is_killed_at_a_disk_call_was_not_begun_or_is_finished(first: int) -> None:
    points = crash.crashed("tests.faults.erasing.erased", "safe", STEP, first)
    assert [one for one in points if one["problems"]] == []
    assert len(points) >= FEWEST // STEP
    print(f"{len(points)} crash points (every {STEP}th from {first}), nothing half erased")
