"""What an agent's state has that its session has not, and the reverse.

The state of an agent only grows, but for what other middleware or people take out or change, and for threads that go on
from an older checkpoint. What is no longer in the state is hidden in the session, which can be undone, and comes back
with a thread that returns to it. What the session knows beyond a state that starts anew (no checkpointer, a restart)
stays, and so does what another run on the same thread, or one that was killed, has stored and not finished.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from langchain_tiered_memory.agents.aligning import LEFT, aligned
from langchain_tiered_memory.agents.recognising import finished, id_given, recognised, same
from langchain_tiered_memory.convert import SOURCE_KEY
from langchain_tiered_memory.plain import core_form
from langchain_tiered_memory.procedures import Procedure, adding
from tiermem import Message
from tiermem.agents.note import Note


def storing(note: Note, state: Sequence[BaseMessage], *, owned: bool, replayed: bool = False) -> Procedure[Note]:
    """Stores what is new in *state*, and, where the thread *owned* the session, hides what left it.

    *replayed* says that the caller named the checkpoint to go on from: whatever came after it is another branch.
    """
    if note.upto < 0:  # another session than the note was taken of
        known = (yield lambda session: session.stats()).messages
        note = replace(note, upto=known)
    before, seen = _marks(state, note.count)
    behind = None
    if note.mixed:
        behind = _since(note, state)
    elif not note.count and not (replayed and owned):
        note, behind = yield from recognised(note, state)
    elif _begins(note, state, before):
        note, behind = yield from _behind(note, state, owned=owned, replayed=replayed)
    if behind is None:
        note, fresh = yield from aligned(note, state, owned=owned)
    else:
        fresh = behind
    stored = yield from adding([core_form(one) for one in fresh])
    asked = (one.sequence for one, given in zip(stored, fresh, strict=True) if _question(given))
    upto = max((one.sequence for one in stored), default=0)
    last = (state[-1].id or "") if state else ""
    moved = replace(note, upto=max(note.upto, upto), asked=max(note.asked, *asked, 0))
    return replace(moved, count=len(state), last=last, seen=seen)


def _begins(note: Note, state: Sequence[BaseMessage], before: int) -> bool:
    """Whether *state* begins with the one that *note* was taken of."""
    if not 0 < note.count <= len(state) or not note.last or state[note.count - 1].id != note.last:
        return False
    return note.seen in {0, before}


def _marks(state: Sequence[BaseMessage], count: int) -> tuple[int, int]:
    """Checksums of the first *count* messages and of all: a message may be changed under its id."""
    before, mark = 0, 0
    for place, one in enumerate(state):
        if place == count:
            before = mark
        text = one.content if isinstance(one.content, str) else repr(one.content)
        calls = [(call["name"], call["args"]) for call in one.tool_calls] if isinstance(one, AIMessage) else ()
        mark = crc32(f"{one.id} {calls or ''} {text}".encode("utf-8", "surrogatepass"), mark)
    return (before if count < len(state) else mark), mark


def _since(note: Note, state: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """Of a thread in which several sessions take turns: what came since, for the rest is another's."""
    place = next((place for place, one in enumerate(state) if one.id == note.last), None)
    if place is None:
        place = max((place for place, one in enumerate(state) if isinstance(one, HumanMessage)), default=0) - 1
    return state[place + 1 :]


def _behind(
    note: Note, state: Sequence[BaseMessage], *, owned: bool, replayed: bool
) -> Procedure[tuple[Note, Sequence[BaseMessage] | None]]:
    """What of the state's new messages the session lacks; None where it is on another branch than the state."""
    fresh = state[note.count :]
    held = yield lambda session: session.messages(max(1, note.upto))
    if owned and note.upto and not (held and held[0].sequence == note.upto):
        return note, None
    tail = [one for one in held if one.sequence > note.upto]
    if not tail:
        return note, fresh
    ids = {one.id for one in state}
    others = [one for one in tail if id_given(one) and id_given(one) not in ids]
    if owned and others:
        begins = not fresh or not isinstance(fresh[0], AIMessage)  # and does not go on after an answer of its own
        if replayed or (begins and finished(tail[-1])):
            return note, None
        answered = {getattr(one, "tool_call_id", None) for one in fresh} - {None}
        twice = [f"m{one.sequence}" for one in others if one.tool_call_id in answered]
        if twice:  # the step was repeated after a restart; its newer results count
            yield lambda session: session.forget(*twice, reason=LEFT)
    known: dict[str | None, Message] = {id_given(one): one for one in tail}
    missing = [one for one in fresh if one.id not in known or not same(known[one.id], one)]
    there = (known[one.id].sequence for one in fresh if one.id in known and _question(one))
    return replace(note, asked=max(note.asked, *there, 0)), missing


def _question(message: BaseMessage) -> bool:
    """Whether a person may have said it; other middleware puts summaries and reminders on the user's side."""
    return isinstance(message, HumanMessage) and SOURCE_KEY not in message.additional_kwargs
