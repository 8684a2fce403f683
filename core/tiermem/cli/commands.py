"""The commands of `tiermem`: each opens a memory, says one verb, prints the answer."""

from __future__ import annotations

from tiermem.cli import erasing, profile, reading, serving, talk, writing
from tiermem.cli.app import app

__all__ = ["app", "erasing", "profile", "reading", "serving", "talk", "writing"]
