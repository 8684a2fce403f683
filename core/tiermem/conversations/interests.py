"""What a user talks about, over all conversations: counted as it is indexed, so it is read in a few rows.

A keyword weighs `turns · log(1 + all turns / turns)`: how often it is said, and less where every turn has it. Topics
are those of the newest `NEWEST` conversations.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from functools import partial

from tiermem.conversations import listing, pages
from tiermem.conversations.counts import Counts, counted
from tiermem.conversations.describing import Described, described
from tiermem.conversations.held import Held
from tiermem.conversations.pages import Timespan
from tiermem.conversations.records import LEAST_MOODS, Interest, Interests, Mood
from tiermem.conversations.weighing import subjects
from tiermem.conversations.wording import WordPlace, worded
from tiermem.flows.effects import Flow, Read
from tiermem.flows.services import Core
from tiermem.index.talk import WordSaid, talked
from tiermem.settings import Scope
from tiermem.storage.talk import reading
from tiermem.storage.talk.counting import CountedTalk
from tiermem.validity.known import moment
from tiermem.window.quotation import before_reference

NEWEST = 50  # conversations whose topics are counted
AMONG = 3  # of the heaviest topics of a conversation that count for it
_BACK = 50  # conversations in one step back to where a word was said last


def interests(core: Core, scope: Scope, k: int) -> Flow[Interests]:
    """The *k* topics and keywords of a user, their mood by month, and how much they talked."""
    counts = yield from counted(core, scope)
    newest = yield from listing.newest(core, scope, listing.ConversationWish((), Timespan(), NEWEST))
    recent = {one.row.pk: one for _, one in newest}
    names = subjects.called(name for one in recent.values() for name in one.part.names)
    chosen = yield from _found_again(core, scope, _heaviest(counts, names, k))
    about = yield from described(core, scope, recent, 0)
    return Interests(
        topics=tuple(_topics(core, about, k)),
        keywords=tuple((yield from _keywords(core, scope, chosen))),
        moods=tuple(_moods(counts.talk.moods)),
        conversations=counts.conversations,
        turns=counts.talk.turns,
        first=moment(counts.talk.first, core.zone or UTC),
        last=moment(counts.talk.last, core.zone or UTC),
    )


def _heaviest(counts: Counts, names: Collection[str], k: int) -> dict[str, WordSaid]:
    own = subjects.without_names({term: said.count for term, said in counts.words.items()}, frozenset(names))
    own = subjects.without_parts(own)
    weights = {term: count * math.log1p(counts.talk.turns / count) for term, count in own.items()}
    return {term: counts.words[term] for term in sorted(weights, key=lambda term: (-weights[term], term))[:k]}


def _found_again(core: Core, scope: Scope, chosen: Mapping[str, WordSaid]) -> Flow[dict[str, WordSaid]]:
    """*chosen*; where the turn that had a word last was hidden since, the one before it is looked for."""
    lost = {term for term, said in chosen.items() if not said.session}
    found = dict(chosen)
    beyond: CountedTalk | None = None
    while lost:
        page = yield from pages.newest(scope, _BACK, Timespan(), beyond)
        if not page.counted:
            break
        for one in (yield from pages.of_page(core, page)):
            newest = _newest_of(one, lost)
            for term, said in newest.items():
                found[term] = replace(said, count=found[term].count)
            lost -= newest.keys()
        beyond = page.counted[-1]
    return found


def _newest_of(one: Held, terms: Collection[str]) -> dict[str, WordSaid]:
    said = talked(one.row.pk, one.part, one.turns).words
    return {term: said[term] for term in terms if term in said}


def _keywords(core: Core, scope: Scope, chosen: Mapping[str, WordSaid]) -> Flow[list[Interest]]:
    words = yield from worded({term: WordPlace((term,), said.session, said.sequence) for term, said in chosen.items()})
    rows = yield Read(partial(reading.by_keys, scope=scope, keys=sorted({said.session for said in chosen.values()})))
    return [
        Interest(
            name=words[term],
            count=said.count,
            last=moment(said.last, core.zone or UTC),
            ref=f"{before_reference(rows[said.session][0])}m{said.sequence}" if said.session in rows else "",
        )
        for term, said in chosen.items()
    ]


def _topics(core: Core, about: Mapping[int, Described], k: int) -> Iterable[Interest]:
    """The topics of conversations, those of most conversations first, of equal ones the newest."""
    found: dict[tuple[str, ...], list[tuple[WordSaid, str, Held]]] = {}
    for one in about.values():
        for topic in one.topics[:AMONG]:
            said = _last(one.held, topic.terms)
            found.setdefault(tuple(sorted(topic.terms)), []).append((said, one.words[topic.terms], one.held))
    newest = {terms: max(several, key=lambda one: one[0].order()) for terms, several in found.items()}
    ranked = sorted(found, key=lambda terms: (len(found[terms]), newest[terms][0].order(), terms), reverse=True)
    for terms in ranked[:k]:
        said, words, held = newest[terms]
        last = moment(said.last, core.zone or UTC)
        yield Interest(name=words, count=len(found[terms]), last=last, ref=held.ref(said.sequence))


def _last(held: Held, terms: Sequence[str]) -> WordSaid:
    """The newest message of a conversation that has all *terms*."""
    number = held.together(terms, held.seen)
    place = int((held.part.numbers == number).argmax())
    return WordSaid(1, float(held.part.said[place] - held.part.zones[place]), held.row.pk, number)


def _moods(moods: Mapping[str, tuple[int, int]]) -> Iterable[Mood]:
    for month in sorted(moods):
        number, total = moods[month]
        if number >= LEAST_MOODS:
            yield Mood(month=month, value=round(total / number / 100, 2), turns=number)
