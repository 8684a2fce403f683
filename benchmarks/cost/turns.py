"""One turn of every memory that the cost benchmark compares.

Peers whose limit makes them forget are measured both ways: as shipped, and with a limit that nothing reaches, where
they keep what tiermem keeps. `most` is the largest conversation at which a turn of theirs still ends.
"""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from benchmarks.cost.prose import question, said
from tiermem import Memory, Message
from tiermem.providers.tokenizers import encoding_counter

SESSION = "cost"
BUDGET = 2_000  # tokens of the context that is read each turn
ALL = 10**9  # tokens: a limit that nothing reaches
BATCH = 500
EVERY = 10**9  # messages


class Turns(Protocol):
    """A memory that can be filled and can take a turn."""

    name: str
    most: int

    def open(self, folder: Path, stored: int) -> None:
        """Fill it with *stored* messages."""

    def turn(self, place: int) -> None:
        """Read, then store a question and an answer, durably if it can."""

    def close(self) -> None:
        """Let go of everything."""


class Limit:
    """Tokenise both messages and write both in one durable transaction of plain sqlite3."""

    name = "limit: tokenise both + one insert"
    most = EVERY

    def open(self, folder: Path, stored: int) -> None:
        """The same SQLite and the same journal mode as tiermem."""
        from tiermem.storage.sqlite import driver, journal_mode

        self.count = encoding_counter("o200k_base")
        module = driver()
        self.rows: sqlite3.Connection = module.connect(str(folder / "limit.db"), isolation_level=None)
        mode, synchronous = journal_mode(module.sqlite_version_info, "full")
        self.rows.execute(f"PRAGMA journal_mode={mode}")
        self.rows.execute(f"PRAGMA synchronous={synchronous}")
        self.rows.execute("CREATE TABLE message (session TEXT, sequence INTEGER, tokens INTEGER, body BLOB)")
        self.rows.execute("CREATE UNIQUE INDEX place ON message (session, sequence)")
        self.next = 0
        self.write([said(place) for place in range(stored)])

    def turn(self, place: int) -> None:
        """Two rows."""
        self.write([question(place), said(place)])

    def write(self, texts: Sequence[str]) -> None:
        """One transaction with a row for each of *texts*."""
        self.rows.execute("BEGIN IMMEDIATE")
        rows = [(SESSION, self.next + place, self.count(text), text.encode()) for place, text in enumerate(texts)]
        self.rows.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", rows)
        self.rows.execute("COMMIT")
        self.next += len(texts)

    def close(self) -> None:
        """Close the file."""
        self.rows.close()


class Add:
    """`session.add` alone, for the comparison with the limit."""

    name = "tiermem: add"
    most = EVERY
    template = "tiermem-filled.db"

    def open(self, folder: Path, stored: int) -> None:
        """The database is filled once, management on, and copied for each of the memories on top of it."""
        filled = folder / self.template
        if not filled.exists():
            self.fill(filled, stored)
        own = folder / f"{type(self).__name__}.db"
        shutil.copyfile(filled, own)
        self.memory = Memory.open(own)
        self.session = self.memory.session(SESSION)
        self.start()

    def fill(self, file: Path, stored: int) -> None:
        """Batches of messages, as an import."""
        with Memory.open(file) as memory:
            session = memory.session(SESSION)
            for first in range(0, stored, BATCH):
                places = range(first, min(stored, first + BATCH))
                session.add([Message(role=("user", "assistant")[place % 2], content=said(place)) for place in places])

    def start(self) -> None:
        """What stands on the open memory."""

    def turn(self, place: int) -> None:
        """Both messages in one call."""
        self.session.add(
            [Message(role="user", content=question(place)), Message(role="assistant", content=said(place))]
        )

    def close(self) -> None:
        """Close the database."""
        self.memory.close()


class AddShow(Add):
    """The core's turn without recall."""

    name = "tiermem: context without recall + add"

    def turn(self, place: int) -> None:
        """Read the window in the budget, add."""
        self.session.context(question(place), BUDGET, recall=False)
        super().turn(place)


class AddRecall(Add):
    """The core's whole turn."""

    name = "tiermem: context with recall + add"

    def turn(self, place: int) -> None:
        """Read with recall, add."""
        self.session.context(question(place), BUDGET)
        super().turn(place)


class Chain(Add):
    """Through LangChain's classic memory."""

    name = "tiermem: ConversationTieredMemory"

    def start(self) -> None:
        """The adapter on the open memory."""
        from langchain_tiered_memory import ConversationTieredMemory

        self.chat: Any = ConversationTieredMemory(SESSION, memory=self.memory, max_token_limit=BUDGET)

    def turn(self, place: int) -> None:
        """What a chain does."""
        asked = {"question": question(place)}
        self.chat.load_memory_variables(asked)
        self.chat.save_context(asked, {"answer": said(place)})


class History(Add):
    """Through LangChain's message history, which shows the whole window: up to 150,000 tokens of it."""

    name = "tiermem: TieredChatMessageHistory"

    def start(self) -> None:
        """The adapter on the open memory."""
        from langchain_tiered_memory import TieredChatMessageHistory

        self.chat: Any = TieredChatMessageHistory(SESSION, memory=self.memory)

    def turn(self, place: int) -> None:
        """Read the window, add both."""
        from langchain_core.messages import AIMessage, HumanMessage

        _ = self.chat.messages
        self.chat.add_messages([HumanMessage(question(place)), AIMessage(said(place))])


class Engine(Add):
    """Through LlamaIndex's memory."""

    name = "tiermem: TieredChatMemory"

    def start(self) -> None:
        """The adapter on the open memory."""
        from llamaindex_tiered_memory import TieredChatMemory

        self.chat: Any = TieredChatMemory(memory=self.memory, session_id=SESSION, token_limit=BUDGET)

    def turn(self, place: int) -> None:
        """What SimpleChatEngine does: two puts, each durable by itself."""
        from llama_index.core.base.llms.types import ChatMessage

        self.chat.put(ChatMessage(role="user", content=question(place)))
        self.chat.get()
        self.chat.put(ChatMessage(role="assistant", content=said(place)))


def limit() -> Turns:
    """What everybody is compared with."""
    return Limit()


def ours() -> list[Turns]:
    """The core's turns, and those through each adapter."""
    return [Add(), AddShow(), AddRecall(), Chain(), History(), Engine()]


def everyone() -> list[Turns]:
    """Ours, then the peers that are installed."""
    from benchmarks.cost import peer_turns as peers

    theirs: list[Turns] = [
        peers.TokenBuffer(),
        peers.TokenBufferDefault(),
        peers.Buffer(),
        peers.BufferDefault(),
        peers.LlamaMemory(),
        peers.LlamaMemoryDefault(),
    ]
    if importlib.util.find_spec("langchain_community"):
        theirs.append(peers.SqlHistory())
    else:
        print("SQLChatMessageHistory left out: langchain-community is not installed (benchmarks/requirements.txt)")
    return [*ours(), *theirs]
