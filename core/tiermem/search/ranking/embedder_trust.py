"""How well an embedder knows a language, from sentences that mean the same in other words, for scores. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENGLISH, CHINESE = 0, 1
WELL = 0.9  # trust from which on meaning alone may answer
SURE = 2.5  # standard deviations that it must stand out by, at least
ENOUGH = 3.0  # standard deviations between paraphrases and strangers at which an embedder is fully trusted

PAIRS = (
    (
        ("I have a little cat", "there is a pet in our home"),
        ("he had a fever and saw a doctor", "the patient went to hospital with flu"),
        ("the child has a maths exam next week", "a pupil is preparing for a test"),
        ("we booked tickets to fly to Beijing", "planning a trip by plane"),
        ("her boss raised her salary", "she earns more money now"),
        ("the noodles at that restaurant are delicious", "dinner tasted great"),
        ("it is raining heavily", "bad weather, take an umbrella"),
        ("my phone is dead", "the mobile needs charging"),
        ("she runs every morning", "regular exercise keeps her fit"),
        ("rent is too high, so we want to move", "looking for a cheaper flat"),
    ),
    (
        ("我养了一只小猫", "家里有宠物陪着我"),
        ("他昨天发烧去了医院", "医生说他感冒了"),
        ("孩子下周要考数学", "小学生正在准备测验"),
        ("我们订了去北京的机票", "打算坐飞机旅行"),
        ("老板给她涨了工资", "她的收入提高了"),
        ("这家餐馆的面条很好吃", "晚饭味道不错"),
        ("外面下着大雨", "天气很糟糕，出门要带伞"),
        ("手机没电了", "电话需要充电"),
        ("她每天早上跑步", "坚持锻炼身体"),
        ("房租太贵，我们想搬家", "打算换一个便宜的住处"),
    ),
)


def texts() -> list[str]:
    """Every sentence of `PAIRS`, in order."""
    return [text for pairs in PAIRS for pair in pairs for text in pair]


class Competence(NamedTuple):
    """How well an embedder knows a language (0 to 1), and the mean and the standard deviation of its cosines between
    sentences that have nothing to do with each other."""

    share: float
    mean: float
    spread: float


def competence(vectors: Sequence[Any]) -> tuple[Competence, ...]:
    """For each language of `PAIRS`, by how far paraphrases stand out in the vectors of `texts()`."""
    import numpy as np

    rows = np.asarray(vectors, dtype=np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    found, start = [], 0
    for pairs in PAIRS:
        own = rows[start : start + 2 * len(pairs)]
        start += 2 * len(pairs)
        alike = own[0::2] @ own[1::2].T
        same = np.eye(len(pairs), dtype=bool)
        mean, spread = float(alike[~same].mean()), max(float(alike[~same].std()), 1e-6)
        apart = (float(alike[same].mean()) - mean) / spread
        found.append(Competence(min(1.0, max(0.0, apart / ENOUGH)), mean, spread))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class EmbedderTrust:
    """How far an embedder is trusted with a question (0 to 1), and the cosine from which on a message answers it by
    its meaning alone; 2 where none does."""

    share: float = 1.0
    alone: float = 2.0

    @classmethod
    def of(cls, known: Sequence[Competence], chinese: float, count: int) -> EmbedderTrust:
        """For a question that is *chinese* to a share, among *count* messages: one of these must stand above the best
        of as many that have nothing to do with it."""
        english, han = known[ENGLISH], known[CHINESE]
        share, mean, spread = ((1 - chinese) * one + chinese * other for one, other in zip(english, han, strict=True))
        above = max(SURE, math.sqrt(2 * math.log(max(count, 1))))  # as in `threshold.py`
        return cls(share, mean + above * spread if share >= WELL else 2.0)


@dataclass(frozen=True, slots=True)
class Nearest:
    """How near each message of a session is to a question. Arrays run parallel, in the order of the messages.

    Args:
        sequences: int64, numbers of the messages that have vectors; of a very long session, of those nominated.
        scores: float64, the greatest cosine over the passages of each message.
        mean: mean of the cosine over all passages of the session.
        spread: its standard deviation there.
        waiting: messages that have no vector yet; words alone find them.
        degraded: why vectors are missing, for people; empty when all is well.
    """

    sequences: NDArray[np.int64]
    scores: NDArray[np.float64]
    mean: float = 0.0
    spread: float = 0.0
    waiting: int = 0
    degraded: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.sequences)


def together(parts: Sequence[Nearest]) -> Nearest:
    """*parts*, of messages that follow each other, as one: mean and spread are those of all of them."""
    import numpy as np

    there = [part for part in parts if len(part)]
    waiting = sum(part.waiting for part in parts)
    if len(there) < 2:
        return replace(there[0], waiting=waiting) if there else nothing(waiting)
    weights = [len(part) for part in there]
    mean = float(np.average([part.mean for part in there], weights=weights))
    apart = [part.spread**2 + (part.mean - mean) ** 2 for part in there]
    sequences, scores = (np.concatenate([getattr(part, name) for part in there]) for name in ("sequences", "scores"))
    return Nearest(sequences, scores, mean, float(np.average(apart, weights=weights)) ** 0.5, waiting)


def nothing(waiting: int = 0, degraded: tuple[str, ...] = ()) -> Nearest:
    """No message scored."""
    import numpy as np

    return Nearest(np.zeros(0, np.int64), np.zeros(0), waiting=waiting, degraded=degraded)
