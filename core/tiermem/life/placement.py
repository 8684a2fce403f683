"""Where a message is kept once its span is summarised, by how much it matters. Pure.

Importance is a place among the messages of the span, from 0 to 1: the share of them that matters less, by the rules of
`conversations/weighing/importance.py`. Above `window` a message stays in the window as it was said, the weightiest
first, as long as `share` of the threshold allows; above `summary` it is worth a line; else the archive alone has it.
Places and not values, for the values order turns and are no probabilities: hardly one in a thousand is above 0.8.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.life.aging import initial
from tiermem.messages import Message
from tiermem.window.turns import USER_ROLES

KeptWhere: TypeAlias = Literal["window", "summary", "archive"]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a message belongs, by its importance (0 to 1), and the share of each reason."""

    level: KeptWhere
    importance: float
    why: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """Keeps in the window what matters most: `Memory.open(path, keep=Placement())`.

    Each message that stays is a decision with its reason, which `explain` tells and `undo` takes back; where the window
    presses all the same, it goes under its summary.

    Args:
        window: above it a message stays in the window.
        summary: above it a message is worth a line of the summary.
        share: of `pre_rot_threshold`, what such messages may cost together.

    Raises:
        InvalidSettings: one of them is no number from 0 to 1, or *summary* is above *window*.
    """

    window: float = 0.8
    summary: float = 0.5
    share: float = 0.1

    def __post_init__(self) -> None:
        for name in ("window", "summary", "share"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise InvalidSettings(f"{name} must be a number from 0 to 1, not {brief_repr(value)}")
        if self.summary > self.window:
            raise InvalidSettings(f"summary={self.summary:g} must not be above window={self.window:g}")

    def __call__(self, _message: Message) -> bool:
        """False: a message by itself matters no more than others. `chosen` is asked, of a whole span."""
        return False

    def places(self, messages: Sequence[Message]) -> dict[int, Placed]:
        """Where each of *messages*, which are summarised together, belongs, by number."""
        found = [(message.sequence, initial(message)) for message in messages]
        values = sorted(one.value for _, one in found)
        ranks = {number: bisect_left(values, one.value) / len(values) for number, one in found}
        return {number: Placed(self._level(ranks[number]), ranks[number], one.why) for number, one in found}

    def _level(self, importance: float) -> KeptWhere:
        return "window" if importance > self.window else "summary" if importance > self.summary else "archive"

    def chosen(self, messages: Sequence[Message], threshold: int, used: int) -> dict[int, str]:
        """Which of *messages* stay in view, by number, and why, where *used* tokens of *threshold* are kept so already;
        of equals the newer first. Calls and results go with their turn."""
        room, places = int(self.share * threshold) - used, self.places(messages)
        chosen: dict[int, str] = {}
        for message in sorted(messages, key=lambda one: (-places[one.sequence].importance, -one.sequence)):
            placed = places[message.sequence]
            alone = message.acts_as in (*USER_ROLES, "assistant") and not message.calls
            if alone and placed.level == "window" and message.tokens <= room:
                room -= message.tokens
                reasons = ", ".join(sorted(placed.why, key=lambda name: -placed.why[name])[:3])
                chosen[message.sequence] = f"importance {placed.importance:.2f}: {reasons}"
        return chosen
