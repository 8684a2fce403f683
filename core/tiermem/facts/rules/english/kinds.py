"""Which English sentences lay something down, and what kind of thing.

Rule 1: an order, a ban, a limit or a wish about what is to come; a habit, a story or a question is none.
Rule 2: what is asked for once ("list all files") is a request, no rule: there a word must say that it holds longer, or
for all of a kind.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tiermem.facts.rules.english import forms, framed
from tiermem.facts.rules.english.lookalikes import HABIT, I_PLAN, NOT_SERIOUS, ONCE, ONE_OFF, OWN_NEED, REPORTED, STORY
from tiermem.facts.rules.english.spelling import hasty, plain
from tiermem.facts.rules.english.unmeant import once, unmeant
from tiermem.facts.rules.english.ways import POLITE
from tiermem.facts.rules.english.wording import (
    ALWAYS,
    ASKED,
    BAN,
    BODY,
    CUES,
    DUE,
    DUE_WORD,
    EACH_TIME,
    EVERY,
    GOAL,
    LABEL,
    LEAD,
    LIMIT,
    MATTERS,
    NAMED,
    NONE,
    OBLIGED,
    OFF,
    ONLY,
    OPEN,
    POLICY,
    REVOKES,
    SHORTEST,
    STANDING,
    WANTS,
    WORDS,
)
from tiermem.facts.rules.record import CONSTRAINT, DEADLINE, NEED, QUESTION, TASK, WISH
from tiermem.text.analyzer import words_of

# Words of which one stands in whatever the pattern finds: looking for them is far cheaper than looking for it.
_LONGER = words_of(
    "most least more less fewer longer later maximum max up budget limit cap ceiling minimum exceed spend go cost"
)
_GATES: dict[re.Pattern[str], frozenset[str]] = {
    OBLIGED: words_of("must mustn't shall may can could has have need needs shouldn't"),
    ONLY: words_of("only exclusively"),
    BODY: words_of(
        "allergic allergy allergies intolerant intolerance vegan vegetarian coeliac celiac diabetic lactose halal"
        " kosher eat drink drive fly walk climb tolerate lift swim smoke work have gluten-free dairy-free nut-free"
    ),
    ALWAYS: words_of("always never ever every each exception exceptions"),
    EVERY: words_of("all every each any no anything everything nothing nobody both should shouldn't"),
    LIMIT: _LONGER | words_of("pay take be keep stay hold only"),
    DUE: words_of("deadline due by before until later latest expires runs up"),
    STANDING: words_of("from forward henceforth future rest remainder until times circumstances circumstance condition")
    | words_of("for throughout during to of each every all")
    | words_of("conditions case account matter exception exceptions whatever rule in"),
    EACH_TIME: words_of("whenever when if time before once soon"),
    WANTS: words_of("prefer rather preference want expect insist require like need hate dislike stand love appreciate"),
    REVOKES: words_of("ignore forget drop cancel disregard lift scrap mind longer don't not rule limit restriction")
    | words_of("constraint ban deadline fine ok okay alright right can may"),
}


class Way(NamedTuple):
    """One way to lay something down, or ("") not to: what it is, what must be found, and what must not."""

    kind: str
    found: tuple[re.Pattern[str], ...]
    absent: tuple[re.Pattern[str], ...] = ()


_WAYS = (  # the first that fits decides
    Way(QUESTION, (OPEN,)),
    Way(TASK, (GOAL,)),
    Way(CONSTRAINT, (LABEL,)),
    Way("", (NOT_SERIOUS,)),
    Way(WISH, (NAMED, EACH_TIME)),
    Way(CONSTRAINT, (NONE,)),
    Way(NEED, (BODY,), (OFF, ALWAYS, BAN)),
    Way(CONSTRAINT, (BODY,)),
    Way("", (STORY,)),
    Way(WISH, (WANTS,)),
    Way(CONSTRAINT, (OFF, LIMIT, ONLY)),
    Way(WISH, (STANDING,), (I_PLAN,)),
    Way(WISH, (ALWAYS,), (HABIT,)),
    Way(CONSTRAINT, (MATTERS,)),
    Way(CONSTRAINT, (BAN,), (ONCE,)),
    Way(CONSTRAINT, (OBLIGED, EVERY), (OWN_NEED,)),
    Way(WISH, (POLICY,), (ONE_OFF,)),
)


def kind_of(sentence: str) -> tuple[str, bool]:
    """The kind of what *sentence* lays down, "" for nothing; and whether it takes back something laid down before."""
    said = LEAD.sub("", sentence.replace("’", "'").strip(), count=1)
    words = frozenset(WORDS.findall(said.lower()))
    if hasty(words):
        said = plain(said)
        words = frozenset(WORDS.findall(said.lower()))
    if len(said) < SHORTEST:
        return "", False
    kind, revokes = _kind_of(said, words)
    if not kind and framed.may(said, words):
        kind = _framed(said)
    return ("", False) if kind and unmeant(said, kind) else (kind, revokes)


def _framed(said: str) -> str:
    """The kind of what *said* lays down inside of what stands around it."""
    inner = framed.opened(said)
    if NOT_SERIOUS.search(inner.core):
        return ""
    kind = framed.kind_of(said, inner, once=once(said))
    if kind or inner.core == said or framed.ASKS.match(said):
        return kind
    return _kind_of(inner.core, frozenset(WORDS.findall(inner.core.lower())))[0]


def _kind_of(said: str, words: frozenset[str]) -> tuple[str, bool]:
    if CUES.isdisjoint(words):
        return _otherwise(said, words), False
    if said.rstrip("\"' )").endswith("?"):
        return (WISH if ASKED.match(said) or POLITE.match(said) else ""), False
    due = _finds(DUE, said, words) and bool(DUE_WORD.search(said))
    if REPORTED.search(said) and not (due or LABEL.match(said)):
        return "", False
    if _finds(REVOKES, said, words):
        return WISH, True
    if due and not OPEN.search(said) and not NOT_SERIOUS.search(said):
        return DEADLINE, False
    return next((way.kind for way in _WAYS if _fits(way, said, words)), "") or _otherwise(said, words), False


def _otherwise(said: str, words: frozenset[str]) -> str:
    """The kind of what is laid down in words that say no such thing, as long as it is meant and nobody else's."""
    form = forms.form_of(said, words)
    if form is None:
        return ""
    against = (NOT_SERIOUS, REPORTED) if form.in_story else (NOT_SERIOUS, REPORTED, STORY)
    return "" if any(pattern.search(said) for pattern in against) else form.kind


def _fits(way: Way, said: str, words: frozenset[str]) -> bool:
    found = any(_finds(pattern, said, words) for pattern in way.found)
    return found and not any(pattern.search(said) for pattern in way.absent)


def _finds(pattern: re.Pattern[str], said: str, words: frozenset[str]) -> bool:
    gate = _GATES.get(pattern)
    return (gate is None or not gate.isdisjoint(words)) and bool(pattern.search(said))


def strict(sentence: str) -> bool:
    """Whether *sentence* says by itself that it holds on, or is labelled: in a long text, of which most is pasted, no
    other counts."""
    said = LEAD.sub("", sentence.replace("’", "'").strip(), count=1)
    return any(
        bool(found) for found in (LABEL.match(said), STANDING.search(said), ALWAYS.match(said), NAMED.search(said))
    )
