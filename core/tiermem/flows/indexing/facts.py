"""The facts of messages and what they lay down, read once, when their words are indexed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from tiermem.facts.stated.reading import events, stated
from tiermem.facts.stated.record import RETRACTS, STATES, USER, Stated, StatedAt, from_json
from tiermem.facts.stated.resolving import resolve
from tiermem.flows.indexing import vectors
from tiermem.flows.laying_down import LIKELY, SYSTEM, SYSTEM_ROLES, rules_of, subject_named
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage.log.legible import UNREADABLE
from tiermem.storage.tables.columns import UNSTORABLE
from tiermem.times.nearness import wall_clock
from tiermem.window.provenance import FOREIGN
from tiermem.window.turns import USER_ROLES
from tiermem.window.voices import own_text

STATED: Final = "facts"  # the kind of the scope in which an application's facts are kept
NEAR = 4  # messages between a statement and "it is now 50"; further away "it" may be anything


def stated_by(scope: Scope) -> Scope:
    """Where what applications state of the user of *scope* is kept."""
    return Scope(scope.tenant, scope.user, USER, STATED)


def of_messages(scope: Scope, pk: int, before: Sequence[Message], messages: Sequence[Message]) -> list[StatedAt]:
    """The facts of *messages*, which follow each other in the session *pk* of the user of *scope*; *before* are the
    `NEAR` messages in front of the first, for what refers back.

    A message's facts depend on itself and the `NEAR` messages before it alone, so they are the same in any batch.
    """
    if scope.kind == STATED:
        return [
            StatedAt(from_json(message.state[STATED]), pk, message.sequence, 0, said_at(message))
            for message in messages
            if message.origin not in UNREADABLE and STATED in message.state
        ]
    if scope.kind != "conversation":
        return []
    run = [*before, *messages]
    raw = {message.sequence: _raw(scope, message) for message in run}
    found: list[StatedAt] = []
    for message in messages:
        own = raw[message.sequence]
        if any(not fact.attribute for fact in own):
            own = resolve(own, resolve(_shortly_before(message, run, raw), ()))
        said = said_at(message)
        own = [*own, *(_laid_down(scope, message))]
        found += (StatedAt(_as_kept(fact), pk, message.sequence, place, said) for place, fact in enumerate(own))
    return found


def _as_kept(fact: Stated) -> Stated:
    """*fact* as a database gives it back, so that it is the same before and after its message is indexed."""
    words = (fact.subject, fact.attribute, fact.value, fact.old)
    if not UNSTORABLE.search("".join(words)):
        return fact
    subject, attribute, value, old = (UNSTORABLE.sub("\ufffd", text) for text in words)
    return replace(fact, subject=subject, attribute=attribute, value=value, old=old)


def _laid_down(scope: Scope, message: Message) -> list[Stated]:
    """What *message* lays down as facts of whoever says it, of a kind of their own."""
    whose = SYSTEM if message.acts_as in SYSTEM_ROLES else subject_of(scope, message)
    return [
        Stated(whose, rule.kind, rule.text, rule.kind, RETRACTS if rule.revokes else STATES, True, certainty=LIKELY)
        for rule in rules_of(message)
    ]


def of_a_user(message: Message) -> bool:
    """Whether a user said *message*: no tool, no document that was put in their place, none that cannot be read, and no
    quotation of ours."""
    if message.acts_as not in USER_ROLES or message.origin in UNREADABLE | FOREIGN:
        return False
    return not vectors.echo(message)


def _raw(scope: Scope, message: Message) -> list[Stated]:
    """What a user's message states, not yet told what "it" is; nothing of one that is not their own, or quotes us."""
    if not of_a_user(message):
        return []
    clock = wall_clock(message.when)  # rules read "yesterday" by it
    read = stated(own_text(message), subject_of(scope, message), clock if math.isfinite(clock) else None)
    offset = behind(message)
    did = events(own_text(message), subject_of(scope, message))
    return [*(replace(fact, since=_moved(fact.since, offset), until=_moved(fact.until, offset)) for fact in read), *did]


def said_at(message: Message) -> float:
    """The instant in seconds since 1970 in UTC, with what is below one: statements of one user are ordered by it
    whatever clocks their sessions have, and of two of one second one is the newer."""
    return wall_clock(message.when) - behind(message) + (message.when.microsecond / 1e6 if message.when else 0.0)


def behind(message: Message) -> float:
    """Seconds by which the clock of *message* is before UTC."""
    offset = message.when.utcoffset() if message.when else None
    return offset.total_seconds() if offset else 0.0


def _moved(seconds: float | None, offset: float) -> float | None:
    return None if seconds is None else seconds - offset


def subject_of(scope: Scope, message: Message) -> str:
    """Whose facts these are where *message* says "I": "user", or by name who is another one than the user."""
    return subject_named(scope, message.name or "")


def _shortly_before(message: Message, run: Sequence[Message], raw: dict[int, list[Stated]]) -> list[Stated]:
    near = [
        one for one in run if message.sequence - NEAR <= one.sequence < message.sequence and one.name == message.name
    ]
    return [fact for one in near for fact in raw[one.sequence]]
