"""Messages that do not say when they were said, in a conversation that has times -> the time of their neighbour. Pure.

Rule: what stands in several paths has one time in all of them; ids stay as they are.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tiermem.histories.parts.conversation import Conversation
from tiermem.messages import Message


def dated(told: Conversation) -> Conversation:
    """*told*, each message without a time with that of the one before it, at the beginning of the one after it.

    Where nothing in it has a time it stays as it is.
    """
    paths = (told.path, *told.branches)
    first = next((one.when for path in paths for one in path if one.when is not None), None)
    if first is None or all(one.when is not None for path in paths for one in path):
        return told
    lent: dict[str, datetime] = {}
    shown, *branches = [_filled(path, first, lent) for path in paths]
    return replace(told, path=shown, branches=tuple(branches), lent=len(lent))


def _filled(path: tuple[Message, ...], otherwise: datetime, lent: dict[str, datetime]) -> tuple[Message, ...]:
    """*path* with times; *lent* are those that were given, by the message's id."""
    time = next((one.when for one in path if one.when is not None), otherwise)
    made = []
    for one in path:
        time = one.when or lent.setdefault(one.id, time)
        made.append(one if one.when else replace(one, created_at=time))
    return tuple(made)
