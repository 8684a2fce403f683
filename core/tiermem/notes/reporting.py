"""Whether a procedure worked: each outcome is a message of what applications keep of a user, with a decision.

Nothing is counted in place, so nothing is lost where two report at once, and `undo` takes any of them back. Which
procedure it is, and whether it worked, stands in the message's id, so that counting reads no message.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import uuid4

import sqlalchemy as sa

from tiermem.erasure.messages import OUTCOME as KIND
from tiermem.errors import InvalidMessage, UnknownReference, brief_repr
from tiermem.flows.effects import Flow, Read
from tiermem.flows.indexing.facts import stated_by
from tiermem.flows.services import Core
from tiermem.flows.writing import decide
from tiermem.messages import Message
from tiermem.notes.checking import LONGEST_NAME, line
from tiermem.notes.kinds import Procedure
from tiermem.notes.outcomes import Outcomes
from tiermem.records import Decision
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.storage.documents import chunks as stored
from tiermem.text.documents import outcomes_of, prefix
from tiermem.validity import telling

STEP, NAME = "failed_at", "procedure"  # where a message's state has the step, and the procedure's name
_WORKED, _FAILED = "1-", "0-"


def keep(core: Core, scope: Scope, of: Procedure, worked: bool, step: str, reason: str) -> Flow[Decision]:  # private
    """The decision by which an outcome of the procedure *of* is kept.

    Raises:
        InvalidMessage: *worked* is neither True nor False, or *step* is no text; nothing was kept.
    """
    if not isinstance(worked, bool):
        raise InvalidMessage(f"worked must be True or False, not {type(worked).__name__}")
    at = line(step, "step", LONGEST_NAME, needed=False)
    if worked and at:
        raise InvalidMessage("what worked has no step at which it failed")
    state = {NAME: of.name} | ({STEP: at} if at else {})
    words = "worked" if worked else "failed"
    identifier = f"{_beginning(of)}{_WORKED if worked else _FAILED}{uuid4().hex}"
    content = f"{of.name}: {words}{at and f' at: {at}'}"
    message = Message(role="user", content=content, state=state, id=identifier)
    return (yield from telling.keep_message(core, scope, KIND, message, line(reason, "reason", needed=False) or words))


def _beginning(of: Procedure) -> str:
    """What the ids of outcomes of *of* begin with: those of other steps under its name say nothing of these."""
    steps = sha256("\n".join(of.steps).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{prefix(outcomes_of(of.source))}{steps}-"


def outcomes(scope: Scope, of: Procedure) -> Flow[Outcomes]:
    """What was reported of the procedure *of*, with the steps that it has, but what was undone."""
    found: Outcomes = yield Read(lambda connection: _outcomes(connection, stated_by(scope), of))
    return found


def _outcomes(connection: sa.Connection, where: Scope, of: Procedure) -> Outcomes:
    row = sessions.find(connection, where)
    if not row.pk:
        return Outcomes()
    begins = _beginning(of)
    marks = stored.chunks(connection, row.pk, begins)
    if not marks:
        return Outcomes()
    undone = stored.decided(connection, row.pk, KIND, undone=True)
    counted = [mark for mark in marks if mark.sequence not in undone]
    failed = [mark for mark in counted if mark.id.startswith(begins + _FAILED)]
    last = log.pick(connection, row.pk, [failed[-1].sequence]) if failed else []
    return Outcomes(len(counted) - len(failed), len(failed), str(last[0].state.get(STEP, "")) if last else "")


def journal(scope: Scope) -> Flow[list[Decision]]:
    """Every outcome that was reported, and every undoing, in order."""
    kept = yield from telling.journal(scope)
    numbers = {one.number for one in kept if one.kind == KIND}
    return [one for one in kept if one.kind == KIND or (one.kind == "undo" and one.reference in numbers)]


def undo(core: Core, scope: Scope, decision: int | Decision) -> Flow[str]:
    """Take an outcome back; the name of the procedure it was of.

    Raises:
        UnknownReference: there is no such decision, it is none of an outcome, or it is undone already.
    """
    number = decision.number if isinstance(decision, Decision) else decision
    taken = next((one for one in (yield from journal(scope)) if one.number == number and one.kind == KIND), None)
    if taken is None:
        raise UnknownReference(f"no outcome was reported by a decision {brief_repr(number)}")
    yield from telling.undo(core, scope, decision)
    kept = yield from decide.messages(stated_by(scope), taken.first, taken.first)
    return str(kept[0].state.get(NAME, "")) if kept else ""
