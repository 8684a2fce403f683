"""Compression with a measured loss: split, choose, measure, and try again until enough is kept. Pure.

What is tried, in this order, until `kept.total` is at least `least`: the ratio asked for, spread over the layers by
their priorities; the same with lower layers giving to those that hold details; then ratios a quarter higher each time,
up to `at_most`, if that is enough. If nothing is, the one that keeps most, `met` False.

Without a model the text is made of sentences of the original: at 10 % of the tokens of a chat they cannot hold 85 % of
what it tells (`benchmarks/RESULTS.md`), so nothing is promised, and what is kept is said. With one, its sentences stand
for those of the two lower layers, within what these may have, where the original bears them out (`writing.py`); all
the rest, and what is measured, is the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tiermem.compression.choosing import Chooser, Chosen, choose
from tiermem.compression.compressed import Compressed
from tiermem.compression.measuring import measure
from tiermem.compression.preserving import Preserved, patterns_of, preserved
from tiermem.compression.reading.clauses import Material, SpokenClause, material_of
from tiermem.compression.reading.layers import ANCILLARY, CONTEXTUAL, PRIORITIES
from tiermem.compression.rendering import in_words, rendered, sections_of
from tiermem.compression.spreading import ratios, spread, towards_facts
from tiermem.compression.writing import ModelWords, to_tell, told_by
from tiermem.errors import InvalidSettings, brief_repr, described
from tiermem.messages import Message

SLACK = 16  # parts counted by themselves are up to a sixteenth more than together; what is too much is taken back
NO_WORDS: Final = ModelWords()
DETAILS_FIRST = 3  # how often lower layers give to higher ones in the second split: RESULTS.md has what it brings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks of a compression."""

    ratio: float
    least: float
    at_most: float
    preserve: tuple[re.Pattern[str], ...]
    questions: tuple[tuple[str, str], ...]

    @classmethod
    def of(
        cls,
        ratio: float,
        least: float,
        at_most: float,
        preserve: Iterable[Preserved],
        questions: Iterable[tuple[str, str]],
    ) -> Wanted:
        """The caller's arguments, checked.

        Raises:
            InvalidSettings: a share is none, or a question has no answer. InvalidMessage: what of *preserve* is none.
        """
        for name, share in (("ratio", ratio), ("least", least), ("at_most", at_most)):
            if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share <= 1:
                raise InvalidSettings(f"{name} must be a number from 0 to 1, not {share!r}")
        if ratio <= 0:
            raise InvalidSettings("ratio must be above 0")
        pairs = _pairs(questions)
        return cls(ratio, least, max(ratio, at_most), tuple(patterns_of(preserve)), pairs)


def _pairs(questions: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    given = list(questions) if isinstance(questions, Iterable) and not isinstance(questions, (str, bytes)) else [None]
    pairs = [tuple(pair) if isinstance(pair, (tuple, list)) else () for pair in given]
    if not all(len(pair) == 2 and all(isinstance(text, str) and text.strip() for text in pair) for pair in pairs):
        raise InvalidSettings("questions takes pairs of a question and its answer, both text")
    return tuple((pair[0], pair[1]) for pair in pairs)


def checked(summarizer: Any) -> None:
    """Refuses a *summarizer* that is neither a function nor None.

    Raises:
        InvalidSettings: it is neither.
    """
    if summarizer is not None and not callable(summarizer):
        raise InvalidSettings(f"summarizer must be a function of messages, not {brief_repr(summarizer)}")


@dataclass(frozen=True, slots=True)
class _Split:
    """What is tried: a ratio, and how often lower layers give to higher ones."""

    ratio: float
    towards_facts: int


def compress_messages(
    messages: Sequence[tuple[str, Message]],
    wanted: Wanted,
    count: Callable[[str], int],
    ask: Callable[[Sequence[Message]], Any] | None = None,
) -> Compressed:
    """*messages*, each with its reference or "", as a shorter text, counted by *count*; *ask* asks a model."""
    material = material_of(messages, count)
    if ask is None or wanted.ratio >= 1 or not (asked := to_tell(messages, material)):
        return compressed(material, wanted, count)
    try:
        words = told_by(ask(asked), asked, messages, material, count)
    except Exception as error:  # noqa: BLE001  # the caller's model; sentences of the original take its place
        words = ModelWords(error=described(error))
    return compressed(material, wanted, count, words)


def compressed(
    material: Material, wanted: Wanted, count: Callable[[str], int], words: ModelWords = NO_WORDS
) -> Compressed:
    """*material* as a shorter text, counted by *count*, with what a model told of it in *words*."""
    always = preserved(material, wanted.preserve)
    chooser = Chooser.of(material, count)
    made: list[Compressed] = []

    def enough(ratio: float, split: int) -> bool:
        made.append(_attempt(chooser, wanted, count, _Split(ratio, split), always, words))
        return made[-1].met

    _ = enough(wanted.ratio, 0) or enough(wanted.ratio, DETAILS_FIRST) or _more(wanted, enough, made)
    best = made[-1] if made[-1].met else max(made, key=lambda one: one.kept.total)  # of equal ones the first
    return replace(best, tried=len(made))


def _more(wanted: Wanted, enough: Callable[[float, int], bool], made: list[Compressed]) -> bool:
    """Whether a ratio above the one that was asked for is enough: the highest is tried first, and where it is, the
    lowest that is enough, from below; so what is never enough costs three attempts and not ten."""
    higher = ratios(wanted.ratio, wanted.at_most)[1:]
    if not higher or not enough(higher[-1], DETAILS_FIRST):
        return False
    highest = made[-1]
    if not any(enough(ratio, DETAILS_FIRST) for ratio in higher[:-1]):
        made.append(highest)
    return True


def _attempt(
    chooser: Chooser,
    wanted: Wanted,
    count: Callable[[str], int],
    split: _Split,
    always: frozenset[int],
    words: ModelWords,
) -> Compressed:
    """What one ratio and split come to."""
    material = chooser.material
    places, told = _chosen(chooser, count, split, always, words.sentences)
    text = rendered(material, places, told)
    return Compressed(
        text=text,
        tokens=count(text),
        tokens_before=material.tokens,
        kept=measure(material, text, wanted.questions),
        least=wanted.least,
        sections=sections_of(material, places, told),
        left_out=dict(Counter(clause.layer for clause in material.clauses if clause.place not in places)),
        tried=1,
        original=material,
        refused=words.refused,
        degraded=f"summarizer: {words.error}" if words.error else "",
    )


def _chosen(
    chooser: Chooser,
    count: Callable[[str], int],
    split: _Split,
    always: frozenset[int],
    sentences: Sequence[SpokenClause],
) -> tuple[Collection[int], Sequence[SpokenClause]]:
    """The places of the clauses that stay, all where all fit; and the model's *sentences* that stand for others."""
    material = chooser.material
    room = int(split.ratio * material.tokens)
    if room >= material.tokens:
        return range(len(material.clauses)), ()
    has: Counter[str] = Counter()
    for clause in material.clauses:
        has[clause.layer] += clause.tokens
    roomy = room + room // SLACK + SLACK
    shares = spread(roomy, has, towards_facts(PRIORITIES, split.towards_facts))
    told = _told(sentences, min(room, shares[CONTEXTUAL] + shares[ANCILLARY]), count)
    left = room - (count(f"\n{in_words(told)}") if told else 0)
    if told:
        shares |= {CONTEXTUAL: 0, ANCILLARY: 0}
    choice = choose(chooser, shares, roomy - (room - left), always, told)
    places = _fitting(material, choice, count, left, always)
    while told and count(rendered(material, places, told)) > room:  # what must be preserved comes first
        told = told[:-1]
    return places, told


def _told(sentences: Sequence[SpokenClause], room: int, count: Callable[[str], int]) -> Sequence[SpokenClause]:
    """The first of *sentences* that fit into *room* tokens."""
    place = len(sentences)
    while place and count(f"\n{in_words(sentences[:place])}") > room:
        place -= 1
    return sentences[:place]


def _fitting(
    material: Material, choice: Chosen, count: Callable[[str], int], room: int, always: frozenset[int]
) -> set[int]:
    """The places of *choice*, without those that are worth least a token where all together cost more than *room*."""
    places = set(choice.picked)
    going = sorted(places - always, key=lambda place: (-choice.picked[place], place))
    while going and (over := count(rendered(material, places)) - room) > 0:
        while going and over > 0:
            places.discard(going[-1])
            over -= max(1, material.clauses[going.pop()].tokens)
    return places
