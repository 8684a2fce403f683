"""What the graph of a user hands out: who is named, what relates two of them, who is near whom. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Somebody or something that is named.

    Args:
        name: as it is written most often; "user" is the user, "user's brother" one of theirs who has no name yet.
        also: what else is meant by it: "user's sister" of her name.
        mentions: sentences in which it is named.
        first, last: when it was named first and last, in UTC or the zone of the memory; None where nobody knows.
    """

    name: str
    also: tuple[str, ...] = ()
    mentions: int
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What relates two entities.

    Args:
        one, other: their names; a kind reads from *one* to *other*: ("user", "sister", "Maja").
        kinds: what facts say ("work", "home", "sister"); none where the two are only named together.
        reverse: which of *kinds* read the other way.
        strength: in [0, 1]; of a fact its certainty, else how often they are named together, beside how often at all.
        together: sentences, or one beside the other, in which both are named.
        sources: references of the messages that say so, those of facts first, then the newest; at most five.
    """

    one: str
    other: str
    kinds: tuple[str, ...] = ()
    reverse: tuple[str, ...] = ()
    strength: float
    together: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An entity that is near another one.

    Args:
        name: its name.
        score: in (0, 1]: over the steps of its best path the product of 0.7 and the strength of each.
        hops: steps of that path; 0.7 to the power of these is the bare decay by distance.
        path: its steps, from the one that was asked for; each with its sources.
    """

    name: str
    score: float
    hops: int
    path: tuple[Relation, ...]
