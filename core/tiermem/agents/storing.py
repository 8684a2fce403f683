"""Makes a session equal to the list of messages that an agent's framework keeps: stores what is new, hides what left.

Such a list only grows, but for what other code or people take out or change, and for threads that go on from an older
checkpoint. What is no longer in it is hidden in the session, which can be undone, and comes back with a thread that
returns to it. What the session knows beyond a list that starts anew (no checkpointer, a restart) stays, and so does
what another run on the same thread, or one that was killed, has stored and not finished. What other code drops in
front, to make the list shorter for a model, stays too (`Roster.trims`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from tiermem.agents.adding import Identity, adding, derived
from tiermem.agents.note import Note
from tiermem.agents.reconcile import (
    Difference,
    Listed,
    Wording,
    behind_summaries,
    compared,
    cut_in_front,
    finished,
    marks,
    repeated,
    said,
    spoken,
)
from tiermem.agents.view import Procedure, following
from tiermem.errors import InvalidBranch, UnknownReference
from tiermem.flows import window_state
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision
from tiermem.redaction.walking import Redact, redacted
from tiermem.settings import Scope

LEFT = "left the thread"  # the reason of a decision to hide; those of others are never taken back here
DELETED = "the thread was deleted"  # the same, of all that was said
GONE = frozenset({LEFT, DELETED})
BEYOND = 200  # messages that a session may have beyond a list that is handed over again: those of an unfinished run
SHOWN = 16  # and for each message that a client shows: calls of tools and their results
HIDDEN = 256  # hidden messages looked at, one by one


@dataclass(frozen=True, slots=True)
class Roster:
    """A framework's list of messages, and how it is to be understood.

    Args:
        listed: the messages.
        identity: the id that the framework gave a stored message, "" where it gave none.
        owned: the list is the session's only one, so what left it is hidden.
        replayed: the caller named the checkpoint to go on from: whatever came after it is another branch.
        trims: what left in front while newer ones stayed was dropped to make the list shorter, and is not hidden.
        checks: the checksums of every beginning of the list, the empty one first, where they are known; see `marks`.
    """

    listed: Sequence[Listed]
    identity: Identity
    owned: bool
    replayed: bool = False
    trims: bool = False
    checks: Sequence[int] | None = None

    def marks(self, count: int) -> tuple[int, int]:
        """`reconcile.marks` of the list."""
        if self.checks is None:
            return marks(self.listed, count)
        return self.checks[min(count, len(self.listed))], self.checks[-1]


def storing(note: Note, roster: Roster) -> Procedure[Note]:
    """Stores what the session lacks of *roster*, and hides what left it."""
    redact = yield lambda session: session.redacting()
    if redact is not None:  # or what it took out would be taken for what somebody changed
        roster = replace(roster, listed=[_private(one, redact) for one in roster.listed])
    if note.upto < 0:  # another session than the note was taken of
        known = (yield lambda session: session.stats()).messages
        note = replace(note, upto=known)
    listed = roster.listed
    before, seen = roster.marks(note.count)
    behind, known = None, begins(note, listed, before)
    if note.mixed:
        behind = _since(note, listed)
    elif not note.count and not (roster.replayed and roster.owned):
        note, behind = yield from _recognised(note, listed)
    elif known:
        note, behind = yield from _behind(note, roster)
        if behind is not None and _shows_more(behind):
            shown, rest = yield from _recognised(note, behind)
            if len(behind) - len(rest) > 1:  # one alone may well be said again
                note, behind = shown, rest
    if behind is None:
        trims = roster.trims and note.count > 0 and not known
        note, fresh = yield from _aligned(note, replace(roster, trims=trims))
    else:
        fresh = behind
    stored = yield from adding([message.form() for message in fresh], roster.identity)
    asked = (message.sequence for message, handed in zip(stored, fresh, strict=True) if handed.asks)
    upto = max((message.sequence for message in stored), default=0)
    moved = replace(note, upto=max(note.upto, upto), asked=max(note.asked, *asked, 0))
    return replace(moved, count=len(listed), last=listed[-1].id if listed else "", seen=seen)


def _private(handed: Listed, redact: Redact) -> Listed:
    return replace(handed, form=cache(lambda: redacted(handed.form(), redact)))


def begins(note: Note, listed: Sequence[Listed], before: int) -> bool:
    """Whether *listed* begins with the list that *note* was taken of; what has no ids is told by what it says."""
    if not 0 < note.count <= len(listed) or listed[note.count - 1].id != note.last:
        return False
    return note.seen == before or (note.seen == 0 and bool(note.last))


def _shows_more(fresh: Sequence[Listed]) -> bool:
    """Whether what came to a list since is more than a turn: a client that hands all over to a thread that has it."""
    return len(fresh) > 1 and fresh[-1].asks and any(message.asks for message in fresh[:-1])


def _since(note: Note, listed: Sequence[Listed]) -> Sequence[Listed]:
    """Of a thread in which several sessions take turns: what came since, for the rest is another's."""
    last = next((place for place, message in enumerate(listed) if message.id == note.last), None)
    if last is None:
        last = max((place for place, message in enumerate(listed) if message.role == "user"), default=0) - 1
    return listed[last + 1 :]


def _behind(note: Note, roster: Roster) -> Procedure[tuple[Note, Sequence[Listed] | None]]:
    """What of the list's new messages the session lacks; None where it is on another branch than the list."""
    fresh, identity = roster.listed[note.count :], roster.identity
    if (yield following(partial(_ends_with, note.upto))):  # as nearly always, which its row tells
        return note, fresh
    held = yield lambda session: session.messages(max(1, note.upto))
    if roster.owned and note.upto and not (held and held[0].sequence == note.upto):
        return note, None
    tail = [message for message in held if message.sequence > note.upto]
    if not tail:
        return note, fresh
    ids = {message.id for message in roster.listed}
    others = [message for message in tail if identity(message) and identity(message) not in ids]
    if roster.owned and others:
        begins = not fresh or fresh[0].role != "assistant"  # and does not go on after an answer of its own
        if roster.replayed or (begins and finished(tail[-1])):
            return note, None
        answered = {message.answers for message in fresh} - {""}
        twice = [f"m{message.sequence}" for message in others if message.tool_call_id in answered]
        if twice:  # the step was repeated after a restart; its newer results count
            yield lambda session: session.forget(*twice, reason=LEFT)
    known = {identity(message): message for message in tail if identity(message)}
    missing = [message for message in fresh if message.id not in known or not _says(message, known[message.id])]
    there = (known[message.id].sequence for message in fresh if message.id in known and message.asks)
    return replace(note, asked=max(note.asked, *there, 0)), missing


def _ends_with(number: int, core: Core, scope: Scope) -> Flow[bool]:
    """Whether message *number* is the last of the session, and stands in its window."""
    row, window = yield from window_state.load(core, scope)
    return 0 < number == row.messages and bool(window.entries) and window.entries[-1].sequence == number


def _says(handed: Listed, stored: Message) -> bool:
    return said(handed.form()) == said(stored)


# --- lists without a note


def _recognised(note: Note, listed: Sequence[Listed]) -> Procedure[tuple[Note, Sequence[Listed]]]:
    """What the session lacks of a list without a note.

    A caller without a checkpointer hands the conversation over again and again, with new ids each time. The beginning
    that repeats what the session has is left out, and stays forgotten where it was forgotten.
    """
    known = (yield lambda session: session.stats()).messages
    note = replace(note, upto=known)
    if not known or not listed:
        return note, listed
    newest = yield lambda session: session.messages(known)
    if len(listed) == 1 and newest and finished(newest[-1]):
        return note, listed  # a new turn, the usual case
    start = max(1, known - SHOWN * len(listed) - BEYOND)
    held: list[Message] = yield lambda session: session.messages(start)
    words = [spoken(message.form()) for message in listed]
    best = repeated(words, held)
    if best.count < len(words) and len(held) <= known - start:
        everything = yield from _with_hidden(held, start, known)
        other = repeated(words, everything)
        if other.count > best.count:
            best, held = other, everything
    asked = (held[place].sequence for place in best.places if held[place].role == "user")
    orders = _orders(words, listed, best.count, held)
    return replace(note, asked=max(asked, default=0)), [*orders, *listed[best.count :]]


def _orders(words: Sequence[Wording], listed: Sequence[Listed], count: int, held: Sequence[Message]) -> list[Listed]:
    """The new system messages among the *count* first: a client puts them in front of what it shows."""
    told = [spoken(message) for message in held if message.role == "system"]
    first = zip(listed[:count], words[:count], strict=True)
    return [message for message, word in first if word.role == "system" and not any(map(word.same, told))]


def _with_hidden(held: Sequence[Message], start: int, known: int) -> Procedure[list[Message]]:
    """*held*, and what was forgotten among it; what left a list and is handed over again is told anew."""
    shown = {message.sequence for message in held}
    journal: list[Decision] = yield lambda session: session.journal()
    for left in (decision for decision in journal if decision.reason in GONE and not decision.undone):
        shown |= set(range(max(start, left.first), left.last + 1))
    everything = list(held)
    for number in [number for number in range(known, start - 1, -1) if number not in shown][:HIDDEN]:
        original = yield partial(_opened, f"m{number}")
        everything += original.messages
    return sorted(everything, key=lambda message: message.sequence)


def _opened(ref: str, session: Any) -> Any:
    """A step: the originals behind *ref*, hidden or not."""
    return session.expand(ref)


# --- lists that were rewritten


def _aligned(note: Note, roster: Roster) -> Procedure[tuple[Note, Sequence[Listed]]]:
    """What must be stored, in order, once what left the list is hidden, where it is the session's only one.

    What somebody asked to forget stays forgotten. Where other code summarised what it took out of the list, nothing is
    hidden and its summary is not stored: this memory has the originals, and its own limit.
    """
    listed, identity = roster.listed, roster.identity
    held = yield from _held(identity)
    forgotten: set[str] = set()
    if roster.owned:
        forgotten, returned = yield from _returned(listed, {identity(message) for message in held})
        if returned:
            held = yield from _held(identity)
    shown = {identity(message): message for message in held}
    handed = [
        message
        for message in listed
        if message.id not in forgotten and not (message.summary and held and message.id not in shown)
    ]
    if not roster.owned:
        lacking = (message for message in handed if message.id not in shown or not _says(message, shown[message.id]))
        return note, list(lacking)
    ids = {message.id for message in listed}
    trimmed = range(note.trimmed_from, note.trimmed_upto + 1)
    held = [message for message in held if identity(message) in ids or message.sequence not in trimmed]
    if any(message.summary and message.id not in shown for message in listed):
        held = behind_summaries(held, ids, identity)
    staying = [message for message in held if identity(message) in ids]
    difference = compared(
        handed, staying, held, lambda message, stored: message.id == identity(stored) and _says(message, stored)
    )
    note, gone = _left(note, roster, difference, staying, held, handed)
    if gone:
        yield from _taken_out(gone, held)
        note = replace(note, bare=max([note.bare, *(message.sequence for message in held)]))
    asked = [message.sequence for message in staying[: difference.same] if message.role == "user"]
    return replace(note, asked=max(asked, default=0)), handed[difference.same :]


def _taken_out(gone: Sequence[str], held: Sequence[Message]) -> Procedure[None]:
    """Hides what left a list, of the messages *held*. Where that is all from some message on, the thread went on from
    an older checkpoint: the conversation is rewound, so that no summary tells of both branches, and a fork can go on
    with the one that was left."""
    first = int(gone[0].removeprefix("m"))
    before = max((message.sequence for message in held if message.sequence < first), default=0)
    tail: list[Message] = (yield lambda session: session.messages(before + 1)) if before else []
    if tail and [f"m{message.sequence}" for message in tail] == list(gone):
        with suppress(InvalidBranch):  # it ends within a step
            yield lambda session: session.rewind(f"m{before}", reason=LEFT)
            return
    yield lambda session: session.forget(*gone, reason=LEFT)


def _left(
    note: Note,
    roster: Roster,
    difference: Difference,
    staying: Sequence[Message],
    held: Sequence[Message],
    handed: Sequence[Listed],
) -> tuple[Note, list[str]]:
    """What left the list and is to be hidden; the note says what was only dropped in front."""
    dropped: list[int] = []
    if roster.trims and difference.same == len(staying):
        fresh = handed[difference.same :]
        dropped = cut_in_front(held, set(difference.left), going_on=bool(fresh) and fresh[0].role == "user")
    if dropped:
        first = min(dropped[0], note.trimmed_from or dropped[0])
        note = replace(note, trimmed_from=first, trimmed_upto=max(dropped[-1], note.trimmed_upto))
    return note, [f"m{number}" for number in difference.left if number not in dropped]


def _held(identity: Identity) -> Procedure[list[Message]]:
    messages: list[Message] = yield lambda session: session.messages(1)
    return [message for message in messages if identity(message)]


def _returned(listed: Sequence[Listed], shown: set[str]) -> Procedure[tuple[set[str], bool]]:
    """Shows again what left the list and is back; the ids of what is hidden for another reason, and whether it did."""
    journal: list[Decision] = yield lambda session: session.journal()
    hides = [decision for decision in journal if decision.kind == "hide" and not decision.undone]
    if not hides:
        return set(), False
    forgotten, back = set[str](), set[int]()
    for message in listed:
        if not message.id or message.id in shown:
            continue
        number = yield from _stored_last(message.form())
        hidden = [decision for decision in hides if decision.first <= number <= decision.last]
        if any(decision.reason not in GONE for decision in hidden):
            forgotten.add(message.id)
        else:
            back |= {decision.number for decision in hidden}
    for decision in sorted(back, reverse=True):
        yield partial(_undone, decision)
    return forgotten, bool(back)


def _undone(number: int, session: Any) -> Any:
    return session.undo(number)


def _stored_last(message: Message) -> Procedure[int]:
    """The number that *message* was stored under last: it may be there again under an id of its own; 0: never."""
    number = 0
    while True:
        try:
            original = yield partial(_opened, message.id)
        except UnknownReference:
            return number
        stored = next((kept.sequence for kept in original.messages if kept.id == message.id), 0)
        if not stored:
            return number
        number, message = stored, derived(message, f"m{stored}")
