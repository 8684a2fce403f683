"""Summaries: of the oldest span by the user's summariser or the deterministic one, and of summaries by merging."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from tiermem.errors import TiermemError, described
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow, Read, Summarize, Tell, Transact
from tiermem.flows.services import Core
from tiermem.flows.writing.commit import commit
from tiermem.messages import Message
from tiermem.records import Decision, StructuredSummary, Summary
from tiermem.reports.state import Report
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage.sessions import SessionRow
from tiermem.summaries import merging
from tiermem.summaries.extractive import extract
from tiermem.summaries.grounding import grounded
from tiermem.window import planning
from tiermem.window.pressure import newest_question
from tiermem.window.view import Cover, Window

SHARE = 0.01  # of pre_rot_threshold that one summary may cost: 1,500 tokens by default …
LEAST, LARGEST_SHARE = 500, 0.08  # … and in small windows 500 tokens, if that is no more than 8 % of the threshold
HEADER = 60  # tokens of a summary's first line, and one more
KEPT, NOTHING_KEPT = "kept in view", MappingProxyType[int, str]({})  # why a message stays; none does
SMALLEST_COVERED = 2 * HEADER  # tokens; a smaller span gains nothing, so no summariser is asked about it


@dataclass(frozen=True, slots=True)
class Written:
    """A structure, who wrote it, what went wrong on the way, and how many milliseconds that took."""

    structure: StructuredSummary
    strategy: str
    error: str = ""
    ms: float = 0.0


def cover(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[Report]:
    """Cover the oldest span with a summary of its originals."""
    nothing = Report(tokens_before=window.tokens, tokens_after=window.tokens)
    plan = planning.coverable(window, core.settings)
    if plan is None:
        return nothing
    entries = [e for e in window.entries if plan.first <= e.sequence <= plan.last and not e.fixed]
    originals = yield from window_state.bodies(core, row, (entry.sequence for entry in entries))
    messages = [originals[entry.sequence] for entry in entries]
    before = sum(entry.shown_tokens for entry in entries)
    if before < SMALLEST_COVERED:
        return nothing
    began = core.timer()
    written = yield from _write(core, scope, row, messages)
    written = replace(written, ms=core.since(began))
    kept = yield Compute(lambda: _kept(core, scope, messages, window))
    report = yield from _commit(core, scope, row, written, (plan.first, plan.last), before, window, kept=kept)
    return report or nothing


def put_back(core: Core, scope: Scope, row: SessionRow, window: Window) -> Flow[Report]:
    """Put what was restored out of summaries back under them: the last means, and no model is needed."""
    chosen = planning.recoverable(window, core.settings)
    planned = [
        Decision(number=0, kind="cover", first=sequence, last=sequence, reference=number, strategy="again")
        for sequence, number in chosen
    ]
    done = bool(planned) and (
        yield Transact(
            lambda connection: commit(connection, core, scope, row, planned),
            lambda done: [reporting.put_back(scope, done)] if done else (),
        )
    )
    return Report(tokens_before=window.tokens, tokens_after=window.tokens, covered=len(planned) if done else 0)


def merge(core: Core, scope: Scope, row: SessionRow, window: Window, chosen: Sequence[Cover]) -> Flow[Report]:
    """Make one summary of the next level from *chosen*; their sources stay open through it."""
    summaries = yield Read(lambda c: decisions.summaries(c, row.pk, numbers=[summary.number for summary in chosen]))
    merged = yield Compute(lambda: merging.merge([summary.structure for summary in summaries], core.now()))
    span = (min(summary.first for summary in chosen), max(summary.last for summary in chosen))
    before = sum(summary.tokens for summary in chosen)
    inside = [e.sequence for e in window.entries if span[0] <= e.sequence <= span[1] and not e.fixed]
    kept = dict.fromkeys(inside, KEPT)
    report = yield from _commit(core, scope, row, Written(merged, "merge"), span, before, window, chosen, kept)
    return report or Report(tokens_before=window.tokens, tokens_after=window.tokens)


def _write(core: Core, scope: Scope, row: SessionRow, messages: Sequence[Message]) -> Flow[Written]:
    messages = core.local(messages)
    if core.summarizer is None:
        structure = yield Compute(lambda: extract(messages, core.now()))
        return Written(structure, "extractive")
    error = "paused after a failure"
    if abs(core.now().timestamp() - row.failed_at) >= core.settings.summarizer_pause or not row.failures:
        answer, error = yield from _asked(core, scope, messages)
        if answer is not None:
            return Written(answer, "summarizer")
    structure = yield Compute(lambda: extract(messages, core.now()))
    return Written(structure, "extractive", error)


def _asked(core: Core, scope: Scope, messages: Sequence[Message]) -> Flow[tuple[StructuredSummary | None, str]]:
    assert core.summarizer is not None  # noqa: S101  # the caller looked
    error = ""
    for _ in range(core.settings.summarizer_retries + 1):
        try:
            copies = core.local(one.shown_as(one.content) for one in messages)  # user code may spoil what it is given
            answer = yield Summarize(core.summarizer, copies, scope, core.settings.summarizer_timeout)
            accepted = yield Compute(partial(_accepted, answer, messages, core.now()))
        except TimeoutError:
            return None, f"no answer within {core.settings.summarizer_timeout:g} s"
        except TiermemError as reason:
            error = described(reason)
        except Exception as reason:  # noqa: BLE001  # user code; the deterministic summary takes its place
            error = described(reason)
        else:
            return accepted, ""
    return None, error


def _accepted(answer: Any, messages: Sequence[Message], now: datetime) -> StructuredSummary:
    return grounded(merging.accept(answer, messages, now), messages)


def _commit(
    core: Core,
    scope: Scope,
    row: SessionRow,
    written: Written,
    span: tuple[int, int],
    before: int,
    window: Window,
    children: Sequence[Cover] = (),
    kept: Mapping[int, str] = NOTHING_KEPT,
) -> Flow[Report | None]:
    number = yield Read(lambda c: 1 + max((s.number for s in decisions.summaries(c, row.pk)), default=0))
    level = 1 + max((child.level for child in children), default=0)
    summary = yield Compute(lambda: _summary(core, scope, written, span, number, level, children, before))
    if not planning.worth(before, summary.tokens):
        return None
    planned = _decisions(core, summary, before, window, kept)

    def body(connection: Any) -> list[Decision]:
        decisions = commit(connection, core, scope, row, planned, summary=summary)
        if decisions and core.summarizer is not None and not children:
            _note(connection, core, row, written.error)
        return decisions

    def telling(decisions: Sequence[Decision]) -> list[Tell]:
        if not decisions:
            return []
        failed = "" if row.failures else written.error  # it was told when it began
        return [*_failed(scope, failed), reporting.summarised(scope, decisions[0], summary, covered, written.ms)]

    inside = [e for e in window.entries if span[0] <= e.sequence <= span[1] and not e.fixed]
    covered = (0 if children else len(inside) - len(kept)) or len(children)
    if not (yield Transact(body, telling)):
        return None
    degraded = (f"summarizer: {written.error}",) if written.error else ()
    return Report(
        tokens_before=window.tokens,
        tokens_after=window.tokens,
        covered=covered,
        summaries=1,
        degraded=degraded,
    )


def _failed(scope: Scope, error: str) -> list[Tell]:
    return [Tell("degraded", scope, lambda: {"mode": "summarizer", "reason": reporting.brief(error)})] if error else []


def _note(connection: Any, core: Core, row: SessionRow, error: str) -> None:
    if not error:
        sessions.update(connection, row.pk, failures=0, failed_at=0.0, last_error="")
    elif not error.startswith("paused"):
        failed_at = core.now().timestamp()
        sessions.update(connection, row.pk, failures=row.failures + 1, failed_at=failed_at, last_error=error)


def _summary(
    core: Core,
    scope: Scope,
    written: Written,
    span: tuple[int, int],
    number: int,
    level: int,
    children: Sequence[Cover],
    before: int,
) -> Summary:
    threshold = core.settings.pre_rot_threshold
    usual = int(max(SHARE * threshold, min(LEAST, LARGEST_SHARE * threshold))) * level
    budget = min(usual, max(HEADER, before // 2))  # what replaces a short span must be shorter still
    text = merging.fit(written.structure, *span, f"s{number}", budget, core.count)
    summary = Summary(
        number=number,
        first=span[0],
        last=span[1],
        level=level,
        structure=written.structure,
        text=text,
        tokens=core.count(text),
        strategy=written.strategy,
        children=tuple(child.number for child in children),
    )
    own = core.own_step(partial(_own_text, core.store_summary), summary, scope) if core.store_summary else None
    return summary if own is None else replace(summary, text=own, tokens=core.count(own))


def _own_text(store: Callable[[Summary, Scope], str | None], summary: Summary, scope: Scope) -> str | None:
    text = store(summary, scope)
    if text is not None and not isinstance(text, str):
        raise TypeError(f"a stored summary is text or None, not {type(text).__name__}")
    return text


def _decisions(core: Core, summary: Summary, before: int, window: Window, kept: Mapping[int, str]) -> list[Decision]:
    """The cover, and a restore for each message of its span that stays visible."""
    decision = Decision(
        number=0,
        kind="cover",
        first=summary.first,
        last=summary.last,
        reference=summary.number,
        tokens_before=before,
        tokens_after=summary.tokens,
        strategy=summary.strategy,
        reason=planning.reason(window, core.settings),
    )
    return [decision] + [
        Decision(number=0, kind="restore", first=sequence, last=sequence, reason=reason)
        for sequence, reason in sorted(kept.items())
    ]


def _kept(core: Core, scope: Scope, messages: Sequence[Message], window: Window) -> dict[int, str]:
    """What stays in view, and why: the newest question, and what the caller's `keep` says.

    At least one message is covered, or nothing would be gained: where `keep` wants all of them, it is not heard.
    """
    asked = newest_question(window)
    kept = {one.sequence: KEPT for one in messages if one.sequence == asked or _own_keep(core, scope, one)}
    if core.place is not None:
        kept = {**core.place(messages, core.settings.pre_rot_threshold, _kept_so_far(window)), **kept}
    if len(kept) < len(messages):
        return kept
    return {asked: KEPT} if asked in kept and len(kept) > 1 else {}


def _kept_so_far(window: Window) -> int:
    """The tokens of what stands in view though a summary covers its span."""
    return sum(
        entry.shown_tokens
        for entry in window.entries
        if not entry.fixed and any(cover.first <= entry.sequence <= cover.last for cover in window.covers)
    )


def _own_keep(core: Core, scope: Scope, message: Message) -> bool:
    return core.keep is not None and bool(core.own_step(core.keep, message.shown_as(message.content), scope))
