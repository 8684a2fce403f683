"""The score of each message for a question, from words, vectors, dates and speakers. Its parts add up to it. Pure.

S = w1·semantic + w2·keyword + w3·graph + w4·recency + w5·importance, with weights that sum to 1 (SPEC E), and on top
bounded hints: good neighbours (`reach`), the speaker whom the question names, whose words it asks for (`side`), the
times it names (`date`), and what is new in a message (`fresh`: small talk repeats itself, evidence does not).

The defaults were chosen on development conversations (chat, advice, records, radio; English, Chinese), cross-validated
over conversations where there are several, and sit on wide plateaus. `python -m benchmarks.recall.ablation` shows
what each part brings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tiermem.facts.preferences import TERM as STANDING
from tiermem.search import bm25, expansion
from tiermem.search.proximity import alone, lending, reached, shared
from tiermem.search.query import Question, Side
from tiermem.settings import Weights
from tiermem.text.dialogue import USER, Posting, Talk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tiermem.text.dialogue import Numbers, Places

OWN = 0.7  # what a message's own words count beside those of the stretch around it
SPREAD = 0.12  # standard deviation to which cosines are brought, so that embedders compare; MiniLM's in a conversation
TINY = 1e-9  # scores are sums of floats; what is below has nothing to do with the question
ALONE = 1.5  # further weight of vectors where no message has a neighbour; their neighbours' words help the others
TOUCHED = 0.02  # score by words and vectors above which a message has anything to do with the question
WHOLE = 300_000  # messages up to which all of a session is ranked; of longer ones, what the index nominates
CANDIDATES = 20_000  # messages that the index nominates, by the question's rarest terms
FEW = 12  # standing wishes up to which each counts in full
BRIDGE = 1.7  # times the weight of the graph: what the best bridge lifts, as a share of the best score


@dataclass(frozen=True, slots=True)
class Signals:
    """A question with what is known of each message beside its words: its cosine less the mean, in units of `SPREAD`
    (0: unknown), how far the embedder is to be trusted here (0 to 1), how near it is to the question's dates, which are
    pinned."""

    question: Question
    semantic: Numbers | None = None
    trust: float = 1.0
    nearness: Numbers | None = None
    pinned: Places | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """Each message's score, and the parts that add up to it; the share of messages that stand alone."""

    total: Numbers
    parts: Mapping[str, Numbers]
    alone: float = 0.0


def rarest(frequencies: Mapping[str, int]) -> list[str]:
    """The terms to look up in a long session, rarest first, as many as `CANDIDATES` allows (always at least one)."""
    chosen: list[str] = []
    total = 0
    for term, count in sorted(frequencies.items(), key=lambda pair: (pair[1], pair[0])):
        total += count
        if chosen and total > CANDIDATES:
            break
        chosen.append(term)
    return chosen


def scored(talk: Talk, postings: Mapping[str, Posting], signals: Signals, weights: Weights) -> Scores:
    """The scores of all messages by everything but bridges, which need the best ones first."""
    import numpy as np

    shares = lending(talk.sizes, talk.said)
    own, stretch = bm25.words(talk, postings, signals.question, shares, weights.related)
    unit = weights.keyword / (1 + OWN)
    parts = {"keyword": unit * OWN * own, "stretch": unit * stretch}
    apart = alone(shares, len(talk))
    if signals.semantic is not None and weights.semantic * signals.trust:
        near = SPREAD * signals.semantic
        unit = (1 + ALONE * apart) * weights.semantic * signals.trust
        parts["semantic"] = unit * (near + shared(near, shares))
    base = np.sum(list(parts.values()), axis=0)
    parts["reach"] = (1 - apart) * weights.reach * reached(base, shares)
    touched = base + parts["reach"] > TOUCHED
    parts["graph"] = np.where(touched, weights.graph * _mentions(talk, postings, signals.question) / 2, 0.0)
    parts["speaker"] = np.where(touched, _speaking(talk, signals.question, weights), 0.0)
    if signals.nearness is not None:
        parts["date"] = weights.date * signals.nearness
    parts |= _placed(talk, signals, weights, touched)
    return replace(_raised(talk, parts, signals.question, weights), alone=apart)


def _raised(talk: Talk, parts: dict[str, Numbers], question: Question, weights: Weights) -> Scores:
    """The hints that are shares of a score: of the speaker who is named, and for what is new."""
    import numpy as np

    total = np.sum(list(parts.values()), axis=0)
    named = _named(talk, question)
    if named is not None and weights.named:
        parts["speaker"] = parts["speaker"] + np.where(named, weights.named * total, 0.0)
        total = np.where(named, (1 + weights.named) * total, total)
    if talk.fresh is not None and weights.fresh:
        parts["fresh"] = weights.fresh * talk.fresh * np.maximum(total, 0.0)
    return Scores(np.sum(list(parts.values()), axis=0), parts)


def wished(scores: Scores, talk: Talk, postings: Mapping[str, Posting], question: Question, weights: Weights) -> Scores:
    """*scores* with a share of the best one for standing wishes, where the user asks an assistant for something new."""
    wishes = postings.get(STANDING)
    if wishes is None or not weights.standing or not talk.assistant or question.side != Side.EITHER:
        return scores
    lift = scores.total * 0.0
    lift[wishes.places] = weights.standing * float(scores.total.max(initial=0.0)) * min(1.0, FEW / wishes.frequency)
    return replace(scores, total=scores.total + lift, parts={**scores.parts, "standing": lift})


def _placed(talk: Talk, signals: Signals, weights: Weights, touched: NDArray[np.bool_]) -> dict[str, Numbers]:
    """Recency and importance, of messages that have anything to do with the question."""
    import numpy as np

    parts: dict[str, Numbers] = {}
    if weights.recency and np.isfinite(talk.said).any():
        days = (np.nanmax(talk.said) - talk.said) / 86_400.0
        parts["recency"] = np.where(touched & np.isfinite(days), weights.recency * np.exp(-0.03 * days), 0.0)
    if weights.importance and signals.pinned is not None:
        pinned = np.zeros(len(talk))
        pinned[signals.pinned] = weights.importance
        parts["importance"] = np.where(touched, pinned, 0.0)
    return parts


def seeds(scores: Scores, without: NDArray[np.bool_]) -> dict[int, float]:
    """The best messages (sequence: score) that a bridge starts from."""
    import numpy as np

    places = np.flatnonzero(~without & (scores.total > 0))
    order = places[np.lexsort((-places, -scores.total[places]))][: expansion.SEEDS]
    return {int(place) + 1: float(scores.total[place]) for place in order}


def bridged(scores: Scores, bridge: Numbers, weights: Weights) -> Scores:
    """*scores* with what `expansion.bridged` says of each message (0 to 1), as a share of the best score."""
    best = float(scores.total.max(initial=0.0))
    lift = BRIDGE * weights.graph * best * bridge
    parts = {**scores.parts, "graph": scores.parts["graph"] + lift}
    return replace(scores, total=scores.total + lift, parts=parts)


def chosen(
    scores: Scores, without: NDArray[np.bool_], limit: int, least: float, each: float
) -> list[tuple[int, float, dict[str, float]]]:
    """(sequence, score, parts) of the *limit* best messages of at least *each*, best first; ties go to the newer.

    None when the best one is below *least*.
    """
    import numpy as np

    if not len(scores.total) or float(np.where(without, 0.0, scores.total).max()) < least:
        return []
    places = np.flatnonzero(~without & (scores.total >= max(each, TINY)))
    order = places[np.lexsort((-places, -scores.total[places]))][:limit]
    return [
        (int(p) + 1, float(scores.total[p]), {k: float(v[p]) for k, v in scores.parts.items() if v[p]}) for p in order
    ]


def _mentions(talk: Talk, postings: Mapping[str, Posting], question: Question) -> Numbers:
    """1 for messages that hold a name of the question, less by how many do; speakers' names are hints by themselves."""
    import numpy as np

    share = np.zeros(len(talk))
    speakers = {term for name in talk.names for term in name}
    for name in question.names - speakers:
        if name in postings:
            rare = 1 - len(postings[name].places) / max(len(talk), 1)
            share[postings[name].places] = np.maximum(share[postings[name].places], rare)
    return share


def _speaking(talk: Talk, question: Question, weights: Weights) -> Numbers:
    """The speaker whom the question names, and the side that it asks about."""
    import numpy as np

    named = _named(talk, question)
    hint = np.where(named, weights.speaker, 0.0) if named is not None else np.zeros(len(talk))
    if talk.assistant and talk.roles is not None and weights.side:
        users = talk.roles == USER
        if question.side == Side.ASSISTANT:
            return hint + np.where(users, 0.0, weights.side / 2)
        return hint + np.where(users, weights.side / (1 if question.side == Side.USER else 3), 0.0)
    return hint


def _named(talk: Talk, question: Question) -> NDArray[np.bool_] | None:
    """Which messages are by a speaker whom the question names; None when it names nobody, or everybody."""
    import numpy as np

    asked = set(question.terms)
    codes = [code for code, name in enumerate(talk.names) if asked.intersection(name)]
    if not codes or len(codes) == sum(1 for name in talk.names if name):
        return None
    return np.isin(talk.speakers, codes)
