"""The lines of what a user talks about, how they felt, and how much they talked, counted over all conversations. Pure.

Rule: counts move with each turn, and a prompt's prefix must not. So the words of a line are coarse (a name, a month, a
mood in one of three words, "20+"), interests are ordered by the power of two that their count has reached, and the
counts themselves stand beside the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from tiermem.conversations.records import Interest, Interests, Mood
from tiermem.profiles.lines.line import ProfileLine
from tiermem.profiles.lines.wording import is_chinese

TOPICS, KEYWORDS, MONTHS = 5, 8, 3  # lines of each
ASKED = TOPICS + KEYWORDS  # of each is asked for
OFTEN, SEVERAL = 3, 2  # turns of a keyword, and conversations of a topic, from which on it is an interest
CLEAR = 0.25  # of a mood from -1 to 1; nearer to 0 it is mixed
# Numbers of conversations as they are told: 5, 10, 20, 50 … A second one would change the prompt of its own session.
_STEPS = tuple(base * 10**power for power in range(9) for base in (1, 2, 5))[2:]
_MOODS = {1: ("good", "好"), 0: ("mixed", "一般"), -1: ("low", "低落")}


def talked_about(found: Interests) -> list[ProfileLine]:
    """The lines of what was counted."""
    topics = [one for one in found.topics if one.count >= SEVERAL][:TOPICS]
    known = " ".join(one.name.casefold() for one in topics)
    words = [one for one in found.keywords if one.count >= OFTEN and one.name.casefold() not in known][:KEYWORDS]
    chinese = _chinese([*topics, *words])
    moods = found.moods[-MONTHS:]
    return [*_interests(topics), *_interests(words), *_moods(moods, chinese=chinese), *_much(found, chinese=chinese)]


def _chinese(interests: Sequence[Interest]) -> bool:
    return 2 * sum(is_chinese(one.name) for one in interests) > len(interests)


def _interests(interests: Iterable[Interest]) -> Iterator[ProfileLine]:
    for one in interests:
        yield ProfileLine(
            key=f"interest/{one.name.casefold()}",
            section="interest",
            text=f"常聊: {one.name}" if is_chinese(one.name) else f"talks about: {one.name}",
            value=one.name,
            said_at=one.last,
            sources=(one.ref,) if one.ref else (),
            confirmed=one.count,
            rank=-one.count.bit_length(),
        )


def _moods(moods: Sequence[Mood], *, chinese: bool) -> Iterator[ProfileLine]:
    """A line for each run of months that felt alike, the newest first: the same word month by month tells nothing."""
    for place, (sign, run) in enumerate(_alike([*reversed(moods)])):
        word, months = _MOODS[sign][chinese], _span([one.month for one in run], chinese=chinese)
        turns = sum(one.turns for one in run)
        yield ProfileLine(
            key=f"mood/{run[0].month}",
            section="mood",
            text=f"{months} 的心情: {word}" if chinese else f"mood in {months}: {word}",
            value=f"{sum(one.value * one.turns for one in run) / turns:+.2f}",
            confirmed=turns,
            rank=place,
        )


def _alike(moods: Iterable[Mood]) -> Iterator[tuple[int, list[Mood]]]:
    for sign, run in groupby(moods, lambda one: (one.value >= CLEAR) - (one.value <= -CLEAR)):
        yield sign, [*run]


def _span(months: Sequence[str], *, chinese: bool) -> str:
    """*months*, the newest first, in words."""
    if len(months) == 1:
        return months[0]
    return f"{months[-1]} 到 {months[0]}" if chinese else f"{months[-1]} to {months[0]}"


def _much(found: Interests, *, chinese: bool) -> Iterator[ProfileLine]:
    number = max((step for step in _STEPS if step <= found.conversations), default=0)
    if not number:
        return
    since = f"{found.first:%Y-%m}" if found.first is not None else ""
    words = f"至少 {number} 次对话" if chinese else f"{number}+ conversations"
    if since:
        words = f"{words}，自 {since}" if chinese else f"{words} since {since}"
    yield ProfileLine(
        key="conversations",
        section="conversations",
        text=words,
        value=str(found.conversations),
        since=found.first,
        said_at=found.last,
        confirmed=found.turns,
    )
