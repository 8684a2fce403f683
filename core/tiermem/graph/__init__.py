"""Who and what is named over all conversations and documents of a user, and what stands between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = ["AsyncGraph", "Entity", "Graph", "Near", "Relation"]

if not TYPE_CHECKING:
    _NAMES = {"graph": ("AsyncGraph", "Graph"), "records": ("Entity", "Near", "Relation")}
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.graph.graph import AsyncGraph, Graph
    from tiermem.graph.records import Entity, Near, Relation
