"""Facts of a user asked for: read by what they are about, or all of them; what waits for the index is read as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa

from tiermem.errors import InvalidMessage
from tiermem.extraction.grounding import doubled
from tiermem.facts.rules.record import is_laid_down
from tiermem.facts.stated.chains import Holding, as_said, current_at, holdings
from tiermem.facts.stated.record import MODEL, RULE, Stated, StatedAt, attribute_key, is_event, subject_key
from tiermem.flows.effects import Compute, Flow, Read, Wake
from tiermem.flows.indexing import facts as reading
from tiermem.flows.services import Core, Unindexed
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import decisions, owners, sessions
from tiermem.storage import facts as stored
from tiermem.storage import messages as log
from tiermem.storage.extracted import stretches as extraction
from tiermem.storage.extracted.stretches import Stretch
from tiermem.storage.sessions import SessionRow
from tiermem.times.nearness import wall_clock
from tiermem.validity.known import KnownFact, best, handed_out
from tiermem.window.quotation import before_reference
from tiermem.window.view import within

_Chained: TypeAlias = tuple[list[Holding[StatedAt]], dict[int, tuple[str, str]]]
LATE = 64  # sessions that an extractor is reminded of by one question
TAIL = 5_000  # messages that wait for the index and are read in one go


@dataclass(frozen=True, slots=True)
class Wish:
    """Which facts a caller wants; None: whatever it is.

    *true*, *known*: seconds since 1970 in UTC at which they were true, and by which they had been said. *laid_down*: no
    facts, but what was laid down: wishes, constraints.
    """

    subject: str | None = None
    attribute: str | None = None
    true: float | None = None
    known: float | None = None
    laid_down: bool = False

    def fits(self, at: StatedAt) -> bool:
        """Whether the fact *at* is about what is asked, and had been said by then."""
        fact = at.fact
        if is_laid_down(fact) != self.laid_down or is_event(fact):
            return False
        about = self.subject is None or subject_key(fact.subject) == subject_key(self.subject)
        of = self.attribute is None or attribute_key(fact.attribute) == attribute_key(self.attribute)
        return about and of and (self.known is None or not at.said > self.known)


def asked(
    core: Core,
    subject: str | None,
    attribute: str | None,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
) -> Wish:
    """A caller's wishes, checked.

    Raises:
        InvalidMessage: one of them is no text, or no time.
    """
    for name, text in (("subject", subject), ("attribute", attribute)):
        if text is not None and not isinstance(text, str):
            raise InvalidMessage(f"{name} must be text, not {type(text).__name__}")
    return Wish(subject, attribute, seconds(core, as_of, "as_of"), seconds(core, known_at, "known_at"))


def seconds(core: Core, when: datetime | None, name: str) -> float | None:
    """A caller's time in seconds since 1970 in UTC; without a zone it is by the user's clock, or else UTC.

    Raises:
        InvalidMessage: it is no time.
    """
    if when is None:
        return None
    if not isinstance(when, datetime):
        raise InvalidMessage(f"{name} must be a datetime, not {type(when).__name__}")
    meant = core.meant(when)
    offset = meant.utcoffset()
    return wall_clock(meant) + meant.microsecond / 1e6 - (offset.total_seconds() if offset else 0.0)


def current(core: Core, scope: Scope, wish: Wish) -> Flow[list[KnownFact]]:
    """What holds, or held at the time of *wish*, in the order in which it was said."""
    found, refs = yield from _found(core, scope, wish)
    true = wish.true
    now = core.now().timestamp()
    if true is None:
        return handed_out(found, refs, core.zone, now, lambda place: current_at(found, place, now))
    return handed_out(found, refs, core.zone, now, lambda place: found[place].holds(true))


def history(core: Core, scope: Scope, wish: Wish) -> Flow[list[KnownFact]]:
    """Everything that is known to have been so, corrected ones too, in the order in which it was said."""
    found, refs = yield from _found(core, scope, wish)
    return handed_out(found, refs, core.zone, core.now().timestamp())


def search(core: Core, scope: Scope, query: str, k: int, wish: Wish) -> Flow[list[KnownFact]]:
    """The *k* facts that hold, or held then, whose words answer *query* best.

    Raises:
        InvalidMessage: *query* is no text, or *k* no number.
    """
    if not isinstance(query, str):
        raise InvalidMessage(f"query must be text, not {type(query).__name__}")
    if isinstance(k, bool) or not isinstance(k, int) or k < 0:
        raise InvalidMessage(f"k must be a whole number of at least 0, not {k!r}")
    facts = yield from current(core, scope, wish)
    return list((yield Compute(partial(best, facts, query, k))))


def _found(core: Core, scope: Scope, wish: Wish) -> Flow[_Chained]:
    """The facts that *wish* is about, with their intervals; and by place their session and reference.

    Kept while the user's stamp (`storage.owners`) is the same. It is read first: what is read after it is as new at
    least. Where an extractor reads on, each question reminds it, so nothing is kept.
    """
    stamp = 0
    if scope.named and wish.known is None and core.extractor is None:
        stamp = (yield Read(lambda connection: owners.find(connection, scope))).number
    key = (scope.tenant, scope.user, replace(wish, true=None))
    kept: tuple[int, _Chained] | None = core.chained.get(key) if stamp else None
    if kept is not None and kept[0] == stamp:
        return kept[1]
    rows, facts = yield from visible(core, scope, wish)
    chained: _Chained = yield Compute(partial(_chained, rows, facts))
    if stamp:
        core.chained.put(key, (stamp, chained), 1 + len(facts))
    return chained


def visible(core: Core, scope: Scope, wish: Wish) -> Flow[tuple[dict[int, tuple[str, SessionRow]], list[StatedAt]]]:
    """The conversations of the user of *scope* by key, with their names; and what of them *wish* is about and is not
    hidden, also where it waits for the index."""
    read: dict[int, Unindexed] = {}  # of this question; what is kept beyond it may be dropped meanwhile
    while True:
        rows, facts, more = yield Read(partial(_read, core=core, scope=scope, wish=wish, read=read))
        if not more:
            break
        for key, (before, messages) in more.items():
            made = yield Compute(partial(reading.of_messages, scope, key, before, messages))
            known = (*_waiting(core, read, key, rows[key][1]), *made)
            read[key] = core.waiting.put(key, Unindexed(messages[-1].sequence, known))
    yield from _rung(core, scope, rows)
    yield from _read_on(core, scope, rows)
    return rows, facts


def _rung(core: Core, scope: Scope, rows: Mapping[int, tuple[str, SessionRow]]) -> Flow[None]:
    """Wakes the background for each session of which much waits."""
    for name, row in rows.values():
        if name and not row.foreign and row.messages - row.indexed >= core.settings.index_batch:
            yield Wake(Scope(scope.tenant, scope.user, name))


def _read_on(core: Core, scope: Scope, rows: Mapping[int, tuple[str, SessionRow]]) -> Flow[None]:
    """Wakes the background for the newest sessions that the extractor has not read, as where a process ended before."""
    if core.extractor is None:
        return
    named = {key: (Scope(scope.tenant, scope.user, name), row) for key, (name, row) in rows.items() if name}
    newest = sorted(named, reverse=True)[:LATE]
    read = yield Read(lambda connection: extraction.throughs(connection, newest))
    for key in newest:
        where, row = named[key]
        if read.get(key, 0) < row.messages and not (where in core.unread or where in core.extracting):
            yield Wake(where, extract=True)


def _read(
    connection: sa.Connection, core: Core, scope: Scope, wish: Wish, read: Mapping[int, Unindexed]
) -> tuple[dict[int, tuple[str, SessionRow]], list[StatedAt], dict[int, tuple[list[Message], list[Message]]]]:
    """The sessions, their visible facts that fit, and of those with unread messages the next ones, at most `TAIL`."""
    own = sessions.find(connection, reading.stated_by(scope))
    rows = {row.pk: (name, row) for name, row in sessions.of_user(connection, scope.tenant, scope.user)}
    more = _unread(connection, core, read, rows)
    if more:
        return rows, [], more
    rows |= {own.pk: ("", own)} if own.pk else {}
    narrow = wish.subject is not None and wish.attribute is not None
    if narrow:
        facts = stored.about_that(connection, stored.about(scope, wish.subject or "", wish.attribute or ""))
    else:
        facts = stored.read(connection, list(rows))
    facts = [at for at in facts if at.session in rows and at.sequence <= _through(rows[at.session], at)]
    facts = _signed(connection, facts)
    facts += [at for key in rows if key != own.pk for at in _waiting(core, read, key, rows[key][1])]
    facts = [at for at in facts if wish.fits(at)]
    hidden = decisions.hidden_in(connection, sorted({at.session for at in facts}))
    force = stored.in_force(connection, own.pk) if own.pk else set()
    shown = [
        at
        for at in facts
        if (at.sequence in force if at.session == own.pk else not within(hidden.get(at.session, ()), at.sequence))
    ]
    return rows, shown, {}


def _through(named: tuple[str, SessionRow], at: StatedAt) -> int:
    """The message up to which stored facts of a session count that are known like *at*."""
    name, row = named
    return row.indexed if name and at.fact.how != MODEL else row.messages


def _signed(connection: sa.Connection, facts: Sequence[StatedAt]) -> list[StatedAt]:
    """*facts*, those of models with the extractors that read them."""
    keys = {at.session for at in facts if at.fact.how == MODEL}
    if not keys:
        return [*facts]
    read = {key: extraction.stretches(connection, key) for key in keys}
    return [
        replace(at, extractor=_reader(read[at.session], at.sequence)) if at.fact.how == MODEL else at for at in facts
    ]


def _reader(read: Sequence[Stretch], number: int) -> str:
    return next((one.extractor for one in read if one.first <= number <= one.last), "")


def _known(core: Core, read: Mapping[int, Unindexed], key: int, row: SessionRow) -> Unindexed:
    """What was read of the messages of a session that wait for the index; nothing where they are others by now."""
    known = read.get(key) or core.waiting.get(key)
    return Unindexed(0, ()) if known is None or known.through > row.messages else known


def _waiting(core: Core, read: Mapping[int, Unindexed], key: int, row: SessionRow) -> Sequence[StatedAt]:
    return [at for at in _known(core, read, key, row).facts if at.sequence > row.indexed]


def _unread(
    connection: sa.Connection, core: Core, read: Mapping[int, Unindexed], rows: Mapping[int, tuple[str, SessionRow]]
) -> dict[int, tuple[list[Message], list[Message]]]:
    """Messages beyond the index whose facts were not read yet, by session, each with those before."""
    more: dict[int, tuple[list[Message], list[Message]]] = {}
    left = TAIL
    for key, (_, row) in rows.items():
        first = 1 + max(row.indexed, _known(core, read, key, row).through)
        last = min(row.messages, first + left - 1)
        if first <= last:
            before = log.read(connection, key, max(1, first - reading.NEAR), first - 1)
            more[key] = before, log.read(connection, key, first, last)
            left -= last - first + 1
    return more


def _chained(rows: Mapping[int, tuple[str, SessionRow]], facts: Sequence[StatedAt]) -> _Chained:
    made = as_said(_undoubled(facts))
    homes: dict[int, Any] = {id(one): one.source.session for one in made}
    found = holdings(made, homes)
    return found, _References(rows, found)


class _References(dict[int, tuple[str, str]]):
    """The session and the reference of each of *found*, by its place, made when they are asked: most are not."""

    def __init__(self, rows: Mapping[int, tuple[str, SessionRow]], found: Sequence[Holding[StatedAt]]) -> None:
        super().__init__()
        self._rows = rows
        self._found = found

    def __missing__(self, place: int) -> tuple[str, str]:
        at = self._found[place].source
        return where(self._rows[at.session][0], at)


def _undoubled(facts: Sequence[StatedAt]) -> Iterable[StatedAt]:
    """*facts* without those of a model that a rule reads in the same message, as newer rules may."""
    if all(at.fact.how != MODEL for at in facts):
        return facts
    ruled: dict[tuple[int, int], list[Stated]] = {}
    for at in facts:
        if at.fact.how == RULE:
            ruled.setdefault((at.session, at.sequence), []).append(at.fact)
    return (
        at for at in facts if at.fact.how != MODEL or not doubled(at.fact, ruled.get((at.session, at.sequence), ()))
    )


def where(name: str, at: StatedAt) -> tuple[str, str]:
    """The session called *name* as it is handed out, and the reference of what was stated *at* it."""
    return (name, f"{before_reference(name)}m{at.sequence}") if name else ("", f"f{at.sequence}")
