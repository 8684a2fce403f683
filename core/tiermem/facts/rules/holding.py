"""Which of several things that were laid down still hold: what was taken back, said again or said otherwise since.

Rule: better to keep two that contradict each other than to drop one that holds. Only what is plainly about the same, in
the same words, ends what was said before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tiermem.facts.rules.record import TASK, StandingRule
from tiermem.text import late
from tiermem.text.analyzer import terms, words_of

ALIKE = 0.6  # share of the words of both that two must have in common to be about the same thing
TAKEN = 0.5  # of the words of what is taken back, those that who takes it back must say
_KEPT = 4_096
_FILLS = late.compile(
    r"\b(?:please|pls|kindly|always|just|ever|from now on|going forward|in (?:the )?future"
    r"|remember(?: to| that)?|also|and)\b"
    r"|请[你您]?|麻烦[你您]?|以后|今后|从现在[起开]始?|一律|务必|千万|记住|记得"
)
_SIGNS = late.compile(r"\W+")
_DENIES = late.compile(
    r"\b(?:never|not|no|none|nothing|nobody|avoid|stop|without|cannot|don't|dont|mustn't|shouldn't|can't|refrain"
    r"|forbidden"
    r"|prohibited|off[- ]limits)\b|n't\b|[不别勿禁莫]",
    re.IGNORECASE,
)
_FIGURE = late.compile(
    r"\d[\d.,:]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b"
    r"|[一二两三四五六七八九十百千万]+(?![年月])"
)
_LIMITS = late.compile(
    r"\b(?:under|below|within|above|over|at (?:most|least)|no (?:more|less|fewer|longer|later)|max(?:imum)?|minimum"
    r"|budget|limit"
    r"|cap|exceed|up to|by|before|until|after|due|deadline)\b|超过|最多|至多|至少|以内|之内|预算|低于|高于|控制在"
    r"|限制|之前|以前|截止",
    re.IGNORECASE,
)
_SLOTS = (
    late.compile(
        r"\b(?:call|address) me (?P<value>[\w\"“‘'.]+)|(?:叫|称呼)我[“「]?(?P<chinese>[^，。！“”「」\s]{1,8})",
        re.IGNORECASE,
    ),
    late.compile(
        r"\b(?:answer|reply|respond|write|speak|talk)\w*(?: to me| me)? (?:only )?in (?P<value>(?:british "
        r"|american )?english"
        r"|german|french|spanish|italian|chinese|mandarin|japanese|portuguese)"
        r"|用(?P<chinese>简体中文|繁体中文|中文|英文|英语|法语|德语|日语)(?:来)?(?:回答|回复|写|说)",
        re.IGNORECASE,
    ),
)
# Words by which nothing is told apart.
_EMPTY = words_of(
    "alway never pleas now forward futur rule remember sure answer repli respons everi anyth everyth "
    "onli must ever make keep use give 请 以后 不要 今后 必须 一律 所有 都 回答 记住 每次 现在 "
    "可以 again longer need anymor ignor forget limit "
)


class _Said(NamedTuple):
    words: frozenset[str]
    denies: bool
    figures: frozenset[str]
    limits: bool  # its figures are a limit or a time, of which there is one; "tool 3" and "tool 4" are two things
    slots: tuple[str, ...]

    @property
    def topics(self) -> list[str]:
        """The slots that it fills, by names that no word has."""
        return [f"\0{place}" for place, value in enumerate(self.slots) if value]


HOLDS = -1  # what nothing ended


def holding(rules: Sequence[StandingRule]) -> list[bool]:
    """For each of *rules*, in the order in which they were laid down, whether it holds after all of them."""
    return [ender == HOLDS for ender in enders(rules)]


def enders(rules: Sequence[StandingRule]) -> list[int]:
    """For each of *rules*, in the order in which they were laid down, the place of what ended it; `HOLDS` where nothing
    did.

    What takes something back does not stand itself, nor does what says again what holds.
    """
    ended: list[int] = []
    by_word: dict[str, list[int]] = {}  # so that only what shares a word is compared
    for place, rule in enumerate(rules):
        said = _said(rule.text)
        near = {before for word in (*said.words, *said.topics) for before in by_word.get(word, ())}
        standing = [before for before in sorted(near) if ended[before] == HOLDS and _one_sort(rules[before], rule)]
        if rule.revokes:
            for before in _taken_back(rules, standing, rule):
                ended[before] = place
            ended.append(place)
            continue
        for before in standing:
            if _ends(_said(rules[before].text), said):
                ended[before] = place
        ended.append(next((b for b in standing if ended[b] == HOLDS and _again(rules[b], rule)), HOLDS))
        for word in (*said.words, *said.topics):
            by_word.setdefault(word, []).append(place)
    return ended


def _one_sort(before: StandingRule, rule: StandingRule) -> bool:
    return rule.revokes or (before.kind == rule.kind) or not {before.kind, rule.kind} & {TASK}


def _again(before: StandingRule, rule: StandingRule) -> bool:
    """Whether *rule* says what was said *before*: in the same words, or with others for "please" and "always"."""
    bare = _bare(rule.text)
    return before.text == rule.text or (bool(bare) and bare == _bare(before.text))


@lru_cache(maxsize=_KEPT)
def _bare(text: str) -> str:
    """The letters and figures of *text* without words that ask for the same more kindly or more firmly."""
    return _SIGNS.sub("", _FILLS.sub("", text.casefold()))


def _taken_back(rules: Sequence[StandingRule], standing: Sequence[int], rule: StandingRule) -> list[int]:
    words = _said(rule.text).words
    return [
        place for place in standing if (old := _said(rules[place].text).words) and len(old & words) >= TAKEN * len(old)
    ]


def _ends(old: _Said, new: _Said) -> bool:
    """Whether what is *new* is about the same as what is *old*, and says otherwise."""
    if any(a and b and a != b for a, b in zip(old.slots, new.slots, strict=True)):
        return True
    together = old.words | new.words
    if len(together) < 2 or len(old.words & new.words) < ALIKE * len(together):
        return False
    if old.denies != new.denies:
        return True
    return old.limits and new.limits and old.figures != new.figures


@lru_cache(maxsize=_KEPT)
def _said(text: str) -> _Said:
    figures = frozenset(_FIGURE.findall(text.lower()))
    words = frozenset(terms(_FIGURE.sub(" ", text.lower()))) - _EMPTY
    slots = tuple(_value(pattern, text) for pattern in _SLOTS)
    limits = bool(figures and _LIMITS.search(text))
    return _Said(words, bool(_DENIES.search(text)), figures, limits, slots)


def _value(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return (found["value"] or found["chinese"] or "").strip("\"'“‘.").casefold() if found else ""
