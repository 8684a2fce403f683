"""Whether two statements are about one thing, so that the later one may update the earlier one.

Rule: each kind of fact says how much must be the same; where a person can have several (friends, allergies, meetings),
a word of change is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tiermem.facts.fact import Fact
from tiermem.facts.quantities import Quantity
from tiermem.facts.states import bond_rank
from tiermem.text.analyzer import terms, words_of

_RATIO = 20.0  # times; the largest real update seen in BEAM-100K was twelvefold, the nearest mistake a hundredfold
_FIXED = frozenset(terms("deadline due birthday launch release best record")) | words_of("截止 生日 发布 上线 交付")
SINGLE = {"home", "work", "job", "bond", "age"}  # attributes of which a person has one, so no word of change is needed


@dataclass(frozen=True, slots=True)
class Said:
    """A fact with its message's number and speaker; `order` sorts by time, then by number."""

    fact: Fact
    sequence: int
    speaker: str
    order: tuple[float, int]


def unit_of(value: Quantity | str) -> str:
    """What *value* is measured in, "" if that is not known."""
    return (value.unit or value.kind.replace("count", "")) if isinstance(value, Quantity) else ""


def differs(a: Fact, b: Fact) -> bool:
    """Whether two values of one attribute cannot both be right."""
    if isinstance(a.value, Quantity) and isinstance(b.value, Quantity):
        return bool(b.value.differs(a.value))
    return a.value != b.value


def same(earlier: Said, later: Said) -> bool:
    """Whether *later* is about what *earlier* is about, and may update it."""
    a, b = earlier.fact, later.fact
    if b.past and not (a.past or b.changed):
        return False
    if b.kind == "switch" or (a.kind == "switch" and b.kind in ("switch", "use", "is")):
        return b.old is not None and b.old == a.value
    if a.kind != b.kind or not _same_owner(earlier, later):
        return False
    return _RULES.get(a.kind, _same_single)(a, b)


def _same_owner(earlier: Said, later: Said) -> bool:
    a, b = earlier.fact.owner, later.fact.owner
    if a == b:
        return bool(a) or earlier.speaker == later.speaker or len(earlier.fact.words | later.fact.words) > 1
    return earlier.speaker == later.speaker and (not a or not b)


def _same_single(a: Fact, b: Fact) -> bool:
    if a.kind == "bond":
        return bond_rank(str(b.value)) > bond_rank(str(a.value)) or bool(re.search("single|单身|分手", str(b.value)))
    return True


def _same_figure(a: Fact, b: Fact) -> bool:
    if not comparable(a.value, b.value) or (b.fresh and not b.explicit):
        return False
    if a.words == b.words:
        return b.changed or bool(a.words & _FIXED) or (_kind(a.value) != "when" and len(a.words) > 1)
    common = a.words & b.words
    if common not in (a.words, b.words):
        return False
    if len(common) == 1:
        return b.explicit and b.words < a.words  # "the budget" may be the annual one; "the food budget" need not
    return b.explicit or b.changed or (len(common) > 2 and _kind(a.value) != "when")


def _kind(value: Quantity | str) -> str:
    return value.kind if isinstance(value, Quantity) else ""


def comparable(a: Quantity | str | None, b: Quantity | str | None) -> bool:
    """Values of the same measure; of amounts, less than `_RATIO` apart: a budget of 65,000 does not become 650."""
    if not isinstance(a, Quantity) or not isinstance(b, Quantity) or a.differs(b) is None:
        return False
    if a.kind == "when":
        return True
    low, high = sorted((abs(float(a.value[0])), abs(float(b.value[0]))))
    return high <= _RATIO * max(low, 1.0)


def _same_words(a: Fact, b: Fact) -> bool:
    return a.words == b.words and a.frame == b.frame


def _same_named(a: Fact, b: Fact) -> bool:
    """Names change with a word of change only: "my friend is Tom" and "my friend is Ann" are two friends."""
    return a.words == b.words and (b.changed or b.old == a.value) and not b.past


def _same_role(a: Fact, b: Fact) -> bool:
    return a.words == b.words or (
        b.changed and len(a.words & b.words) > 0 and (a.words <= b.words or b.words <= a.words)
    )


def _same_habit(a: Fact, b: Fact) -> bool:
    like = "" in (a.frame, b.frame) and {a.frame, b.frame} <= {
        "",
        "eat",
        "drink",
        "smoke",
        "use",
        "take",
        "play",
        "喝",
        "吃",
        "抽",
        "打",
        "玩",
    }
    return a.words == b.words and (a.frame == b.frame or like)


def _same_possession(a: Fact, b: Fact) -> bool:
    return a.frame == b.frame and a.value != b.value and (a.words <= b.words or b.words <= a.words)


def _same_deed(a: Fact, b: Fact) -> bool:
    common = a.words & b.words
    fewer = min(len(a.words), len(b.words))
    denied = a if a.value == "no" else b
    if a.frame != b.frame or a.value == b.value or not denied.names <= common:
        return False
    return len(common) >= min(2, fewer) and 2 * len(common) >= fewer


_RULES: dict[str, Callable[[Fact, Fact], bool]] = {
    "figure": _same_figure, "favourite": _same_words, "is": _same_named, "use": _same_named, "role": _same_role,
    "does": _same_habit, "own": _same_possession, "ever": _same_deed,
}  # fmt: skip
