"""A fact as it is handed out, with its interval and where it was said; and which of several answer a question. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from tiermem.facts.stated.chains import Holding, current_at
from tiermem.facts.stated.record import NO, RETRACTS, YES, StatedAt
from tiermem.text.analyzer import query_terms, terms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Words by which people ask for what rules call by one name.
_ASKED = {
    "home": "live city town address move reside where 住 家 哪里 城市 搬",
    "work": "work job employer company office where 工作 公司 上班 单位",
    "job": "job profession occupation do work role 职业 工作 做",
    "age": "old age 年龄 几岁 多大 岁",
    "relationship": "relationship married single dating partner 结婚 单身 感情",
    "origin": "from origin come hometown 来自 老家 哪里人",
    "name": "name called who 名字 叫",
    "diet": "diet eat food vegetarian vegan 饮食 吃",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """One fact, and when it holds.

    Args:
        subject: "user", "user's sister", a name, or "" for a thing of one conversation.
        attribute, value: as they were said; "yes" or "no" of what is so or not.
        kind: which rule reads it: "home", "figure" …
        since, until: between these it is true, as far as is known; None: nobody said since when, or nothing ended it.
            Times are in the zone of the memory, or else UTC.
        said_at: when it was said.
        session, ref: where: the reference opens the message in any conversation of the user. Of what an application
            stated the session is "", and the reference, like "f3", its place among what was stated.
        how: "rule", "model" or "application".
        extractor: of what a model read, who asked it.
        certainty: in [0, 1].
        current: it holds now: nothing ended it yet.
        corrected: it was taken back, so it never held.
        replaced_by: the reference of what ended it; "" where nothing did.
        confirmed: how often it was said.
    """

    subject: str
    attribute: str
    value: str
    kind: str
    since: datetime | None
    until: datetime | None
    said_at: datetime | None
    session: str
    ref: str
    how: str
    certainty: float
    current: bool
    corrected: bool = False
    replaced_by: str = ""
    confirmed: int = 1
    extractor: str = ""

    def __repr__(self) -> str:
        whose = f"{self.subject} · " if self.subject else ""
        later = (
            self.since is not None and self.said_at is not None and self.since > self.said_at and not self.replaced_by
        )
        state = "current" if self.current else "corrected" if self.corrected else "to come" if later else "past"
        return f"<KnownFact {whose}{self.attribute}: {self.value}, {state}, {self.ref}>"


def handed_out(
    found: Sequence[Holding[StatedAt]],
    refs: Mapping[int, tuple[str, str]],
    zone: tzinfo | None,
    now: float,
    wanted: Callable[[int], bool] = lambda _: True,
) -> list[KnownFact]:
    """Those of *found* that are *wanted*, as callers see them, without what only says again what held, and what only
    retracts.

    Args:
        refs: by the place in *found*: the session, and the reference.
        now: seconds since 1970 in UTC.
        wanted: is asked by the place in *found*.
    """
    return [
        _known(one, place, refs, zone or UTC, current=current_at(found, place, now))
        for place, one in enumerate(found)
        if one.confirmed and one.fact.manner != RETRACTS and wanted(place)
    ]


def _known(
    one: Holding[StatedAt], place: int, refs: Mapping[int, tuple[str, str]], zone: tzinfo, *, current: bool
) -> KnownFact:
    fact, (session, ref) = one.fact, refs[place]
    ended = one.ended_by if one.ended_by >= 0 and one.ended_by != place else -1
    return KnownFact(
        subject=fact.subject,
        attribute=fact.attribute,
        value=fact.value,
        kind=fact.kind,
        since=moment(one.start, zone),
        until=moment(one.end, zone),
        said_at=moment(one.said, zone),
        session=session,
        ref=ref,
        how=fact.how,
        certainty=fact.certainty,
        current=current,
        corrected=one.corrected,
        replaced_by=refs[ended][1] if ended >= 0 else "",
        confirmed=one.confirmed,
        extractor=one.source.extractor,
    )


def moment(seconds: float, zone: tzinfo) -> datetime | None:
    """*seconds* since 1970 in UTC as a time of *zone*; None where they are no time, or none that there is."""
    if not math.isfinite(seconds):
        return None
    try:
        return (_EPOCH + timedelta(seconds=seconds)).astimezone(zone)
    except OverflowError:
        return None


def best(facts: Sequence[KnownFact], query: str, k: int) -> list[KnownFact]:
    """The *k* of *facts* whose words, or those by which people ask for them, are most and rarest in *query*; newest
    first among equals. None that shares no word."""
    words = [_words(fact) for fact in facts]
    often = Counter(word for one in words for word in one)
    asked = query_terms(query)

    def score(place: int) -> float:
        return sum(math.log(1 + len(facts) / often[word]) for word in asked if word in words[place])

    scored = [(score(place), place) for place in range(len(facts))]
    ranked = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: (-pair[0], -pair[1]))
    return [facts[place] for _, place in ranked[:k]]


def _words(fact: KnownFact) -> set[str]:
    value = "" if fact.value in (YES, NO) else fact.value
    return set(terms(f"{fact.subject} {fact.attribute} {value} {_ASKED.get(fact.attribute, '')}"))
