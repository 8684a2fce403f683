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
from tiermem.index.remaining import Remaining
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
    left: Remaining
    pinned: Sequence[int] = ()  # numbers of messages; asked for only where they count

    def postings(self, terms: Iterable[str]) -> Mapping[str, Posting]:
        """Where these index terms stand, in what is left."""
        return self.index.postings(terms, self.left, self.counted)


def hits(core: Core, scope: Scope, row: SessionRow, request: SearchRequest) -> Flow[SearchResult]:
    """The messages of the session *row* that answer *request*; none where the best one is not worth a page.

    What is hidden, and what was said after `as_of`, is left out: the others are ranked as if it had never been said,
    but for words of very long sessions. What `only` leaves out lends its words as ever, and is not found.
    """
    best, result = yield from _best(core, scope, row, request)
    said = yield from window_state.bodies(core, row, (sequence for sequence, _, _ in best))
    legible = ((said[number], score, why) for number, score, why in best if number in said)
    sound = [(one, score, why) for one, score, why in legible if one.origin != log.DAMAGED]
    local = core.local(one for one, _, _ in sound)
    hits = (Hit(message=one, score=score, why=why) for one, (_, score, why) in zip(local, sound, strict=True))
    return replace(result, hits=tuple(hits))


def _best(
    core: Core, scope: Scope, row: SessionRow, request: SearchRequest
) -> Flow[tuple[Sequence[Scored], SearchResult]]:
    if not row.pk or not request.query.strip() or request.limit <= 0:
        return (), SearchResult()
    question = yield Compute(lambda: read(request.query, related_words(), core.synonyms()))
    index, counted = yield from _words(core, scope, row, [*question.terms, STANDING])
    hidden = yield Read(lambda connection: decisions.hidden(connection, row))
    cutoff = yield from filters.cutoff(core, row, index, request.as_of)
    gone = yield Compute(lambda: _gone(row.messages, hidden, cutoff.among | request.unsaid))
    bare = yield Compute(lambda: without_names(request.query, index.speakers(gone)))
    all_near = yield from vector_search.nearest(core, scope, row, bare)
    left = yield Compute(lambda: Remaining.of(gone[: cutoff.upto]))
    near = yield Compute(lambda: left.near(all_near))
    trust = yield from vector_search.trust(core, scope, request.query, len(near))
    if not left:
        return (), SearchResult(question=question, degraded=near.degraded)
    row = replace(row, messages=cutoff.upto, indexed=min(row.indexed, cutoff.upto))
    outside = yield from filters.outside(core, row, index, request.only, question.terms)
    pinned = yield from _pinned(core, row)
    trusted = trust * _lexical(core) if len(near) else 0.0
    ranking = _Ranking(core, row, question, index, counted, near, trusted, left, pinned)

    def first() -> tuple[Talk, scoring.Scores, NDArray[np.bool_]]:
        talk, scores = _scored(ranking, request.as_of)
        return talk, scores, _left_out(left, request.without) | outside[left.kept] | _echoes(talk)

    talk, scores, out = yield Compute(first)
    scores = yield from _bridged(ranking, talk, scores, out)
    least = _threshold(ranking, scores)
    must = 0.0 if request.weak else least
    best = yield Compute(lambda: scoring.chosen(scores, out, request.limit, must, LEAST * least))
    found = [(left.number(number - 1), score, why) for number, score, why in best]
    return found, SearchResult(question=question, degraded=near.degraded, least=least)


def _scored(ranking: _Ranking, as_of: datetime | None) -> tuple[Talk, scoring.Scores]:
    """What is left of the conversation, and each message's score by everything but bridges."""
    import numpy as np

    core, question = ranking.core, ranking.question
    talk = ranking.index.remaining(ranking.left)
    postings = ranking.postings(question.index_terms())
    fits = nearness(question.text, talk.said, wall_clock(as_of or core.now()), talk.talked)
    pinned = np.array(ranking.left.places(ranking.pinned), dtype=np.int64)
    signals = Signals(question, _semantic(ranking.near, len(talk)), ranking.trusted, fits, pinned)
    scores = scoring.scored(talk, postings, signals, core.settings.weights)
    return talk, scoring.wished(scores, talk, postings, question, core.settings.weights)


def _pinned(core: Core, row: SessionRow) -> Flow[Sequence[int]]:
    if not core.settings.weights.importance:
        return ()
    fixed = yield Read(lambda connection: list(log.fixed(connection, row.pk, row.messages)))
    return [entry.sequence for entry in fixed if entry.role not in log.FIXED_ROLES]  # system prompts are fixed too


def _threshold(ranking: _Ranking, scores: scoring.Scores) -> float:
    settings, vectors = ranking.core.settings, Vectors(len(ranking.near), ranking.trusted, scores.alone)
    return threshold(settings.relevance_threshold, len(ranking.question.terms), settings.weights, vectors)


def _lexical(core: Core) -> float:
    return core.settings.weights.lexical if core.lexical else 1.0


def _semantic(near: Nearest, count: int) -> NDArray[np.float64] | None:
    """Cosines less their mean, in standard deviations; 0 where a message has no vector."""
    import numpy as np

    if not len(near):
        return None
    standing, scores = np.zeros(count), near.scores
    mean, spread = float(scores.mean()), float(scores.std())
    if 2 * len(scores) < count:  # only the nearest were named; they do not tell how far apart all are
        mean, spread = near.mean, near.spread
    standing[near.sequences - 1] = (scores - mean) / max(spread, LEAST_SPREAD)
    return standing


def _echoes(talk: Talk) -> NDArray[np.bool_] | bool:
    """Which messages hold nothing but what we quoted ourselves: copies, where what they quote is there."""
    return False if talk.roles is None else talk.roles == ECHO


def _gone(count: int, hidden: Sequence[tuple[int, int]], unsaid: frozenset[int]) -> NDArray[np.bool_]:
    """Which of *count* messages count as never said: the ranges that are *hidden*, and the *unsaid* numbers."""
    import numpy as np

    gone = np.zeros(count, dtype=bool)
    for first, last in hidden:
        gone[max(0, first - 1) : last] = True
    gone[[number - 1 for number in unsaid if 0 < number <= count]] = True
    return gone


def _left_out(left: Remaining, without: frozenset[int]) -> NDArray[np.bool_]:
    import numpy as np

    out = np.zeros(len(left), dtype=bool)
    out[left.places(without)] = True
    return out


def _bridged(ranking: _Ranking, talk: Talk, scores: scoring.Scores, out: NDArray[np.bool_]) -> Flow[scoring.Scores]:
    """*scores* with the second hop: rare words of the best messages, looked up in turn."""
    row, left, weights = ranking.row, ranking.left, ranking.core.settings.weights
    best = yield Compute(lambda: scoring.seeds(scores, out))
    if not weights.graph or not best:
        return scores
    numbers = {left.number(place - 1): place for place in best}
    rows = yield Read(lambda c: archive.some_words(c, row.pk, list(numbers)))
    late = yield Read(lambda c: log.pick(c, row.pk, [number for number in numbers if number > row.indexed]))

    def second() -> scoring.Scores:
        mentioned = {numbers[message.sequence]: message.terms for message in [*rows, *spoken(late)]}
        postings = ranking.postings({term for terms in mentioned.values() for term in terms})
        frequencies = {term: posting.frequency for term, posting in postings.items()}
        asked = {STANDING, *ranking.question.terms, *(term for name in talk.names for term in name)}
        words = expansion.bridges(best, mentioned, frequencies, len(left), asked)
        return scoring.bridged(scores, expansion.bridged(words, postings, best, len(left)), weights)

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
