"""What is kept of a user between two looks at their profile: facts by what they are about, and the lines of them. Pure.

Values are never changed: a look that finds something new makes a new one, which shares what stayed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Any, TypeAlias

from tiermem.facts.rules.record import is_laid_down
from tiermem.facts.stated.chains import Holding, holdings, key_of
from tiermem.facts.stated.record import StatedAt
from tiermem.profiles.lines.decided import Act, Decided
from tiermem.profiles.lines.deriving import belongs, lines_of, next_change
from tiermem.profiles.lines.line import ProfileLine
from tiermem.profiles.lines.listing import exchanged, ordered
from tiermem.profiles.lines.standing import laid_down, told_again
from tiermem.storage.sessions import SessionRow
from tiermem.window.quotation import before_reference
from tiermem.window.view import within

Key: TypeAlias = tuple[object, ...]
Facts: TypeAlias = tuple[StatedAt, ...]
LAID_DOWN: Key = ("laid down",)  # all of it is one thing: what comes later may take back any of what came before


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session as it was looked at.

    Args:
        name: its id; "" for what applications keep.
        row: its row then.
        facts: those of all its messages that may become lines, in order.
        hidden: ranges of messages that count for nothing.
        every: of what applications keep all acts, in order; in_force: the numbers of what counts there.
    """

    name: str
    row: SessionRow
    facts: Facts = ()
    hidden: Sequence[tuple[int, int]] = ()
    every: tuple[Act, ...] = ()
    in_force: frozenset[int] = frozenset()

    def visible(self) -> Iterable[StatedAt]:
        """The facts that count."""
        if self.name:
            return (at for at in self.facts if not within(self.hidden, at.sequence))
        return (at for at in self.facts if at.sequence in self.in_force)

    @property
    def acts(self) -> list[Act]:
        """The acts that count."""
        return [act for act in self.every if act.number in self.in_force]

    def ref(self, number: int) -> str:
        """How message *number* is opened from anywhere."""
        return f"{before_reference(self.name)}m{number}" if self.name else f"f{number}"


@dataclass(frozen=True, slots=True)
class KnownThing:
    """The facts about one thing, by session, and the lines that they give until *changes*, in seconds since 1970."""

    facts: Mapping[int, Facts]
    lines: tuple[ProfileLine, ...] = ()
    changes: float = math.inf


@dataclass(frozen=True, slots=True)
class KnownUser:
    """A user as they were looked at.

    Args:
        stamp: that of `storage.owners`; 0: not all sessions were looked at yet.
        sessions: by key.
        things: by what they are about.
        talk: the lines of what they talk about, as they were counted.
        decided: what was decided about lines.
        lines: all lines as they are shown, most valuable first.
        changes: not before then, in seconds since 1970, does one begin or end.
        texts: blocks that were made of the lines, by budget and `id` of the counter.
    """

    stamp: int = 0
    sessions: Mapping[int, KnownSession] = field(default_factory=dict)
    things: Mapping[Key, KnownThing] = field(default_factory=dict)
    talk: tuple[ProfileLine, ...] = ()
    decided: Decided = field(default_factory=Decided)
    lines: tuple[ProfileLine, ...] = ()
    changes: float = math.inf
    texts: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def weight(self) -> int:
        """How much is kept, in facts and sessions, about."""
        return 1 + len(self.sessions) + 2 * len(self.things)


def learnt(known: KnownUser, looked_at: Mapping[int, KnownSession], zone: tzinfo, now: float) -> KnownUser:
    """*known* with the sessions that were *looked_at* as they are now."""
    touched: dict[Key, dict[int, Facts]] = {}
    for key, session in looked_at.items():
        before = known.sessions.get(key)
        _merge(known, touched, key, () if before is None else before.visible(), session.visible())
    sessions = {**known.sessions, **looked_at}
    due = [key for key, thing in known.things.items() if thing.changes <= now] if known.changes <= now else ()
    facts = {**{key: known.things[key].facts for key in due}, **touched}
    made = {key: (_laid if key == LAID_DOWN else _chain)(by, sessions, zone, now) for key, by in facts.items()}
    fresh = replace(known, sessions=sessions, things={**known.things, **made}, texts={} if made else known.texts)
    if known.changes <= now:
        fresh = replace(fresh, changes=_first(fresh.things.values()))
    else:
        fresh = replace(fresh, changes=min(known.changes, _first(made.values())))
    own = next((session for session in looked_at.values() if not session.name), None)
    return _exchanged(known, fresh, made) if own is None else _decided_anew(fresh, Decided.of(own.acts))


def talking(known: KnownUser, talk: Sequence[ProfileLine]) -> KnownUser:
    """*known* with the lines of *talk* in place of those that were counted before."""
    if tuple(talk) == known.talk:
        return known
    shown = known.decided.shown
    lines = exchanged(known.lines, shown(known.talk), shown(talk))
    return replace(known, talk=tuple(talk), lines=tuple(lines), texts={})


def _first(things: Iterable[KnownThing]) -> float:
    return min((thing.changes for thing in things), default=math.inf)


def _exchanged(before: KnownUser, fresh: KnownUser, made: Mapping[Key, KnownThing]) -> KnownUser:
    """*fresh* with the lines of the things that were *made* in place of those that stood there *before*."""
    shown = fresh.decided.shown
    gone = [line for key in made if key in before.things for line in shown(before.things[key].lines)]
    come = [line for thing in made.values() for line in shown(thing.lines)]
    return fresh if gone == come else replace(fresh, lines=tuple(exchanged(before.lines, gone, come)))


def _decided_anew(known: KnownUser, decided: Decided) -> KnownUser:
    """*known* with all of its lines as was *decided*."""
    every = [*decided.written, *(line for thing in known.things.values() for line in thing.lines), *known.talk]
    return replace(known, decided=decided, lines=tuple(ordered(decided.shown(every))), texts={})


def _merge(
    known: KnownUser,
    touched: dict[Key, dict[int, Facts]],
    key: int,
    before: Iterable[StatedAt],
    after: Iterable[StatedAt],
) -> None:
    """Puts what the session *key* says *after* into *touched* where that is not what it said *before*."""
    old, new = _by_thing(before), _by_thing(after)
    for thing in {**old, **new}:
        if old.get(thing) == new.get(thing):
            continue
        if thing not in touched:
            touched[thing] = dict(known.things[thing].facts) if thing in known.things else {}
        touched[thing].pop(key, None)
        if thing in new:
            touched[thing][key] = new[thing]


def _by_thing(facts: Iterable[StatedAt]) -> dict[Key, Facts]:
    things: dict[Key, list[StatedAt]] = {}
    for at in facts:
        if belongs(at.fact):
            thing = LAID_DOWN if is_laid_down(at.fact) else key_of(at.fact, at.session)
            things.setdefault(thing, []).append(at)
    return {thing: tuple(several) for thing, several in things.items()}


def _chain(by: Mapping[int, Facts], sessions: Mapping[int, KnownSession], zone: tzinfo, now: float) -> KnownThing:
    facts = sorted(
        (at for several in by.values() for at in several), key=lambda at: (at.session, at.sequence, at.place)
    )
    found = holdings(
        (
            Holding(at.fact, at, at.said, (-math.inf if math.isnan(at.said) else at.said, rank))
            for rank, at in enumerate(facts)
        ),
        {},
    )
    refs = {
        place: (sessions[one.source.session].name, sessions[one.source.session].ref(one.source.sequence))
        for place, one in enumerate(found)
    }
    return KnownThing(by, tuple(lines_of(found, refs, zone, now)), next_change(found, now))


def _laid(by: Mapping[int, Facts], sessions: Mapping[int, KnownSession], zone: tzinfo, now: float) -> KnownThing:  # noqa: ARG001
    """`_chain` of what was laid down, which holds until something is said."""
    facts = [at for key, several in by.items() for at in several if not told_again(at, sessions[key].facts)]
    return KnownThing(by, tuple(laid_down(facts, lambda at: sessions[at.session].ref(at.sequence), zone)))
