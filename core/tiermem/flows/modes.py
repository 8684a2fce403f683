"""Degraded modes: told once when they begin, by looking at the state. While they last, `stats()` says so."""

from __future__ import annotations

from tiermem.flows.effects import Flow, Tell
from tiermem.flows.services import Core
from tiermem.settings import Scope

SEMANTIC = "semantic search"
WHOLE = ("embedder", "upkeep", "custom step")


def noticed(core: Core, scope: Scope) -> Flow[None]:
    """Tell of each mode of the whole memory that began since it was last looked at."""
    state = (core.embed_error, core.upkeep_error, core.step_error)
    if state == core.looked:
        return
    core.looked = state
    for mode, error in zip(WHOLE, state, strict=True):
        yield from begun(core, scope, 0, mode, brief(error))
    yield from begun(core, scope, 0, "tokens", "counts are estimates" if core.count.name == "estimate" else "")


def begun(core: Core, scope: Scope, pk: int, mode: str, reason: str) -> Flow[None]:
    """Tell that *mode* of the session *pk* began, where that is new; without a *reason*, note that it is over."""
    place = (pk, mode)
    if not reason and not core.modes.get(place):
        return
    if not core.modes.swap(place, bool(reason)) and reason:
        yield Tell("degraded", scope, lambda: {"mode": mode, "reason": reason})


def brief(error: str) -> str:
    """The type alone of "type: words": the words of an error may quote what somebody said."""
    return error.split(":", maxsplit=1)[0]


def brief_all(degraded: tuple[str, ...]) -> tuple[str, ...]:
    """The same for "part: type: words", as contexts and hits tell of modes."""
    return tuple(":".join(one.split(":")[:2]) for one in degraded)
