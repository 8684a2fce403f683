"""The facts that a message states, who or what has which value, by rules in English and Chinese, for `superseding`.

Rule 1: a fact has a subject that is written down, or refers back ("it is now 50"); what is neither is no fact.
Rule 2: no text makes these functions raise; the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

from tiermem.facts import chinese_figures, english_figures
from tiermem.facts.clauses import Clause, clauses, prose
from tiermem.facts.fact import Fact, content
from tiermem.facts.quantities import FIRST, MARK, Quantity
from tiermem.facts.states import State, may_tell, states
from tiermem.facts.topics.cues import topics
from tiermem.facts.topics.kinds import ALL, FIGURE
from tiermem.text.analyzer import terms
from tiermem.text.sentences import sentences

_MOST_FACTS = 12  # of one message; more is a table, not a statement
_MOST_MENTIONS = 24
_MOST_VALUES = 6  # of one clause; more is a list of figures
_MARK = re.compile(MARK)
# "My favourite part" is of whatever was talked about.
_VAGUE = frozenset(terms("thing things character scene part memory moment way time one quote kind type")) | {
    "东西",
    "部分",
    "角色",
}
_CAPITALISED = re.compile(r"\b[A-Z]\w+")
_NOT = re.compile(r"\bnot\b|不是|没有|不到", re.IGNORECASE)


def facts(text: str, speaker: str, may_state: Callable[[str], int] = topics) -> list[Fact]:
    """What *text*, said by *speaker*, states; at most 12 facts, in order.

    *may_state* says of which kinds a sentence may state something, so that most sentences need no closer look.
    """
    stated: list[Fact] = []
    for clause, kinds in _clauses(text, ALL, may_state):
        stated += _figures(clause, speaker)
        if clause.real:
            in_words = [_of_state(state, clause) for state in states(clause, speaker, kinds)]
            stated += [fact for fact in in_words if not fact.words or fact.words - _VAGUE]
        if len(stated) >= _MOST_FACTS:
            break
    return stated[:_MOST_FACTS]


def _clauses(text: str, wanted: int, may_state: Callable[[str], int]) -> Iterator[tuple[Clause, int]]:
    """The clauses of the sentences that may state something of a kind that is *wanted*, with these kinds."""
    said = prose(text)
    if not may_state(said) & wanted:
        return
    for sentence in sentences(said):
        if (kinds := may_state(sentence)) & wanted:
            worth = partial(_is_worth, kinds=kinds & wanted)
            yield from ((clause, kinds) for clause in clauses(sentence, worth, valued=bool(kinds & FIGURE)))


def _is_worth(text: str, kinds: int) -> bool:
    """Whether a clause of this *text* has a value, or tells a state of these *kinds*."""
    return bool(_MARK.search(text)) or may_tell(text, kinds)


def mentions(text: str, may_state: Callable[[str], int] = topics) -> list[tuple[Quantity, frozenset[str]]]:
    """Every value in what *text* tells, with the words of the sentence up to and with the clause that names it."""
    named: list[tuple[Quantity, frozenset[str]]] = []
    words: frozenset[str] = frozenset()
    for clause, _ in _clauses(text, FIGURE, may_state):
        words = (words if clause.before else frozenset()) | content(_MARK.sub(" ", clause.text))
        for match in _MARK.finditer(clause.text):
            value = clause.values[ord(match.group()) - ord(FIRST)]
            named.append((english_figures.with_unit(value, english_figures.counted(clause.text[match.end() :])), words))
    return named[:_MOST_MENTIONS]


def _of_state(state: State, clause: Clause) -> Fact:
    changed = clause.changed or state.changed
    words = content(state.about)
    names = content(" ".join(_CAPITALISED.findall(state.about))) if state.kind == "ever" else frozenset()
    base = Fact(state.kind, state.owner, words, state.value, state.label, changed, clause.past, state.old, state.frame)
    return replace(base, names=names)


def _figures(clause: Clause, speaker: str) -> Iterator[Fact]:
    for match in islice(_MARK.finditer(clause.text), _MOST_VALUES):
        before, after = clause.text[: match.start()], clause.text[match.end() :]
        value = clause.values[ord(match.group()) - ord(FIRST)]
        if _NOT.search(before):
            continue
        fact = english_figures.figure(clause, before, after, value, speaker)
        fact = fact or chinese_figures.figure(clause, before, after, value, speaker)
        if fact is not None:
            yield fact
