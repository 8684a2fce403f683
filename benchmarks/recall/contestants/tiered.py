"""tiermem through its public face: a real SQLite file, every message with its time, name and role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import Shown
from tiermem import Context, Memory, Message, Session

SESSION = "recall"
USER = "somebody"  # who has several sessions: in the namespace "default" everybody would be one user
MOMENT = timedelta(seconds=1)  # before its question nothing that was said with it is known; the data tell minutes
FILE = "tiermem.db"
BATCH = 500


class Tiered:
    """What all ways to ask tiermem share: a fresh file a conversation, and a clock that stands at its end.

    *embedder*: None is tiermem's own. Questions read nothing that they write, so one open file answers them all.
    """

    name = ""

    def __init__(self, embedder: Any = None, **settings: Any) -> None:
        self.options = {"encoding": "cl100k_base", "embedder": embedder, **settings}
        self.now = datetime.now(UTC)
        self.as_of: datetime | None = None
        self._open: tuple[Memory, TemporaryDirectory[str]] | None = None

    @property
    def folder(self) -> Path:
        """Where the file of the conversation lies."""
        return Path(self._opened()[1].name)

    @property
    def memory(self) -> Memory:
        """The open memory that holds the conversation."""
        return self._opened()[0]

    @property
    def session(self) -> Session:
        """The conversation."""
        return self.memory.session(SESSION)

    def _opened(self) -> tuple[Memory, TemporaryDirectory[str]]:
        if self._open is None:
            raise RuntimeError(f"{self.name} was fed no conversation")
        return self._open

    def open(self, file: Path) -> Memory:
        """The memory in *file*, with the options of this benchmark."""
        return Memory.open(file, clock=self.clock, **self.options)

    def clock(self) -> datetime:
        """Questions are asked when the last message has been said, or when they say that they are."""
        return self.now

    def feed(self, conversation: Conversation) -> None:
        """Add everything, and index it as a pause in the conversation would."""
        self.close()
        folder = TemporaryDirectory(prefix="tiermem-recall-")
        self._open = self.open(Path(folder.name) / FILE), folder
        self.now = self._end = conversation.end or datetime.now(UTC)
        self.add(conversation)

    def add(self, conversation: Conversation) -> None:
        """Everything into one session."""
        self.put(self.session, conversation.messages)

    def put(self, session: Session, messages: Sequence[Message]) -> None:
        """*messages* into *session*, indexed."""
        for first in range(0, len(messages), BATCH):
            session.add(list(messages[first : first + BATCH]))
        session.index()

    def reopen(self, **options: Any) -> None:
        """Close the file and open it again with other *options*; what is stored stays."""
        memory, folder = self._opened()
        memory.close()
        self.options |= options
        self._open = self.open(Path(folder.name) / FILE), folder

    def ask(self, question: Question, budget: int) -> Shown:
        """The context at the time of *question*, without what was said from then on."""
        self.now = question.asked or self._end
        self.as_of = self.now - MOMENT if self.now <= self._end and question.asked else None
        return self.shown(question.text, budget)

    def shown(self, question: str, budget: int) -> Shown:
        """What the model reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file and remove it."""
        if self._open is not None:
            memory, folder = self._open
            self._open = None
            memory.close()
            folder.cleanup()


class Recall(Tiered):
    """`Session.recall`: the passages alone, all of the budget for them."""

    name = "tiermem recall"

    def shown(self, question: str, budget: int) -> Shown:
        """The quoted block."""
        return Shown(self.session.recall(question, budget, as_of=self.as_of).text)


class User(Recall):
    """The same conversation cut where its sessions begin, all of one user, asked from a session that begins now."""

    name = "tiermem recall, sessions of a user"

    @property
    def session(self) -> Session:
        """The new session, in which nothing has been said."""
        return self.memory.session(SESSION, namespace=USER)

    def add(self, conversation: Conversation) -> None:
        """A session each, the first one first."""
        for name, messages in conversation.by_session.items():
            self.put(self.memory.session(f"of {name}", namespace=USER), messages)

    def shown(self, question: str, budget: int) -> Shown:
        """The quoted block, of all sessions."""
        return Shown(self.session.recall(question, budget, within="user", as_of=self.as_of).text)


class WholeContext(Tiered):
    """`Session.context`: summary, passages and recent turns in one budget."""

    name = "tiermem context"

    def shown(self, question: str, budget: int) -> Shown:
        """All pieces, as a model reads them."""
        context = self.session.context(question, budget)
        recalled = "\n".join(piece.message.text for piece in context.pieces if piece.kind == "recalled")
        return Shown(text_of(context), recalled=recalled)


def text_of(context: Context) -> str:
    """The pieces one after the other; a message of the conversation behind its speaker's name."""
    return "\n".join(
        f"{piece.message.name}: {piece.message.text}" if piece.message.name else piece.message.text
        for piece in context.pieces
    )


MEMORIES: dict[str, Callable[..., Tiered]] = {
    "tiermem": Recall,
    "tiermem-user": User,
    "tiermem-context": WholeContext,
}
