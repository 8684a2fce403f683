"""Adding what is too long for any window: compacted from the start, whatever the thresholds say."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tiermem.errors import StorageBusy
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing import add as remember
from tiermem.flows.writing import decide, upkeep
from tiermem.flows.writing.commit import commit
from tiermem.flows.writing.maintain import stubbed
from tiermem.messages import Message
from tiermem.records import Decision, Shown
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.storage.sessions import SessionRow
from tiermem.storage.stubs import Stub
from tiermem.window.view import Entry, Window


def add(core: Core, scope: Scope, messages: Sequence[Message], *, as_stored: bool = False) -> Flow[list[Message]]:
    """`remember.add`, with stubs in place of the messages from the start, where these save enough.

    The thresholds are not looked at in between: for the length of one message all others would be summarised.

    Raises:
        StorageBusy: other decisions came first every time; the messages are stored, and verbatim.
    """
    core.managing.add(scope)
    try:
        stored = yield from remember.add(core, scope, messages, as_stored=as_stored, then=None)
        for _ in range(decide.RACES):
            row, window = yield from window_state.load(core, scope)
            numbers = {message.sequence for message in stored}
            named = [entry for entry in window.entries if entry.sequence in numbers]
            if (yield from _decided(core, scope, row, window, named)):
                break
        else:
            raise StorageBusy("other decisions came first; try again")
    finally:
        core.managing.discard(scope)
    row = yield Read(lambda connection: sessions.find(connection, scope))
    yield from upkeep.after_adding(core, scope, row)
    return list(stored)


def _decided(core: Core, scope: Scope, row: SessionRow, window: Window, named: Sequence[Entry]) -> Flow[bool]:
    """Decides on what can be compacted of *named*; False when another decision came first."""
    began = core.timer()
    open_ones = [entry for entry in named if entry.shown is Shown.VERBATIM and not entry.fixed]
    originals = yield from window_state.bodies(core, row, (entry.sequence for entry in open_ones))
    stubs = yield Compute(partial(_stubs, core, scope, open_ones, originals))
    if not stubs:
        return True
    saved = sum(entry.shown_tokens for entry in window.entries if entry.sequence in {stub.sequence for stub in stubs})
    planned = Decision(
        number=0,
        kind="compact",
        first=stubs[0].sequence,
        last=stubs[-1].sequence,
        tokens_before=saved,
        tokens_after=sum(stub.tokens for stub in stubs),
        strategy="+".join(sorted({stub.strategy for stub in stubs})),
        reason="asked for",
    )
    written = yield Transact(
        lambda c: commit(c, core, scope, row, [planned], stubs=stubs),
        lambda done: [reporting.compacted(scope, decision, len(stubs), core.since(began)) for decision in done],
    )
    return bool(written)


def _stubs(core: Core, scope: Scope, entries: Sequence[Entry], originals: dict[int, Message]) -> list[Stub]:
    tried = (stubbed(core, scope, entry, originals[entry.sequence]) for entry in entries)
    return [stub_saving[0] for stub_saving in tried if stub_saving is not None]
