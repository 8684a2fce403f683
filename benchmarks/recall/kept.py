"""Databases that are told a conversation once and asked in many runs: to tell it takes longer than to ask it."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.recall.conversations import Conversation
from tiermem.evaluation.asking import FILE, BlockMemory, FedMemory


class Kept(FedMemory):
    """A memory which asks copies of the databases in the folder *kept*, and makes those that are not there; None: each
    conversation is told anew. What an embedder makes is in them too, so a folder is for one."""

    def __init__(self, embedder: Any = None, kept: Path | None = None, **settings: Any) -> None:
        super().__init__(embedder, **settings)
        self._kept = kept

    def feed(self, conversation: Conversation) -> None:
        """See `FedMemory`."""
        if self._kept is None:
            super().feed(conversation)
            return
        file = self._kept / f"{conversation.id}.db"
        if not file.exists():
            super().feed(conversation)
            self.memory.settle(600)
            self.reopen()  # what is written to a file when it is closed is in the copy
            self._kept.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.folder / FILE, file)
        self.close()
        copy = TemporaryDirectory(prefix="tiermem-recall-")
        shutil.copy(file, Path(copy.name) / FILE)
        self._open = self.open(Path(copy.name) / FILE), copy
        self.begins(conversation)


class KeptBlock(Kept, BlockMemory):
    """`Session.recall` of such a database."""
