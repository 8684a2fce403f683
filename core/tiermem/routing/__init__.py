"""Which of several models answers a question: an easy, a medium or a hard one, and how each of them does.

>>> from tiermem.routing import Router
>>> router = Router({"easy": "a small model", "hard": "a large one"})
>>> route = router.route("Why does pool.py raise a KeyError?")
>>> route.kind, route.tier, route.model
('code', 'easy', 'a small model')
>>> router.report(route, worked=True).tried
1
"""

from __future__ import annotations

from tiermem.routing.difficulty import estimated
from tiermem.routing.kinds import Kind, kind_of
from tiermem.routing.route import BOUNDS, TIERS, Route, TierName, tier_of
from tiermem.routing.router import Router

__all__ = ["BOUNDS", "TIERS", "Kind", "Route", "Router", "TierName", "estimated", "kind_of", "tier_of"]
