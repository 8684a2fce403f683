"""Recall by itself: the passages that answer a question, for callers who build their prompt themselves."""

from __future__ import annotations

from tiermem.errors import BudgetTooSmall
from tiermem.flows import context, recollect, windows
from tiermem.flows.core import Core
from tiermem.flows.effects import Compute, Flow
from tiermem.recall import passages
from tiermem.records import Hit, Recalled
from tiermem.settings import Scope


def recall(core: Core, scope: Scope, query: str, budget: int) -> Flow[Recalled]:
    """What answers *query*, as one quoted block of at most *budget* tokens.

    Raises:
        BudgetTooSmall: *budget* is not above 0.
    """
    if budget <= 0:
        raise BudgetTooSmall(1, budget, "a recalled block")
    row, _ = yield from windows.load(core, scope)
    limit = min(core.settings.recall_limit, 1 + budget // passages.TYPICAL)
    best = yield from recollect.scores(core, scope, row, query, limit)
    found = yield from windows.bodies(core, row, (sequence for sequence, _, _ in best))
    hits = [Hit(message=found[s], score=score, why=why) for s, score, why in best if s in found and found[s].text]
    pieces, shown = yield Compute(lambda: context.block(hits, query, budget, core.count))
    text = pieces[0].message.text if pieces else ""
    degraded = (f"embedder: {core.embed_error}",) if core.embed_error else ()
    return Recalled(text=text, tokens=core.count(text), budget=budget, hits=tuple(shown), degraded=degraded)
