"""Finding: every message scored by its words, the stretch of talk around it and its vector; the best ones read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from tiermem.facts.preferences import TERM as STANDING
from tiermem.flows.effects import Compute, Flow, Read
from tiermem.flows.indexing.words import spoken
from tiermem.flows.reading import filters, vector_search
from tiermem.flows.reading.filters import ANY, Only
from tiermem.flows.services import Core
from tiermem.index.postings import WordIndex
from tiermem.providers.related_words import related_words
from tiermem.search import expansion, scoring
from tiermem.search.embedder_trust import Nearest
from tiermem.search.query import Question, read, without_names
from tiermem.search.scoring import Asked
from tiermem.search.threshold import LEAST, Vectors, threshold
from tiermem.settings import Scope
from tiermem.storage import decisions
from tiermem.storage import messages as log
from tiermem.storage import words as archive
from tiermem.storage.sessions import SessionRow
from tiermem.text.dialogue import ECHO, Talk
from tiermem.times.nearness import nearness, wall_clock

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_SPREAD = 0.08  # of cosines; below it a session has hardly any vector near the question
TAIL = 5_000  # unindexed messages that one question reads as they are; more wait for the index


Scored: TypeAlias = tuple[int, float, dict[str, float]]  # sequence, score, its parts


@dataclass(frozen=True, slots=True)
class Ranked:
    """What ranking found, best first; the question as it was read; why vectors are missing, where they are; the score
    from which on the best is worth a page."""

    best: Sequence[Scored] = ()
    question: Question | None = None
    degraded: tuple[str, ...] = ()
    least: float = 0.0


def scores(
    core: Core,
    scope: Scope,
    row: SessionRow,
    query: str,
    limit: int,
    without: frozenset[int] = frozenset(),
    weak: bool = False,
    as_of: datetime | None = None,
    only: Only = ANY,
) -> Flow[Ranked]:
    """The *limit* best messages worth a page of context, best first; with *weak*, also when the best one is not.

    What was said after *as_of* is left out: the others are ranked as if it had not been said yet, but for names and
    words of very long sessions. What *only* leaves out lends its words as ever, and is not found.
    """
    if not row.pk or not query.strip() or limit <= 0:
        return Ranked()
    question = yield Compute(lambda: read(query, related_words(), core.synonyms()))
    index, counted = yield from _words(core, row, [*question.terms, STANDING])
    bare = yield Compute(lambda: without_names(query, index.speakers))
    near = yield from vector_search.nearest(core, scope, row, bare)
    trust = yield from vector_search.trust(core, scope, query, len(near))
    hidden = yield Read(lambda c: decisions.hidden(c, row))
    now = wall_clock(as_of or core.now())
    weights = core.settings.weights
    trusted = trust * _lexical(core) if len(near) else 0.0
    later = yield from filters.later(core, row, index, as_of)
    if not later.upto:
        return Ranked((), question, near.degraded)
    row = replace(row, messages=later.upto, indexed=min(row.indexed, later.upto))
    outside = yield from filters.outside(core, row, index, only)

    def first() -> tuple[Talk, scoring.Scores, NDArray[np.bool_]]:
        talk = index.talk(row.messages)
        postings = index.postings(question.index_terms(), row.messages, counted)
        fits = nearness(query, talk.said, now, talk.talked)
        asked = Asked(question, _semantic(near, row.messages), trusted, fits)
        out = _left_out(row.messages, without | later.among, hidden) | outside | _echoes(talk)
        found = scoring.scored(talk, postings, asked, weights)
        return talk, scoring.wished(found, talk, postings, question, weights), out

    talk, found, out = yield Compute(first)
    found = yield from _bridged(core, row, index, counted, question, talk, found, out)
    theta = core.settings.relevance_threshold
    least = threshold(theta, len(question.terms), weights, Vectors(len(near), trusted, found.alone))
    best = 0.0 if weak else least
    made: list[Scored] = yield Compute(lambda: scoring.chosen(found, out, limit, best, LEAST * least))
    return Ranked(made, question, near.degraded, least)


def _lexical(core: Core) -> float:
    return core.settings.weights.lexical if core.lexical else 1.0


def _semantic(near: Nearest, count: int) -> NDArray[np.float64] | None:
    """Cosines less their mean, in standard deviations; 0 where a message has no vector."""
    import numpy as np

    there = near.sequences <= count
    if not there.any():
        return None
    found, scores = np.zeros(count), near.scores[there]
    mean, spread = float(scores.mean()), float(scores.std())
    if 2 * len(scores) < count:  # only the nearest were named; they do not tell how far apart all are
        mean, spread = near.mean, near.spread
    found[near.sequences[there] - 1] = (scores - mean) / max(spread, LEAST_SPREAD)
    return found


def _echoes(talk: Talk) -> NDArray[np.bool_] | bool:
    """Which messages hold nothing but what we quoted ourselves: copies, where what they quote is there."""
    return False if talk.roles is None else talk.roles == ECHO


def _left_out(count: int, without: frozenset[int], hidden: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    import numpy as np

    out = np.zeros(count, dtype=bool)
    out[[s - 1 for s in without if 0 < s <= count]] = True
    for first, last in hidden:
        out[max(0, first - 1) : last] = True
    return out


def _bridged(
    core: Core,
    row: SessionRow,
    index: WordIndex,
    counted: Mapping[str, int],
    question: Question,
    talk: Talk,
    found: scoring.Scores,
    out: NDArray[np.bool_],
) -> Flow[scoring.Scores]:
    """*found* with the second hop: rare words of the best messages, looked up in turn."""
    weights = core.settings.weights
    best = yield Compute(lambda: scoring.seeds(found, out))
    if not weights.graph or not best:
        return found
    rows = yield Read(lambda c: archive.some_words(c, row.pk, list(best)))
    late = yield Read(lambda c: log.pick(c, row.pk, [s for s in best if s > row.indexed]))

    def second() -> scoring.Scores:
        mentioned = {one.sequence: one.terms for one in [*rows, *spoken(late)]}
        postings = index.postings({t for terms in mentioned.values() for t in terms}, row.messages, counted)
        frequencies = {term: one.frequency for term, one in postings.items()}
        asked = {STANDING, *question.terms, *(term for name in talk.names for term in name)}
        words = expansion.bridges(best, mentioned, frequencies, row.messages, asked)
        return scoring.bridged(found, expansion.bridged(words, postings, best, row.messages), weights)

    made: scoring.Scores = yield Compute(second)
    return made


def _words(core: Core, row: SessionRow, question: Sequence[str]) -> Flow[tuple[WordIndex, Mapping[str, int]]]:
    """All words of the session; of a very long one, those of messages that hold the question's rarest terms."""
    if row.messages > scoring.WHOLE:
        return (yield from _nominated(row, question))
    index = core.words.get(row.pk) or core.words.put(row.pk, WordIndex())
    above = index.last
    if above < row.indexed:
        rows = yield Read(lambda c: archive.words(c, row.pk, above))
        yield Compute(lambda: index.add(rows))
    first = max(index.last, row.indexed) + 1
    if first <= row.messages:
        tail = yield Read(lambda c: log.read(c, row.pk, first, min(first + TAIL - 1, row.messages)))
        yield Compute(lambda: index.add(spoken(tail)))
    return index, {}


def _nominated(row: SessionRow, question: Sequence[str]) -> Flow[tuple[WordIndex, Mapping[str, int]]]:
    index = WordIndex()
    counted = yield Read(lambda c: archive.frequencies(c, row.pk, question))
    wanted = scoring.rarest(counted)
    rows = yield Read(lambda c: archive.nominate(c, row.pk, wanted, scoring.CANDIDATES))
    tail = yield Read(lambda c: log.read(c, row.pk, max(row.indexed, row.messages - TAIL) + 1, row.messages))
    yield Compute(lambda: index.add([*rows, *spoken(tail)]))
    return index, counted
