"""Compression with a measured loss: split, choose, measure, and try again until enough is kept. Pure.

What is tried, in this order, until `kept.total` is at least `least`: the ratio asked for, spread over the layers by
their priorities; the same with clauses that hold details shortened too, and lower layers giving to higher ones; then
both with ratios a quarter higher each time, up to `at_most`. If none does, the one that keeps most, `met` False.

Without a model the text is made of sentences of the original: at 10 % of the tokens of a chat they cannot hold 85 % of
what it tells (`benchmarks/RESULTS.md`), so nothing is promised, and what is kept is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
_SPLITS = (0, 3)  # for each ratio, how often lower layers give to higher ones: RESULTS.md has what each brings


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
        pairs = tuple(tuple(pair) for pair in questions)
        if not all(len(pair) == 2 and all(isinstance(text, str) and text.strip() for text in pair) for pair in pairs):
            raise InvalidSettings("questions takes pairs of a question and its answer, both text")
        return cls(ratio, least, max(ratio, at_most), tuple(patterns_of(preserve)), pairs)  # type: ignore[arg-type]


def compress_messages(
    messages: Sequence[tuple[str, Message]], wanted: Wanted, count: Callable[[str], int]
) -> Compressed:
    """*messages*, each with its reference or "", as a shorter text, counted by *count*."""
    return compressed(material_of(messages, count), wanted, count)


def compressed(material: Material, wanted: Wanted, count: Callable[[str], int]) -> Compressed:
    """*material* as a shorter text, counted by *count*."""
    always = preserved(material, wanted.preserve)
    splits = [(ratio, split) for ratio in ratios(wanted.ratio, wanted.at_most) for split in _SPLITS]
    made: list[Compressed] = []
    for ratio, split in splits:
        made.append(_attempt(material, wanted, count, ratio, split, always))
        if made[-1].met:
            return replace(made[-1], tried=len(made))
    return replace(max(made, key=lambda one: one.kept.total), tried=len(made))  # of equal ones the first, the shortest


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
    has: Counter[str] = Counter()
    for clause in material.clauses:
        has[clause.layer] += clause.tokens
    chooser = Chooser.of(material, count, short=split > 0, verbatim=always)
    roomy = room + room // SLACK + SLACK
    choice = choose(chooser, spread(roomy, has, towards_facts(PRIORITIES, split)), roomy, always)
    words = _fitting(material, chooser, choice, count, room, always)
    text = rendered(material, words)
    return Compressed(
        text=text,
        tokens=count(text),
        tokens_before=material.tokens,
        kept=measure(material, text, wanted.questions),
        least=wanted.least,
        sections=sections_of(material, words),
        left_out=_left_out(material, words),
        refused=0,
        tried=1,
        original=material,
    )


def _fitting(
    material: Material,
    chooser: Chooser,
    choice: Chosen,
    count: Callable[[str], int],
    room: int,
    always: frozenset[int],
) -> dict[int, str]:
    """The words of *choice*, without those that are worth least a token where all together cost more than *room*."""
    words = {place: chooser.text(material.clauses[place]) for place in choice.picked}
    going = sorted(choice.picked.keys() - always, key=lambda place: (-choice.picked[place], place))
    while going and (over := count(rendered(material, words)) - room) > 0:
        while going and over > 0:
            over -= max(1, count(words.pop(going.pop())))
    return words


def _left_out(material: Material, words: Mapping[int, str]) -> dict[str, int]:
    return dict(Counter(clause.layer for clause in material.clauses if clause.place not in words))
