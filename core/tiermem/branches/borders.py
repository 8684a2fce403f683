"""Where a conversation is to be parted: which message a caller means, and whether it may end there."""

from __future__ import annotations

import sqlalchemy as sa

from tiermem.errors import InvalidBranch, brief_repr
from tiermem.flows.writing.decide import resolve
from tiermem.storage import entries
from tiermem.storage.forks.rules import NEAR, parted
from tiermem.storage.sessions import SessionRow


def named(connection: sa.Connection, row: SessionRow, ref: str | None) -> int:
    """The number of the message behind *ref*; of a summary its last one, and of None the newest.

    Raises:
        InvalidBranch: nothing was ever said. UnknownReference: *ref* names nothing of this session.
    """
    if not row.messages:
        raise InvalidBranch("nothing was said in this session, so there is nothing to go back to or to share")
    if ref is None:
        return row.messages
    number, summary = resolve(connection, row, ref)
    return summary.last if summary else number


def check(connection: sa.Connection, row: SessionRow, at: int, ref: object) -> None:
    """Refuses a border behind message *at* that would part a call from its results.

    Raises:
        InvalidBranch: it names the messages on either side at which it can be.
    """
    if not 0 < at < row.messages:
        return
    around = max(1, at - NEAR), min(row.messages, at + NEAR)
    if not entries.linked(connection, row.pk, *around):
        return
    if step := parted([*entries.entries(connection, row.pk, *around)], at):
        first, last = step
        ends = f"m{first - 1} or m{last}" if first > 1 else f"m{last}"
        told = f"m{first} to m{last} are a call and its results; it can be parted behind {ends}"
        raise InvalidBranch(f"{brief_repr(ref)} is inside of a step: {told}")
