"""How much a turn matters for what comes later, from 0 to 1, and why. A rule without a model, pure.

Each reason that holds has a share; together they make `1 - Π (1 - share)`, so more reasons never count for less, none
alone decides, and 1 is never reached. What is only acknowledged ("ok, thanks") has none. Against what was later asked
for in LoCoMo the length of a text tells as much as all of these (AUC 0.74 and 0.59), so the number orders turns; it is
no probability.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tiermem.facts.preferences import standing
from tiermem.text import cues, late

SHARES: Final[Mapping[str, float]] = {
    "standing wish": 0.5,  # from now on
    "constraint": 0.4,
    "decision": 0.4,
    "commitment": 0.35,
    "fact": 0.35,  # who somebody is, what holds of them
    "preference": 0.3,
    "feeling": 0.2,
    "request": 0.15,
    "number": 0.15,
    "name": 0.1,
    "length": 0.1,  # above `LONG` characters
    "referred to": 0.4,  # by later turns; half of it for the first
}
LONG: Final = 200
READ: Final = 4_000  # characters; what is longer is pasted
FELT: Final = 0.4  # of a mood, either way: a strong word, or two
_CUES = {
    "constraint": cues.CONSTRAINT,
    "decision": cues.DECISION,
    "fact": cues.IDENTITY,
    "preference": cues.PREFERENCE,
    "request": cues.REQUEST,
}
_COMMITS = late.compile(
    r"\b(?:I|we|We)(?:['’]ll| will|['’]m going to| am going to| promise| plan to| have to| need to)\b"
    r"|\b(?:remind me|don['’]t (?:let me )?forget|remember (?:that|to)|deadline|due (?:on|by)|appointment)\b"
    r"|我(?:会|要|打算|准备|计划|答应|保证)|提醒我|别忘|记得|截止|约好|预约"
)


@dataclass(frozen=True, slots=True)
class Importance:
    """A value from 0 to 1, and the share of each reason."""

    value: float
    why: Mapping[str, float]


def importance(text: str, mood: float | None = None, referred: int = 0, facts: int = 0) -> Importance:
    """How much a turn matters whose user says *text*.

    Args:
        text: what the user says.
        mood: how it feels, from -1 to 1; None: nothing tells it.
        referred: how many later turns come back to it.
        facts: how many facts it states.
    """
    read = text[:READ]
    acknowledged = cues.ACKNOWLEDGEMENT.match(read.strip())
    if acknowledged and len(read.strip()) <= acknowledged.end() + 2 and not referred and not facts:
        return Importance(0.0, {})
    holds = {name: bool(cue.search(read)) for name, cue in _CUES.items()}
    holds |= {
        "standing wish": standing(read),
        "commitment": bool(_COMMITS.search(read)),
        "feeling": mood is not None and abs(mood) >= FELT,
        "length": len(text) > LONG,
        "fact": facts > 0 or holds["fact"],
    }
    telling = {match.lastgroup for match in cues.TELLING.finditer(read)}
    holds |= {"number": not telling.isdisjoint({"figure", "identifier"}), "name": "name" in telling}
    why = {name: share for name, share in SHARES.items() if holds.get(name)}
    if referred > 0:
        why["referred to"] = SHARES["referred to"] * (1 - 0.5**referred)
    left = 1.0
    for share in why.values():
        left *= 1 - share
    return Importance(round(1 - left, 3), why)
