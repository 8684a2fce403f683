"""What messages lend their neighbours, from sizes and times, for scores: an answer stands beside its question. Pure.

Lending fades with the *words* between two messages (`WORDS_APART`: some eight short ones, or not even one long answer)
and never crosses a long silence or the border of a session, so records that stand apart lend nothing.

All of it is products along a chain: what i lends to i + 2 is what i lends to i + 1, times what that lends to i + 2. So
the best of a stretch comes of few passes that double in reach, without a loop over its distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float32]

STRETCH = 5  # messages to either side that can lend their words
WORDS_APART = 80.0  # words between two messages at which a word lent counts 1/e
SILENCE = 6 * 3600.0  # seconds without a message that part two conversations
DAY = 86_400.0
AT_ONCE = 1.0  # seconds between two messages of one who is never answered, up to which neither goes on with the other
REACH, FADE = 4, 0.95  # messages that the best score reaches, and what is left of it a step further
PART = 1 << 16  # messages that are looked at together
AROUND = 150.0  # words to either side of a message that are its stretch
# Messages of a talk without a silence at which half of a score is the stretch's, how steeply that comes, and the share
# below which it is not worth asking: chats go on for some 10 to 60, meetings for hundreds.
LONG_TALK, BEND, LITTLE = 200.0, 1.5, 0.05
SHARE = (0.2, 0.1)  # of a vector's score, for the neighbours at distance 1 and 2


@dataclass(frozen=True, eq=False)
class Chain:
    """How messages hang together, between each and the next, of *count* messages.

    Args:
        count: messages.
        joined: bool of shape (count - 1): both belong to one talk.
        step: float32 of the same shape: how much of a word one lends the other (0 to 1).
    """

    count: int
    joined: NDArray[np.bool_]
    step: Numbers

    @cached_property
    def two(self) -> Numbers:
        """What messages lend over two steps."""
        return self.step[:-1] * self.step[1:]

    @cached_property
    def fade(self) -> Numbers:
        """What is left of a score a step further."""
        return (FADE * self.joined).astype(np.float32)

    @cached_property
    def alone(self) -> float:
        """The share (0 to 1) of messages that stand alone: silence before and after them."""
        if self.count < 2:
            return 1.0
        beside = np.concatenate([[False], self.joined]) | np.concatenate([self.joined, [False]])
        return 1.0 - float(beside.mean())


@dataclass(frozen=True, eq=False)
class Talks:
    """How messages stand in their talks, which silences and the borders of sessions part.

    Args:
        opens: bool, by message: it begins a talk; none does where all is one talk.
        share: how much (0 to 1) of a message's score its stretch tells, because talks go on for so long.
        first, behind: int32, by message: its stretch begins there, and ends before that; empty where `share` is 0.
    """

    opens: NDArray[np.bool_]
    share: float
    first: NDArray[np.int32]
    behind: NDArray[np.int32]


def talks(sizes: Numbers, along: Chain) -> Talks:
    """The talks of messages of these *sizes* (numbers of terms)."""
    none: NDArray[np.int32] = np.zeros(0, np.int32)
    begins = np.concatenate([np.ones(min(1, along.count), bool), ~along.joined])
    starts = np.flatnonzero(begins)
    lengths = np.diff([*starts, along.count])
    typical = float(np.square(lengths, dtype=np.float64).sum()) / max(along.count, 1)
    share = typical**BEND / (typical**BEND + LONG_TALK**BEND)
    opens = begins if len(starts) > 1 else np.zeros(along.count, bool)
    if share < LITTLE:
        return Talks(opens, 0.0, none, none)
    words = np.cumsum(sizes + 2, dtype=np.float64) - (sizes + 2) / 2  # at the middle of each
    first = np.repeat(starts.astype(np.int32), lengths)
    behind = np.repeat((starts + lengths).astype(np.int32), lengths)
    for part in _parts(along.count):
        first[part] = np.maximum(first[part], np.searchsorted(words, words[part] - AROUND))
        behind[part] = np.minimum(behind[part], np.searchsorted(words, words[part] + AROUND, side="right"))
    return Talks(opens, share, first, behind)


def dense(score: Numbers, within: Talks) -> Numbers:
    """The mean *score* of the stretch around each message, those below 0 as 0; it has one, for `share` is above 0."""
    sums = np.concatenate([[0.0], np.cumsum(np.maximum(score, 0), dtype=np.float64)])
    mean: Numbers = np.empty(len(score), np.float32)
    for part in _parts(len(score)):
        first, behind = within.first[part], within.behind[part]
        mean[part] = (sums[behind] - sums[first]) / (behind - first)
    return mean


def _parts(count: int) -> Iterator[slice]:
    """Stretches of *count* messages: of a million each column in between would be 8 MB."""
    return (slice(start, start + PART) for start in range(0, count, PART))


def chain(
    sizes: Numbers,
    said: NDArray[np.float64],
    borders: NDArray[np.int64] | None = None,
    notes: NDArray[np.bool_] | None = None,
) -> Chain:
    """The chain of messages of these *sizes* (numbers of terms), *said* at these wall-clock seconds (NaN: unknown, and
    then no silence). *borders* are the places at which another session begins; *notes* marks messages of sessions in
    which nobody answers: those that come within `AT_ONCE` of each other were put there by a program, one by one."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.diff(said))
        joined = ~(apart > SILENCE)
        if notes is not None:
            timed = said[:-1] % DAY != 0  # a day without a time does not say how fast
            joined &= ~(notes[:-1] & (apart <= AT_ONCE) & timed)
    if borders is not None and len(borders):
        joined[borders - 1] = False
    words = (sizes[:-1] + sizes[1:]) / 2 + 2  # a message of one word is still a step
    return Chain(len(sizes), joined, np.where(joined, np.exp(-words / WORDS_APART), 0).astype(np.float32))


def lent(values: Numbers, along: Chain) -> Numbers:
    """The best of each message's own value and what its neighbours lend it; *values* has shape (…, count)."""
    if along.count < 2:
        return values
    best = _lent_on(values, along)
    np.maximum(best, _lent_on(values[..., ::-1], _turned(along))[..., ::-1], out=best)
    return best


def _turned(along: Chain) -> Chain:
    turned = Chain(along.count, along.joined[::-1], along.step[::-1])
    turned.__dict__["two"] = along.two[::-1]
    return turned


def _lent_on(values: Numbers, along: Chain) -> Numbers:
    """What is lent to later messages, over at most `STRETCH` steps: 1, then 2 more, then 2 more."""
    best = values.copy()
    passed = np.zeros_like(best)
    np.multiply(best[..., :-1], along.step, out=passed[..., 1:])
    np.maximum(best, passed, out=best)
    for _ in range((STRETCH - 1) // 2):
        passed[..., :2] = 0
        np.multiply(best[..., :-2], along.two, out=passed[..., 2:])
        np.maximum(best, passed, out=best)
    return best


def shared(score: Numbers, along: Chain) -> Numbers:
    """What each message gets of its neighbours' *score*, `SHARE` by distance."""
    gained = np.zeros_like(score)
    joined = along.joined
    for distance, part in enumerate(SHARE, 1):
        if distance >= along.count:
            break
        if distance > 1:
            joined = joined[:-1] & along.joined[distance - 1 :]
        gained[distance:] += part * joined * score[:-distance]
        gained[:-distance] += part * joined * score[distance:]
    return gained


def reached(score: Numbers, along: Chain) -> Numbers:
    """The best *score* within `REACH` messages, fading `FADE` a step; never below 0."""
    if along.count < 2:
        return np.zeros_like(score)
    floor = np.maximum(score, 0)
    best = _reached_on(floor, along.fade)
    return np.maximum(best, _reached_on(floor[::-1], along.fade[::-1])[::-1])


def _reached_on(score: Numbers, fade: Numbers) -> Numbers:
    """The best of the `REACH` messages before each: of the one before, of two, of four."""
    best = np.zeros_like(score)
    np.multiply(score[:-1], fade, out=best[1:])
    further = np.zeros_like(score)
    np.multiply(best[:-1], fade, out=further[1:])
    np.maximum(best, further, out=best)
    further[:2] = 0
    np.multiply(best[:-2], fade[:-1] * fade[1:], out=further[2:])
    return np.maximum(best, further)
