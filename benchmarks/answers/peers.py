"""The memories that are asked, and what a benchmark needs of each: load a conversation once, ask many questions.

Every question is asked of a fresh copy of the loaded state, so that no question finds the ones before it.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from benchmarks.answers.conversation import Conversation

SESSION = "apollo"


class Asked(Protocol):
    """A memory in its framework's own chain or engine."""

    name: str
    where: str
    note: str

    def load(self, conversation: Conversation, budget: int, folder: Path) -> None:
        """Take the whole conversation in; *budget* is what the memory may contribute to one prompt, in tokens."""

    def ask(self, question: str) -> list[str]:
        """The prompts that the model received for *question*, the one that answers last."""


def copied(file: Path, name: str) -> Path:
    """A copy of a closed SQLite database for one question."""
    target = file.with_name(name)
    for one in target.parent.glob(f"{name}*"):
        one.unlink()
    shutil.copyfile(file, target)
    return target


def everyone(stored: Path) -> Sequence[Asked]:
    """All memories; *stored* is the conversation as tiermem imported it."""
    from benchmarks.answers import langchain_peers as langchain
    from benchmarks.answers import llamaindex_peers as llamaindex
    from benchmarks.answers import tiered

    return (
        tiered.Core(stored),
        tiered.Chain(stored),
        tiered.Chain(stored, k=40),
        tiered.Simple(stored),
        tiered.Condense(stored),
        langchain.SummaryBuffer(),
        langchain.VectorTokenBuffer(),
        llamaindex.Buffer(),
        llamaindex.StockMemory(),
        llamaindex.VectorMemory(),
        llamaindex.TunedVectorMemory(),
    )
