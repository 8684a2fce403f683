"""Looking behind the view, and deciding by hand: restore, expand, explain, undo, forget, clear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from tiermem.errors import StorageBusy, UnknownReference, brief_repr
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import FEW, Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing.commit import commit
from tiermem.flows.writing.used import ASKED_FOR
from tiermem.messages import Message
from tiermem.records import Decision, Explanation, Original, Shown, Summary
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage import stubs as stub_rows
from tiermem.storage.blobs import reading as media
from tiermem.storage.connecting.turns import LATER
from tiermem.storage.sessions import SessionRow
from tiermem.text import late
from tiermem.window.view import Span, paint, within

_NUMBERED = late.compile(r"([ms])(\d{1,18})")
RACES = 8  # times that a decision of ours may be overtaken before the caller is told


def messages(scope: Scope, first: int, last: int | None) -> Flow[list[Message]]:
    """The originals `first`..`last` that are not hidden, in order.

    Raises:
        StorageCorrupt: one of them is damaged; it names it, and the others can be read.
    """

    def body(connection: sa.Connection, *, few: bool = False) -> list[Message]:
        row = sessions.find(connection, scope)
        low, high = max(1, first), min(row.messages, row.messages if last is None else last)
        if few and high - low >= FEW:
            return LATER  # type: ignore[no-any-return]
        hidden = decisions.hidden(connection, row)
        originals = log.read(connection, row.pk, low, high)
        shown = log.sound([message for message in originals if not within(hidden, message.sequence)])
        return media.restored(connection, row.pk, shown)

    return list((yield Read(body, partial(body, few=True))))


def restore(core: Core, scope: Scope, refs: Sequence[str]) -> Flow[list[Message]]:
    """Show the originals behind *refs* verbatim again; without refs all of them.

    Raises:
        UnknownReference: one of them names nothing of this session.
    """
    for _ in range(RACES):
        row, _window = yield from window_state.load(core, scope)
        spans = yield Read(partial(_resolved, row=row, refs=refs))
        planned = [
            Decision(number=0, kind="restore", first=first, last=last, reason=ASKED_FOR) for first, last in spans
        ]
        if not planned or (yield from _decide(core, scope, row, planned)):
            break
    else:
        raise _overtaken()
    return list((yield Read(partial(_originals, row=row, spans=spans))))


def _originals(connection: sa.Connection, row: SessionRow, spans: Sequence[tuple[int, int]]) -> list[Message]:
    originals = [message for first, last in spans for message in log.read(connection, row.pk, first, last)]
    return media.restored(connection, row.pk, originals)


def _decide(core: Core, scope: Scope, row: SessionRow, planned: Sequence[Decision]) -> Flow[list[Decision]]:
    """The decisions with their numbers; nothing when another one came first."""

    def body(connection: sa.Connection) -> list[Decision]:
        decisions = commit(connection, core, scope, row, planned)
        if decisions:
            sessions.update(connection, row.pk, look_at=core.settings.compact_at)
        return decisions

    written: list[Decision] = yield Transact(body, partial(reporting.by_hand, scope))
    return written


def _resolved(connection: sa.Connection, row: SessionRow, refs: Sequence[str]) -> list[tuple[int, int]]:
    if not refs:
        return [(1, row.messages)] if row.messages else []
    return [_span(connection, row, ref) for ref in refs]


def _span(connection: sa.Connection, row: SessionRow, ref: str) -> tuple[int, int]:
    sequence, summary = resolve(connection, row, ref)
    return (summary.first, summary.last) if summary else (sequence, sequence)


def resolve(connection: sa.Connection, row: SessionRow, ref: str) -> tuple[int, Summary | None]:
    """The message number, or the summary, behind "m12", "s3" or a message id.

    Raises:
        UnknownReference: none of them.
    """
    match = _NUMBERED.fullmatch(ref) if isinstance(ref, str) else None
    if match and match[1] == "m" and 1 <= int(match[2]) <= row.messages:
        return int(match[2]), None
    if match and match[1] == "s":
        summaries = decisions.summaries(connection, row.pk, numbers=[int(match[2])])
        if summaries:
            return 0, summaries[0]
    sequence = log.by_id(connection, row.pk, ref) if isinstance(ref, str) and row.pk else 0
    if not sequence:
        raise UnknownReference(f"no message or summary of this session is {brief_repr(ref)}")
    return sequence, None


def expand(scope: Scope, ref: str) -> Flow[Original]:
    """The originals behind a stub or a summary, and for a summary of summaries those too; changes nothing.

    Hidden ones are among them, so that an undo can be decided on; `note["hidden"]` lists their references.
    """

    def body(connection: sa.Connection, *, few: bool = False) -> Original:
        row = sessions.find(connection, scope)
        sequence, summary = resolve(connection, row, ref)
        if summary is None:
            named = tuple(
                media.restored(connection, row.pk, log.sound(log.read(connection, row.pk, sequence, sequence)))
            )
            return Original(ref=ref, messages=named, note=_hidden_among(connection, row, sequence, sequence))
        if few:
            return LATER  # type: ignore[no-any-return]
        children = decisions.summaries(connection, row.pk, numbers=summary.children)
        originals = log.read(connection, row.pk, max(1, summary.first), min(summary.last, row.messages))
        originals = media.restored(connection, row.pk, originals)
        note = _hidden_among(connection, row, summary.first, summary.last)
        return Original(ref=ref, messages=tuple(originals), summaries=(summary, *children), note=note)

    original: Original = yield Read(body, partial(body, few=True))
    return original


def _hidden_among(connection: sa.Connection, row: SessionRow, first: int, last: int) -> dict[str, Any]:
    ranges = decisions.hidden(connection, row)
    refs = [f"m{sequence}" for low, high in ranges for sequence in range(max(low, first), min(high, last) + 1)]
    return {"hidden": refs} if refs else {}


def explain(scope: Scope, ref: str) -> Flow[Explanation]:
    """Why the message *ref* is shown as it is: the decision in force, its numbers, when; and all decisions about it."""

    def body(connection: sa.Connection) -> Explanation:
        row = sessions.find(connection, scope)
        sequence, summary = resolve(connection, row, ref)
        first, last = (summary.first, summary.last) if summary else (sequence, sequence)
        about = decisions.journal(connection, row.pk, above=first - 1, upto=last)
        stubs = stub_rows.members(connection, row.pk, first - 1, first)
        history = [
            decision for decision in about if decision.kind != "compact" or first in stubs.get(decision.number, ())
        ]
        part = paint(first, first, history, stubs)[0]
        pinned = any(True for entry in entry_rows.fixed(connection, row.pk, first) if entry.sequence == first)
        sizes = stub_rows.sizes(connection, row.pk, first - 1, first) if part.shown is Shown.COMPACTED else {}
        return _explanation(ref, part, history, pinned, sizes.get((first, part.decision), 0))

    explanation: Explanation = yield Read(body)
    return explanation


def _explanation(ref: str, part: Span, history: Sequence[Decision], pinned: bool, stub_tokens: int) -> Explanation:
    if pinned and part.shown is not Shown.HIDDEN:
        text = f"{ref} is verbatim: system prompts and pinned messages are never compacted or covered"
        return Explanation(ref=ref, shown=Shown.VERBATIM, decision=None, history=tuple(history), text=text)
    decision = next((entry for entry in history if entry.number == part.decision), None)
    if decision is None:
        text = f"{ref} is verbatim: no decision names it"
    elif decision.kind == "erase":
        text = f"{ref} was erased: decision {decision.number} ({_told(decision, 0)})"
    else:
        text = f"{ref} is {part.shown}: decision {decision.number} ({_told(decision, stub_tokens)})"
    text += _pinning(history)
    return Explanation(ref=ref, shown=part.shown, decision=decision, history=tuple(history), text=text)


def _pinning(history: Sequence[Decision]) -> str:
    """What became of what the message lays down."""
    pin = next((one for one in history if one.kind == "pin"), None)
    if pin is None:
        return ""
    stands = "does not stand any more" if pin.undone else "stands in every context"
    return f"; what it lays down ({pin.strategy}) {stands}: decision {pin.number}{' was undone' if pin.undone else ''}"


def _told(decision: Decision, stub_tokens: int) -> str:
    when = f"{decision.decided_at:%Y-%m-%d %H:%M:%S}" if decision.decided_at else "unknown time"
    parts = [f"{decision.kind} of m{decision.first}-m{decision.last}", when, decision.reason]
    if decision.tokens_before:
        parts.append(f"{decision.tokens_before} -> {decision.tokens_after} tokens")
    if decision.kind == "cover":
        parts.append(f"summary s{decision.reference}")
    if stub_tokens:
        parts.append(f"its stub has {stub_tokens} tokens")
    return ", ".join(part for part in [*parts, decision.strategy] if part)


def undo(core: Core, scope: Scope, decision: int | Decision) -> Flow[None]:
    """Take *decision*, or the one of that number, back: what it named is shown as the decisions before it say.

    Raises:
        UnknownReference: there is no such decision, it is undone already, or it is itself an undo; or the one of that
            number is not *decision*, which another session made.
    """
    number = decision.number if isinstance(decision, Decision) else decision
    if isinstance(number, bool) or not isinstance(number, int):
        raise UnknownReference(f"undo takes one decision, or its number, not a {type(number).__name__}")
    for _ in range(RACES):
        row, _window = yield from window_state.load(core, scope)
        target = yield Read(partial(_target, row=row, number=number))
        if isinstance(decision, Decision) and not _one(decision, target):
            raise UnknownReference(f"decision {number} of this session is another one: undo it in its own session")
        planned = Decision(
            number=0,
            kind="undo",
            first=target.first,
            last=target.last,
            reference=number,
            reason=ASKED_FOR,
        )
        if (yield from _decide(core, scope, row, [planned])):
            return
    raise _overtaken()


def _one(given: Decision, stored: Decision) -> bool:
    """Whether both are the same decision, as far as what names it says; a time may be damaged, or not read yet."""
    alike = (given.kind, given.first, given.last) == (stored.kind, stored.first, stored.last)
    return alike and (given.decided_at or stored.decided_at) == (stored.decided_at or given.decided_at)


def _target(connection: sa.Connection, row: SessionRow, number: int) -> Decision:
    named = [decision for decision in decisions.journal(connection, row.pk) if decision.number == number]
    if not named:
        raise UnknownReference(f"decision {number} does not exist in this session")
    if named[0].undone or named[0].kind == "undo":
        raise UnknownReference(f"decision {number} is {'undone already' if named[0].undone else 'an undo itself'}")
    if named[0].kind == "erase":
        raise UnknownReference(f"decision {number} erased what it names: nothing can bring it back")
    return named[0]


def clear(core: Core, scope: Scope, reason: str = "cleared") -> Flow[None]:
    """Hide everything said so far; nothing is removed, and `undo` of this decision brings it back."""
    for _ in range(RACES):
        row, _window = yield from window_state.load(core, scope)
        if not row.messages:
            return
        hide = Decision(number=0, kind="hide", first=1, last=row.messages, reason=reason)
        if (yield from _decide(core, scope, row, [hide])):
            return
    raise _overtaken()


def forget(core: Core, scope: Scope, refs: Sequence[str], reason: str = "forgotten") -> Flow[list[Decision]]:
    """Hide the messages behind *refs*; returns the new decisions, one a stretch, each of which `undo` takes back.

    Of a summary's span system prompts and pinned messages stay; one that is named by itself is hidden. What is hidden
    already is passed over, so that forgetting twice decides nothing.

    Raises:
        UnknownReference: one of them names nothing of this session; nothing is hidden.
    """
    for _ in range(RACES):
        row, _window = yield from window_state.load(core, scope)
        wanted = yield Read(partial(_to_hide, row=row, refs=refs))
        planned = [
            Decision(number=0, kind="hide", first=first, last=last, reason=reason)
            for first, last in runs(sorted(wanted))
        ]
        if not planned:
            return []
        if made := (yield from _decide(core, scope, row, planned)):
            numbers = {decision.number for decision in made}
            return [decision for decision in (yield from journal(scope)) if decision.number in numbers]
    raise _overtaken()


def _to_hide(connection: sa.Connection, row: SessionRow, refs: Sequence[str]) -> set[int]:
    wanted: set[int] = set()
    for ref in refs:
        sequence, summary = resolve(connection, row, ref)
        if summary is None:
            wanted.add(sequence)
        else:
            fixed = {entry.sequence for entry in entry_rows.fixed(connection, row.pk, summary.last)}
            wanted |= set(range(summary.first, summary.last + 1)) - fixed
    for first, last in decisions.hidden(connection, row):
        wanted -= set(range(first, last + 1))
    return wanted


def _overtaken() -> StorageBusy:
    return StorageBusy(f"other decisions about this session came first {RACES} times; nothing was changed")


def journal(scope: Scope) -> Flow[list[Decision]]:
    """Every decision of the session, in order."""

    def body(connection: sa.Connection) -> Iterable[Decision]:
        row = sessions.find(connection, scope)
        return decisions.journal(connection, row.pk) if row.pk else []

    every: Any = yield Read(body)
    return list(every)
