"""What is told of what was done: the events, by kind, with the numbers that each has. Never a word that was said.

The numbers are put together when somebody listens; until then an event costs a few objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tiermem.blocks.completeness import incomplete
from tiermem.flows.effects import Flow, Tell
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision, Hit, Summary
from tiermem.reports.state import Report
from tiermem.settings import Scope
from tiermem.storage.extracted.stretches import Stretch
from tiermem.storage.sessions import SessionRow

_BY_HAND = (("restore", "restored"), ("hide", "forgotten"), ("undo", "undone"))


def added(scope: Scope, ms: float, stored: Sequence[Message], row: SessionRow, before: int) -> Sequence[Tell]:
    """Messages *stored* in a session that is now *row* and had *before*; nothing where all were there already."""
    if row.messages == before:
        return ()
    told = Tell("added", scope, lambda: _added(stored, row, before, ms), lambda: {"records": _records(stored, before)})
    return told, *_incomplete(scope, [message for message in stored if message.sequence > before])


def _incomplete(scope: Scope, new: Sequence[Message]) -> list[Tell]:
    """One event for each reason for which messages are not all that a framework handed over."""
    refs: dict[str, list[str]] = {}
    for message in new:
        if reason := incomplete(message):
            refs.setdefault(reason, []).append(f"m{message.sequence}")
    return [_degraded(scope, "incomplete message", f"{', '.join(named[:9])}: {why}") for why, named in refs.items()]


def refused(scope: Scope, decisions: Sequence[Decision]) -> list[Tell]:
    """One event where messages came again that had been erased with their conversation."""
    spans = [
        f"m{one.first}" if one.first == one.last else f"m{one.first} to m{one.last}"
        for one in decisions
        if one.kind == "erase"
    ]
    return [_degraded(scope, "erased message", f"{', '.join(spans[:9])}: {decisions[0].reason}")] if spans else []


def _degraded(scope: Scope, mode: str, reason: str) -> Tell:
    return Tell("degraded", scope, lambda: {"mode": mode, "reason": reason})


def _added(stored: Sequence[Message], row: SessionRow, before: int, ms: float) -> dict[str, Any]:
    new = {message.sequence: message.tokens for message in stored if message.sequence > before}
    return {
        "count": len(new),
        "first": min(new),
        "last": max(new),
        "tokens": sum(new.values()),
        "session_tokens": row.tokens,
        "window_tokens": row.window_tokens,
        "ms": ms,
    }


def compacted(scope: Scope, decision: Decision, count: int, ms: float) -> Tell:
    """*count* messages of a span became stubs."""
    return Tell("compacted", scope, lambda: _decision(decision) | {"count": count, "ms": ms})


def summarised(scope: Scope, decision: Decision, summary: Summary, covered: int, ms: float) -> Tell:
    """A summary covers messages, or other summaries where its level is above 1; *ms* is how long writing it took."""
    refused = summary.structure.refused
    about = {"summary": summary.ref, "level": summary.level, "count": covered, "refused_lines": refused, "ms": ms}
    return Tell("summarised", scope, lambda: _decision(decision) | about)


def indexed(scope: Scope, first: int, last: int, ms: float) -> Tell:
    """The words of the messages `first`..`last` were indexed; *ms* is how long that took."""
    return Tell("indexed", scope, lambda: {"count": last - first + 1, "first": first, "last": last, "ms": ms})


def extracted(scope: Scope, read: Stretch, ms: float) -> Tell:
    """An extractor *read* messages, or could not; *ms* is how long that took."""
    return Tell("extracted", scope, lambda: _extracted(read, ms))


def _extracted(read: Stretch, ms: float) -> dict[str, Any]:
    return {
        "first": read.first,
        "last": read.last,
        "count": read.last - read.first + 1,
        "facts": read.facts,
        "refused": sum(read.refused.values()),
        "reasons": tuple(sorted(read.refused)),
        "extractor": read.extractor,
        "error": brief(read.error),
        "ms": ms,
    }


def put_back(scope: Scope, decisions: Sequence[Decision]) -> Tell:
    """Restored messages are under their summaries again."""
    return Tell("summarised", scope, lambda: _decisions(decisions) | {"strategy": "again"})


def pinned(scope: Scope, decisions: Sequence[Decision]) -> list[Tell]:
    """What messages lay down stands in every context from now on."""
    return [_group(scope, "pinned", decisions)] if decisions else []


def dropped(scope: Scope, since: int, report: Report) -> Tell:
    """A run took messages from the window: how many, and since which decision."""
    return Tell("dropped", scope, lambda: {"since": since, "compacted": report.compacted, "covered": report.covered})


def by_hand(scope: Scope, decisions: Sequence[Decision]) -> list[Tell]:
    """Decisions that were asked for: one event a kind, for all stretches of it."""
    return [
        _group(scope, event, group)
        for kind, event in _BY_HAND
        if (group := [decision for decision in decisions if decision.kind == kind])
    ]


def forked(fork: Scope, at: int, *, fresh: bool) -> list[Tell]:
    """A conversation *fork* begins with another's messages up to number *at*; nothing where it was there already."""
    return [Tell("forked", fork, lambda: {"at": at})] if fresh else []


def _group(scope: Scope, event: str, decisions: Sequence[Decision]) -> Tell:
    return Tell(event, scope, lambda: _decisions(decisions))


def recalled(
    core: Core,
    scope: Scope,
    by: str,
    query: str | None,
    hits: Sequence[Hit],
    degraded: tuple[str, ...],
    ms: float,
    tokens: int = 0,
) -> Tell:
    """What was found for *query*, best first where *by* says "search" or "tool", else what was quoted, in reading
    order, in *tokens*, as far as these are known."""
    return Tell(
        "recalled",
        scope,
        lambda: _hits(hits) | {"by": by, "tokens": tokens, "degraded": brief_all(degraded), "ms": ms},
        lambda: {"query": core.private(query or ""), "records": _found(hits)},
    )


def _found(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    return [{"id": hit.ref, "content": hit.message.text, "score": round(float(hit.score), 4)} for hit in hits]


def _records(stored: Sequence[Message], before: int) -> list[dict[str, Any]]:
    return [{"id": f"m{one.sequence}", "content": one.text} for one in stored if one.sequence > before]


def _hits(hits: Sequence[Hit]) -> dict[str, Any]:
    scores = tuple(round(float(hit.score), 4) for hit in hits)
    return {"count": len(hits), "refs": tuple(hit.ref for hit in hits), "scores": scores}


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.number,
        "first": decision.first,
        "last": decision.last,
        "tokens_before": decision.tokens_before,
        "tokens_after": decision.tokens_after,
        "strategy": decision.strategy,
        "reason": decision.reason,
    }


def _decisions(decisions: Sequence[Decision]) -> dict[str, Any]:
    """The decisions, how many messages they name and from which to which; of an undo, the decision taken back."""
    named = set[int]().union(*(range(decision.first, decision.last + 1) for decision in decisions))
    numbers = {
        "decisions": tuple(decision.number for decision in decisions),
        "count": len(named),
        "first": min(named),
        "last": max(named),
        "reason": decisions[0].reason,
    }
    return numbers | ({"undone": decisions[0].reference} if decisions[0].kind == "undo" else {})


SEMANTIC = "semantic search"
WHOLE = ("embedder", "upkeep", "custom step", "listener")


def noticed(core: Core, scope: Scope) -> Flow[None]:
    """Tell of each mode of the whole memory that began since it was last looked at."""
    state = (core.known.embed_error, core.known.upkeep_error, core.known.step_error, core.known.listener_error)
    if state == core.known.looked:
        return
    core.known.looked = state
    for mode, error in zip(WHOLE, state, strict=True):
        yield from begun(core, scope, 0, mode, brief(error))
    yield from begun(core, scope, 0, "tokens", "counts are estimates" if core.count.name == "estimate" else "")


def begun(core: Core, scope: Scope, pk: int, mode: str, reason: str) -> Flow[None]:
    """Tell that *mode* of the session *pk* began, where that is new; without a *reason*, note that it is over."""
    key = (pk, mode)
    if not reason and not core.modes.get(key):
        return
    if not core.modes.swap(key, bool(reason)) and reason:
        yield _degraded(scope, mode, reason)


def brief(error: str) -> str:
    """The type alone of "type: words": the words of an error may quote what somebody said."""
    return error.split(":", maxsplit=1)[0]


def brief_all(degraded: tuple[str, ...]) -> tuple[str, ...]:
    """The same for "part: type: words", as contexts and hits tell of modes."""
    return tuple(":".join(mode.split(":")[:2]) for mode in degraded)
