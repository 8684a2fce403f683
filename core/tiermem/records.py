"""What tiermem decides and answers: decisions, summaries, hits, contexts, explanations. Frozen, and printable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from tiermem.messages import Content, Message
from tiermem.reports import notebooks

# The session; it and the user's notes; all sessions of the user; their documents, of which notes are some; all of it.
Within: TypeAlias = Literal["conversation", "notes", "user", "knowledge", "everything"]
# How far is paged in: as much as the budget holds, or as much as is likely to answer.
Until: TypeAlias = Literal["budget", "sufficient"]


class Shown(StrEnum):
    """What a message is shown as; every message of a session is exactly one of these."""

    VERBATIM = "verbatim"
    COMPACTED = "compacted"
    COVERED = "covered"
    HIDDEN = "hidden"


class Tier(StrEnum):
    """Where a piece of a context comes from (SPEC B)."""

    L1 = "L1"  # the active window
    L2 = "L2"  # summaries and stubs, with their originals behind them
    L3 = "L3"  # the archive


class Trust(StrEnum):
    """Whose words something rests on at most: of tools, documents and strangers, of an assistant, or of users alone."""

    OTHERS = "others"
    ASSISTANT = "assistant"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One row of the journal: ids and numbers, never text.

    `kind` is "compact", "cover", "restore", "hide", "pin" (of what a message lays down), "erase" or "undo"; of facts
    "state" or "retract", of a profile "pin", "forget" or "replace", of a procedure "outcome". It applies to messages
    `first`..`last`; the newest not undone wins, but for "erase", which nothing undoes. `reference` is the summary of a
    cover, and what an undo takes back. `session` is whose journal it is in, where another session was asked.
    """

    number: int
    kind: str
    first: int
    last: int
    reference: int = 0
    tokens_before: int = 0
    tokens_after: int = 0
    strategy: str = ""
    reason: str = ""
    decided_at: datetime | None = None
    undone: bool = False
    session: str = ""


class TimeRange(BaseModel):
    """When the first and the last summarised message were said."""

    model_config = ConfigDict(frozen=True)
    start: datetime | None = None
    end: datetime | None = None


class StructuredSummary(BaseModel):
    """What a span of messages comes to (SPEC A), with the messages that each line rests on.

    `sources` maps a field ("user_goal", "last_step"), a list entry ("key_decisions.0", "modified_files.2") or a key of
    the critical context ("critical_context.pool size") to sequence numbers of messages. `trust` is that of the least
    trusted message of the span, and `said_by` names whoever said a source and is neither a user nor an assistant.
    `refused` counts lines that a summariser gave and that name a figure or a file which no message names.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")
    count: int = Field(ge=0, default=0)
    time_range: TimeRange = TimeRange()
    timestamp: datetime | None = None
    user_goal: str = ""
    last_step: str = ""
    key_decisions: list[str] = Field(default_factory=list)
    modified_files: list[str] = Field(default_factory=list)
    critical_context: dict[str, str] = Field(default_factory=dict)
    sources: dict[str, list[int]] = Field(default_factory=dict)
    trust: Trust = Trust.OTHERS
    said_by: dict[int, str] = Field(default_factory=dict)
    refused: int = Field(ge=0, default=0)


BRIEF = 60  # characters of a text that a repr shows


def _brief(message: Message) -> str:
    text = " ".join(message.text.split())
    return f"{message.role}: {text if len(text) <= BRIEF else text[:BRIEF] + '…'!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A stored summary: its structure, the span `first`..`last` it covers, its level and the summaries it merges."""

    number: int
    first: int
    last: int
    level: int
    structure: StructuredSummary
    text: str
    tokens: int
    strategy: str
    children: tuple[int, ...] = ()

    @property
    def ref(self) -> str:
        """The reference that `expand` takes, for example "s3"."""
        return f"s{self.number}"

    def __repr__(self) -> str:
        return f"<Summary {self.ref} of m{self.first} to m{self.last}, level {self.level}, {self.tokens} tokens>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A message, or a chunk of a document, that was found: its score, and the parts of the score by name.

    Args:
        source: of a chunk, the document that it is from; "" for what was said.
        superseded_by: the reference of a newer statement, found or not, that gives what this one says another value; ""
            where none does. "f3" is what the application stated (`Memory.facts`).
        conflicts_with: the same, where the newer one says that this one never was right.
        holds: what is known to hold now in place of what this one says: "home: Berlin; rent: $1,350"; "" where nothing
            is.
        current: this one is the newest of several that give one thing different values.
        reason: what matched, in words, where it was asked for.
        session: the id of the session in which it was said; "" of a chunk.
        home: whether that is the session that was asked.
    """

    message: Message
    score: float
    why: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    superseded_by: str = ""
    conflicts_with: str = ""
    holds: str = ""
    current: bool = False
    reason: str = ""
    session: str = ""
    home: bool = True

    @property
    def ref(self) -> str:
        """The reference that `expand` takes: "m12" for a message of the session, "friday/m12" for one of the session
        "friday", "d12" for a chunk of a document."""
        own = f"{'d' if self.source else 'm'}{self.message.sequence}"
        return own if self.home else f"{self.session}/{own}"

    def __repr__(self) -> str:
        return f"<Hit {self.ref} {self.score:.3f} {_brief(self.message)}>"

    def _repr_html_(self) -> str:
        heading = f"{self.ref} · {self.message.name or self.message.role} · score {self.score:.3f}"
        return notebooks.block(heading, self.message.text) + notebooks.table("", ["part", "score"], self.why.items())


@dataclass(frozen=True, slots=True)
class Likely:
    """The chance (0 to 1) that what a context shows answers the question, by level: that a message which answers it
    stands there (`search/ranking/sufficiency.py`). It does not know whether an answer is complete.

    Args:
        window: what is shown as it was said.
        short_term: what is told by stubs and by lines of the running summary.
        archive: what was recalled.
        together: what is shown as it was said, and what was recalled.
    """

    window: float = 0.0
    short_term: float = 0.0
    archive: float = 0.0
    together: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What `recall` returns: quoted passages as one block of `tokens`, "" when nothing is relevant, and their hits;
    `likely` is the chance (0 to 1) that they answer, as `Likely` says."""

    text: str
    tokens: int
    budget: int
    hits: tuple[Hit, ...] = ()
    degraded: tuple[str, ...] = ()
    likely: float = 0.0

    @property
    def best(self) -> Hit:
        """The hit with the highest score; ValueError where nothing was recalled."""
        return max(self.hits, key=lambda hit: hit.score)

    @property
    def refs(self) -> list[str]:
        """The references of all hits, as they stand in the block."""
        return [hit.ref for hit in self.hits]

    def __repr__(self) -> str:
        return f"<Recalled {' '.join(self.refs) or 'nothing'}, {self.tokens} of {self.budget} tokens>"

    def _repr_html_(self) -> str:
        return notebooks.block(f"{self.tokens:,} of {self.budget:,} tokens, likely {self.likely:.2f}", self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One message of a context, and where it comes from.

    `kind` is "system", "profile", "rules", "summary", "recalled", "message" or "goal". `refs` are what is behind it.
    """

    message: Message
    kind: str
    tier: Tier
    tokens: int
    shown: Shown = Shown.VERBATIM
    refs: tuple[str, ...] = ()
    clipped: bool = False
    score: float = 0.0

    def __repr__(self) -> str:
        shown = f"{self.kind} {' '.join(self.refs)}".rstrip()
        return f"<Piece {shown}, {self.shown}, {self.tokens} tokens, {_brief(self.message)}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an adapter sends to the model: `tokens` is the sum over `pieces` and never above `budget`.

    `asked` is the sequence number of the newest message on the user's side, 0 where there is none. `likely` is how
    likely each level answers; None where nothing was looked up: there was no question, or all that was said is in view.
    """

    pieces: tuple[Piece, ...]
    tokens: int
    budget: int
    hits: tuple[Hit, ...] = ()
    degraded: tuple[str, ...] = ()
    asked: int = 0
    likely: Likely | None = None

    @property
    def messages(self) -> list[Message]:
        """The messages in the order in which a model should read them."""
        return [piece.message for piece in self.pieces]

    @property
    def trace(self) -> list[str]:
        """One line a piece: tier, kind, tokens, references; and one a tier: pieces, tokens, how likely it answers."""
        lines = [f"{p.tier} {p.kind} {p.tokens} tokens {p.shown} {','.join(p.refs)}".rstrip() for p in self.pieces]
        return [*lines, *(self._level(tier) for tier in Tier)]

    def _level(self, tier: Tier) -> str:
        tokens = [piece.tokens for piece in self.pieces if piece.tier is tier]
        line = f"{tier}: {len(tokens)} pieces, {sum(tokens)} tokens"
        if self.likely is None:
            return line
        chances = {Tier.L1: self.likely.window, Tier.L2: self.likely.short_term, Tier.L3: self.likely.archive}
        return f"{line}, likely {chances[tier]:.2f}"

    def __repr__(self) -> str:
        found = f"{len(self.pieces)} pieces, {len(self.hits)} hits"
        return f"<Context {found}, {self.tokens} of {self.budget} tokens{', degraded' if self.degraded else ''}>"

    def _repr_html_(self) -> str:
        rows = [(one.tier, one.kind, one.message.role, one.message.text, one.tokens) for one in self.pieces]
        return notebooks.table(repr(self)[1:-1], ["tier", "piece", "role", "text", "tokens"], rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why a message is shown as it is: the decision in force (None while verbatim), and all decisions about it."""

    ref: str
    shown: Shown
    decision: Decision | None
    history: tuple[Decision, ...]
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What the window shows: summaries of what is covered, then all other messages, if compacted with the original in
    ``state["__compaction__"]``. `rules`, beside `tokens`: what was laid down in messages that are not verbatim."""

    summaries: tuple[Summary, ...]
    messages: tuple[Message, ...]
    tokens: int
    rules: tuple[Piece, ...] = ()

    def __repr__(self) -> str:
        return f"<View {len(self.summaries)} summaries, {len(self.messages)} messages, {self.tokens} tokens>"

    def _repr_html_(self) -> str:
        rows = [(one.ref, f"m{one.first} to m{one.last}", one.text) for one in self.summaries]
        rows += [(f"m{one.sequence}", one.name or one.role, one.text) for one in self.messages]
        return notebooks.table(repr(self)[1:-1], ["reference", "of", "text"], rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What a compactor returns for one message: the content to show instead, and the name of the strategy."""

    content: Content
    strategy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What `expand` returns: the originals behind a stub, a summary line or a summary."""

    ref: str
    messages: tuple[Message, ...]
    summaries: tuple[Summary, ...] = ()
    note: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Original {self.ref}: {len(self.messages)} messages, {len(self.summaries)} summaries>"
