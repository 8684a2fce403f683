"""What a message lays down is pinned by a decision when it is indexed, in the same transaction as its rows.

Rule 1: one decision a message, taken once: what was undone is not pinned again when an index is made anew.
Rule 2: no message is shown differently by it, so what is known of the window holds on.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from tiermem.facts.rules.record import KINDS
from tiermem.facts.stated.record import RULE, StatedAt
from tiermem.flows.laying_down import SYSTEM
from tiermem.flows.services import Core
from tiermem.records import Decision
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import facts as stored
from tiermem.window.view import Window

REASON = "laid down"


def wanted(stated: Sequence[StatedAt]) -> dict[int, str]:
    """The messages that lay something down, with the kinds of it; system prompts stand in every context anyway."""
    kinds: dict[int, set[str]] = {}
    for at in stated:
        if at.fact.how == RULE and at.fact.kind in KINDS and at.fact.subject != SYSTEM:
            kinds.setdefault(at.sequence, set()).add(at.fact.kind)
    return {message: "+".join(sorted(found)) for message, found in sorted(kinds.items())}


def pin(connection: sa.Connection, core: Core, scope: Scope, pk: int, stated: Sequence[StatedAt]) -> list[Decision]:
    """Pin what messages of the locked session *pk* of *scope* lay down, by what they have *stated*; the decisions."""
    laid_down = wanted(stated) if scope.kind == "conversation" else {}
    if laid_down:
        known = stored.pinned_among(connection, pk, min(laid_down), max(laid_down))
        laid_down = {message: kinds for message, kinds in laid_down.items() if message not in known}
    if not laid_down:
        return []
    revision = sessions.by_key(connection, pk).revision
    made = [
        Decision(number=number, kind="pin", first=message, last=message, strategy=kinds, reason=REASON)
        for number, (message, kinds) in enumerate(laid_down.items(), start=revision + 1)
    ]
    decisions.record(connection, pk, made, core.now())
    sessions.update(connection, pk, revision=made[-1].number)
    return made


def carry_on(core: Core, scope: Scope, pk: int, made: Sequence[Decision]) -> None:
    """Keep what is known of the window of *scope*, where only pins were *made* since."""
    known = core.windows.get((pk, scope))
    if made and known is not None and known.revision == made[0].number - 1:
        moved = Window(known.last, made[-1].number, known.entries, known.covers, known.parts)
        core.windows.put((pk, scope), moved)
