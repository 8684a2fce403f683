"""Where a question goes: by its difficulty to a tier, and to the model that stands for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.routing.kinds import CODE, GENERAL, Kind

M = TypeVar("M")
TierName: TypeAlias = Literal["easy", "medium", "hard"]
TIERS: Final[tuple[TierName, ...]] = ("easy", "medium", "hard")
BOUNDS: Final = (0.3, 0.7)  # difficulties from which on a question is of the second and of the third tier


@dataclass(frozen=True, slots=True)
class Route(Generic[M]):
    """Where one question goes."""

    kind: Kind
    difficulty: float
    """From 0 to 1."""
    tier: TierName
    """Of the model that answers: the next harder one that has a model, else the next easier."""
    model: M
    degraded: str = ""
    """Why the difficulty is not known, so that the hardest tier was taken; "" where it is."""

    def note(self) -> dict[str, Any]:
        """It without the model, as plain JSON; `Router.report` takes it, too."""
        told = {"kind": self.kind, "difficulty": round(self.difficulty, 4), "tier": self.tier}
        return told | ({"degraded": self.degraded} if self.degraded else {})


def tier_of(difficulty: float, bounds: tuple[float, float] = BOUNDS) -> TierName:
    """The tier of *difficulty*: below the first of *bounds*, below the second, or above."""
    return TIERS[sum(difficulty >= bound for bound in bounds)]


def standing_for(tier: TierName, models: Mapping[TierName, Any]) -> TierName:
    """The tier whose model answers a question of *tier*: its own, the next harder one, or else the next easier."""
    place = TIERS.index(tier)
    return next(name for name in (*TIERS[place:], *reversed(TIERS[:place])) if name in models)


def models_of(given: Any) -> dict[TierName, Any]:
    """*given* models by tier, checked.

    Raises:
        InvalidSettings: none is given, or one has another name than the tiers.
    """
    if not isinstance(given, Mapping) or not given or not set(given) <= set(TIERS):
        named = list(given) if isinstance(given, Mapping) else type(given).__name__
        raise InvalidSettings(f"models must be a mapping from some of {', '.join(TIERS)}, not {brief_repr(named)}")
    return {tier: given[tier] for tier in TIERS if tier in given}


def bounds_of(given: Any) -> tuple[float, float]:
    """*given* bounds, checked.

    Raises:
        InvalidSettings: they are not two rising numbers from 0 to 1.
    """
    try:
        first, second = (float(bound) for bound in given)
    except (TypeError, ValueError):
        first, second = 1.0, 0.0
    if not 0 <= first <= second <= 1:
        raise InvalidSettings(f"bounds must be two rising numbers from 0 to 1, not {brief_repr(given)}")
    return first, second


def named(route: Any) -> tuple[TierName, Kind]:
    """The tier and the kind of a `Route`, or of its `Route.note`.

    Raises:
        InvalidSettings: it is neither.
    """
    told = route.note() if isinstance(route, Route) else route
    tier, kind = (told.get("tier"), told.get("kind")) if isinstance(told, Mapping) else (None, None)
    if tier not in TIERS or kind not in (CODE, GENERAL):
        raise InvalidSettings(f"a route, or what its note() says, is needed, not {brief_repr(route)}")
    return tier, kind


def usable(difficulty: Any) -> float | None:
    """*difficulty* where it is a number from 0 to 1, else None."""
    number = isinstance(difficulty, (int, float)) and not isinstance(difficulty, bool)
    return float(difficulty) if number and 0 <= difficulty <= 1 else None
