"""Compression with a measured loss: split, choose, measure, and try again until enough is kept. Pure.

What is tried, in this order, until `kept.total` is at least `least`: the ratio asked for, spread over the layers by
their priorities; the same with lower layers giving to those that hold details; then ratios a quarter higher each time,
up to `at_most`, if that is enough. If nothing is, the one that keeps most, `met` False.

Without a model the text is made of sentences of the original: at 10 % of the tokens of a chat they cannot hold 85 % of
what it tells (`benchmarks/RESULTS.md`), so nothing is promised, and what is kept is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from tiermem.compression.choosing import Chooser, Chosen, choose
from tiermem.compression.compressed import Compressed
from tiermem.compression.measuring import measure
from tiermem.compression.preserving import Preserved, patterns_of, preserved
from tiermem.compression.reading.clauses import Material, material_of
from tiermem.compression.reading.layers import PRIORITIES
from tiermem.compression.rendering import rendered, sections_of
from tiermem.compression.spreading import ratios, spread, towards_facts
from tiermem.errors import InvalidSettings
from tiermem.messages import Message

SLACK = 16  # parts counted by themselves are up to a sixteenth more than together; what is too much is taken back
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


def compress_messages(
    messages: Sequence[tuple[str, Message]], wanted: Wanted, count: Callable[[str], int]
) -> Compressed:
    """*messages*, each with its reference or "", as a shorter text, counted by *count*."""
    return compressed(material_of(messages, count), wanted, count)


def compressed(material: Material, wanted: Wanted, count: Callable[[str], int]) -> Compressed:
    """*material* as a shorter text, counted by *count*."""
    always = preserved(material, wanted.preserve)
    made: list[Compressed] = []

    def enough(ratio: float, split: int) -> bool:
        made.append(_attempt(material, wanted, count, ratio, split, always))
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
    material: Material,
    wanted: Wanted,
    count: Callable[[str], int],
    ratio: float,
    split: int,
    always: frozenset[int],
) -> Compressed:
    """What one ratio and split come to."""
    room = int(ratio * material.tokens)
    places = _chosen(material, count, room, split, always)
    text = rendered(material, places)
    return Compressed(
        text=text,
        tokens=count(text),
        tokens_before=material.tokens,
        kept=measure(material, text, wanted.questions),
        least=wanted.least,
        sections=sections_of(material, places),
        left_out=dict(Counter(clause.layer for clause in material.clauses if clause.place not in places)),
        tried=1,
        original=material,
    )


def _chosen(
    material: Material, count: Callable[[str], int], room: int, split: int, always: frozenset[int]
) -> Collection[int]:
    """The places of the clauses that stay within *room* tokens; all where all fit."""
    if room >= material.tokens:
        return range(len(material.clauses))
    has: Counter[str] = Counter()
    for clause in material.clauses:
        has[clause.layer] += clause.tokens
    roomy = room + room // SLACK + SLACK
    shares = spread(roomy, has, towards_facts(PRIORITIES, split))
    choice = choose(Chooser.of(material, count), shares, roomy, always)
    return _fitting(material, choice, count, room, always)


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
