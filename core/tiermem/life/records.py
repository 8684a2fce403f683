"""What is handed out of the life of a memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal, TypeAlias

from tiermem.erasure.expiring import Expired

Place: TypeAlias = Literal["sensory", "working", "short-term", "long-term", "hidden"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLife:
    """How one message lives.

    Args:
        ref: its reference.
        level: where it is: "sensory" (not indexed yet), "working" (in the window, whole), "short-term" (as a stub, or
            under a summary that says something), "long-term" (in the archive alone), or "hidden".
        initial: how much it mattered when it was said, 0 to 1 (I0), by `why`.
        retention: R, what is left of that, 0 to 1. strength: S. importance: I, how much it matters now, 0 to 1.
        active: I is not below θ, or it cannot fade.
        protected: why it cannot fade ("pinned", "laid down", "fact"); "" where it can.
        uses: how often it was used; at most one a day counts. used_at: when last; None: never.
        since: when it was used last, or else stored: an import does not fade on arrival.
        fades_at: when it becomes inactive if nobody uses it; None: never.
    """

    ref: str
    level: Place
    initial: float
    retention: float
    strength: float
    importance: float
    active: bool
    uses: int
    since: datetime
    used_at: datetime | None = None
    fades_at: datetime | None = None
    protected: str = ""
    why: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Level:
    """One level: how many *messages* are there, what they cost in a window (*tokens*), and what they were (*said*)."""

    messages: int = 0
    tokens: int = 0
    said: int = 0

    @property
    def ratio(self) -> float:
        """Tokens for a token that was said: 1 where it stands whole, 0 where nothing of it stands."""
        return self.tokens / self.said if self.said else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The levels of a conversation, as they are.

    Args:
        sensory: what arrived and is not indexed yet; it stands in one of the others, too.
        working: what the window shows whole.
        short_term: what it shows as stubs and summaries.
        long_term: what is in the archive alone: covered by a summary that says nothing of it, or hidden.
        procedural: the user's procedures and what was laid down and holds here; messages are how many there are.
    """

    sensory: Level = Level()
    working: Level = Level()
    short_term: Level = Level()
    long_term: Level = Level()
    procedural: Level = Level()

    @property
    def window(self) -> int:
        """Tokens that the window costs."""
        return self.working.tokens + self.short_term.tokens

    @property
    def capacity(self) -> float:
        """How many tokens of talk stand behind a token of the window: all that was said can be paged in from it."""
        said = self.working.said + self.short_term.said + self.long_term.said
        return said / self.window if self.window else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Slept:
    """What a sleep did.

    Args:
        sessions: how many were looked at.
        finished: whether all were, and what is past its time by rule was erased; call again for the rest.
        indexed: messages whose words were indexed. compacted, covered: messages, by the thresholds. merged: summaries.
        uses: uses that were written down.
        faded: messages that left the window. woken: messages that came back, for they were used.
        expired: what was erased by the rules of retention.
        tokens: by how many tokens the windows became smaller by what faded.
        decisions: each with its session, for `undo`.
        seconds: how long it took.
    """

    sessions: int = 0
    finished: bool = True
    indexed: int = 0
    compacted: int = 0
    covered: int = 0
    merged: int = 0
    uses: int = 0
    faded: int = 0
    woken: int = 0
    expired: Expired = field(default_factory=Expired)
    tokens: int = 0
    decisions: tuple[tuple[str, int], ...] = ()
    seconds: float = 0.0

    def __add__(self, other: Slept) -> Slept:
        added = {one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        return Slept(**added | {"finished": self.finished and other.finished})
