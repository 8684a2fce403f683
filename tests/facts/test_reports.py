"""What an assistant reports is a change; what it writes at length is advice."""

from __future__ import annotations

import pytest

from tiermem.facts.superseding import REPORT, Statement, marks


@pytest.mark.parametrize(("length", "reported"), [(REPORT, True), (REPORT + 1, False)])
def test_an_assistant_reports_a_change_in_few_words(length: int, reported: bool) -> None:
    change = "We increased the connection pool size from 10 to 50."
    statements = [
        Statement(1, "user", "The connection pool size is 10."),
        Statement(3, "assistant", change + " " * (length - len(change))),
    ]
    assert bool(marks(statements)) is reported
