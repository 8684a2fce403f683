"""A session made equal to an agent's state that was rewritten: by people, other middleware, or a return to a branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_tiered_memory.agents.recognising import id_given, opened, same
from langchain_tiered_memory.convert import SOURCE_KEY, derived
from langchain_tiered_memory.plain import core_form
from langchain_tiered_memory.procedures import Procedure
from langchain_tiered_memory.rendering import SUMMARY
from tiermem import Decision, Message
from tiermem.agents.note import Note
from tiermem.errors import UnknownReference

LEFT = "left the thread"  # the reason of a decision to hide; those of others are never taken back here


def aligned(note: Note, state: Sequence[BaseMessage], *, owned: bool) -> Procedure[tuple[Note, Sequence[BaseMessage]]]:
    """What of *state* must be stored, in order, once what left it is hidden, where the thread *owned* the session.

    The log only grows, so from the first message that stands elsewhere, or was changed, all are hidden and stored once
    more. What somebody asked to forget stays forgotten. Where other middleware summarised what it took out of the
    state, nothing is hidden and its summary is not stored: this memory has the originals, and its own limit.
    """
    held = yield from _held()
    forgotten: set[str] = set()
    if owned:
        forgotten, returned = yield from _returned(state, {id_given(one) for one in held})
        if returned:
            held = yield from _held()
    shown = {id_given(one): one for one in held}
    said = [one for one in state if one.id not in forgotten and not (_summary(one) and held and one.id not in shown)]
    if not owned:
        return note, [one for one in said if one.id not in shown or not same(shown[one.id], one)]
    ids = {one.id for one in state}
    if any(_summary(one) and one.id not in shown for one in state):
        held = _from_first(held, ids)
    staying = [one for one in held if id_given(one) in ids]
    equal = 0
    while equal < min(len(said), len(staying)) and _matches(staying[equal], said[equal]):
        equal += 1
    kept = {one.sequence for one in staying[:equal]}
    gone = [f"m{one.sequence}" for one in held if one.sequence not in kept]
    if gone:
        yield lambda session: session.forget(*gone, reason=LEFT)
        note = replace(note, bare=max([note.bare, *(one.sequence for one in held)]))
    asked = [one.sequence for one in staying[:equal] if one.role == "user"]
    return replace(note, asked=max(asked, default=0)), said[equal:]


def _held() -> Procedure[list[Message]]:
    found: list[Message] = yield lambda session: session.messages(1)
    return [one for one in found if id_given(one)]


def _matches(stored: Message, given: BaseMessage) -> bool:
    return id_given(stored) == given.id and same(stored, given)


def _summary(message: BaseMessage) -> bool:
    return message.additional_kwargs.get(SOURCE_KEY) == SUMMARY


def _from_first(held: Sequence[Message], ids: set[str | None]) -> list[Message]:
    """Those behind what was summarised, which ends where the state goes on with what it had."""
    first = next((place for place, one in enumerate(held) if id_given(one) in ids), len(held))
    return list(held[first:])


def _returned(state: Sequence[BaseMessage], shown: set[str]) -> Procedure[tuple[set[str], bool]]:
    """Shows again what left the state and is back; the ids of what is hidden for another reason, and whether it did."""
    journal: list[Decision] = yield lambda session: session.journal()
    hides = [one for one in journal if one.kind == "hide" and not one.undone]
    if not hides:
        return set(), False
    forgotten, back = set[str](), dict[int, Decision]()
    for one in state:
        if not one.id or one.id in shown:
            continue
        place = yield from _place(one)
        hidden = next((made for made in reversed(hides) if made.first <= place <= made.last), None)
        if hidden is not None and hidden.reason == LEFT:
            back[hidden.number] = hidden
        elif hidden is not None:
            forgotten.add(one.id)
    for number in sorted(back, reverse=True):
        yield partial(_undone, number)
    return forgotten, bool(back)


def _undone(number: int, session: Any) -> Any:
    return session.undo(number)


def _place(message: BaseMessage) -> Procedure[int]:
    """Where *message* was stored last: once more under an id of its own, where its own was taken or hidden."""
    place, form = 0, core_form(message)
    while True:
        try:
            original = yield partial(opened, form.id)
        except UnknownReference:
            return place
        found = next((one.sequence for one in original.messages if one.id == form.id), 0)
        if not found:
            return place
        place, form = found, derived(form, f"m{found}")
