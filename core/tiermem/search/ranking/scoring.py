"""The score of each message for a question, from words, vectors, dates and speakers. Its parts add up to it. Pure.

S = w1·semantic + w2·keyword + w3·graph + w4·recency + w5·importance, with weights that sum to 1 (SPEC E), and on top
bounded hints: good neighbours (`reach`), the speaker whom the question names, whose words it asks for (`side`), the
times it names (`date`), and what is new in a message (`fresh`: small talk repeats itself, evidence does not). At last
it counts where a message stands in its talk (`density`, `opening`).

The defaults were chosen on development conversations (chat, advice, records, radio; English, Chinese), cross-validated
over conversations where there are several, and sit on wide plateaus. `python -m benchmarks.recall.ablation` shows
what each part brings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tiermem.facts.preferences import TERM as STANDING
from tiermem.search.query import Question, Side
from tiermem.search.ranking import bm25, expansion
from tiermem.search.ranking.field import Field, Standing
from tiermem.search.ranking.matching import Plan
from tiermem.search.ranking.proximity import Numbers, dense, reached, shared
from tiermem.settings import Weights
from tiermem.text.dialogue import USER

OWN = 0.7  # what a message's own words count beside those of the stretch around it
SPREAD = 0.12  # standard deviation to which cosines are brought, so that embedders compare; MiniLM's in a conversation
TINY = 1e-9  # scores are sums of floats; what is below has nothing to do with the question
ALONE = 1.5  # further weight of vectors where no message has a neighbour; their neighbours' words help the others
TOUCHED = 0.02  # score by words and vectors above which a message has anything to do with the question
BELOW = 0.99  # of the best score, which a standing wish may come to by that
FIRST = 1.01  # of the best score, which what surely tells what is asked comes to
OLDER = 0.97  # of what a message is raised to, for each newer one that tells of the same
ABOVE = 1.1  # times the threshold: what states what is asked is worth a page, whatever float32 makes of it
FEW = 12  # standing wishes up to which each counts in full
PLACE = ("density", "opening")  # the parts that say where in its talk a message stands
BRIDGE = 1.7  # times the weight of the graph: what the best bridge lifts, as a share of the best score

Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Signals:
    """A question with what is known of each message beside its words, by place.

    Args:
        question: as it was read.
        plan: its look-ups, the last of which is that of standing wishes.
        standing: where the words of the plan stand.
        semantic: cosine less the mean, in units of `SPREAD` (0: unknown); None without vectors.
        trust: how far the embedder is to be trusted here (0 to 1).
        nearness: how near each message is to the question's dates; None where it names none.
        pinned: places of pinned messages.
    """

    question: Question
    plan: Plan
    standing: Standing
    semantic: Numbers | None = None
    trust: float = 1.0
    nearness: NDArray[np.float64] | None = None
    pinned: NDArray[np.int64] | None = None

    def of(self, term: str) -> NDArray[np.int32]:
        """The places of one of the question's own terms, or of `STANDING`."""
        return self.standing.of(self.plan.positions[term])


@dataclass(frozen=True, slots=True)
class Scores:
    """Each message's score, and the parts that add up to it; the share of messages that stand alone, and how much (0 to
    1) of a score is that of its stretch, which is lower than that of its best messages."""

    total: Numbers
    parts: Mapping[str, Numbers]
    alone: float = 0.0
    dense: float = 0.0


def scored(field: Field, signals: Signals, weights: Weights) -> Scores:
    """The scores of all messages by everything but bridges, which need the best ones first."""
    along = field.chain
    own, stretch = bm25.words(field.sizes, field.mean_size, signals.standing, signals.plan, along)
    unit = weights.keyword / (1 + OWN)
    parts = {"keyword": np.float32(unit * OWN) * own, "stretch": np.float32(unit) * stretch}
    del own, stretch  # of a million messages each is 4 MB
    apart = along.alone
    base = parts["keyword"] + parts["stretch"]
    if signals.semantic is not None and weights.semantic * signals.trust:
        near = np.float32(SPREAD) * signals.semantic
        unit = (1 + ALONE * apart) * weights.semantic * signals.trust
        parts["semantic"] = np.float32(unit) * (near + shared(near, along))
        base = base + parts["semantic"]
    parts["reach"] = np.float32((1 - apart) * weights.reach) * reached(base, along)
    touched = base + parts["reach"] > TOUCHED
    parts |= _hints(field, signals, weights, touched)
    total: Numbers = np.sum(list(parts.values()), axis=0, dtype=np.float32)
    return replace(_raised(field, parts, total, signals.question, weights), alone=apart)


def _hints(field: Field, signals: Signals, weights: Weights, touched: Mask) -> dict[str, Numbers]:
    """What a message gains that has anything to do with the question: names, speakers, recency, importance; dates."""
    parts: dict[str, Numbers] = {}
    if weights.graph and (named := _mentions(field, signals)) is not None:
        parts["graph"] = np.where(touched, np.float32(weights.graph / 2) * named, np.float32(0))
    if (asked := _side(field, signals.question, weights)) is not None:
        parts["speaker"] = np.where(touched, asked, np.float32(0))
    if signals.nearness is not None:
        parts["date"] = (weights.date * signals.nearness).astype(np.float32)
    if weights.recency and np.isfinite(field.said).any():
        days = (np.nanmax(field.said) - field.said) / 86_400.0
        recent = np.where(touched & np.isfinite(days), weights.recency * np.exp(-0.03 * days), 0.0)
        parts["recency"] = recent.astype(np.float32)
    if weights.importance and signals.pinned is not None:
        pinned = np.zeros(len(field), np.float32)
        pinned[signals.pinned] = weights.importance
        parts["importance"] = np.where(touched, pinned, np.float32(0))
    return parts


def _raised(field: Field, parts: dict[str, Numbers], total: Numbers, question: Question, weights: Weights) -> Scores:
    """The hints that are shares of a score: of the speaker who is named, and for what is new."""
    named = _named(field, question)
    if named is not None and weights.named:
        more = np.where(named, np.float32(weights.named) * total, np.float32(0))
        parts["speaker"] = parts["speaker"] + more if "speaker" in parts else more
        total = total + more
    if weights.fresh:
        parts["fresh"] = np.float32(weights.fresh) * field.fresh * np.maximum(total, 0)
        total = total + parts["fresh"]
    return Scores(total, parts)


def wished(scores: Scores, field: Field, signals: Signals, weights: Weights, *, sought: bool = False) -> Scores:
    """*scores* with a share of the best one for standing wishes, where the user asks an assistant for something new.

    Where something is *sought* by somebody who reads the hits, none comes before the best by that: what has the words
    of the question comes first. In what is put into a prompt that cost RealMem 2.7 points of a context of 512 tokens.
    """
    if not weights.standing or signals.question.side != Side.EITHER:
        return scores
    wishes = signals.of(STANDING)
    if not len(wishes) or not field.assistant:
        return scores
    lift, best = np.zeros_like(scores.total), float(scores.total.max(initial=0.0))
    own, share = scores.total[wishes], weights.standing * best * min(1.0, FEW / len(wishes))
    capped = np.minimum(share, np.maximum(0.0, BELOW * best - own))
    lift[wishes] = np.where(own < best, capped, share) if sought else share
    return replace(scores, total=scores.total + lift, parts={**scores.parts, "standing": lift})


def stated(scores: Scores, places: NDArray[np.int64], least: float, weights: Weights, *, surely: bool) -> Scores:
    """*scores* with those of the messages at *places*, which state what is asked of a person, the newest first, raised
    to nearly the best one, or *surely* a little above it, where that is worth a page, else to the *least* that is: who
    asks "Where do I live?" shares no word with "We moved to Porto"."""
    if not weights.stated or not len(places):
        return scores
    best = float(scores.total.max(initial=0.0))
    aim = weights.stated * max((FIRST if surely else BELOW) * best if best >= ABOVE * least else 0.0, ABOVE * least)
    aims = np.float32(aim) * np.float32(OLDER) ** np.arange(len(places), dtype=np.float32)
    lift = np.zeros_like(scores.total)
    lift[places] = np.maximum(np.maximum(aims, np.float32(ABOVE * least)) - scores.total[places], np.float32(0))
    return replace(scores, total=scores.total + lift, parts={**scores.parts, "stated": lift})


def highest(scores: Scores, among: NDArray[np.int64], limit: int) -> list[tuple[int, float]]:
    """(place, score) of the *limit* highest scores at the places *among*, best first; of equals the last."""
    values = scores.total[among]
    order = np.lexsort((-among, -values))[:limit]
    return list(zip(among[order].tolist(), values[order].tolist(), strict=True))


def seeds(scores: Scores, without: Mask) -> dict[int, float]:
    """The best messages (place: score) that a bridge starts from."""
    best = _best(scores.total, ~without & (scores.total > 0), expansion.SEEDS)
    return dict(zip(best.tolist(), scores.total[best].tolist(), strict=True))


def bridged(scores: Scores, bridge: Numbers, weights: Weights) -> Scores:
    """*scores* with what `expansion.bridged` says of each message (0 to 1), as a share of the best score."""
    best = float(scores.total.max(initial=0.0))
    lift = np.float32(BRIDGE * weights.graph * best) * bridge
    graph = scores.parts["graph"] + lift if "graph" in scores.parts else lift
    return replace(scores, total=scores.total + lift, parts={**scores.parts, "graph": graph})


def placed(scores: Scores, without: Mask, field: Field, weights: Weights) -> Scores:
    """*scores* by where messages stand in their talks: where these go on for long, a share of a score is the mean of
    the stretch around it, because there a stretch answers and no line; and what begins a talk says what it is about.

    A message that has much of the question is believed as it stands: a score of 1 is about that of all its words. None
    comes before the best one by beginning a talk. Whether anything is worth a page is asked before.
    """
    within, total, parts = field.talks, scores.total, dict(scores.parts)
    best = float(np.max(total, where=~without, initial=0.0))
    share = min(1.0, weights.density * within.share) * max(0.0, 1 - best)
    if share:
        parts["density"] = np.float32(share) * (dense(total, within) - total)
        total = total + parts["density"]
    if weights.opening and within.opens.any():
        best = float(total.max(initial=0.0))
        lift = np.minimum(np.float32((1 - scores.alone) * weights.opening * best), np.float32(BELOW * best) - total)
        parts["opening"] = np.where(within.opens & (total > TOUCHED), np.maximum(lift, 0), np.float32(0))
        total = total + parts["opening"]
    return replace(scores, total=total, parts=parts, dense=share)


def reaches(scores: Scores, without: Mask, least: float) -> bool:
    """Whether the best message, without those marked, has a score of *least*."""
    return bool(len(scores.total)) and float(np.max(scores.total, where=~without, initial=0.0)) >= least


def chosen(scores: Scores, without: Mask, limit: int, each: float) -> list[tuple[int, float, dict[str, float]]]:
    """(place, score, parts) of the *limit* best messages of at least *each*, best first; ties go to the newer.

    The parts are read of these alone, and the score is their sum.
    """
    places = _best(scores.total, ~without & (scores.total >= max(each, TINY)), limit)
    named = [(name, part[places].tolist()) for name, part in scores.parts.items()]
    columns = [{name: values[at] for name, values in named if values[at]} for at in range(len(places))]
    best = [(place, sum(parts.values()), parts) for place, parts in zip(places.tolist(), columns, strict=True)]
    return sorted(best, key=lambda one: (-one[1], -one[0]))  # float32 orders as sums in it say, nearly


def _best(total: Numbers, among: Mask, limit: int) -> NDArray[np.int64]:
    """The places of the *limit* highest scores *among* those marked, best first; of equals the last."""
    count = int(np.count_nonzero(among))
    if limit <= 0 or not count:
        return np.zeros(0, np.int64)
    if count > 4 * limit:  # sorting all of a long conversation would take longer than scoring it
        least = np.partition(total[among], count - limit)[count - limit]
        among = among & (total >= least)
    places = np.flatnonzero(among)
    values = total[places]
    return places[np.lexsort((-places, -values))][:limit]


def _mentions(field: Field, signals: Signals) -> Numbers | None:
    """1 for messages that hold a name of the question, less by how many do; speakers' names are hints by themselves."""
    share: Numbers | None = None
    speakers = {term for name in field.present.values() for term in name}
    for name in sorted(signals.question.names - speakers):
        places = signals.of(name)
        if len(places):
            share = np.zeros(len(field), np.float32) if share is None else share
            share[places] = np.maximum(share[places], np.float32(1 - len(places) / max(len(field), 1)))
    return share


def _side(field: Field, question: Question, weights: Weights) -> Numbers | None:
    """What the side gains that a question with an assistant asks about."""
    if not (weights.side and field.assistant):
        return None
    users = field.roles == USER
    if question.side == Side.ASSISTANT:
        return np.where(users, np.float32(0), np.float32(weights.side / 2))
    return np.where(users, np.float32(weights.side / (1 if question.side == Side.USER else 3)), np.float32(0))


def _named(field: Field, question: Question) -> Mask | None:
    """Which messages are by a speaker whom the question names; None when it names nobody, or everybody."""
    present = field.present
    codes = [code for code, name in present.items() if not question.terms.keys().isdisjoint(name)]
    if not codes or len(codes) == sum(1 for name in present.values() if name):
        return None
    table = np.zeros(len(field.names), dtype=bool)
    table[codes] = True
    named: Mask = table[field.speakers]
    return named
