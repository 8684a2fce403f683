"""Ranking for a search: what may be found in one session or in all of a user's, every message scored by its words, the
stretch of talk around it and its vector, the best ones read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tiermem.facts.asked.wanted import wanted
from tiermem.facts.preferences import TERM as STANDING
from tiermem.flows import reporting, window_state
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.reading import corpus as reading
from tiermem.flows.reading import filters, outdated, vector_search
from tiermem.flows.reading.corpus import Corpus
from tiermem.flows.reading.outdated import Searched
from tiermem.flows.reading.request import Matched, SearchRequest, SearchResult
from tiermem.flows.reading.shelved import lookups
from tiermem.flows.services import Core
from tiermem.index.shelves.asked import AskedIndex
from tiermem.index.shelves.gone import ShelfGone
from tiermem.index.shelves.mapped import given_back
from tiermem.index.stated import places_telling
from tiermem.providers.related_words import related_words
from tiermem.records import Hit
from tiermem.search.query import Question, read, without_names
from tiermem.search.ranking import coverage, expansion, scoring
from tiermem.search.ranking.embedder_trust import EmbedderTrust, Nearest
from tiermem.search.ranking.field import Field
from tiermem.search.ranking.matching import planned
from tiermem.search.ranking.scoring import Scores, Signals
from tiermem.search.ranking.sufficiency import Seen, WeighedQuestion
from tiermem.search.ranking.threshold import Vectors, each, threshold
from tiermem.settings import Scope, Settings
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage.log.legible import UNREADABLE
from tiermem.storage.sessions import SessionRow
from tiermem.text.dialogue import ECHO
from tiermem.times.nearness import nearness, wall_clock

DEFAULTS = Settings()
ALONE = 4  # times `index_memory` that one index may have: it was in RAM to be asked, and is asked again next
VIEWED = 8  # messages in view, at most, whose words are looked at for how likely they answer
LEAST_SPREAD = 0.08  # of cosines; below it a session has hardly any vector near the question

Scored: TypeAlias = tuple[int, float, dict[str, float]]  # place, score, its parts
Mask: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Telling:
    """The places of messages that state what a question asks of a person, its terms that ask it, as bits, and whether
    they surely answer it."""

    places: Places
    bits: int = 0
    surely: bool = False


@dataclass(frozen=True, slots=True)
class _Ranking:
    """A question beside what may be found for it: messages, how near their vectors are and how far to trust them."""

    core: Core
    question: Question
    corpus: Corpus
    field: Field
    near: Nearest
    trust: EmbedderTrust
    pinned: NDArray[np.int64]
    told: _Telling


def hits(core: Core, scope: Scope, row: SessionRow, request: SearchRequest) -> Flow[SearchResult]:
    """The messages that answer *request*, asked in the session *row*; none where the best one is not worth a page.

    What is hidden, and what was said after `as_of`, is left out: the others are ranked as if it had never been said.
    What `only` leaves out lends its words as ever, and is not found.
    """
    anywhere = row.pk or reading.user_wide(scope, request.within)
    if not anywhere or not request.query.strip() or request.limit <= 0:
        return SearchResult()
    try:
        corpus = yield from reading.opened(core, scope, row, request)
        best, field, bits, result = yield from _best(core, scope, row, corpus, request)
    except ShelfGone:  # a shelf was put in place of others meanwhile, or is damaged
        corpus = yield from reading.opened(core, scope, row, request, shelves=False)
        best, field, bits, result = yield from _best(core, scope, row, corpus, request)
    wanted = field.at([place for place, _, _ in best])
    said = yield from window_state.bodies_of(core, wanted)
    core.indexes.trim(core.settings.index_memory, ALONE * core.settings.index_memory)
    if isinstance(corpus.index, AskedIndex):
        yield Compute(given_back)
    there = [(said[at], at, one) for at, one in zip(wanted, best, strict=True) if at in said]
    there = [one for one in there if one[0].origin not in UNREADABLE]
    local = core.local(message for message, _, _ in there)
    names = {key: name if scope.kind == "conversation" else "" for key, (name, _) in corpus.rows.items()}
    found = [
        Hit(message=message, score=score, why=why, session=names[key], home=key == row.pk)
        for message, (_, (key, _), (_, score, why)) in zip(local, there, strict=True)
    ]
    by_place = dict(zip(wanted, bits, strict=True))
    held = {hit.ref: by_place[at] for hit, (_, at, _) in zip(found, there, strict=True)}
    if scope.kind == "conversation":
        found = yield from outdated.marked(
            core, scope, Searched(corpus, field, row.pk, request, result.question), found
        )
    return replace(result, hits=tuple(found), matched=replace(result.matched, held=held))


def _best(
    core: Core, scope: Scope, row: SessionRow, corpus: Corpus, request: SearchRequest
) -> Flow[tuple[Sequence[Scored], Field, Sequence[int], SearchResult]]:
    question = yield Compute(lambda: read(request.query, related_words(), core.synonyms()))
    every = yield Compute(corpus.field)
    late = yield from filters.too_late(core, every, request.as_of)
    whose = {key: (own.pk, own.messages) for key, (_, own) in corpus.rows.items()}
    field = yield from lookups.without(corpus.index, every, lambda: late | _unsaid(corpus, every, request), whose)
    near, trust, degraded = yield from _vectors(core, scope, row, corpus, field, request.query)
    result = SearchResult(question=question, degraded=degraded)
    if not len(field):
        return (), field, (), result
    outside = yield from filters.outside(core, field, request.only, question.terms)
    pinned = yield from _pinned(core, field)
    told = yield Compute(partial(_told, corpus, field, question))
    ranking = _Ranking(core, question, corpus, field, near, trust, pinned, told)
    yield from lookups.words(core, corpus.index, planned(question, core.settings.weights.related).words)

    sought = request.weak or request.requested  # else what stands alone must be surer

    def scored() -> tuple[Signals, Scores, Mask, Places]:
        signals = _signals(ranking, request.as_of)
        scores = _scored(ranking, signals, sought=sought)
        out = outside | (field.roles == ECHO)  # copies, where what they quote is there
        view = field.find(row.pk, request.without)
        out[view] = True
        return signals, scores, out, view

    def ranked(
        signals: Signals, scores: Scores, out: Mask, view: Places
    ) -> tuple[Sequence[Scored], float, list[int], Matched]:
        scores = _bridged(ranking, scores, out)
        least = _threshold(ranking, scores, core.settings.relevance_threshold)
        best: Sequence[Scored] = ()
        if scoring.reaches(scores, out, 0.0 if request.weak else least):
            lowest = each(least, len(question.terms), 0.0 if sought else scores.alone)
            best = _standing_in_talk(ranking, scores, out, request.limit, lowest, talk=scope.kind == "conversation")
        if not best and (alone := _by_meaning(ranking)) is not None:
            best = scoring.chosen(scores, out | ~alone, request.limit, 0.0)
        return best, least, *_matched(ranking, signals, scores, best, view)

    if isinstance(corpus.index, AskedIndex):  # which reads, between the two, the words of the best ones
        yield Compute(given_back)  # what reading took
        first = yield Compute(scored)
        seeds = list(scoring.seeds(first[1], first[2])) if core.settings.weights.graph else []
        yield from lookups.mentioned(core, corpus.index, field, seeds, expansion.most(len(field)))
        best, least, bits, matched = yield Compute(lambda: ranked(*first))
    else:
        best, least, bits, matched = yield Compute(lambda: ranked(*scored()))
    return best, field, bits, replace(result, least=least, matched=matched)


def _told(corpus: Corpus, field: Field, question: Question) -> _Telling:
    asked = wanted(question.text, named=bool(question.names)) if len(corpus.index.stated) else None
    if asked is None:
        return _Telling(np.zeros(0, np.int64))
    bits = sum(1 << at for at, term in enumerate(question.terms) if term in asked.words)
    places = places_telling(corpus.index.stated, field, asked, question.names)
    return _Telling(places, bits, "diet" not in asked.topics)  # what to eat, more than facts may tell


def _unsaid(corpus: Corpus, every: Field, request: SearchRequest) -> Mask:
    """Which messages count as never said: those that are hidden in their sessions, and those `unsaid` of this one."""
    gone = np.zeros(len(every), dtype=bool)
    for key, ranges in corpus.hidden.items():
        gone |= every.mask(key, ranges)
    if request.unsaid and corpus.home:
        gone[every.find(corpus.home, request.unsaid)] = True
    return gone


def _vectors(
    core: Core, scope: Scope, row: SessionRow, corpus: Corpus, field: Field, query: str
) -> Flow[tuple[Nearest, EmbedderTrust, tuple[str, ...]]]:
    """How near each message's vector is, by place; how far vectors are to be trusted; why they are missing. Without a
    model, how alike words and spelling are."""
    bare = yield Compute(lambda: without_names(query, field.speaking))
    if core.lexical:
        yield from reporting.noticed(core, scope)
        alike: Any = yield from lookups.likeness(core, corpus.index, field, bare)
        return Nearest(np.arange(len(field)), alike), EmbedderTrust(core.settings.weights.lexical), ()
    by_session, degraded = yield from vector_search.nearest(core, scope, row.pk, corpus.rows, bare, corpus.shared)
    near = yield Compute(lambda: _placed(by_session, field))
    trust = yield from vector_search.trust(core, scope, query, len(near))
    return near, trust if len(near) else EmbedderTrust(0.0), degraded


def _by_meaning(ranking: _Ranking) -> Mask | None:
    """Which messages are so near to the question that they answer it without any of its words; None where none is."""
    near = ranking.near.scores >= ranking.trust.alone
    if not near.any():
        return None
    alone = np.zeros(len(ranking.field), dtype=bool)
    alone[ranking.near.sequences[near]] = True
    return alone


def _placed(by_session: Mapping[int, Nearest], field: Field) -> Nearest:
    """Nearness by place instead of number, without what is not in *field*."""
    places, scores, means, spreads, weights = [], [], [], [], []
    for key, near in by_session.items():
        if not len(near):
            continue
        inside = field.of(key)
        numbers = field.numbers[inside]
        if np.array_equal(numbers, near.sequences):
            places.append(np.arange(inside.start, inside.stop))
            scores.append(near.scores)
        else:
            at = np.minimum(np.searchsorted(numbers, near.sequences), max(len(numbers) - 1, 0))
            there = numbers[at] == near.sequences if len(numbers) else np.zeros(len(at), dtype=bool)
            places.append(at[there] + inside.start)
            scores.append(near.scores[there])
        means.append(near.mean)
        spreads.append(near.spread)
        weights.append(len(near))
    if not places:
        return Nearest(np.zeros(0, np.int64), np.zeros(0))
    mean = float(np.average(means, weights=weights))
    apart = np.square(spreads) + np.square(np.array(means) - mean)
    spread = float(np.sqrt(np.average(apart, weights=weights)))
    return Nearest(np.concatenate(places), np.concatenate(scores), mean, spread)


def _pinned(core: Core, field: Field) -> Flow[NDArray[np.int64]]:
    """The places of pinned messages; asked for only where they count."""
    if not core.settings.weights.importance:
        return np.zeros(0, np.int64)
    entries = yield Read(
        lambda c: {key: list(entry_rows.fixed(c, key, int(field.numbers.max()))) for key in field.sessions}
    )
    pinned = {key: [e.sequence for e in own if e.role not in log.FIXED_ROLES] for key, own in entries.items()}
    found: NDArray[np.int64] = np.concatenate([field.find(key, numbers) for key, numbers in pinned.items()])
    return found


def _signals(ranking: _Ranking, as_of: datetime | None) -> Signals:
    """What is known of each message for the question."""
    core, question, field = ranking.core, ranking.question, ranking.field
    plan = planned(question, core.settings.weights.related)
    standing = ranking.corpus.index.standing(field, plan.words)
    fits = nearness(question.text, field.said, wall_clock(as_of or core.now()), field.talked, lambda: field.years)
    semantic = _semantic(ranking.near, len(field))
    return Signals(question, plan, standing, semantic, ranking.trust.share, fits, ranking.pinned)


def _scored(ranking: _Ranking, signals: Signals, *, sought: bool) -> Scores:
    """Each message's score by everything but bridges; *sought*: somebody reads the hits themselves."""
    field, settings = ranking.field, ranking.core.settings
    scores = scoring.scored(field, signals, settings.weights)
    scores = scoring.wished(scores, field, signals, settings.weights, sought=sought)
    least = _threshold(ranking, scores, settings.relevance_threshold)
    told = ranking.told
    return scoring.stated(scores, told.places, least, settings.weights, surely=told.surely)


def _standing_in_talk(
    ranking: _Ranking, scores: Scores, out: Mask, limit: int, lowest: float, *, talk: bool
) -> Sequence[Scored]:
    """The *limit* best of at least *lowest*, by where they stand in their talks, if it is *talk*."""
    if not talk:
        return scoring.chosen(scores, out, limit, lowest)
    scores = scoring.placed(scores, out, ranking.field, ranking.core.settings.weights)
    return scoring.chosen(scores, out, limit, lowest * (1 - scores.dense))


def _threshold(ranking: _Ranking, scores: Scores, theta: float) -> float:
    vectors = Vectors(len(ranking.near), ranking.trust.share, scores.alone)
    return threshold(theta, len(ranking.question.terms), ranking.core.settings.weights, vectors)


def _matched(
    ranking: _Ranking, signals: Signals, scores: Scores, best: Sequence[Scored], view: Places
) -> tuple[list[int], Matched]:
    """Which terms of the question each of *best* has; and how the question stands to what is in *view*."""
    field, plan, standing = ranking.field, signals.plan, signals.standing
    top = scoring.highest(scores, view, VIEWED)
    places = [*(place for place, _, _ in best), *(place for place, _ in top)]
    bits = coverage.held(plan, standing, places, len(field))
    telling = set(ranking.told.places.tolist())
    bits = [held | ranking.told.bits if place in telling else held for place, held in zip(places, bits, strict=True)]
    dates = scores.parts.get("date")
    viewed = {
        int(field.numbers[place]): Seen(score, held, dates is not None and bool(dates[place]))
        for (place, score), held in zip(top, bits[len(best) :], strict=True)
    }
    asked = WeighedQuestion(
        _threshold(ranking, scores, DEFAULTS.relevance_threshold),
        coverage.coverage(ranking.question, plan, standing, len(field)),
        dated=signals.nearness is not None,
    )
    return bits[: len(best)], Matched(asked, viewed=viewed)


def _semantic(near: Nearest, count: int) -> NDArray[np.float32] | None:
    """Cosines less their mean, in standard deviations; 0 where a message has no vector."""
    if not len(near):
        return None
    standing, scores = np.zeros(count, np.float32), near.scores
    mean, spread = float(scores.mean()), float(scores.std())
    if 2 * len(scores) < count:  # only the nearest were named; they do not tell how far apart all are
        mean, spread = near.mean, near.spread
    standing[near.sequences] = (scores - mean) / max(spread, LEAST_SPREAD)
    return standing


def _bridged(ranking: _Ranking, scores: Scores, out: Mask) -> Scores:
    """*scores* with the second hop: rare words of the best messages, looked up in turn."""
    field, index, weights = ranking.field, ranking.corpus.index, ranking.core.settings.weights
    best = scoring.seeds(scores, out)
    if not weights.graph or not best:
        return scores
    rare, frequencies = index.rare(field, field.rows[list(best)].tolist(), expansion.most(len(field)))
    mentioned = dict(zip(best, rare, strict=True))
    speakers = (term for name in field.present.values() for term in name)
    asked = {STANDING, *ranking.question.terms, *speakers}
    words = expansion.bridges(best, mentioned, frequencies, len(field), asked)
    standing = index.standing(field, list(words))
    return scoring.bridged(scores, expansion.bridged(list(words.values()), standing, best, len(field)), weights)
