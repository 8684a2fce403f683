"""Managing the window: compact, then summarise, then merge summaries; each a decision, taken only if nothing changed.

Rule 1: a model is never called inside a transaction; its answer is written only if the view is still the one it was
asked about, else everything is planned again.
Rule 2: what a summariser does wrong costs its summary, never a message and never the turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing import summarize
from tiermem.flows.writing.commit import commit
from tiermem.messages import Message
from tiermem.records import Compacted, Decision, Shown
from tiermem.reports.state import Report
from tiermem.settings import Scope, Thresholds
from tiermem.storage import decisions, sessions
from tiermem.storage.sessions import SessionRow
from tiermem.storage.stubs import Stub
from tiermem.tokens.counting import message_tokens
from tiermem.window import planning
from tiermem.window.pressure import excess, pressure
from tiermem.window.stubs import as_stub, own_words, stub
from tiermem.window.view import Entry, Window

ROUNDS = 8  # plans in one run; each either shrinks the window or ends it, so this bounds only lost races
BODIES = 200  # messages read at a time while looking for stubs that save


def manage(
    core: Core,
    scope: Scope,
    thresholds: Thresholds | None = None,
    *,
    contending: bool = True,
    opened: tuple[SessionRow, Window] | None = None,
) -> Flow[Report]:
    """Bring the window below its triggers, or those of *thresholds*; returns what was done. Without news it does
    nothing. One that is not *contending* leaves the rest to another process that came first. *opened* is what the
    caller has read just now."""
    under = core if thresholds is None else core.under(thresholds)
    core.managing.add(scope)
    try:
        return (yield from _manage(core, under, scope, contending, opened))
    finally:
        core.managing.discard(scope)


def _manage(
    core: Core, under: Core, scope: Scope, contending: bool, opened: tuple[SessionRow, Window] | None
) -> Flow[Report]:
    before, row, window, report = yield from _stepped(under, scope, contending, opened)
    if report.compacted or report.covered:
        yield reporting.dropped(scope, before, report)
    yield from reporting.noticed(under, scope)
    # When to look again goes by the session's own thresholds. By an agent's, which asks before each call, every message
    # that is added would look too, and set it back: two writes a call.
    if row.pk and (under is core or report.compacted or report.covered or report.lifted):
        yield from _look_again(core, row, window)
    return replace(report, tokens_after=window.tokens)


def _stepped(
    core: Core, scope: Scope, contending: bool, opened: tuple[SessionRow, Window] | None
) -> Flow[tuple[int, SessionRow, Window, Report]]:
    row, window = opened or (yield from window_state.load(core, scope))
    report, before = Report(tokens_before=window.tokens, tokens_after=window.tokens), row.revision
    for _ in range(ROUNDS):
        step = yield from _one_step(core, scope, row, window)
        if step is None:
            break
        report = _added(report, step)
        revision = row.revision
        row, window = yield from window_state.load(core, scope)
        if not (step.compacted or step.covered) and not (contending and row.revision != revision):
            break
    return before, row, window, report


def _look_again(core: Core, row: SessionRow, window: Window) -> Flow[None]:
    hidden = excess(window, core.settings)  # which may be stale with the next message
    look = window.tokens + 1 if hidden else planning.next_look(window.tokens, core.settings)
    if look != row.look_at:
        yield Transact(lambda connection: sessions.update(connection, row.pk, look_at=look))


def _one_step(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[Report | None]:
    """What one plan did; None where there was nothing to plan."""
    merge = planning.mergeable(window.covers)
    if merge:
        return (yield from summarize.merge(core, scope, row, window, merge))
    if not planning.wants_compaction(window, core.settings):
        return (yield from _lift(core, scope, row, window))
    began = core.timer()
    stubs = yield from _stubs(core, scope, row, window)
    saved = sum(_saving(window, stubs))
    if stubs and planning.worth_a_run(saved, window, core.settings):
        return (yield from _compact(core, scope, row, window, stubs, began))
    if planning.wants_summary(window, core.settings):
        step = yield from _summarize(core, scope, row, window)
        if stubs and not step.covered:  # the last means: each message helps
            return (yield from _compact(core, scope, row, window, stubs, began))
        return step
    return None


def _lift(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[Report | None]:
    """Takes back one decision of an earlier run, where there is room for what it stands for."""
    managed = window.covers or any(entry.shown is Shown.COMPACTED for entry in window.entries)
    if not managed or pressure(window, core.settings) >= planning.lift_to(core.settings):
        return None
    made = yield Read(lambda connection: decisions.journal(connection, row.pk, kinds=("compact", "cover")))
    chosen = planning.liftable(window, made, core.settings)
    if chosen is None:
        return None
    planned = Decision(
        number=0,
        kind="undo",
        first=chosen.first,
        last=chosen.last,
        reference=chosen.number,
        reason="there is room again",
    )
    done = yield Transact(
        lambda connection: commit(connection, core, scope, row, [planned]), lambda done: reporting.by_hand(scope, done)
    )
    return Report(tokens_before=window.tokens, tokens_after=window.tokens, lifted=len(done))


def _saving(window: Window, stubs: Sequence[Stub]) -> list[int]:
    shown = {entry.sequence: entry.shown_tokens for entry in window.entries}
    return [shown[stub.sequence] - stub.tokens for stub in stubs]


def _summarize(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[Report]:
    """The oldest span; else what was restored goes back; else, with nothing else left, summaries are merged."""
    step = yield from summarize.cover(core, scope, row, window)
    if not step.covered:
        step = yield from summarize.put_back(core, scope, row, window)
    merge = planning.mergeable(window.covers, pressed=True)
    if not step.covered and merge:
        step = yield from summarize.merge(core, scope, row, window, merge)
    return step


def _added(report: Report, step: Report) -> Report:
    return replace(
        report,
        compacted=report.compacted + step.compacted,
        covered=report.covered + step.covered,
        summaries=report.summaries + step.summaries,
        lifted=report.lifted + step.lifted,
        degraded=tuple(dict.fromkeys(report.degraded + step.degraded)),
    )


def _stubs(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[list[Stub]]:
    """Stubs, in the planned order, until the window would be at its target; only those that save."""
    parts = planning.compactable(window, core.settings)
    goal = pressure(window, core.settings) - planning.compact_to(window, core.settings)
    stubs: list[Stub] = []
    saved, position = 0, 0
    while position < len(parts) and saved < goal:
        batch, position = _batch(parts, position)
        originals = yield from window_state.bodies(core, row, (entry.sequence for part in batch for entry in part))
        tried = yield Compute(partial(_tried_all, core, scope, batch, originals))
        for part in tried:
            if saved >= goal:
                break
            stubs += [made_stub for made_stub, _ in part]
            saved += sum(saving for _, saving in part)
    return stubs


def _batch(parts: Sequence[list[Entry]], start: int) -> tuple[Sequence[list[Entry]], int]:
    end, size = start, 0
    while end < len(parts) and size < BODIES:
        size += len(parts[end])
        end += 1
    return parts[start:end], end


def _tried_all(
    core: Core, scope: Scope, batch: Sequence[Sequence[Entry]], originals: dict[int, Message]
) -> list[list[tuple[Stub, int]]]:
    return [_tried(core, scope, part, originals) for part in batch]


def _tried(core: Core, scope: Scope, part: Sequence[Entry], originals: dict[int, Message]) -> list[tuple[Stub, int]]:
    tried = (stubbed(core, scope, entry, originals[entry.sequence]) for entry in part)
    return [stub_saving for stub_saving in tried if stub_saving is not None]


def stubbed(core: Core, scope: Scope, entry: Entry, original: Message) -> tuple[Stub, int] | None:
    """The stub of *original* and the tokens that it saves; None where it saves too little."""
    compacted, tokens = _counted(core, scope, original)
    if compacted is None or not planning.worth(entry.tokens, tokens):
        return None
    return Stub(entry.sequence, tokens, compacted.strategy, compacted.content), entry.tokens - tokens


def _counted(core: Core, scope: Scope, original: Message) -> tuple[Compacted | None, int]:
    """What stands in place of *original*, and its tokens. By the rules it is the same each time, and run after run asks
    for those of one window; a compactor of the caller's is asked again."""
    known = core.stubs.get(id(original)) if core.compactor is None else None
    if known is not None and known[0] is original:
        return known[1], known[2]
    compacted, tokens = _compacted(core, scope, original), 0
    if compacted is not None:
        shown = as_stub(original, compacted, tokens_saved=0, compacted_at=core.now())
        tokens = message_tokens(shown, core.count)
    if core.compactor is None and original.tokens <= window_state.CACHED_TOKENS:
        core.stubs.put(id(original), (original, compacted, tokens))
    return compacted, tokens


def _compacted(core: Core, scope: Scope, original: Message) -> Compacted | None:
    own = core.own_step(partial(_own_stub, core.compactor), original, scope) if core.compactor else None
    return own if own is not None else stub(original)


def _own_stub(
    compactor: Callable[[Message, Scope], Compacted | str | None], original: Message, scope: Scope
) -> Compacted | None:
    """What the caller's compactor makes of a copy, which it may spoil; raises where that cannot be shown."""
    chosen = compactor(original.shown_as(original.content), scope)
    compacted = Compacted(content=chosen, strategy="custom") if isinstance(chosen, str) else chosen
    if compacted is None:
        return None
    if not isinstance(compacted, Compacted) or not isinstance(compacted.strategy, str):
        raise TypeError(f"a compactor returns a Compacted, text or None, not {type(compacted).__name__}")
    if isinstance(compacted.content, str):
        compacted = replace(compacted, content=own_words(original, compacted.content))
    as_stub(original, compacted, tokens_saved=0, compacted_at=None)
    return compacted


def _compact(
    core: Core, scope: Scope, row: SessionRow, window: Window, stubs: list[Stub], began: float
) -> Flow[Report]:
    before = {entry.sequence: entry.shown_tokens for entry in window.entries}
    sequences = [made_stub.sequence for made_stub in stubs]
    decision = Decision(
        number=0,
        kind="compact",
        first=min(sequences),
        last=max(sequences),
        tokens_before=sum(before[sequence] for sequence in sequences),
        tokens_after=sum(made_stub.tokens for made_stub in stubs),
        strategy="+".join(sorted({made_stub.strategy for made_stub in stubs})),
        reason=planning.reason(window, core.settings),
    )
    written = yield Transact(
        lambda c: commit(c, core, scope, row, [decision], stubs=stubs),
        lambda done: [reporting.compacted(scope, decision, len(stubs), core.since(began)) for decision in done],
    )
    done = len(stubs) if written else 0
    return Report(tokens_before=window.tokens, tokens_after=window.tokens, compacted=done)
