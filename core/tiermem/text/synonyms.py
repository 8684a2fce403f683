"""Related words and synonyms: other index terms that a question's terms may have been said with. Pure.

`Related`, the built-in table, says it of English (`benchmarks/packing/related_words.py` made it, from distances between
word vectors). `Synonyms` have what it misses, and what the caller adds: first Chinese, where a pair of characters is
matched exactly or not at all, then short forms, spellings, the other script, and the other language of a chat. Their
table is read once, lazily.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tiermem.errors import InvalidSettings
from tiermem.text import late
from tiermem.text.analyzer import HAN, query_terms
from tiermem.text.analyzer import terms as all_terms

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Groups: TypeAlias = Mapping[str, Iterable[str]] | Iterable[Iterable[str]]
Others: TypeAlias = Mapping[str, Mapping[str, float]]  # by term: other terms and their weight

FAR = 0.30  # the cosine at which a related word counts nothing; at 1 it would count like the word itself
WEIGHT = 0.8  # of a user's own groups, unless they say otherwise: who names them knows their own words
SCRIPT_WEIGHT = 0.9  # of the same characters in the other script
MOST = 24  # other terms that one term of a question may have; more would be a topic and not a word
_NEAR = tuple((cosine / 255 - FAR) / (1 - FAR) for cosine in range(256))  # the weight, by a cosine as it is stored
_LONGEST = 80  # characters of one member
_HAN = late.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Related:
    """The built-in table: row i of `words` is related to words[others[starts[i]:starts[i + 1]]], nearest first."""

    words: tuple[str, ...]
    starts: NDArray[np.uint32]
    others: NDArray[np.uint16]
    cosines: NDArray[np.uint8]  # times 255
    rows: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", {word: row for row, word in enumerate(self.words)})

    def to(self, term: str) -> dict[str, float]:
        """Other index terms and their weight (0 to 1), nearest first; none for a term that is not in the table."""
        row = self.rows.get(term)
        if row is None:
            return {}
        low, high = int(self.starts[row]), int(self.starts[row + 1])
        words, near = self.words, _NEAR
        pairs = zip(self.others[low:high].tolist(), self.cosines[low:high].tolist(), strict=True)
        return {words[other]: near[cosine] for other, cosine in pairs if near[cosine] > 0}


class _Member(NamedTuple):
    """A word or phrase: as a question has it, the term it is looked up by, and the terms it lends."""

    words: str
    head: str
    terms: tuple[str, ...]


_Group: TypeAlias = tuple[tuple[_Member, ...], float]


class _Script(NamedTuple):
    """Translation tables of single characters."""

    plain: dict[int, str]
    full: dict[int, str]


class _Question:
    """A question's text in simplified characters, and which of its terms follow which; read where it is asked for."""

    def __init__(self, text: str, plain: dict[int, str]) -> None:
        self._text = text
        self._plain = plain

    @cached_property
    def text(self) -> str:
        """The text."""
        return self._text.translate(self._plain)

    @cached_property
    def following(self) -> frozenset[tuple[str, str]]:
        """The pairs of terms that stand one behind the other."""
        return frozenset(pairwise(all_terms(self._text)))


class Synonyms:
    """Groups of words and phrases that stand for each other: the built-in ones and the caller's. Immutable."""

    def __init__(self, groups: Groups = (), *, weight: float = WEIGHT, builtin: bool = True) -> None:
        """*groups*: lists of words or phrases, or a mapping of a word to its others; *weight* is above 0 and below 1.

        A group works both ways. Without *builtin* the package's own groups and the other script are left out; a word
        in several groups has the others of all. Raises InvalidSettings for a weight, group or member that makes no
        sense; nothing is dropped.
        """
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight < 1:
            raise InvalidSettings("the weight of synonyms must be a number above 0 and below 1")
        own = [(tuple(map(_member, group)), float(weight)) for group in _listed(groups)]
        self._script = _builtin()[1] if builtin else _Script({}, {})
        self._tables = [_by_head(own), *([_builtin()[0]] if builtin else [])]

    def expand(self, terms: Iterable[str], text: str) -> dict[str, dict[str, float]]:
        """For each of a question's *terms* that has any: other index terms and their weight, above 0 and below 1.

        *text* is the question itself: a phrase counts where its words follow each other. A phrase's others belong to
        its longest term; a phrase among the others has its weight divided by its number of terms. The question's own
        terms are not among the others. At most `MOST` others a term, heaviest first, the caller's before built-in.
        """
        asked = list(dict.fromkeys(terms))
        question = _Question(text, self._script.plain)
        expanded: dict[str, dict[str, float]] = {}
        for term in asked:
            others = self._others(term, question)
            kept = sorted(
                ((other, weight) for other, weight in others.items() if other not in asked), key=lambda pair: -pair[1]
            )
            if kept:
                expanded[term] = dict(kept[:MOST])
        return expanded

    def _others(self, term: str, question: _Question) -> dict[str, float]:
        latin = term.isascii()
        plain = term if latin else term.translate(self._script.plain)
        groups = [group for table in self._tables for group in table.get(plain, ())]
        if latin and not groups:  # most words are in no group, and have no other script
            return {}
        weights: dict[str, float] = {}
        for members, weight in groups:
            said = {member.words for member in members if member.head == plain and _stands(member, question)}
            for member in members if said else ():
                for other in member.terms if member.words not in said else ():
                    weights[other] = max(weights.get(other, 0.0), weight / len(member.terms))
        return self._in_both_scripts({term: 1.0, plain: SCRIPT_WEIGHT, **weights}, term)

    def _in_both_scripts(self, others: dict[str, float], term: str) -> dict[str, float]:
        both = dict(others)
        for other, weight in others.items():
            form = other.translate(self._script.full)
            both.setdefault(form, SCRIPT_WEIGHT * weight)
        del both[term]
        return both


def expand(terms: Iterable[str], text: str, related: Related | None, synonyms: Synonyms | None) -> Others:
    """For each of a question's *terms*: other index terms and their weight, from both tables, the larger one counting.

    A question's own terms are never among the others: they count for themselves.
    """
    asked = list(terms)
    own = set(asked)
    written = synonyms.expand(asked, text) if synonyms else {}
    lent: dict[str, dict[str, float]] = {}
    for term in asked:
        others = related.to(term) if related else {}
        for other in own & others.keys():
            del others[other]
        for other, weight in written.get(term, {}).items():
            others[other] = max(others.get(other, 0.0), weight)
        if others:
            lent[term] = others
    return lent


def _stands(member: _Member, question: _Question) -> bool:
    if _HAN.search(member.words):
        return member.words in question.text
    return len(member.terms) < 2 or all(pair in question.following for pair in pairwise(member.terms))


def _by_head(groups: Iterable[_Group]) -> dict[str, list[_Group]]:
    by_head: dict[str, list[_Group]] = {}
    for group in groups:
        for head in dict.fromkeys(member.head for member in group[0]):
            by_head.setdefault(head, []).append(group)
    return by_head


def _listed(groups: Groups) -> list[list[str]]:
    """The groups as lists of at least two different, non-empty strings."""
    if isinstance(groups, str) or not isinstance(groups, Iterable):
        raise InvalidSettings("synonyms are groups of words, or a mapping of a word to its others")
    listed: list[tuple[list[str], Iterable[str]]]
    listed = [([w], o) for w, o in groups.items()] if isinstance(groups, Mapping) else [([], g) for g in groups]
    return [_checked(first, rest, number) for number, (first, rest) in enumerate(listed)]


def _checked(first: list[str], rest: Iterable[str], number: int) -> list[str]:
    if isinstance(rest, str) or not isinstance(rest, Iterable):
        raise InvalidSettings(f"group {number} of the synonyms is not a list of words")
    members = [*first, *rest]
    if not all(isinstance(member, str) and 0 < len(member.strip()) <= _LONGEST for member in members):
        raise InvalidSettings(f"group {number} of the synonyms has a member that is not 1 to {_LONGEST} characters")
    if len({member.strip().casefold() for member in members}) < 2:
        raise InvalidSettings(f"group {number} of the synonyms has fewer than two different words")
    return members


def simplified(text: str) -> str:
    """*text* in simplified characters, each in its place."""
    return text.translate(_builtin()[1].plain)


@lru_cache(maxsize=8192)
def _member(words: str) -> _Member:
    """Raises InvalidSettings for words without any index term (only stop words or signs)."""
    words = words.strip()
    terms = query_terms(words)
    if not terms:
        raise InvalidSettings(f"a synonym of {len(words)} characters has no word that is indexed")
    if _HAN.search(words):
        terms = _cover(words, terms)
    return _Member(words, max(terms, key=len), tuple(terms))


def _cover(words: str, candidates: list[str]) -> list[str]:
    """The fewest terms of *candidates* that cover most of *words* end to end, so without pairs across two words.

    Single characters are left out where a longer term is left: 好 of 好朋友 stands everywhere.
    """
    best: list[tuple[int, int, list[str]]] = [(0, 0, [])]  # for each length: characters covered, -terms, terms
    for end in range(1, len(words) + 1):
        options = [best[-1]]
        for term in candidates:
            if words.endswith(term, 0, end):
                covered, terms, parts = best[end - len(term)]
                options.append((covered + len(term), terms - 1, [*parts, term]))
        best.append(max(options, key=lambda option: option[:2]))
    parts = best[-1][2] or candidates
    return [part for part in parts if len(part) > 1] or parts


@lru_cache(maxsize=1)
def _builtin() -> tuple[dict[str, list[_Group]], _Script]:
    """The package's table, see synonyms.txt for its form."""
    groups: list[_Group] = []
    pairs: list[str] = []
    section = ""
    for line in files("tiermem.text").joinpath("synonyms.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            section = line[1:]
        elif line and not line.startswith("#"):
            if section == "script":
                pairs += line.split()
            else:
                groups.append((tuple(_member(words) for words in line.split(",")), float(section)))
    plain = {ord(pair[1]): pair[0] for pair in pairs}
    return _by_head(groups), _Script(plain, {ord(pair[0]): pair[1] for pair in pairs})
