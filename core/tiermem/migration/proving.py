"""Two databases that shall be the same, compared by what they say: the head and the view of every session, and answers.

Both are asked as any memory is asked, by the rules and without a model. Rows were compared before (`copying`), so what
differs here would be a fault of ours, or of a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tiermem.errors import StorageCorrupt, TiermemError
from tiermem.memory import Memory
from tiermem.runtime.opening import wired_to
from tiermem.session import Session
from tiermem.settings import Scope, Settings
from tiermem.storage import sessions
from tiermem.storage.connecting.snapshot import Store

QUESTIONS = 20  # asked of conversations that lie evenly over all
LONGEST = 300  # characters of one: the beginning of what a user said there last
SHOWN = 10  # hits that are compared


def opened(store: Store, settings: Settings) -> Memory:
    """A memory on a database that is open, which it does not write."""
    return Memory(*wired_to(lambda: store, settings, {"settings": settings}))


def scopes(store: Store) -> list[Scope]:
    """Every session, documents and notes too."""
    return [scope for _, scope in store.read(sessions.scopes)]


def asked(every: Sequence[Scope]) -> list[Scope]:
    """The conversations of which something is asked."""
    talks = [scope for scope in every if scope.kind == "conversation"]
    return talks[:: max(1, -(-len(talks) // QUESTIONS))]


def seen_otherwise(ours: Memory, theirs: Memory, scope: Scope) -> Iterator[str]:
    """Whether a session has another head or another view there."""
    verbs: dict[str, Callable[[Session], Any]] = {"head": Session.head, "view": Session.view}
    for name, verb in verbs.items():
        if _outcome(_session(ours, scope), verb) != _outcome(_session(theirs, scope), verb):
            yield f"{scope}: its {name} differs"


def answers_otherwise(ours: Memory, theirs: Memory, scope: Scope) -> Iterator[str]:
    """Whether a question about a conversation finds something else there."""
    question = _outcome(_session(ours, scope), _question)
    if not question or question is StorageCorrupt:
        return

    def hits(session: Session) -> list[Any]:
        return [(hit.ref, hit.score, hit.message) for hit in session.search(question, SHOWN)]

    if _outcome(_session(ours, scope), hits) != _outcome(_session(theirs, scope), hits):
        yield f"{scope}: a question about it finds something else"


def _session(memory: Memory, scope: Scope) -> Session:
    return Session(memory, scope, memory.wiring[0])


def _question(session: Session) -> str:
    last = session.stats().messages
    said = session.messages(max(1, last - 50), last)
    texts = [one.text.strip() for one in said if one.role == "user"] or [one.text.strip() for one in said]
    return next((text[:LONGEST] for text in reversed(texts) if text), "")


def _outcome(session: Session, verb: Callable[[Session], Any]) -> Any:
    """What *verb* gives, or the kind of its error: what is damaged must be so on both sides."""
    try:
        return verb(session)
    except TiermemError as error:
        return type(error)
