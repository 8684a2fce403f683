"""What must not be erased yet: the least keeping time, asked in the transaction that erases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from tiermem.erasure import retention
from tiermem.errors import KeptByRule
from tiermem.settings import Scope
from tiermem.storage import entries as entry_rows
from tiermem.storage.erasures import rules
from tiermem.storage.sessions import SessionRow


def refuse_kept(
    connection: sa.Connection, scope: Scope, now: datetime, named: Iterable[tuple[SessionRow, Iterable[int] | None]]
) -> None:
    """Refuse to erase of the user of *scope* what is *named*, sessions with numbers (None: all), where something of it
    is younger than the least keeping time.

    Raises:
        KeptByRule: it says until when.
    """
    least = retention.stored(rules.get(connection, scope)).keep_at_least
    if not least:
        return
    for row, numbers in named:
        newest = row.messages if numbers is None else max(numbers, default=0)
        when = entry_rows.stored_at(connection, row.pk, newest) if newest else None
        if when is not None and when + timedelta(days=least) > now:
            until = when + timedelta(days=least)
            raise KeptByRule(
                f"m{newest} was stored on {when:%Y-%m-%d} and is kept until {until:%Y-%m-%d}, at least: the rule keeps "
                f"everything for {least:g} days. Nothing was erased; overrule=True erases it all the same, where the "
                "law asks for it"
            )
