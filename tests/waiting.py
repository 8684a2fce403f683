"""Waiting for what other threads and processes do: for it to be so, not for a while.

`PATIENCE` is a net only, far above anything that a loaded machine needs; no test may pass or fail by it otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE = 600.0  # seconds


def until(true: Callable[[], Any]) -> None:
    """Wait until *true* says so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
