"""A profile asked for: its lines, its text within a budget, what is behind a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tiermem.errors import InvalidMessage, brief_repr
from tiermem.flows.effects import Compute, Flow
from tiermem.flows.reading import report
from tiermem.flows.services import Core
from tiermem.profiles import looking
from tiermem.profiles.known import KnownUser
from tiermem.profiles.lines.block import fitted
from tiermem.profiles.lines.line import SECTIONS, ProfileLine
from tiermem.profiles.lines.summary import summary_of
from tiermem.records import Original
from tiermem.settings import Scope
from tiermem.text.clipping import Count

BUDGET = 300  # tokens


def lines(core: Core, scope: Scope, section: str | None) -> Flow[list[ProfileLine]]:
    """All lines, most valuable first, or those of one *section*.

    Raises:
        InvalidMessage: there is no such section.
    """
    if section is not None and section not in SECTIONS:
        raise InvalidMessage(f"section must be one of {', '.join(SECTIONS)}, not {brief_repr(section)}")
    known = yield from looking.known(core, scope)
    return [line for line in known.lines if section in (None, line.section)]


def text(core: Core, scope: Scope, budget: int) -> Flow[str]:
    """The block of the lines that *budget* tokens of the memory's counter hold; "" where that is none.

    Raises:
        InvalidMessage: *budget* is no number of tokens.
    """
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
        raise InvalidMessage(f"budget must be a whole number of at least 0, not {brief_repr(budget)}")
    known = yield from looking.known(core, scope)
    return str((yield Compute(lambda: within(known, budget, core.count)))[0])


def within(known: KnownUser, budget: int, count: Count) -> tuple[str, tuple[str, ...]]:
    """The block of *known* within *budget* tokens, and the sources of its lines; kept until the lines change."""
    key = (budget, id(count))
    kept: tuple[Any, str, tuple[str, ...]] | None = known.texts.get(key)
    if kept is None or kept[0] is not count:
        block, chosen = fitted(known.lines, budget, count)
        if len(known.texts) >= MOST_TEXTS:
            known.texts.clear()
        refs = tuple(dict.fromkeys(source for line in chosen for source in line.sources))
        kept = known.texts[key] = (count, block, refs)
    return kept[1], kept[2]


MOST_TEXTS = 8  # budgets and counters whose blocks are kept


def summary(core: Core, scope: Scope) -> Flow[str]:
    """The user in a sentence; "" where nothing is known."""
    return summary_of((yield from looking.known(core, scope)).lines)


def for_context(core: Core, scope: Scope) -> Flow[Callable[[int, Count], tuple[str, tuple[str, ...]]]]:
    """What a context asks for the block within so many tokens of its own counter."""
    known = yield from looking.known(core, scope)
    return lambda budget, count: within(known, budget, count)


def expand(scope: Scope, ref: str) -> Flow[Original]:
    """What is behind the source of a line.

    Raises:
        UnknownReference: it is none of this user's.
    """
    return (yield from report.expand(Scope(scope.tenant, scope.user, "-"), ref))
