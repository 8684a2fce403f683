"""Media: the pictures, sound, films and files in what a user said, stored once each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = [
    "AsyncMedia",
    "Media",
    "StoredMedium",
    "UndescribedMedium",
]

if not TYPE_CHECKING:
    _NAMES = {
        "media": (
            "AsyncMedia",
            "Media",
        ),
        "describing": ("UndescribedMedium",),
        "listing": ("StoredMedium",),
    }
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.media.describing import UndescribedMedium
    from tiermem.media.listing import StoredMedium
    from tiermem.media.media import AsyncMedia, Media
