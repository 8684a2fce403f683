"""The kinds of facts as bits, and which two kinds can be about one thing: a mark needs two statements.

Rule: these are necessary conditions. What they let pass is read and compared by the rules; what they stop could not
have led to a mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

_NAMES = (
    "home", "work", "job", "bond", "favourite", "age", "role", "is", "use", "switch", "lost", "died", "own", "stopped",
    "does", "allergic", "outgrew", "never", "ever", "figure", "ended",
)  # fmt: skip
KINDS: Mapping[str, int] = MappingProxyType({name: 1 << place for place, name in enumerate(_NAMES)})
"""The bit of each kind of fact. "ended" is a sign that a habit, or a dislike, is told of: alone it is no kind."""
FIGURE = KINDS["figure"]
ALL = (1 << len(_NAMES)) - 1


def bits(names: str) -> int:
    """The bits of several kinds, by their *names*."""
    return sum(KINDS[name] for name in names.split())


# A person has one home, work, job, relationship, age; what replaces one thing by another may be about either; of
# habits, deeds and possessions only a "no" differs from a "yes".
_HABITS = "does stopped allergic outgrew"
_PAIRS = tuple(
    (bits(first), bits(second))
    for first, second in (
        *((kind, kind) for kind in ("home", "work", "job", "bond", "age", "favourite", "role", "figure")),
        ("is switch", "is switch"),
        ("use switch", "use switch"),
        ("ended", _HABITS),
        ("never", "ever never"),
        ("lost died", "own lost died"),
    )
)


def comparable(masks: Sequence[int]) -> list[bool]:
    """Which of several statements, by what each may state, can be about what another one is about."""
    wanted = [False] * len(masks)
    for first, second in _PAIRS:
        firsts = [place for place, mask in enumerate(masks) if mask & first]
        if not firsts:
            continue
        seconds = [place for place, mask in enumerate(masks) if mask & second]
        if len({*firsts, *seconds}) > 1 and seconds:
            for place in (*firsts, *seconds):
                wanted[place] = True
    return wanted
