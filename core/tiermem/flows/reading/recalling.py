"""Recall by itself: the passages that answer a question, for callers who build their prompt themselves."""

from __future__ import annotations

from tiermem.errors import BudgetTooSmall
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading import search
from tiermem.flows.services import Core
from tiermem.records import Recalled
from tiermem.search import passages, quoting
from tiermem.settings import Scope


def recall(core: Core, scope: Scope, wanted: search.Wanted, budget: int) -> Flow[Recalled]:
    """What answers the question, as one quoted block of at most *budget* tokens.

    Raises:
        BudgetTooSmall: *budget* is not above 0.
    """
    if budget <= 0:
        raise BudgetTooSmall(1, budget, "a recalled block")
    began = core.timer()
    row, _ = yield from window_state.load(core, scope)
    limit = min(core.settings.recall_limit, 1 + budget // passages.TYPICAL)
    found = yield from search.find(core, scope, row, wanted, limit)
    hits = [hit for hit in found.hits if hit.message.text]
    pieces, shown = yield Compute(lambda: quoting.block(hits, wanted.query, budget, core.count, core.reading()))
    text = pieces[0].message.text if pieces else ""
    tokens = core.count(text)
    yield reporting.recalled(scope, "recall", shown, found.degraded, core.since(began), tokens)
    return Recalled(text=text, tokens=tokens, budget=budget, hits=tuple(shown), degraded=found.degraded)
