"""References to other conversations of the same user ("friday/m12"), and the verbs of `decide` on what they name.

Rule 1: a reference names a conversation of the same tenant and user, or nothing.
Rule 2: where a message of the session itself has an id that reads like one, that message is meant.
Rule 3: what is decided is a decision of the conversation that the message is in, whoever asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import sqlalchemy as sa

from tiermem.errors import InvalidNamespace, UnknownReference, brief_repr
from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.flows.writing.commit import writing
from tiermem.messages import Message
from tiermem.records import Decision, Explanation
from tiermem.settings import Scope, nearest
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.text import late
from tiermem.window.quotation import before_reference

T = TypeVar("T")
_ELSEWHERE = late.compile(r"(.*)/([ms]\d{1,18}|m\d{1,9}-m?\d{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reference leads: the conversation *scope*, and *ref* there; *prefix* is what a quote shows before it."""

    scope: Scope
    ref: str
    prefix: str = ""


def located(scope: Scope, refs: Sequence[str]) -> Flow[list[Place]]:
    """Where each of *refs* leads; what names no other conversation leads into *scope*, whether it is there or not.

    Raises:
        UnknownReference: the user has no such conversation; the nearest one is named.
        MissingNamespace: another conversation is named, and no namespace names the user.
    """
    if not any(isinstance(ref, str) and _ELSEWHERE.fullmatch(ref) for ref in refs):
        return [Place(scope, ref) for ref in refs]
    return list((yield Read(lambda connection: [_located(connection, scope, ref) for ref in refs])))


def _located(connection: sa.Connection, scope: Scope, ref: str) -> Place:
    match = _ELSEWHERE.fullmatch(ref) if isinstance(ref, str) else None
    if match is None:
        return Place(scope, ref)
    own = sessions.find(connection, scope)
    if own.pk and log.by_id(connection, own.pk, ref):
        return Place(scope, ref)
    if match[1] == scope.session:
        return Place(scope, match[2])
    there = _beside(connection, scope, match[1], match[2])
    return Place(there, match[2], before_reference(there.session))


def _beside(connection: sa.Connection, scope: Scope, name: str, local: str) -> Scope:
    """The user's conversation of that *name*, or of one that a quote shows like this."""
    try:
        there = scope.beside(name)
    except InvalidNamespace:  # empty, or too long for any
        there = scope
    if there is not scope and sessions.find(connection, there).pk:
        return there
    known = sessions.names(connection, scope.tenant, scope.user) if scope.named else []
    alike = [session for session in known if before_reference(session) == f"{name}/"]
    if len(alike) == 1:
        return scope.beside(alike[0])
    near = nearest(name, known)
    hint = f"; did you mean {brief_repr(f'{near}/{local}')}?" if near else ""
    raise UnknownReference(f"no session of this user is {brief_repr(name)}{hint}")


def there(place: Place, flow: Flow[T]) -> Flow[T]:
    """*flow*, which looks for the reference of *place*; an error names its conversation."""
    try:
        return (yield from flow)
    except UnknownReference:
        if not place.prefix:
            raise
        name = brief_repr(place.scope.session)
        raise UnknownReference(f"no message or summary of the session {name} is {brief_repr(place.ref)}") from None


def explain(scope: Scope, ref: str) -> Flow[Explanation]:
    """`decide.explain` of a message of any conversation of the user."""
    (place,) = yield from located(scope, [ref])
    why = yield from there(place, decide.explain(place.scope, place.ref))
    return replace(why, ref=ref, text=place.prefix + why.text)


def restore(core: Core, scope: Scope, refs: Sequence[str]) -> Flow[list[Message]]:
    """`decide.restore` in the conversations that *refs* name; without any in *scope*."""
    if not refs:
        return (yield from writing(scope, decide.restore(core, scope, refs)))
    shown: list[Message] = []
    for where, local in (yield from _grouped(scope, refs)):
        shown += yield from writing(where, decide.restore(core, where, local))
    return shown


def forget(core: Core, scope: Scope, refs: Sequence[str], reason: str) -> Flow[list[Decision]]:
    """`decide.forget` in the conversations that *refs* name; a decision of another one says which."""
    made: list[Decision] = []
    for where, local in (yield from _grouped(scope, refs)):
        decided = yield from writing(where, decide.forget(core, where, local, reason))
        made += decided if where == scope else [replace(decision, session=where.session) for decision in decided]
    return made


def undo(core: Core, scope: Scope, decision: int | Decision) -> Flow[None]:
    """`decide.undo` in the conversation whose decision it is."""
    other = decision.session if isinstance(decision, Decision) else ""
    where = scope.beside(other) if other and other != scope.session else scope
    yield from writing(where, decide.undo(core, where, decision))


def _grouped(scope: Scope, refs: Sequence[str]) -> Flow[list[tuple[Scope, list[str]]]]:
    """The references by conversation, in order; where there are several, all are looked up before any is decided on."""
    places = yield from located(scope, refs)
    groups: dict[Scope, list[str]] = {}
    for place in places:
        groups.setdefault(place.scope, []).append(place.ref)
    for place in places if groups.keys() - {scope} else ():
        yield from there(place, _found(place))
    return list(groups.items())


def _found(place: Place) -> Flow[None]:
    yield Read(lambda connection: decide.resolve(connection, sessions.find(connection, place.scope), place.ref))
