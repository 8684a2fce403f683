"""The verbs of one conversation: `Session`, and `AsyncSession` with `await`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiermem.runtime.lazy_names import names_of

__all__ = ["AsyncSession", "Session"]

if not TYPE_CHECKING:
    _NAMES = {"session": ("Session",), "async_session": ("AsyncSession",)}
    __getattr__, __dir__ = names_of(__name__, _NAMES)
else:
    from tiermem.session.async_session import AsyncSession
    from tiermem.session.session import Session
