"""What is handed out to whoever looks around in a database. Frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tiermem.messages import Message
from tiermem.records import Decision, Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedUser:
    """A user, with sums over their sessions; *more*: over the first of them only, for there are more.

    Args:
        tokens, window_tokens: what was said, and what the windows cost.
        waiting: messages that wait for the index.
    """

    tenant: str
    user: str
    sessions: int
    messages: int
    tokens: int
    window_tokens: int
    waiting: int
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserListing:
    """A page of users, and from where the next one goes on; "" where nothing follows."""

    users: tuple[ListedUser, ...]
    following: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    """A conversation in numbers that are kept with it, so that they cost the same however long it is.

    Args:
        key: its number in the database; the smaller, the older.
        title: the first words of its user; "" where none of the first messages is theirs.
        created_at: when it was made. last_at: when its last message was said, or else stored.
        tokens: of its own messages; of a fork without those that it shares (*base*: the last of these).
        decisions: how many were taken. waiting: messages that wait for the index.
        failures, last_error: of the summariser.
    """

    session: str
    key: int
    title: str
    created_at: datetime | None
    last_at: datetime | None
    messages: int
    tokens: int
    window_tokens: int
    decisions: int
    waiting: int
    base: int = 0
    failures: int = 0
    last_error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionListing:
    """A page of conversations, newest first, and the key before which the next one begins; 0 where nothing follows."""

    sessions: tuple[ListedSession, ...]
    following: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownMessage:
    """A message as it was said, and as what the window shows it.

    Args:
        shown: verbatim, as a stub, under a summary, or not at all.
        decision: the one that says so; None where none does.
        stub: what stands in its place, and its tokens. summary: the number of the one that covers it; 0: none.
        fixed: a system prompt, or pinned: no run touches it.
        erased, damaged: its words are gone; what stands here says so.
    """

    message: Message
    shown: Shown = Shown.VERBATIM
    decision: Decision | None = None
    stub: str = ""
    stub_tokens: int = 0
    summary: int = 0
    fixed: bool = False
    erased: bool = False
    damaged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The window at one message of a conversation.

    Args:
        number: of the message; *role* is who said it, *tokens* what it costs.
        window: what the window cost once it was there and the runs after it were done.
        saved: tokens that decisions had taken from the window by then, since the first step.
        rewritten: a decision was taken right after it, so that the next prompt does not begin as the one before.
    """

    number: int
    role: str
    tokens: int
    window: int
    saved: int
    rewritten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What was stored and decided on one day of UTC: messages, their tokens, tokens saved by stubs and summaries."""

    day: str
    messages: int = 0
    tokens: int = 0
    compacted: int = 0
    covered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What a database holds, and what it did lately.

    Args:
        sessions, messages, tokens, window_tokens, waiting: sums over the newest sessions; *more*: there are others.
        days: by day, oldest first; of the newest messages and decisions only, so the first day may lack some.
        disk: bytes of its files; None where they are a server's, or in RAM.
        answers: seconds to an answer by day, of the newest messages.
    """

    sessions: int
    messages: int
    tokens: int
    window_tokens: int
    waiting: int
    more: bool
    days: tuple[Day, ...]
    disk: int | None
    answers: tuple[AnswerDay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDay:
    """Seconds to an answer on one day of UTC: of how many turns, the median, and what nine of ten did not exceed."""

    day: str
    turns: int
    median: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAgain:
    """A question of a conversation, put again as of the moment before it was asked.

    Args:
        number: of its message. at: when it was asked.
        hits: passages that were recalled for it. likely: the chance that they answer it.
    """

    number: int
    at: datetime
    hits: int
    likely: float

    @property
    def label(self) -> str:
        """What the message is called: "m12"."""
        return f"m{self.number}"
