"""What the pages of users show: who there is, their conversations, what is known of them, their documents, costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tiermem.browsing import activity, listing
from tiermem.browsing.records import Activity, Day, ListedSession, UserListing
from tiermem.conversations.records import Interests
from tiermem.memory import Memory
from tiermem.messages import Message
from tiermem.profiles.lines.line import ProfileLine
from tiermem.records import Decision
from tiermem.settings import Scope, scope_of
from tiermem.text.documents import Source
from tiermem.validity.known import KnownFact

MOST_FACTS, MOST_LINES, MOST_SOURCES, MOST_CHUNKS, INTERESTS = 200, 200, 100, 20, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersPage:
    """Who there is, and what the database holds."""

    listing: UserListing
    begins: str
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsPage:
    """Conversations of a user: a page of all, or those in which they said some words (*words*)."""

    user: Scope
    sessions: Sequence[ListedSession]
    following: int
    begins: str
    words: str
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfilePage:
    """What is known of a user in short: a sentence, lines, interests, and the decisions that corrected it."""

    user: Scope
    summary: str
    lines: Sequence[ProfileLine]
    interests: Interests | None
    journal: Sequence[Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsPage:
    """Facts of a user with their times, the newest first; *count*: how many there are."""

    user: Scope
    facts: Sequence[KnownFact]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsPage:
    """Documents of a user from number *start* on, and the chunks of one of them."""

    user: Scope
    sources: Sequence[Source]
    count: int
    start: int
    source: str
    chunks: Sequence[Message]
    following: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsPage:
    """What a database holds and saves, and what a million tokens cost (0: not told)."""

    activity: Activity
    price: float

    @property
    def periods(self) -> Sequence[Day]:
        """Its days or months, without gaps."""
        return activity.periods(self.activity.days)

    @property
    def saved(self) -> int:
        """Tokens that windows do not cost, of those that were said."""
        return max(0, self.activity.tokens - self.activity.window_tokens)


Namespace = str | tuple[str, str]


def users(memory: Memory, begins: str = "", start: str = "") -> UsersPage:
    """A page of users."""
    return UsersPage(listing=listing.users(memory, begins, start), begins=begins, first=not start)


def sessions(memory: Memory, namespace: Namespace, begins: str = "", before: int = 0, words: str = "") -> SessionsPage:
    """A page of a user's conversations; with *words* those in which the user said them all, by when they spoke last.

    Raises:
        InvalidMessage: *words* are stop words only. MissingNamespace: nobody is named.
    """
    user = scope_of("-", namespace)
    if words:
        told = memory.conversations(namespace, words, limit=listing.PAGE)
        found = listing.named(memory, user, [one.session for one in told])
        return SessionsPage(user=user, sessions=found, following=0, begins="", words=words, first=True)
    page = listing.sessions(memory, namespace, begins, before)
    return SessionsPage(
        user=user, sessions=page.sessions, following=page.following, begins=begins, words="", first=not before
    )


def facts(memory: Memory, namespace: Namespace) -> FactsPage:
    """Facts of a user; none where nobody is named."""
    user = scope_of("-", namespace)
    known = memory.facts(namespace).history() if user.named else []
    return FactsPage(user=user, facts=known[: -MOST_FACTS - 1 : -1], count=len(known))


def profile(memory: Memory, namespace: Namespace) -> ProfilePage:
    """What is known of a user in short; nothing where nobody is named."""
    user = scope_of("-", namespace)
    if not user.named:
        return ProfilePage(user=user, summary="", lines=(), interests=None, journal=())
    profile = memory.profile(namespace)
    return ProfilePage(
        user=user,
        summary=profile.summary(),
        lines=profile.lines()[:MOST_LINES],
        interests=memory.interests(namespace, INTERESTS),
        journal=profile.journal()[::-1],
    )


def undo(memory: Memory, user: Scope, number: int) -> None:
    """Take a decision about a user back: what was pinned, forgotten, corrected or stated.

    Raises:
        UnknownReference: there is none, or it is undone already. MissingNamespace: nobody is named.
    """
    memory.profile((user.tenant, user.user) if user.tenant else user.user).undo(number)


def documents(memory: Memory, namespace: Namespace, start: int = 0, source: str = "", chunk: int = 0) -> DocumentsPage:
    """Documents of a user, newest first, from number *start* on; of *source* the chunks from number *chunk* on."""
    knowledge = memory.knowledge(namespace)
    sources = knowledge.sources()[::-1]
    chunks = knowledge.chunks(source) if source else []
    return DocumentsPage(
        user=scope_of("-", namespace),
        sources=sources[start : start + MOST_SOURCES],
        count=len(sources),
        start=start,
        source=source,
        chunks=chunks[chunk : chunk + MOST_CHUNKS],
        following=chunk + MOST_CHUNKS if len(chunks) > chunk + MOST_CHUNKS else 0,
    )


def costs(memory: Memory, price: str = "") -> CostsPage:
    """What the database holds and saves."""
    return CostsPage(activity=activity.activity(memory), price=_price(price))


def _price(told: str) -> float:
    try:
        price = float(told)
    except ValueError:
        return 0.0
    return price if 0 < price < 1e6 else 0.0
