"""Notes as a block for a prompt, and notes erased."""

from __future__ import annotations

from typing import Final

from tiermem.conversations.asking import number
from tiermem.erasure.messages import of_source
from tiermem.erasure.receipt import Receipt
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading.documents import collection
from tiermem.flows.services import Core
from tiermem.notes import keeping
from tiermem.notes.block import fitted
from tiermem.notes.kinds import AnyNote
from tiermem.settings import Scope

BUDGET: Final = 300  # tokens
WORKING: Final = 7  # things in play
LEAST: Final = 10  # tokens of a note in a block; more notes than fit are not looked for


def text(core: Core, scope: Scope, budget: int, query: str | None) -> Flow[str]:
    """The block of the notes that answer *query*, or else of the newest, which *budget* tokens hold.

    Raises:
        InvalidMessage: *budget* is no number of tokens, or *query* no text.
    """
    most = number(budget, "budget")
    if query is None:
        notes = yield from keeping.listed(core, scope, None)
    else:
        notes = yield from keeping.search(core, scope, query, max(1, most // LEAST), None)
    return str((yield Compute(lambda: fitted(notes, most, core.count))))


def erase(
    core: Core, scope: Scope, note: AnyNote, reason: str, dry_run: bool, vacuum: bool, overrule: bool
) -> Flow[Receipt]:
    """Erase every version of *note*, and what was reported of it.

    Raises:
        UnknownReference: it was never there, or it was erased.
    """
    where = collection(scope)
    return (yield from of_source(core, where, keeping.known_source(note), reason, dry_run, vacuum, overrule))
