"""Items: JSON values of a user under paths and keys, with filters, expiry and search."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "AsyncItems",
    "Get",
    "Item",
    "Items",
    "Paths",
    "Put",
    "Search",
]

if not TYPE_CHECKING:
    _NAMES = {
        "items": (
            "AsyncItems",
            "Items",
        ),
        "item": (
            "Get",
            "Item",
            "Paths",
            "Put",
            "Search",
        ),
    }
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.items.item import Get, Item, Paths, Put, Search
    from tiermem.items.items import AsyncItems, Items
