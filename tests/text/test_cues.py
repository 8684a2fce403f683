"""Words by which sentences are told apart: what changed, and what only looks like it."""

from __future__ import annotations

import pytest

from tiermem.text.cues import CHANGE


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("pool 10 -> 50", True),
        ("timeout: 3s → 30s", True),
        ("raise the pool from 10 to 50", True),
        ("从10改成50", True),
        ("33     def connection(self) -> Iterator[sqlite3.Connection]:", False),  # what a function returns
        ("const add = (a, b) => a + b", False),
        ("fn size()->u32 {", False),
        ("nothing at all", False),
    ],
)
def test_a_change_has_a_value_before_its_arrow(text: str, changed: bool) -> None:
    assert bool(CHANGE.search(text)) is changed
