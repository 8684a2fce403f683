"""Cases and examples of one promise of which `make test` runs some and `make soak` the others.

In CI they are the same each time, elsewhere others each day.

    @pytest.mark.parametrize("count", thinned(range(1, 13), 4, always=(1, 12)))

    @pytest.mark.sampled(4)  # of a test's cases, backends included, one in four
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Container, Iterable
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import pytest

TURN = "TIERMEM_TURN"  # set by the first process, so that all that run tests choose the same at midnight too
turn = 0 if os.environ.get("CI") else int(os.environ.setdefault(TURN, str(datetime.now(UTC).toordinal())))


class _Chosen:
    soak = False  # set by `tests/conftest.py` when `make soak` runs


def soaks() -> None:
    """From now on `share` is the whole."""
    _Chosen.soak = True


def share(examples: int) -> int:
    """How many of a property's *examples* are tried: a fifth in `make test`, all in `make soak`."""
    return examples if _Chosen.soak else -(-examples // 5)


def thinned(cases: Iterable[Any], every: int, always: Container[Any] = ()) -> list[Any]:
    """Each *every*th of *cases*, and those that are *always* run; the others have the mark `soak`. A case of several
    arguments is a tuple."""
    made = []
    for place, case in enumerate(cases):
        stays = (place + turn) % every == 0 or case in always
        given = case if isinstance(case, tuple) else (case,)
        made.append(pytest.param(*given, marks=() if stays else pytest.mark.soak))
    return made


RAM = 3  # a database in RAM is SQLite's as a file is, and what differs is how it is connected


def sample(items: Iterable[pytest.Item]) -> None:
    """Leave to the soak all but one in *every* case of a test that is `sampled`, and of all tests that run in RAM,
    beside a file and a server, all but one in `RAM`.

    The chosen ones lie on a diagonal, or each would have the same backend, which is the parameter that changes first.
    """
    seen: Counter[str] = Counter()
    for item in items:
        mark, test = item.get_closest_marker("sampled"), item.nodeid.partition("[")[0]
        if mark is not None:
            (every,), place = mark.args, seen[test]
            seen[test] += 1
            left = (place + place // every + turn) % every
        else:
            left = _in_ram(item) and (crc32(item.nodeid.encode()) + turn) % RAM
        if left:
            item.add_marker(pytest.mark.soak)


def _in_ram(item: pytest.Item) -> bool:
    made = getattr(item, "callspec", None)
    return made is not None and made.params.get("target") == "memory"
