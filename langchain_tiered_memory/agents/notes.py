"""What the middleware remembers of a thread between two model calls: small plain values, kept in the agent's state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

SCALES = (0.7, 3.0)  # by how much a provider's tokens may differ from the counter's; beyond, something else is wrong
LEAST_COUNTED = 500  # tokens; below, what a provider adds by itself would pass for a difference of the counters
STEADY = 0.05  # a scale that differs by less is kept: a limit that trembles would move what is shown
TIGHTER = 0.7  # of what overflowed is sent from then on: a provider says that it was too much, seldom by how much


@dataclass(frozen=True, slots=True)
class Note:
    """One instance of the middleware in one thread.

    Args:
        session: the session's id where neither the caller nor a thread names one.
        owner: stands for the session and its user, whose alone the rest of the note is.
        mixed: sessions of several took turns in this thread.
        upto: messages of the session when it was last compared with the agent's state; below 0 where that is not known.
        count, last, seen: messages of the state then, the id of its last one, and a checksum of all.
        asked: the session's newest message on the user's side.
        quoted: blocks recalled, by the message that they stand before ("m12"); "" where nothing was found.
        bare: messages of the session when a decision last changed what stands before later ones.
        scale: a provider's tokens for one of the counter's.
        most: tokens by the counter that may be sent, once a provider said that more was too much; 0 before.
    """

    session: str = ""
    owner: str = ""
    mixed: bool = False
    upto: int = 0
    count: int = 0
    last: str = ""
    seen: int = 0
    asked: int = 0
    quoted: dict[str, str] = field(default_factory=dict)
    bare: int = 0
    scale: float = 1.0
    most: int = 0

    @property
    def question(self) -> str:
        """The reference of the newest question."""
        return f"m{self.asked}"

    def owned_by(self, owner: str) -> Note:
        """For the session of *owner*: of another one's note only what is known of the thread and the provider stays."""
        if self.owner in {"", owner}:
            return replace(self, owner=owner)
        return replace(self, owner=owner, mixed=True, upto=-1, asked=0, quoted={}, bare=0)

    def plain(self) -> dict[str, Any]:
        """As a checkpointer keeps it."""
        return asdict(self)

    def measured(self, counted: int, reported: int) -> Note:
        """With the scale that a provider's own count of a prompt of *counted* tokens shows."""
        if counted < LEAST_COUNTED or reported <= 0:
            return self
        low, high = SCALES
        scale = min(high, max(low, round(reported / counted, 3)))
        return self if abs(scale - self.scale) < STEADY * self.scale else replace(self, scale=scale)

    def overflowed(self, counted: int) -> Note:
        """After a prompt of *counted* tokens was too long."""
        return replace(self, most=max(1, int(TIGHTER * counted)))

    def room(self, limit: int) -> int:
        """Tokens by the counter for a provider's *limit*."""
        room = int(limit / self.scale)
        return min(room, self.most) if self.most else room


def note_of(state: Mapping[str, Any], key: str, name: str) -> Note:
    """The note of the instance called *name*, or a fresh one; names of another version are passed over."""
    kept = (state.get(key) or {}).get(name) or {}
    known = {one: kept[one] for one in Note.__slots__ if one in kept}
    return Note(**known)


def merged(left: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> dict[str, Any]:
    """The reducer of the state's channel: each instance writes its own note."""
    return {**(left or {}), **(right or {})}
