"""What a model keeps by the tools for notes of a kind; answers in words, whatever it wrote into an argument.

They are no part of the tools that an agent is given unasked, for each costs its description with every call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

from tiermem.errors import InvalidMessage, UnknownReference
from tiermem.flows.effects import Flow
from tiermem.flows.services import Core
from tiermem.notes import keeping
from tiermem.notes.kinds import AnyNote, Concept, Episode, Procedure
from tiermem.settings import Scope
from tiermem.text import late
from tiermem.times.day_bounds import bound
from tiermem.tools.refusals import Refused

Arguments: TypeAlias = Mapping[str, Any]
_BULLET = late.compile(r"\s*(?:\d{1,2}[.)]\s+|\d{1,2}、\s*|[-*•]\s+)")  # in front of a line that a model wrote
_WORDS = {
    "true": True,
    "yes": True,
    "worked": True,
    "1": True,
    "false": False,
    "no": False,
    "failed": False,
    "0": False,
}


def learn_procedure(core: Core, scope: Scope, arguments: Arguments) -> Flow[str]:
    """Keep how something is done."""
    steps, needs = lines(arguments.get("steps")), lines(arguments.get("preconditions"))
    known = yield from _kept(core, scope, lambda: Procedure(_text(arguments, "name"), steps, preconditions=needs))
    return known if isinstance(known, Refused) else f"Learned as {known.ref}, {len(steps)} steps."


def report_outcome(core: Core, scope: Scope, arguments: Arguments) -> Flow[str]:
    """Count whether a procedure worked."""
    worked = arguments.get("worked")
    worked = _WORDS.get(str(worked).strip().lower()) if not isinstance(worked, bool) else worked
    if worked is None:
        return Refused("Say in worked whether it worked: true or false.")
    step = "" if worked else _text(arguments, "step")
    try:
        now = yield from keeping.report(core, scope, _text(arguments, "name"), worked, step, "")
    except (InvalidMessage, UnknownReference) as error:
        return Refused(f"This cannot be counted: {error}.")
    done = now.outcomes
    return f"Counted: it worked {done.worked} of {done.tried} times."


def remember_event(core: Core, scope: Scope, arguments: Arguments) -> Flow[str]:
    """Keep what happened."""
    said = _text(arguments, "when")
    when = bound(said, core.now(), upper=False) if said else None
    if said and when is None:
        return Refused("when must be a date like 2024-03-01, a month like 2024-03, or words like last week.")
    meant = None if when is None else core.meant(when)
    event, context, feeling = (_text(arguments, name) for name in ("event", "context", "feeling"))
    known = yield from _kept(core, scope, lambda: Episode(event, context=context, feeling=feeling, when=meant))
    return known if isinstance(known, Refused) else f"Noted as {known.ref}."


def define_concept(core: Core, scope: Scope, arguments: Arguments) -> Flow[str]:
    """Keep what something is."""
    related = lines(arguments.get("related"))
    name, definition = _text(arguments, "name"), _text(arguments, "definition")
    known = yield from _kept(core, scope, lambda: Concept(name, definition, related=related))
    return known if isinstance(known, Refused) else f"Noted as {known.ref}."


def _kept(core: Core, scope: Scope, made: Callable[[], AnyNote]) -> Flow[AnyNote | Refused]:
    """The note that is *made*, as it is kept, or why it cannot be."""
    try:
        return (yield from keeping.keep(core, scope, made()))
    except InvalidMessage as error:
        return Refused(f"This cannot be kept: {error}.")


def lines(given: Any) -> tuple[str, ...]:
    """A list as models write one: texts, which are taken as they are, or one text with a line each, numbered or not."""
    if isinstance(given, Mapping):
        given = [*given.values()]
    if not isinstance(given, (list, tuple)):
        given = [line[_behind_bullet(line) :] for line in str(given or "").splitlines()]
    told = (str(one).strip() for one in given if one is not None)
    return tuple(one for one in told if one)


def _behind_bullet(line: str) -> int:
    match = _BULLET.match(line)
    return match.end() if match else 0


def _text(arguments: Arguments, name: str) -> str:
    given = arguments.get(name)
    return "" if given is None else str(given).strip()


VERBS: Mapping[str, Callable[[Core, Scope, Arguments], Flow[str]]] = MappingProxyType(
    {
        "learn_procedure": learn_procedure,
        "report_outcome": report_outcome,
        "remember_event": remember_event,
        "define_concept": define_concept,
    }
)
