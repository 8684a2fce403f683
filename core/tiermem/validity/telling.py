"""What an application states or retracts of a user: kept as a message with a decision, which `undo` takes back.

Rule 1: the message is the original, its row of facts is derived of it, and both are written in one transaction.
Rule 2: nothing that was said is changed: what is retracted is passed over when somebody asks.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tiermem.erasure.messages import OUTCOME
from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.facts.stated.record import (
    APPLICATION,
    CHANGES,
    CORRECTS,
    MOST_VALUE,
    NO,
    ONCE,
    RETRACTS,
    YES,
    Stated,
    to_json,
)
from tiermem.flows.effects import Flow, Transact
from tiermem.flows.indexing import facts as reading
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.flows.writing.commit import certain, commit
from tiermem.messages import Message
from tiermem.records import Decision
from tiermem.redaction.walking import redacted
from tiermem.settings import Scope
from tiermem.storage import decisions
from tiermem.storage import facts as stored
from tiermem.storage import messages as log
from tiermem.tokens.counting import message_tokens
from tiermem.validity.asking import seconds


def state(
    core: Core,
    scope: Scope,
    attribute: str,
    value: str | bool,
    subject: str,
    since: datetime | None,
    until: datetime | None,
    corrects: bool,  # private; the faces take it by name
    certainty: float,
    reason: str,
) -> Flow[Decision]:
    """Keep that *attribute* of *subject* is *value*; it ends what held before, or with *corrects* says that this never
    did. With an *until* that is over it held once.

    Raises:
        InvalidMessage: one of them is no text, or too long, no time, or no number from 0 to 1; nothing was kept.
    """
    begin, end = seconds(core, since, "since"), seconds(core, until, "until")
    if begin is not None and end is not None and end < begin:
        raise InvalidMessage("until must not be before since")
    if not isinstance(corrects, bool):
        raise InvalidMessage(f"corrects must be True or False, not {type(corrects).__name__}")
    if isinstance(certainty, bool) or not isinstance(certainty, (int, float)) or not 0 <= certainty <= 1:
        raise InvalidMessage("certainty must be a number from 0 to 1")
    fact = Stated(
        text_of(subject, "subject"),
        text_of(attribute, "attribute"),
        (YES if value else NO) if isinstance(value, bool) else text_of(value, "value"),
        "stated",
        CORRECTS if corrects else ONCE if end is not None and end <= core.now().timestamp() else CHANGES,
        certainty=float(certainty),
        how=APPLICATION,
        since=begin,
        until=end,
    )
    return (yield from kept(core, scope, fact, "state", text_of(reason, "reason", "stated")))


def retract(
    core: Core, scope: Scope, attribute: str, value: str | bool | None, subject: str, reason: str
) -> Flow[Decision]:
    """Keep that what was said so far of *attribute* of *subject*, or of it that it is *value*, was never so.

    Raises:
        InvalidMessage: as `state`.
    """
    wanted = (YES if value else NO) if isinstance(value, bool) else "" if value is None else text_of(value, "value")
    fact = Stated(
        text_of(subject, "subject"),
        text_of(attribute, "attribute"),
        wanted,
        "stated",
        RETRACTS,
        certainty=1.0,
        how=APPLICATION,
    )
    return (yield from kept(core, scope, fact, "retract", text_of(reason, "reason", "retracted")))


def text_of(given: str, name: str, default: str = "", most: int = MOST_VALUE) -> str:
    """*given* on one line; *default* where it is empty.

    Raises:
        InvalidMessage: it is no text, longer than *most* characters, or empty where it must not be.
    """
    if not isinstance(given, str):
        raise InvalidMessage(f"{name} must be text, not {type(given).__name__}")
    text = " ".join(given.split()) or default
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise InvalidMessage(f"{name} must be text without NUL and lone surrogates")
    if not text or len(text) > most:
        raise InvalidMessage(f"{name} must be text of 1 to {most} characters, not of {len(text)}")
    return text


def kept(core: Core, scope: Scope, fact: Stated, kind: str, reason: str) -> Flow[Decision]:
    """The decision by which *fact* is kept, with its number."""
    words = f"{fact.subject} · {fact.attribute}: {fact.value}"
    return (yield from keep(core, scope, kind, words, {reading.STATED: to_json(fact)}, reason))


def keep(core: Core, scope: Scope, kind: str, words: str, state: dict[str, Any], reason: str) -> Flow[Decision]:
    """The decision of *kind* by which something of the user of *scope* is kept, with its number: *words* say it,
    *state* is what is read of it again."""
    return (yield from keep_message(core, scope, kind, Message(role="user", content=words, state=state), reason))


def keep_message(core: Core, scope: Scope, kind: str, message: Message, reason: str) -> Flow[Decision]:
    """`keep`, of a message with an id of the caller's; the same id again keeps nothing more."""
    where = reading.stated_by(scope)
    reason = core.private(reason)
    if core.redactor is not None:
        message = redacted(message, core.redactor)
    counted = [(message, message_tokens(message, core.count))]

    def body(connection: sa.Connection) -> Decision:
        (stored_as,), row, before, _ = log.append(connection, where, counted, core.now(), core.settings.compact_at)
        number = stored_as.sequence
        if row.messages == before:  # it was kept by the attempt whose answer was lost
            return next(one for one in decisions.journal(connection, row.pk) if one.first == number)
        planned = Decision(number=0, kind=kind, first=number, last=number, reason=reason)
        (made,) = commit(connection, core, where, row, [planned])
        stored.add(connection, where, reading.of_messages(where, row.pk, [], [stored_as]))
        return decisions.numbered(connection, row.pk, {made.number})[made.number]  # its time tells it from others'

    made: Decision = yield from certain(Transact(body, brief=True), [message.id])
    return made


def undo_told(core: Core, scope: Scope, decision: int | Decision) -> Flow[None]:
    """`undo` for who knows of facts alone: an outcome of a procedure has words elsewhere that say it.

    Raises:
        UnknownReference: as of `undo`, or the decision reported an outcome.
    """
    number = decision.number if isinstance(decision, Decision) else decision
    if any(one.number == number and one.kind == OUTCOME for one in (yield from journal(scope))):
        raise UnknownReference(f"decision {number} reported how a procedure went; memory.notes(…).undo takes it back")
    yield from undo(core, scope, decision)


def undo(core: Core, scope: Scope, decision: int | Decision) -> Flow[None]:
    """Take a statement or a retraction back.

    Raises:
        UnknownReference: there is no such decision, or it is undone already.
    """
    yield from decide.undo(core, reading.stated_by(scope), decision)


def journal(scope: Scope) -> Flow[list[Decision]]:
    """Every statement, retraction and undoing of the application, in order."""
    return (yield from decide.journal(reading.stated_by(scope)))
