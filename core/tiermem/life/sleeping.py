"""Sleep: what nobody waits for, done when nobody is there. What was used is written down, words are indexed, the window
is brought below its thresholds, what faded leaves it, and what was used again comes back.

Rule 1: each step is one transaction, done or not; a sleep that ends in the middle leaves the rest to the next one,
and one without news changes nothing.
Rule 2: nothing is removed: what fades is in the archive, is found by its words, and `undo` of the decision shows it
again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from tiermem.arguments import names
from tiermem.erasure import expiring
from tiermem.erasure.expiring import Expired
from tiermem.errors import InvalidMessage, brief_repr
from tiermem.flows import window_state
from tiermem.flows.effects import Flow, Read, Tell, Transact
from tiermem.flows.indexing import words
from tiermem.flows.services import Core
from tiermem.flows.writing.commit import commit
from tiermem.flows.writing.maintain import manage
from tiermem.life import aging, fading, uses
from tiermem.life.fading import Fade
from tiermem.life.forgetting import Forgetting
from tiermem.life.records import Slept
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision, Shown, StructuredSummary, Summary
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage.erasures import rules
from tiermem.storage.sessions import SessionRow
from tiermem.summaries import merging
from tiermem.summaries.lines import FADED

AGAIN, KEPT = "used again", "kept in view"  # why a message is shown whole
MOST = 200  # decisions of one session in one sleep; the next one goes on


def sleep(
    core: Core,
    user: Scope,
    curve: Forgetting | None,
    seconds: float | None,
    *,
    dry_run: bool = False,
    manages: bool = True,
    unless: Callable[[], bool] = bool,
) -> Flow[Slept]:
    """Sleep over the sessions of *user* for at most *seconds*, and not on once *unless* is true; without a *curve*
    nothing fades. Unless it *manages*, no window is brought below its thresholds.

    Raises:
        InvalidMessage: *seconds* is no number of at least 0, or *curve* is none.
    """
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float, type(None))) or not (seconds or 0) >= 0:
        raise InvalidMessage(f"seconds must be a number of at least 0 or None, not {brief_repr(seconds)}")
    if curve is not None and not isinstance(curve, Forgetting):
        raise InvalidMessage(f"forgetting must be a Forgetting or None, not {type(curve).__name__}")
    began, slept = core.timer(), Slept()

    def over() -> bool:
        return unless() or (seconds is not None and core.since(began) >= 1000 * seconds)

    for name in (yield from names(user)):
        if over():
            slept = replace(slept, finished=False)
            break
        where = Scope(user.tenant, user.user, name)
        slept += yield from _session(core, where, curve, over, dry_run=dry_run, manages=manages)
    if over():  # what is past its time, where anything ever is, is left to the next one
        rule = yield Read(lambda connection: rules.get(connection, user))
        slept = replace(slept, finished=slept.finished and not rule)
    else:
        slept = replace(slept, expired=(yield from expiry(core, user, dry_run=dry_run)))
    slept = replace(slept, seconds=core.since(began) / 1000)
    if not dry_run:
        yield Tell("slept", user, lambda: _told(slept))
    return slept


def expiry(core: Core, user: Scope, *, dry_run: bool) -> Flow[Expired]:
    """Erase what of *user* is past its time by rule, or of a *dry_run* count it."""
    if not isinstance(dry_run, bool):
        raise InvalidMessage(f"dry_run must be True or False, not {brief_repr(dry_run)}")
    return (yield from expiring.expire(core, user, (yield from names(user)), dry_run=dry_run))


def _told(slept: Slept) -> dict[str, object]:
    names = ("sessions", "finished", "faded", "woken", "uses", "indexed", "compacted", "covered")
    return {name: getattr(slept, name) for name in names} | {"ms": round(1000 * slept.seconds, 3)}


def _session(
    core: Core, scope: Scope, curve: Forgetting | None, over: Callable[[], bool], *, dry_run: bool, manages: bool
) -> Flow[Slept]:
    slept = Slept(sessions=1)
    if not dry_run:
        refuse_reentry(scope)
        slept += yield from _tidied(core, scope, manages=manages)
    if curve is None:
        return slept
    for _ in range(MOST):
        if over():
            break
        step = yield from _step(core, scope, curve, dry_run=dry_run)
        slept += step
        if dry_run or not step.decisions:
            return slept
    return replace(slept, finished=False)


def _tidied(core: Core, scope: Scope, *, manages: bool) -> Flow[Slept]:
    """What is due anyhow: uses, words, and the window by its thresholds."""
    used = yield from uses.opened(core, scope)
    row = yield Read(lambda connection: sessions.find(connection, scope))
    if not row.foreign and row.indexed < row.messages:
        yield from words.follow_words_alone(core, scope)
    indexed = row.messages - row.indexed
    if not (manages and core.settings.enable_context_management):
        return Slept(uses=len(used), indexed=indexed)
    done = yield from manage(core, scope, contending=False)
    return Slept(uses=len(used), indexed=indexed, compacted=done.compacted, covered=done.covered, merged=done.summaries)


def _step(core: Core, scope: Scope, curve: Forgetting, *, dry_run: bool) -> Flow[Slept]:
    """One step: what was used comes back, or a span fades; in a dry run all that would."""
    row, window = yield from window_state.load(core, scope)
    if not row.pk or not (window.covers or any(entry.shown is Shown.COMPACTED for entry in window.entries)):
        return Slept()
    ages = yield from aging.of_session(core, scope, row, curve)
    spans = yield Read(lambda connection: decisions.spans(connection, row.pk, row, 0))
    live = yield Read(lambda connection: decisions.summaries(connection, row.pk, live=True))
    view = fading.InView(window.entries, live, spans)
    back = fading.returns(view, ages.used, ages.active)
    planned = fading.fades(view, ages.active, core.settings.keep_recent_count)
    if dry_run:
        gone, saved = sum(fade.messages for fade in planned), sum(fade.saves for fade in planned)
        return Slept(faded=gone, woken=len(back), tokens=saved)
    if back:
        return (yield from _returned(core, scope, row, back))
    return (yield from _cover(core, scope, row, planned[0], live)) if planned else Slept()


def _returned(core: Core, scope: Scope, row: SessionRow, back: Sequence[int]) -> Flow[Slept]:
    """Show the messages *back* again, whole."""
    planned = [_shown_again(number, AGAIN) for number in back]
    done: list[Decision] = yield Transact(lambda connection: commit(connection, core, scope, row, planned))
    return Slept(woken=len(done), decisions=tuple((scope.session, one.number) for one in done))


def _shown_again(number: int, reason: str) -> Decision:
    return Decision(number=0, kind="restore", first=number, last=number, reason=reason)


def _cover(core: Core, scope: Scope, row: SessionRow, fade: Fade, live: Sequence[Summary]) -> Flow[Slept]:
    """Have nothing stand in the window of the span of *fade*, but what is kept or left."""
    plan = partial(_written, core=core, scope=scope, row=row, fade=fade, live=live)
    done: list[Decision] = yield Transact(plan)
    return Slept(
        faded=fade.messages if done else 0,
        tokens=sum(one.tokens_before - one.tokens_after for one in done),
        decisions=tuple((scope.session, one.number) for one in done),
    )


def _written(
    connection: sa.Connection, core: Core, scope: Scope, row: SessionRow, fade: Fade, live: Sequence[Summary]
) -> list[Decision]:
    number = 1 + max((one.number for one in decisions.summaries(connection, row.pk)), default=0)
    children = [one for one in live if one.number in fade.children]
    structure = _structure(fade, children, core) if fade.left is None else fade.left
    text = merging.fit(structure, fade.first, fade.last, f"s{number}", fade.tokens, core.count) if fade.left else ""
    summary = Summary(
        number=number,
        first=fade.first,
        last=fade.last,
        level=1 + max((one.level for one in children), default=0),
        structure=structure,
        text=text,
        tokens=core.count(text) if text else 0,
        strategy=FADED,
        children=fade.children,
    )
    decision = Decision(
        number=0,
        kind="cover",
        first=fade.first,
        last=fade.last,
        reference=number,
        tokens_before=fade.tokens,
        tokens_after=summary.tokens,
        strategy=FADED,
        reason="nobody used it",
    )
    kept = [_shown_again(one, KEPT) for one in fade.kept]
    return commit(connection, core, scope, row, [decision, *kept], summary=summary)


def _structure(fade: Fade, children: Sequence[Summary], core: Core) -> StructuredSummary:
    """A summary that says how many messages there are, and of what trust; nothing that was said."""
    merged = merging.merge([one.structure for one in children], core.now()) if children else StructuredSummary()
    return StructuredSummary(
        count=fade.messages, time_range=merged.time_range, timestamp=core.now(), trust=merged.trust
    )
