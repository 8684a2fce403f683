"""The commands of `tiermem`: each opens a memory, says one verb, prints the answer."""

from __future__ import annotations

from tiermem.cli import erasing, finding, profile, reading, serving, talk, writing
from tiermem.cli.app import app
from tiermem.cli.asking.evaluating import evaluate_chat

__all__ = ["app", "erasing", "finding", "profile", "reading", "serving", "talk", "writing"]

app.command("eval")(evaluate_chat)
