"""Finding in a conversation, in a user's documents, or in both, where their hits compete by score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from tiermem.errors import BudgetTooSmall
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.indexing import words as archive
from tiermem.flows.reading import described, documents, rank
from tiermem.flows.reading import opening as opened
from tiermem.flows.reading.corpus import user_wide
from tiermem.flows.reading.opening import Opening
from tiermem.flows.reading.request import Matched, SearchRequest, SearchResult
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Hit, Piece, Recalled
from tiermem.search import passages, quoting
from tiermem.search.passages import NOTE
from tiermem.search.query import Question
from tiermem.search.ranking import explanation, sufficiency
from tiermem.search.ranking.sufficiency import WeighedQuestion
from tiermem.search.ranking.threshold import LEAST
from tiermem.settings import Scope
from tiermem.storage import sessions
from tiermem.text.analyzer import terms
from tiermem.tokens.counting import OVERHEAD


def search(core: Core, scope: Scope, request: SearchRequest, explain: bool) -> Flow[list[Hit]]:
    """The best hits, also weak ones; with *explain* each says what matched."""
    began = core.timer()
    opening = yield from opened.load(core, scope)
    result = yield from find(core, scope, opening, replace(request, weak=True))
    hits: Sequence[Hit] = result.hits
    if explain:
        hits = yield Compute(lambda: _explained(result.hits, result.question))
    yield reporting.recalled(core, scope, "search", request.query, hits, result.degraded, core.since(began))
    return (yield from _with_media(core, scope, hits))


def _with_media(core: Core, scope: Scope, hits: Sequence[Hit]) -> Flow[list[Hit]]:
    """*hits* with the bytes of the media in their messages, which ranking and quoting do without."""
    whole: dict[int, Message] = {}
    for name in dict.fromkeys(hit.session for hit in hits if hit.message.pointers):
        there = [hit.message for hit in hits if hit.session == name]
        row = yield Read(partial(sessions.find, scope=Scope(scope.tenant, scope.user, name or scope.session)))
        filled = yield from window_state.with_media(core, row.pk, there)
        whole |= zip(map(id, there), filled, strict=True)
    return [replace(hit, message=whole.get(id(hit.message), hit.message)) for hit in hits] if whole else list(hits)


def _explained(hits: Sequence[Hit], question: Question | None) -> list[Hit]:
    if question is None:
        return list(hits)
    said = {hit.ref: terms(archive.searchable(hit.message)) for hit in hits}
    return [replace(hit, reason=explanation.reason(question, hit, said[hit.ref], hits)) for hit in hits]


def find(core: Core, scope: Scope, opening: Opening, request: SearchRequest) -> Flow[SearchResult]:
    """What answers *request* in the session of *opening*, in its user's documents, or in both; each side must reach the
    threshold alone."""
    results: list[SearchResult] = []
    if request.within != "knowledge" and (request.talk or user_wide(scope, request.within)):
        results.append((yield from rank.hits(core, scope, opening.row, request)))
    if core.describe is not None and results:
        seen = yield from described.hits(core, scope, opening.row, request)
        results.append(seen if request.weak else replace(seen, hits=_worth(seen, notes=False)))
    if request.within not in {"conversation", "user"}:
        chunks = yield from documents.ranked(core, scope, request)
        results.append(chunks if request.weak else replace(chunks, hits=_worth(chunks, request.notes)))
    question = next((result.question for result in results if result.question is not None), None)
    reasons = degraded(core, *(words for result in results for words in result.degraded))
    hits = [hit for result in results for hit in result.hits]
    if len(results) > 1:
        hits = _once(sorted(hits, key=lambda hit: -hit.score))[: request.limit]
    matched = _together([one.matched for one in results])
    if hits and not request.weak and not request.requested:
        likely = yield Compute(lambda: sufficiency.likely(matched.asked, (seen := matched.seen(hits)), seen))
        if likely < core.settings.least_likely:  # what was kept on purpose need not be so good
            hits = [hit for hit in hits if hit.source.startswith(NOTE)]
    return SearchResult(tuple(hits), question, reasons, matched=matched)


def _once(hits: Sequence[Hit]) -> list[Hit]:
    """*hits*, best first, of which a message that was found by its words and by its media is one."""
    return list({(hit.source, hit.session, hit.message.sequence): hit for hit in reversed(hits)}.values())[::-1]


def _together(several: Sequence[Matched]) -> Matched:
    """What was seen of talk and of documents: the question is that of the first which has it."""
    asked = next((one.asked for one in several if one.asked.coverage.weights), WeighedQuestion())
    held = {ref: bits for one in several for ref, bits in one.held.items()}
    return Matched(asked, held, several[0].viewed if several else {})


def degraded(core: Core, *reasons: str) -> tuple[str, ...]:
    """What people should know of the vectors, each thing once."""
    error = (f"embedder: {core.known.embed_error}",) if core.known.embed_error else ()
    return tuple(dict.fromkeys((*reasons, *error)))


def _worth(chunks: SearchResult, notes: bool) -> tuple[Hit, ...]:
    """As for messages: none where the best is below `least`, none below `LEAST` of it; *notes* need not be so good."""
    least, hits = chunks.least, [hit for hit in chunks.hits if hit.score >= LEAST * chunks.least]
    if hits and hits[0].score >= least:
        return tuple(hits)
    return tuple(hit for hit in hits if notes and hit.source.startswith(NOTE))


def recall(core: Core, scope: Scope, request: SearchRequest, budget: int) -> Flow[Recalled]:
    """What answers the question, as one quoted block of at most *budget* tokens.

    Raises:
        BudgetTooSmall: *budget* is not above 0.
    """
    if budget <= 0:
        raise BudgetTooSmall(1, budget, "a recalled block")
    began = core.timer()
    opening = yield from opened.load(core, scope)
    result = yield from find(core, scope, opening, replace(request, limit=candidates(core, budget)))
    asked = (scope.tenant, scope.user, scope.session)

    def quoted() -> tuple[list[Piece], list[Hit], float]:
        hits, matched = [hit for hit in result.hits if quoting.quotable(hit.message)], result.matched
        seen = matched.seen(hits)
        if request.sufficient:
            hits = hits[: sufficiency.enough(matched.asked, seen)]
        levels = request.levels
        room = budget + OVERHEAD  # nobody sends it as a message
        pieces, shown = quoting.block(hits, request.query, room, core.count, core.quotes, asked, levels=levels)
        return pieces, shown, sufficiency.likely(matched.asked, matched.seen(shown), seen)

    pieces, shown, likely = yield Compute(quoted)
    text = pieces[0].message.text if pieces else ""
    tokens = pieces[0].tokens - OVERHEAD if pieces else core.count(text)
    yield reporting.recalled(core, scope, "recall", request.query, shown, result.degraded, core.since(began), tokens)
    return Recalled(text=text, tokens=tokens, budget=budget, hits=tuple(shown), degraded=result.degraded, likely=likely)


def candidates(core: Core, budget: int) -> int:
    """Hits from which a block of *budget* tokens is chosen: as many short ones as it could hold."""
    return min(core.settings.recall_limit, 1 + budget // passages.TYPICAL)
