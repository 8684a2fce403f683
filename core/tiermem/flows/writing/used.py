"""Which decisions say that messages were used, and what of them a fork begins with."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from tiermem.records import Decision
from tiermem.storage import decisions
from tiermem.summaries.lines import FADED

USE = "use"
ASKED_FOR = "asked for"  # the reason of a restore or an undo that somebody asked for
MOST_CARRIED = 500  # uses that a fork takes along, the newest: else a fork of a long life would cost what the life was


def uses(connection: sa.Connection, pk: int) -> list[Decision]:
    """The decisions of a session that are uses and not undone, oldest first: a use, a restore that somebody asked for,
    and that somebody took a fading back."""
    made = decisions.journal(connection, pk, kinds=(USE, "restore", "undo"))
    told = [one for one in made if not one.undone and (one.kind == USE or one.reason == ASKED_FOR)]
    taken_back = {one.reference for one in told if one.kind == "undo"}
    named = decisions.numbered(connection, pk, taken_back)
    faded = {number for number, one in named.items() if (one.kind, one.strategy) == ("cover", FADED)}
    return [one for one in told if one.kind != "undo" or one.reference in faded]


def carried(connection: sa.Connection, pk: int, at: int) -> list[Decision]:
    """The uses of messages up to number *at*, as a fork keeps them: with their reasons and times, and nothing else."""
    newest = [one for one in uses(connection, pk) if one.first <= at][-MOST_CARRIED:]
    return [replace(one, kind=USE, last=min(one.last, at), reference=0, strategy="") for one in newest]
