"""What callers ask of a user's conversations, checked and put into our words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time

from tiermem.conversations import interests, listing, turns
from tiermem.conversations.pages import Timespan
from tiermem.conversations.records import Interests, UserConversation, UserTurn
from tiermem.errors import InvalidMessage
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.settings import Scope, refuse_unnamed
from tiermem.text.analyzer import query_terms
from tiermem.validity.asking import seconds

Moment = date | None


def asking_turns(
    core: Core, scope: Scope, topic: str | None, since: Moment, until: Moment, before: datetime | None, limit: int
) -> Flow[list[UserTurn]]:
    """`turns.turns` with the caller's arguments checked.

    Raises:
        MissingNamespace: *scope* names nobody.
        InvalidMessage: one of them is of another kind.
    """
    refuse_unnamed(scope, "turns of a user")
    window = _window(core, since, until, before)
    return (yield from turns.turns(core, scope, turns.TurnWish(_terms(topic), window, number(limit, "limit"))))


def asking_conversations(
    core: Core, scope: Scope, topic: str | None, since: Moment, until: Moment, limit: int
) -> Flow[list[UserConversation]]:
    """`listing.conversations`, checked likewise; raises as `asking_turns`."""
    refuse_unnamed(scope, "conversations of a user")
    wish = listing.ConversationWish(_terms(topic), _window(core, since, until, None), number(limit, "limit"))
    return (yield from listing.conversations(core, scope, wish))


def asking_interests(core: Core, scope: Scope, k: int) -> Flow[Interests]:
    """`interests.interests`, checked likewise; raises as `asking_turns`."""
    refuse_unnamed(scope, "interests of a user")
    return (yield from interests.interests(core, scope, number(k, "k")))


def _terms(topic: str | None) -> Sequence[str]:
    if topic is None:
        return ()
    if not isinstance(topic, str) or not (terms := query_terms(topic)):
        raise InvalidMessage("topic must be text with a word in it that is no stop word")
    return terms


def _window(core: Core, since: Moment, until: Moment, before: datetime | None) -> Timespan:
    """A span of time; a date is the whole day, by the user's clock or else UTC."""
    return Timespan(_second(core, since, "since"), _second(core, until, "until"), seconds(core, before, "before"))


def _second(core: Core, when: Moment, name: str) -> float | None:
    if when is not None and not isinstance(when, datetime):
        if not isinstance(when, date):
            raise InvalidMessage(f"{name} must be a datetime or a date, not {type(when).__name__}")
        when = datetime.combine(when, time.min if name == "since" else time.max)
    return seconds(core, when, name)


def number(given: int, name: str) -> int:
    """A caller's whole number of at least 0.

    Raises:
        InvalidMessage: it is none.
    """
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        raise InvalidMessage(f"{name} must be a whole number of at least 0, not {given!r}")
    return given
