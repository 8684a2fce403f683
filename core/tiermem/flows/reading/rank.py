"""Ranking one conversation for a search: its index and vectors brought up to date, every message scored by its words,
the stretch of talk around it and its vector, the best ones read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from tiermem.facts.preferences import TERM as STANDING
from tiermem.flows import window_state
from tiermem.flows.effects import Compute, Flow, Read, Wake
from tiermem.flows.indexing.words import spoken
from tiermem.flows.reading import filters, vector_search
from tiermem.flows.reading.request import SearchRequest, SearchResult
from tiermem.flows.services import Core
from tiermem.index.postings import WordIndex
from tiermem.providers.related_words import related_words
from tiermem.records import Hit
from tiermem.search import expansion, scoring
from tiermem.search.embedder_trust import Nearest
from tiermem.search.query import Question, read, without_names
from tiermem.search.scoring import Signals
from tiermem.search.threshold import LEAST, Vectors, threshold
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage import words as archive
from tiermem.storage.sessions import SessionRow
from tiermem.text.dialogue import ECHO, Posting, Spoken, Talk
from tiermem.times.nearness import nearness, wall_clock

if TYPE_CHECKING:
    import numpy as np
    import sqlalchemy as sa
    from numpy.typing import NDArray

    from tiermem.messages import Message

LEAST_SPREAD = 0.08  # of cosines; below it a session has hardly any vector near the question
TAIL = 5_000  # unindexed messages read in one go; of a very long conversation, all that a question reads so

Scored: TypeAlias = tuple[int, float, dict[str, float]]  # sequence, score, its parts


@dataclass(frozen=True, slots=True)
class _Ranking:
    """A question beside one conversation: its words, as far as the question may look, and what vectors say."""

    core: Core
    row: SessionRow
    question: Question
    index: WordIndex
    counted: Mapping[str, int]
    near: Nearest
    trusted: float
    unsaid: frozenset[int] = frozenset()

    def postings(self, terms: Iterable[str]) -> Mapping[str, Posting]:
        """Where these index terms stand, but for what counts as unsaid."""
        found = self.index.postings(terms, self.row.messages, self.counted)
        return {term: posting.without(self.unsaid) for term, posting in found.items()} if self.unsaid else found


def hits(core: Core, scope: Scope, row: SessionRow, request: SearchRequest) -> Flow[SearchResult]:
    """The messages of the session *row* that answer *request*; none where the best one is not worth a page.

    What was said after `as_of` is left out: the others are ranked as if it had not been said yet, but for names and
    words of very long sessions. What `only` leaves out lends its words as ever, and is not found.
    """
    best, result = yield from _best(core, scope, row, request)
    said = yield from window_state.bodies(core, row, (sequence for sequence, _, _ in best))
    legible = ((said[number], score, why) for number, score, why in best if number in said)
    answers = (Hit(message=one, score=score, why=why) for one, score, why in legible if one.origin != log.DAMAGED)
    return replace(result, hits=tuple(answers))


def _best(
    core: Core, scope: Scope, row: SessionRow, request: SearchRequest
) -> Flow[tuple[Sequence[Scored], SearchResult]]:
    if not row.pk or not request.query.strip() or request.limit <= 0:
        return (), SearchResult()
    question = yield Compute(lambda: read(request.query, related_words(), core.synonyms()))
    index, counted = yield from _words(core, scope, row, [*question.terms, STANDING])
    bare = yield Compute(lambda: without_names(request.query, index.speakers))
    near = yield from vector_search.nearest(core, scope, row, bare)
    trust = yield from vector_search.trust(core, scope, request.query, len(near))
    hidden = yield Read(lambda connection: decisions.hidden(connection, row))
    cutoff = yield from filters.cutoff(core, row, index, request.as_of)
    if not cutoff.upto:
        return (), SearchResult(question=question, degraded=near.degraded)
    row = replace(row, messages=cutoff.upto, indexed=min(row.indexed, cutoff.upto))
    outside = yield from filters.outside(core, row, index, request.only)
    trusted = trust * _lexical(core) if len(near) else 0.0
    ranking = _Ranking(core, row, question, index, counted, near, trusted, request.unsaid)
    without = request.without | request.unsaid | cutoff.among

    def first() -> tuple[Talk, scoring.Scores, NDArray[np.bool_]]:
        talk, scores = _scored(ranking, request.as_of)
        return talk, scores, _left_out(row.messages, without, hidden) | outside | _echoes(talk)

    talk, scores, out = yield Compute(first)
    scores = yield from _bridged(ranking, talk, scores, out)
    least = _threshold(ranking, scores)
    must = 0.0 if request.weak else least
    best = yield Compute(lambda: scoring.chosen(scores, out, request.limit, must, LEAST * least))
    return best, SearchResult(question=question, degraded=near.degraded, least=least)


def _scored(ranking: _Ranking, as_of: datetime | None) -> tuple[Talk, scoring.Scores]:
    """The conversation, and each message's score by everything but bridges."""
    core, question, count = ranking.core, ranking.question, ranking.row.messages
    talk = ranking.index.talk(count)
    postings = ranking.postings(question.index_terms())
    fits = nearness(question.text, talk.said, wall_clock(as_of or core.now()), talk.talked)
    signals = Signals(question, _semantic(ranking.near, count, ranking.unsaid), ranking.trusted, fits)
    scores = scoring.scored(talk, postings, signals, core.settings.weights)
    return talk, scoring.wished(scores, talk, postings, question, core.settings.weights)


def _threshold(ranking: _Ranking, scores: scoring.Scores) -> float:
    settings, vectors = ranking.core.settings, Vectors(len(ranking.near), ranking.trusted, scores.alone)
    return threshold(settings.relevance_threshold, len(ranking.question.terms), settings.weights, vectors)


def _lexical(core: Core) -> float:
    return core.settings.weights.lexical if core.lexical else 1.0


def _semantic(near: Nearest, count: int, unsaid: Iterable[int] = ()) -> NDArray[np.float64] | None:
    """Cosines less their mean, in standard deviations; 0 where a message has no vector."""
    import numpy as np

    there = near.sequences <= count
    if not there.any():
        return None
    standing, scores = np.zeros(count), near.scores[there]
    mean, spread = float(scores.mean()), float(scores.std())
    if 2 * len(scores) < count:  # only the nearest were named; they do not tell how far apart all are
        mean, spread = near.mean, near.spread
    standing[near.sequences[there] - 1] = (scores - mean) / max(spread, LEAST_SPREAD)
    standing[[number - 1 for number in unsaid if 0 < number <= count]] = 0.0
    return standing


def _echoes(talk: Talk) -> NDArray[np.bool_] | bool:
    """Which messages hold nothing but what we quoted ourselves: copies, where what they quote is there."""
    return False if talk.roles is None else talk.roles == ECHO


def _left_out(count: int, without: frozenset[int], hidden: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    import numpy as np

    out = np.zeros(count, dtype=bool)
    out[[number - 1 for number in without if 0 < number <= count]] = True
    for first, last in hidden:
        out[max(0, first - 1) : last] = True
    return out


def _bridged(ranking: _Ranking, talk: Talk, scores: scoring.Scores, out: NDArray[np.bool_]) -> Flow[scoring.Scores]:
    """*scores* with the second hop: rare words of the best messages, looked up in turn."""
    row, weights = ranking.row, ranking.core.settings.weights
    best = yield Compute(lambda: scoring.seeds(scores, out))
    if not weights.graph or not best:
        return scores
    rows = yield Read(lambda c: archive.some_words(c, row.pk, list(best)))
    late = yield Read(lambda c: log.pick(c, row.pk, [number for number in best if number > row.indexed]))

    def second() -> scoring.Scores:
        mentioned = {message.sequence: message.terms for message in [*rows, *spoken(late)]}
        postings = ranking.postings({term for terms in mentioned.values() for term in terms})
        frequencies = {term: posting.frequency for term, posting in postings.items()}
        asked = {STANDING, *ranking.question.terms, *(term for name in talk.names for term in name)}
        words = expansion.bridges(best, mentioned, frequencies, row.messages, asked)
        return scoring.bridged(scores, expansion.bridged(words, postings, best, row.messages), weights)

    lifted: scoring.Scores = yield Compute(second)
    return lifted


def _words(
    core: Core, scope: Scope, row: SessionRow, question: Sequence[str]
) -> Flow[tuple[WordIndex, Mapping[str, int]]]:
    """All words of the session; of a very long one, those of messages that hold the question's rarest terms."""
    if not row.foreign and row.messages - row.indexed >= core.settings.index_batch:
        yield Wake(scope)  # the index was emptied, and nothing may be added for a long time
    if row.messages > scoring.WHOLE:
        return (yield from _nominated(row, question))
    index = core.words.get(row.pk) or core.words.put(row.pk, WordIndex())
    indexed, rows = yield Read(partial(_indexed, pk=row.pk, above=index.last))
    yield Compute(lambda: index.add(rows))
    last = max(index.last, indexed)
    while last < row.messages:
        tail = yield Read(partial(log.read, pk=row.pk, first=last + 1, last=min(last + TAIL, row.messages)))
        yield Compute(partial(_add, index, tail))
        last = min(last + TAIL, row.messages)
    return index, {}


def _indexed(connection: sa.Connection, pk: int, above: int) -> tuple[int, list[Spoken]]:
    """Up to which message words are indexed, and the words above *above*, of one snapshot."""
    indexed = sessions.by_key(connection, pk).indexed
    return indexed, archive.words(connection, pk, above) if indexed > above else []


def _add(index: WordIndex, messages: Sequence[Message]) -> None:
    index.add(spoken(messages))


def _nominated(row: SessionRow, question: Sequence[str]) -> Flow[tuple[WordIndex, Mapping[str, int]]]:
    index = WordIndex()
    counted = yield Read(lambda c: archive.frequencies(c, row.pk, question))
    rare = scoring.rarest(counted)
    rows = yield Read(lambda c: archive.nominate(c, row.pk, rare, scoring.CANDIDATES))
    first = max(row.indexed, row.messages - TAIL) + 1
    tail = yield Read(lambda c: log.read(c, row.pk, first, row.messages))
    older = [one for one in rows if one.sequence < first]
    yield Compute(lambda: index.add([*older, *spoken(tail)]))
    return index, counted
