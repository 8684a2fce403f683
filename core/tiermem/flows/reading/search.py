"""Finding in a conversation, in a user's documents, or in both, where their hits compete by score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tiermem.errors import BudgetTooSmall
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.indexing import words as archive
from tiermem.flows.reading import documents, rank
from tiermem.flows.reading.filters import ANY, Only
from tiermem.flows.services import Core
from tiermem.records import Hit, Recalled, Within
from tiermem.search import explanation, passages, quoting
from tiermem.search.query import Question
from tiermem.search.threshold import LEAST
from tiermem.settings import Scope
from tiermem.storage.sessions import SessionRow
from tiermem.text.analyzer import terms


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for, where, and as of when (None: now); *weak* hits too, or only what is worth a page; *only* of
    these times and this role."""

    query: str
    within: Within = "conversation"
    as_of: datetime | None = None
    weak: bool = False
    only: Only = ANY


@dataclass(frozen=True, slots=True)
class Found:
    """Hits, best first; why vectors are missing, where they are; the question as the last search read it."""

    hits: list[Hit]
    degraded: tuple[str, ...] = ()
    question: Question | None = None


def search(core: Core, scope: Scope, wanted: Wanted, k: int, explain: bool) -> Flow[list[Hit]]:
    """The *k* best hits, the best ones compared with each other; with *explain* each says what matched."""
    began = core.timer()
    row, _ = yield from window_state.load(core, scope)
    found = yield from find(core, scope, row, replace(wanted, weak=True), k)
    hits = yield Compute(lambda: quoting.marked(found.hits, wanted.query, core.reading()))
    if explain:
        hits = yield Compute(lambda: _explained(hits, found.question))
    yield reporting.recalled(scope, "search", hits, found.degraded, core.since(began))
    return list(hits)


def _explained(hits: Sequence[Hit], question: Question | None) -> list[Hit]:
    if question is None:
        return list(hits)
    said = {hit.ref: terms(archive.searchable(hit.message)) for hit in hits}
    return [replace(hit, reason=explanation.reason(question, hit, said[hit.ref], hits)) for hit in hits]


def find(
    core: Core, scope: Scope, row: SessionRow, wanted: Wanted, limit: int, without: frozenset[int] = frozenset()
) -> Flow[Found]:
    """The *limit* best, without the messages numbered in *without*; both sides must reach the threshold alone."""
    hits: list[Hit] = []
    seen: list[rank.Ranked] = []
    if wanted.within != "knowledge":
        ranked = yield from rank.scores(
            core, scope, row, wanted.query, limit, without, wanted.weak, wanted.as_of, wanted.only
        )
        said = yield from window_state.bodies(core, row, (sequence for sequence, _, _ in ranked.best))
        hits += [Hit(message=said[s], score=score, why=why) for s, score, why in ranked.best if s in said]
        seen.append(ranked)
    if wanted.within != "conversation":
        chunks, ranked = yield from documents.ranked(core, scope, wanted.query, limit, wanted.as_of, wanted.only)
        hits = _competing(hits, chunks if wanted.weak else _worth(chunks, ranked.least), limit)
        seen.append(ranked)
    question = next((one.question for one in seen if one.question is not None), None)
    return Found(hits, degraded(core, *(words for one in seen for words in one.degraded)), question)


def degraded(core: Core, *told: str) -> tuple[str, ...]:
    """What people should know of the vectors, each thing once."""
    error = (f"embedder: {core.embed_error}",) if core.embed_error else ()
    return tuple(dict.fromkeys((*told, *error)))


def _worth(chunks: Sequence[Hit], least: float) -> list[Hit]:
    """As for messages: none where the best is below *least*, and none below `LEAST` of it."""
    if not chunks or chunks[0].score < least:
        return []
    return [hit for hit in chunks if hit.score >= LEAST * least]


def _competing(said: Sequence[Hit], chunks: Sequence[Hit], limit: int) -> list[Hit]:
    return sorted([*said, *chunks], key=lambda hit: -hit.score)[:limit]


def recall(core: Core, scope: Scope, wanted: Wanted, budget: int) -> Flow[Recalled]:
    """What answers the question, as one quoted block of at most *budget* tokens.

    Raises:
        BudgetTooSmall: *budget* is not above 0.
    """
    if budget <= 0:
        raise BudgetTooSmall(1, budget, "a recalled block")
    began = core.timer()
    row, _ = yield from window_state.load(core, scope)
    limit = min(core.settings.recall_limit, 1 + budget // passages.TYPICAL)
    found = yield from find(core, scope, row, wanted, limit)
    hits = [hit for hit in found.hits if hit.message.text]
    pieces, shown = yield Compute(lambda: quoting.block(hits, wanted.query, budget, core.count, core.reading()))
    text = pieces[0].message.text if pieces else ""
    tokens = core.count(text)
    yield reporting.recalled(scope, "recall", shown, found.degraded, core.since(began), tokens)
    return Recalled(text=text, tokens=tokens, budget=budget, hits=tuple(shown), degraded=found.degraded)
