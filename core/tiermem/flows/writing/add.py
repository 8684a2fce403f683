"""Adding: count once, append in one transaction, and let the background see to the rest (`upkeep.py`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial

import sqlalchemy as sa

from tiermem.errors import InvalidMessage
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow, Tell, Transact, Wake
from tiermem.flows.services import Core
from tiermem.flows.writing import upkeep
from tiermem.flows.writing.commit import certain, commit
from tiermem.messages import Message, from_canonical, moment
from tiermem.records import Decision
from tiermem.redaction.walking import redacted
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.storage import entries, sessions
from tiermem.storage import messages as log
from tiermem.storage.messages import Appended
from tiermem.storage.sessions import SessionRow
from tiermem.tokens.counting import message_tokens

FEW = 16  # messages that are stored within some milliseconds
HIDDEN = "hidden where it was exported"
REFUSED = "erased here before, so that it was not stored again"


def add(
    core: Core,
    scope: Scope,
    messages: Sequence[Message],
    *,
    as_stored: bool = False,
    hidden: Collection[str] = (),
    then: Callable[[Core, Scope, SessionRow], Flow[None]] | None = upkeep.after_adding,
) -> Flow[list[Message]]:
    """Append *messages*; returns them with sequence and tokens. All are stored, or none.

    *as_stored* keeps the `stored_at` of those that have one. Of the ids *hidden* those that are new are hidden by the
    same commit, so that nothing shows what was hidden elsewhere; what is there already is shown as it was. *then* is
    done once they are safe.

    Raises:
        InvalidMessage: one is larger than `max_message_bytes`, or could not be read back as it is.
        IdConflict: an id is taken by a message with other content.
        RedactionFailed: the caller's redactor failed.
        OutcomeUnknown: the connection was lost, and nobody can say whether they are stored.
    """
    if not messages:
        return []
    began = core.timer()
    counted = yield Compute(partial(_counted, core, messages, as_stored))
    settings = core.settings

    def body(connection: sa.Connection) -> tuple[Appended, list[Decision]]:
        done = log.append(connection, scope, counted, core.now(), settings.compact_at, as_stored=as_stored)
        return _hidden(connection, core, scope, _refused(connection, core, scope, done), hidden)

    def telling(done: tuple[Appended, list[Decision]]) -> list[Tell]:
        appended, hides = done
        added = reporting.added(scope, core.since(began), appended.stored, appended.row, appended.before)
        return [*added, *reporting.refused(scope, hides), *reporting.by_hand(scope, hides)]

    append = Transact(body, telling, brief=len(messages) <= FEW)
    done: tuple[Appended, list[Decision]] = yield from certain(append, [message.id for message in messages])
    appended = done[0]
    window_state.came_in(core, scope, appended)
    if then is not None:
        yield from then(core, scope, appended.row)
    if core.describe is not None and any(type(message.content) is list for message in messages):
        yield Wake(scope, describe=True)
    return list(appended.stored)


def _refused(
    connection: sa.Connection, core: Core, scope: Scope, appended: Appended
) -> tuple[Appended, list[Decision]]:
    """*appended*, with the decisions that say which of its new messages were erased here before, and are no more than
    tombstones."""
    row, before = appended.row, appended.before
    numbers = entries.refused(connection, row.pk, before) if row.erasures and row.messages > before else []
    if not numbers:
        return appended, []
    planned = [
        Decision(number=0, kind="erase", first=first, last=last, reason=REFUSED) for first, last in runs(numbers)
    ]
    made = commit(connection, core, scope, row, planned)
    return appended._replace(row=sessions.find(connection, scope)), made


def _hidden(
    connection: sa.Connection,
    core: Core,
    scope: Scope,
    refused: tuple[Appended, list[Decision]],
    ids: Collection[str],
) -> tuple[Appended, list[Decision]]:
    """What was appended and *refused*, with the decisions that hide its new messages that have one of *ids*."""
    appended, made = refused
    new = {one.sequence for one in appended.stored if one.sequence > appended.before and one.id in ids}
    planned = [
        Decision(number=0, kind="hide", first=first, last=last, reason=HIDDEN) for first, last in runs(sorted(new))
    ]
    if not planned:
        return refused
    hides = commit(connection, core, scope, appended.row, planned)
    return appended._replace(row=sessions.find(connection, scope)), [*made, *hides]


def _counted(core: Core, messages: Sequence[Message], as_stored: bool) -> list[tuple[Message, int]]:
    """*messages* without what is private, each checked and with its tokens."""
    if core.redactor is not None:
        messages = [redacted(message, core.redactor) for message in messages]
    _check(messages, core.settings.max_message_bytes, as_stored)
    return [(message, message_tokens(message, core.count)) for message in messages]


def _check(messages: Sequence[Message], limit: int, as_stored: bool) -> None:
    """What is stored must fit, and come back as it was: a session with a message that does not can never be read."""
    for position, message in enumerate(messages):
        if len(message.canonical) > limit:
            raise InvalidMessage(f"message {position} has {len(message.canonical)} bytes; max_message_bytes is {limit}")
        if not _is_plain(message) and from_canonical(message.canonical).canonical != message.canonical:
            raise InvalidMessage(f"message {position} would not come back as it is")
        if as_stored and message.stored_at is not None:
            moment(message.stored_at, "stored_at")


def _is_plain(message: Message) -> bool:
    """Whether *message* has nothing but text: what `to_json` makes of it are strings, which JSON gives back as they
    are. Subclasses of `str` may be written as something else."""
    if message.tool_calls or message.state or message.raw:
        return False
    texts = (message.role, message.id, message.origin, message.content, message.name, message.tool_call_id)
    return all(type(text) is str or text is None for text in texts)
