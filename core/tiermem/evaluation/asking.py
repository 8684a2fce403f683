"""tiermem asked as its users ask it, by its public face: every message with its time, name and role, then questions.

Rule 1: a question with a time of its own is asked as of then: what was said from that time on is not known.
Rule 2: a memory that fails shows nothing, and is asked the other questions all the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, Protocol

from tiermem.evaluation.counting import ENCODING, Scored, clipped, share
from tiermem.evaluation.talks import Probe, ProbedTalk
from tiermem.memory import Memory
from tiermem.messages import Message
from tiermem.records import Context
from tiermem.session import Session

SESSION: Final = "recall"
USER: Final = "somebody"  # who has several sessions: in the namespace "default" everybody would be one user
MOMENT: Final = timedelta(seconds=1)  # before its question nothing said with it is known; files tell minutes
FILE: Final = "tiermem.db"
BATCH: Final = 500


class Presented(NamedTuple):
    """What a memory puts before the model.

    *frame*: tokens in it that are not the memory's (a chain's own prompt). *recalled*: what was fetched because of the
    question; None says that all of it was.
    """

    text: str
    frame: int = 0
    recalled: str | None = None


class Questioned(Protocol):
    """A memory: takes a conversation, is asked questions about it, is closed. One object serves many conversations."""

    name: str

    def feed(self, conversation: ProbedTalk) -> None:
        """Take the whole conversation in, and forget the one before."""

    def ask(self, question: Probe, budget: int) -> Presented:
        """The context for *question*, of at most *budget* tokens."""

    def close(self) -> None:
        """Let go of files and connections."""


class FedMemory:
    """What all ways to ask tiermem share: a fresh file a conversation, and a clock that stands at its end.

    *embedder*: None is tiermem's own. Questions read nothing that they write, so one open file answers them all.
    """

    name = ""

    def __init__(self, embedder: Any = None, **settings: Any) -> None:
        self.options = {"encoding": ENCODING, "embedder": embedder, **settings}
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
        """The memory in *file*, with the options of this evaluation."""
        return Memory.open(file, clock=self.clock, **self.options)

    def clock(self) -> datetime:
        """Questions are asked when the last message has been said, or when they say that they are."""
        return self.now

    def feed(self, conversation: ProbedTalk) -> None:
        """Add everything, and index it as a pause in the conversation would."""
        self.close()
        folder = TemporaryDirectory(prefix="tiermem-recall-")
        self._open = self.open(Path(folder.name) / FILE), folder
        self.begins(conversation)
        self.add(conversation)

    def begins(self, conversation: ProbedTalk) -> None:
        """Set the clock to the end of *conversation*, which is or will be in the file."""
        self.now = self._end = conversation.end or datetime.now(UTC)

    def add(self, conversation: ProbedTalk) -> None:
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

    def ask(self, question: Probe, budget: int) -> Presented:
        """The context at the time of *question*, without what was said from then on."""
        self.now = question.asked or self._end
        self.as_of = self.now - MOMENT if self.now <= self._end and question.asked else None
        return self.shown(question.text, budget)

    def shown(self, question: str, budget: int) -> Presented:
        """What the model reads."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file and remove it."""
        if self._open is not None:
            memory, folder = self._open
            self._open = None
            memory.close()
            with suppress(PermissionError):  # Windows keeps a file for a moment that was just closed
                folder.cleanup()


class BlockMemory(FedMemory):
    """`Session.recall`: the passages alone, all of the budget for them."""

    name = "tiermem recall"

    def shown(self, question: str, budget: int) -> Presented:
        """The quoted block."""
        return Presented(self.session.recall(question, budget, as_of=self.as_of).text)


class ContextMemory(FedMemory):
    """`Session.context`: summary, passages and recent turns in one budget."""

    name = "tiermem context"

    def shown(self, question: str, budget: int) -> Presented:
        """All pieces, as a model reads them."""
        context = self.session.context(question, budget)
        recalled = "\n".join(piece.message.text for piece in context.pieces if piece.kind == "recalled")
        return Presented(text_of(context), recalled=recalled)


class TimelyMemory(ContextMemory):
    """The same; a question with a time is asked of a fork of the conversation that ends before it."""

    def __init__(self, embedder: Any = None, **settings: Any) -> None:
        super().__init__(embedder, **settings)
        self._said: ProbedTalk | None = None
        self._forked: tuple[str, Session] | None = None

    @property
    def session(self) -> Session:
        """The conversation as it was when the question was asked."""
        whole, before, said = self.memory.session(SESSION), self.as_of, self._said
        if before is None or said is None:
            return whole
        last = [one.id for one in said.messages if one.created_at is None or one.created_at <= before][-1:]
        if not last:
            return self.memory.session("nothing said")
        if self._forked is None or self._forked[0] != last[0]:
            self._forked = last[0], whole.fork(last[0])
        return self._forked[1]

    def begins(self, conversation: ProbedTalk) -> None:
        """See `FedMemory`; with the order of its messages for forks, of which there is none yet."""
        self._said, self._forked, self.as_of = conversation, None, None
        super().begins(conversation)


class UserMemory(BlockMemory):
    """The same conversation cut where its sessions begin, all of one user, asked from a session that begins now."""

    name = "tiermem recall, sessions of a user"

    @property
    def session(self) -> Session:
        """The new session, in which nothing has been said."""
        return self.memory.session(SESSION, namespace=USER)

    def add(self, conversation: ProbedTalk) -> None:
        """A session each, the first one first."""
        for name, messages in conversation.by_session.items():
            self.put(self.memory.session(f"of {name}", namespace=USER), messages)

    def shown(self, question: str, budget: int) -> Presented:
        """The quoted block, of all sessions."""
        return Presented(self.session.recall(question, budget, within="user", as_of=self.as_of).text)


class UserContextMemory(UserMemory):
    """`Session.context` of that new session; a question's own time is not kept, for a context has none."""

    name = "tiermem context, sessions of a user"

    def shown(self, question: str, budget: int) -> Presented:
        """All pieces, as a model reads them."""
        return Presented(text_of(self.session.context(question, budget, within="user")))


def text_of(context: Context) -> str:
    """The pieces one after the other; a message of the conversation behind its speaker's name."""
    return "\n".join(
        f"{piece.message.name}: {piece.message.text}" if piece.message.name else piece.message.text
        for piece in context.pieces
    )


def asked(memory: Questioned, talks: Iterable[ProbedTalk], budgets: Sequence[int]) -> Iterator[Scored]:
    """One row a question with evidence and a budget, as *memory* answers them."""
    for talk in talks:
        memory.feed(talk)
        for question in talk.questions:
            if question.evidence:
                yield from (row(memory, talk, question, budget) for budget in budgets)


def row(memory: Questioned, talk: ProbedTalk, question: Probe, budget: int) -> Scored:
    """How *memory* answers *question* about *talk*, which it was fed, in *budget* tokens."""
    started = time.perf_counter()
    try:
        shown, failed = memory.ask(question, budget), False
    except Exception as error:  # noqa: BLE001  # other memories, which are measured beside ours, may raise anything
        print(f"{memory.name}, {question.id} at {budget}: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        shown, failed = Presented(""), True
    spent = time.perf_counter() - started
    allowed = budget + shown.frame
    text, used = clipped(shown.text, allowed)
    return Scored(
        talk.id,
        question.id,
        question.category,
        budget,
        share(talk, question, text),
        max(0, used - shown.frame),
        len(text) < len(shown.text),
        failed,
        1_000 * spent,
    )
