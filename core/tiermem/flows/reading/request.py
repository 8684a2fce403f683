"""A question as every part of a search is handed it, and what a search answers. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tiermem.flows.reading.filters import ANY, Only
from tiermem.records import Hit, Within
from tiermem.search.query import Question
from tiermem.search.ranking.scoring import PLACE
from tiermem.search.ranking.sufficiency import Seen, WeighedQuestion
from tiermem.settings import Scope, refuse_unnamed

ACROSS = frozenset({"user", "everything"})  # what looks into other conversations of the user


@dataclass(frozen=True, slots=True)
class Reach:
    """Where is looked: *within* what, and in which of the user's sessions; None is all, but for those of *exclude*."""

    within: Within = "conversation"
    sessions: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()

    @property
    def across(self) -> bool:
        """Whether it may look into other conversations."""
        return self.within in ACROSS

    def has(self, session: str, home: str) -> bool:
        """Whether *session* is looked in by one that is asked in the session *home*, whose own words are always its."""
        return session == home or (
            self.across and (self.sessions is None or session in self.sessions) and session not in self.exclude
        )

    def of(self, scope: Scope) -> Reach:
        """What of it *scope* has: where no user is named, "everything" is this conversation and the documents.

        Raises:
            MissingNamespace: other conversations are asked for by name, and no user is named.
        """
        if scope.named or not self.across:
            return self
        if self.within == "user" or self.sessions is not None or self.exclude:
            refuse_unnamed(scope, f"within={self.within!r}" if self.within == "user" else "sessions= or exclude=")
        return replace(self, sessions=frozenset({scope.session}))


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is looked for: the *limit* best of the messages, the documents, or both.

    Args:
        query: the question, in words.
        within: where.
        sessions: only these sessions of the user, by their ids; None is all.
        exclude: but not these.
        as_of: only what was said by then, ranked as it was then; None is now.
        only: of these times and this role.
        weak: also hits that are not worth a page of context.
        requested: somebody asked to look, as by a tool: what is found may answer less likely than what is put into a
            prompt unasked.
        notes: of documents also weak notes: they were kept on purpose.
        limit: hits at most.
        talk: False leaves the conversation out, wherever else is looked.
        without: numbers of messages that are not to be found; of documents all can be.
        sufficient: of what is recalled no more than is likely to answer.
        unsaid: numbers of messages that are not to be found either, and whose words help no other one.
        levels: of what is recalled and has no room whole, as much is quoted as fits.
    """

    query: str
    within: Within = "conversation"
    as_of: datetime | None = None
    only: Only = ANY
    weak: bool = False
    requested: bool = False
    notes: bool = False
    limit: int = 0
    without: frozenset[int] = frozenset()
    talk: bool = True
    unsaid: frozenset[int] = frozenset()
    sessions: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()
    sufficient: bool = False
    levels: bool = False


@dataclass(frozen=True, slots=True)
class Matched:
    """What a search saw of how likely its hits answer.

    Args:
        asked: the question beside the messages that were ranked.
        held: by the reference of a hit, which terms of the question it has, as bits.
        viewed: the best of what is in view (`SearchRequest.without`), by number.
    """

    asked: WeighedQuestion = field(default_factory=WeighedQuestion)
    held: Mapping[str, int] = field(default_factory=dict)
    viewed: Mapping[int, Seen] = field(default_factory=dict)

    def seen(self, hits: Iterable[Hit]) -> list[Seen]:
        """*hits* beside the question, by what they say themselves: where in a talk they stand makes them no surer."""
        return [Seen(_sure(hit), self.held.get(hit.ref, 0), bool(hit.why.get("date"))) for hit in hits]


def _sure(hit: Hit) -> float:
    return hit.score - sum(hit.why.get(part, 0.0) for part in PLACE)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first; the question as it was read; why vectors are missing, where they are; the score from which on
    the best hit is worth a page; what tells how likely they answer."""

    hits: tuple[Hit, ...] = ()
    question: Question | None = None
    degraded: tuple[str, ...] = ()
    least: float = 0.0
    matched: Matched = field(default_factory=Matched)
