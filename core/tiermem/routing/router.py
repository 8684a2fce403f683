"""Sends each question to the model of its tier, and counts how the models of the tiers do.

What was reported is kept in this object; `state` is a small dictionary that an application stores where it likes, and
`from_state` goes on from it. A difficulty that cannot be had costs no answer: the hardest model is taken, and the route
says why.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from threading import Lock
from typing import Any, Final, Generic, TypeAlias, TypeVar

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.notes.outcomes import Outcomes
from tiermem.routing.difficulty import estimated
from tiermem.routing.kinds import CODE, GENERAL, Kind, kind_of
from tiermem.routing.route import (
    BOUNDS,
    TIERS,
    Route,
    TierName,
    bounds_of,
    models_of,
    named,
    standing_for,
    tier_of,
    usable,
)

M = TypeVar("M")
Difficulty: TypeAlias = Callable[[str], float | Awaitable[float]]
KEPT: Final = 256  # difficulties remembered: an agent asks for one question again and again
KINDS: Final[tuple[Kind, ...]] = (CODE, GENERAL)  # type: ignore[assignment]


class Router(Generic[M]):
    """Chooses a model for each question by how difficult it is.

    Args:
        models: by tier, "easy", "medium" and "hard"; some may be missing, then the next harder one answers.
        difficulty: a function from the question to a number from 0 to 1, sync or async; by default
            `tiermem.routing.estimated`, which knows nothing but the words. It is asked once for each question, may ask
            a model, and has no time limit but its own.
        kind: a function from the question to "code" or "general"; by default `tiermem.routing.kind_of`.
        bounds: difficulties from which on a question is "medium" and "hard".

    Raises:
        InvalidSettings: an argument is none of these.
    """

    def __init__(
        self,
        models: Mapping[TierName, M],
        *,
        difficulty: Difficulty | None = None,
        kind: Callable[[str], Kind] | None = None,
        bounds: tuple[float, float] = BOUNDS,
    ) -> None:
        self.models: Mapping[TierName, M] = models_of(models)
        for name, function in (("difficulty", difficulty), ("kind", kind)):
            if function is not None and not callable(function):
                raise InvalidSettings(f"{name} must be a function of the question, not {brief_repr(function)}")
        self.bounds = bounds_of(bounds)
        self._difficulty: Difficulty = difficulty or estimated
        self._kind = kind or kind_of
        self._known: dict[bytes, float] = {}
        self._counts: dict[tuple[TierName, Kind], Outcomes] = {}
        self._lock = Lock()

    def route(self, question: str) -> Route[M]:
        """Where *question* goes. An async difficulty function has an event loop of its own; on a loop use `aroute`.

        Raises:
            InvalidSettings: *question* is no text.
        """
        known = self._remembered(question)
        return self._routed(question, known if known is not None else _asked(self._difficulty, question))

    async def aroute(self, question: str) -> Route[M]:
        """`route` that awaits an async difficulty function."""
        known = self._remembered(question)
        return self._routed(question, known if known is not None else await _awaited(self._difficulty, question))

    def report(self, route: Route[M] | Mapping[str, Any], worked: bool) -> Outcomes:
        """Counts whether the model that *route* names did well; what is known of its tier and kind from now on.

        Args:
            route: a route, or what its `note` said.
            worked: whether the answer was good, as the application judges it.

        Raises:
            InvalidSettings: an argument is none of these; nothing was counted.
        """
        key = named(route)
        if not isinstance(worked, bool):
            raise InvalidSettings(f"worked must be True or False, not {type(worked).__name__}")
        with self._lock:
            before = self._counts.get(key, Outcomes())
            self._counts[key] = Outcomes(before.worked + worked, before.failed + (not worked))
            return self._counts[key]

    def outcomes(self) -> dict[TierName, dict[Kind, Outcomes]]:
        """What was reported of each tier and kind: `worked`, `tried`, and `success`, how often it works at least."""
        return {tier: {kind: self._counts.get((tier, kind), Outcomes()) for kind in KINDS} for tier in TIERS}

    def state(self) -> dict[str, Any]:
        """What was reported, as plain JSON: {"easy": {"code": [worked, failed]}}."""
        told: dict[str, Any] = {}
        for (tier, kind), counted in sorted(self._counts.items()):
            told.setdefault(tier, {})[kind] = [counted.worked, counted.failed]
        return told

    @classmethod
    def from_state(cls, state: Mapping[str, Any], models: Mapping[TierName, M], **options: Any) -> Router[M]:
        """A router that goes on from what another one's `state` said.

        Raises:
            InvalidSettings: *state* is none, or another argument is wrong.
        """
        made = cls(models, **options)
        made._counts = _counts_in(state)
        return made

    def __getstate__(self) -> dict[str, Any]:
        with self._lock:
            return {name: value for name, value in vars(self).items() if name != "_lock"} | {
                "_known": dict(self._known),
                "_counts": dict(self._counts),
            }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=Lock())

    def _remembered(self, question: str) -> float | None:
        return self._known.get(_key(question))

    def _routed(self, question: str, told: Any) -> Route[M]:
        """The route of *question*, whose difficulty was *told*: a number, an error, or anything else."""
        difficulty = usable(told)
        if difficulty is None:
            wrong = type(told).__name__ if isinstance(told, Exception) else f"no number from 0 to 1: {brief_repr(told)}"
            tier = standing_for("hard", self.models)
            return Route(self._kind(question), 1.0, tier, self.models[tier], f"difficulty: {wrong}")
        with self._lock:
            self._known[_key(question)] = difficulty
            while len(self._known) > KEPT:
                del self._known[next(iter(self._known))]
        tier = standing_for(tier_of(difficulty, self.bounds), self.models)
        return Route(self._kind(question), difficulty, tier, self.models[tier])


def _key(question: str) -> bytes:
    if not isinstance(question, str):
        raise InvalidSettings(f"a question is text, not {brief_repr(question)}")
    return sha256(question.encode("utf-8", "surrogatepass")).digest()


def _asked(difficulty: Difficulty, question: str) -> Any:
    """What *difficulty* says of *question*, or the error it raised: that costs a better model, and no answer."""
    import asyncio

    try:
        told = difficulty(question)
        if not inspect.isawaitable(told):
            return told
        waiting = _result(told)
        try:
            return asyncio.run(waiting)
        finally:  # a loop that runs already refuses another one, and neither was begun
            waiting.close()
            if inspect.iscoroutine(told):
                told.close()
    except Exception as error:  # noqa: BLE001  # the caller's; the route says it
        return error


async def _awaited(difficulty: Difficulty, question: str) -> Any:
    try:
        told = difficulty(question)
        return await told if inspect.isawaitable(told) else told
    except Exception as error:  # noqa: BLE001  # the caller's; the route says it
        return error


async def _result(told: Awaitable[Any]) -> Any:
    return await told


def _counts_in(state: Any) -> dict[tuple[TierName, Kind], Outcomes]:
    counts: dict[tuple[TierName, Kind], Outcomes] = {}
    tiers = state if isinstance(state, Mapping) else {"": None}
    for tier, kinds in tiers.items():
        for kind, numbers in (kinds if isinstance(kinds, Mapping) else {"": None}).items():
            pair = list(numbers) if isinstance(numbers, (list, tuple)) else []
            if len(pair) != 2 or not all(type(number) is int and number >= 0 for number in pair):
                raise InvalidSettings(f"what state() of a router says is needed, not {brief_repr(state)}")
            counts[named({"tier": tier, "kind": kind})] = Outcomes(*pair)
    return counts
