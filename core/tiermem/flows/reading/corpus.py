"""What a question looks through: the index brought up to date with one session or all of a user's, and what of it may
be found. One transaction, several for a user of many messages, and none where nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from tiermem.facts.stated.record import StatedAt
from tiermem.flows.effects import Compute, Flow, Read, Wake
from tiermem.flows.indexing import facts
from tiermem.flows.indexing.facts import NEAR
from tiermem.flows.indexing.words import part_of
from tiermem.flows.reading.request import SearchRequest
from tiermem.flows.reading.shelved.opening import index_for
from tiermem.flows.services import Core
from tiermem.index.segment import Segment
from tiermem.index.shelves.asked import AskedIndex
from tiermem.index.shelves.gone import ShelfGone
from tiermem.index.shelves.index import ShelvedIndex
from tiermem.index.user import Choice, UserIndex
from tiermem.messages import Message
from tiermem.records import Within
from tiermem.settings import Scope
from tiermem.shared_history import parts
from tiermem.storage import decisions, segments, sessions
from tiermem.storage import facts as stored
from tiermem.storage import messages as log
from tiermem.storage.sessions import SessionRow

if TYPE_CHECKING:
    import sqlalchemy as sa

    from tiermem.search.ranking.field import Field

TAIL = 5_000  # messages that wait for the index and are read in one go
STRETCH = 16_384  # messages of one session whose words are read at once
PORTION = 50_000  # messages of whole sessions likewise: while they come, what was read of them is in RAM twice more

Ranges = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The sessions that are looked through, oldest first.

    Args:
        home: the key of the session that was asked; 0 where it is not among them, or nothing was ever added to it.
        rows: by key of a session its name and row.
        index: with all of their messages.
        hidden: by key, ranges of numbers that are hidden there.
        shared: by key those that forks among `rows` share messages with, as far as they do.
    """

    home: int
    rows: Mapping[int, tuple[str, SessionRow]]
    index: UserIndex | AskedIndex
    hidden: Mapping[int, Ranges]
    shared: Mapping[int, tuple[str, SessionRow]]

    def field(self) -> Field:
        """Every message, hidden ones too; what several sessions share once."""
        if self.shared:
            return self.index.field(_told_apart(self.rows, self.home))
        return self.index.field([Choice(key, row.messages) for key, (_, row) in self.rows.items()])


def _told_apart(rows: Mapping[int, tuple[str, SessionRow]], home: int) -> list[Choice]:
    """What is looked through in each of *rows*: the session that was asked has all of its messages, and the others, the
    oldest first, those that none before them has."""
    taken: dict[int, int] = {}  # by whose they are, up to which number
    choices: dict[int, Choice] = {}
    for key, (_, row) in sorted(rows.items(), key=lambda one: one[0] != home):
        where = [*parts(row.pk, 1, row.messages)]
        left = [(owner, max(low, taken.get(owner, 0) + 1), high) for owner, low, high in where]
        for owner, _, high in where:
            taken[owner] = max(high, taken.get(owner, 0))
        shared = tuple((owner, low, high) for owner, low, high in left if owner != key and low <= high)
        without = next((low - 1 for owner, low, _ in left if owner == key), row.messages)
        choices[key] = Choice(row.pk, row.messages, max(without, row.base), shared)
    return [choices[key] for key in rows]


def opened(core: Core, scope: Scope, row: SessionRow, request: SearchRequest, *, shelves: bool = True) -> Flow[Corpus]:
    """The corpus of *request*, asked in the session *row*, of which no message beyond its own number counts.

    Raises:
        ShelfGone: it has *shelves*, one of which is not there any more.
    """
    if user_wide(scope, request.within):
        listed = yield Read(lambda connection: sessions.of_user(connection, scope.tenant, scope.user))
        rows = {own.pk: (name, own) for name, own in listed if _wanted(name, request) and own.messages}
        if row.pk in rows:
            rows[row.pk] = (scope.session, row)
        core.noticed(max((own.erasures for _, own in listed), default=0))
    else:
        rows = {row.pk: (scope.session, row)} if row.pk else {}
    shared: Mapping[int, tuple[str, SessionRow]] = {}
    loaded = rows
    if forks := [own.pk for _, own in rows.values() if own.base]:
        shared = yield Read(partial(_shared, forks=forks))
        loaded = {**shared, **{key: (name, _as_shared(own, shared)) for key, (name, own) in rows.items()}}
    every = [own for _, own in loaded.values()]
    index = (yield from index_for(core, scope, every)) if shelves else core.index_of(scope)
    hidden = yield from _loaded(core, scope, index, loaded)
    yield from _rung(core, scope, rows)
    asked = AskedIndex(index) if isinstance(index, ShelvedIndex) else index
    return Corpus(row.pk if row.pk in rows else 0, rows, asked, hidden, shared)


def _shared(connection: sa.Connection, forks: Sequence[int]) -> dict[int, tuple[str, SessionRow]]:
    """The sessions that *forks* share messages with, each as far as one of them does."""
    found: dict[int, tuple[str, SessionRow]] = {}
    for fork in forks:
        for key, row in sessions.sharing(connection, fork).items():
            if key not in found or found[key][1].messages < row.messages:
                found[key] = ("", row)
    return found


def _as_shared(row: SessionRow, shared: Mapping[int, tuple[str, SessionRow]]) -> SessionRow:
    """*row*, which is indexed no further than what it shares is."""
    ends = {owner: last for owner, _, last in parts(row.pk, 1, row.base)}
    late = [shared[key][1].indexed for key, last in ends.items() if key in shared and shared[key][1].indexed < last]
    return replace(row, indexed=min(late)) if late else row


def user_wide(scope: Scope, within: Within) -> bool:
    """Whether *within* means all sessions of the user of *scope*. "everything" does where a user is named: in the
    namespace of those who name none it is the conversation and the documents."""
    return scope.kind == "conversation" and (within == "user" or (within == "everything" and scope.named))


def _wanted(name: str, request: SearchRequest) -> bool:
    return (request.sessions is None or name in request.sessions) and name not in request.exclude


@dataclass(frozen=True, slots=True)
class _Lack:
    """What an index lacks of *rows*: what is hidden in the sessions `unknown`; words of `stale` ones, and facts of
    those `untold`, with the number up to which they are there; who used which terms in those `unheard`, of which
    messages wait, where the index does not have it."""

    rows: Mapping[int, tuple[str, SessionRow]]
    unknown: Sequence[int]
    stale: Mapping[int, int]
    untold: Mapping[int, int]
    unheard: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls, index: UserIndex, rows: Mapping[int, tuple[str, SessionRow]], unknown: Sequence[int], *, talk: bool
    ) -> _Lack:
        """What *index* lacks; only *talk* states facts."""
        stale = {key: last for key, (_, row) in rows.items() if (last := index.last(key)) < row.messages}
        through = index.stated.through
        untold = {key: last for key, (_, row) in rows.items() if (last := through(key)) < row.messages} if talk else {}
        unheard = (key for key in stale if rows[key][1].indexed < rows[key][1].messages and not index.knows_used(key))
        return cls(rows, unknown, stale, untold, frozenset(unheard))

    def __bool__(self) -> bool:
        return bool(self.unknown or self.stale or self.untold)


@dataclass(frozen=True, slots=True)
class _Filling:
    """What was read of it: ranges that are hidden, stretches of the index, facts, and by key messages that wait for the
    index, the first of which are those before the first that is not there; `said`, who used which terms in what is
    `unheard`."""

    hidden: Mapping[int, Ranges]
    parts: Mapping[int, list[Segment]]
    facts: Mapping[int, Sequence[StatedAt]]
    waiting: Mapping[int, list[Message]]
    said: Mapping[int, set[tuple[str, str]]]


def _loaded(
    core: Core, scope: Scope, index: UserIndex, rows: Mapping[int, tuple[str, SessionRow]]
) -> Flow[dict[int, Ranges]]:
    """Adds to *index* what it lacks of *rows*; returns what is hidden there."""
    hidden: dict[int, Ranges] = {}
    for portion in _portions(rows):
        hidden |= yield from _portion_loaded(core, scope, index, portion)
    return hidden


def _portions(rows: Mapping[int, tuple[str, SessionRow]]) -> Iterator[dict[int, tuple[str, SessionRow]]]:
    """*rows* in their order, so many at a time as have `PORTION` messages."""
    portion, held = dict[int, tuple[str, SessionRow]](), 0
    for key, (name, row) in rows.items():
        if portion and held + row.messages > PORTION:
            yield portion
            portion, held = {}, 0
        portion[key] = (name, row)
        held += row.messages
    yield portion


def _portion_loaded(
    core: Core, scope: Scope, index: UserIndex, rows: Mapping[int, tuple[str, SessionRow]]
) -> Flow[dict[int, Ranges]]:
    kept = core.hidden.pick([(key, row.revision) for key, (_, row) in rows.items()])
    known = dict(zip(rows, kept, strict=True))
    unknown, talk = [key for key, ranges in known.items() if ranges is None], scope.kind == "conversation"
    while lack := _Lack.of(index, rows, unknown, talk=talk):
        read = yield Read(partial(_read, lack=lack))
        for key in unknown:
            known[key] = core.hidden.put((key, rows[key][1].revision), tuple(read.hidden.get(key, ())))
        yield Compute(partial(_add, scope, index, lack, read))
        unknown = []
    return {key: ranges for key, ranges in known.items() if ranges}


def _read(connection: sa.Connection, lack: _Lack) -> _Filling:
    """What is lacking; of messages that wait for the index at most `TAIL`."""
    rows, stale = lack.rows, lack.stale
    hidden = decisions.hidden_in(connection, lack.unknown)
    indexed = {key: rows[key][1].indexed for key in rows}
    stretches = segments.read(connection, [key for key, last in stale.items() if indexed[key] and not last])
    for key, last in stale.items():
        if 0 < last < indexed[key]:
            stretches |= segments.read(connection, [key], last)
    facts = stored.beyond(connection, lack.untold, indexed)
    for key, last in lack.untold.items():
        if last < rows[key][1].base:
            facts[key] = [*stored.inherited(connection, key, last, indexed[key]), *facts.get(key, ())]
    waiting: dict[int, list[Message]] = {}
    left = TAIL
    for key in {**stale, **lack.untold}:
        first = _first_waiting(lack, key, indexed[key], stretches.get(key))
        upto = min(rows[key][1].messages, first - 1 + left)
        if first <= upto:
            waiting[key] = log.read(connection, key, max(1, first - NEAR), upto)
            left -= upto - first + 1
    said = {key: _used(connection, rows[key][1]) for key in lack.unheard if key in waiting}
    return _Filling(hidden, stretches, facts, waiting, said)


def _used(connection: sa.Connection, row: SessionRow) -> set[tuple[str, str]]:
    """The pairs of speaker and term in all that is indexed of the session *row*, read a stretch at a time.

    Raises:
        ShelfGone: some of it is damaged.
    """
    pairs: set[tuple[str, str]] = set()
    for owner, first, last in parts(row.pk, 1, row.indexed):
        for low in range(first, last + 1 if owner > 0 else first, STRETCH):
            high = min(last, low + STRETCH - 1)
            read = segments.between(connection, owner, low, high)
            if sum(map(len, read)) != high - low + 1:
                raise ShelfGone
            pairs.update(*(part.used() for part in read))
    return pairs


def _first_waiting(lack: _Lack, key: int, indexed: int, parts: Sequence[Segment] | None) -> int:
    """The first message of which the words, or the facts, must be read of itself."""
    words = int(parts[-1].numbers[-1]) if parts else lack.stale.get(key, lack.rows[key][1].messages)
    told = max(indexed, lack.untold[key]) if key in lack.untold else words
    return 1 + min(words, told)


def _add(scope: Scope, index: UserIndex, lack: _Lack, read: _Filling) -> None:
    index.add([(key, part) for key, stored in read.parts.items() for part in stored])
    for key, said in read.said.items():
        index.note_used(key, lack.rows[key][1].indexed, said)
    fresh = {key: [one for one in said if one.sequence > index.last(key)] for key, said in read.waiting.items()}
    forks = [key for key in fresh if lack.rows[key][1].base]
    index.add([(key, part_of(index, key, said)) for key, said in fresh.items() if said and key not in forks])
    for key in forks:  # what is new in one depends on what it shares, which is there now
        index.add([(key, part_of(index, key, fresh[key]))])
    found, through = list[StatedAt](), dict[int, int]()
    for key in lack.untold:
        there = max(lack.untold[key], lack.rows[key][1].indexed)
        found += read.facts.get(key, ())
        before, messages = _parted(read.waiting.get(key, ()), there)
        through[key] = messages[-1].sequence if messages else there
        found += facts.of_messages(scope, key, before, messages)
    index.stated.add(through, found)


def _parted(said: Sequence[Message], last: int) -> tuple[list[Message], list[Message]]:
    """Those of *said* up to number *last*, and those behind it."""
    return [one for one in said if one.sequence <= last], [one for one in said if one.sequence > last]


def _rung(core: Core, scope: Scope, rows: Mapping[int, tuple[str, SessionRow]]) -> Flow[None]:
    """Wakes the background where much waits: the index may have been emptied, and nothing be added for a long time."""
    waiting = {name: row.messages - row.indexed for name, row in rows.values() if not row.foreign}
    if sum(waiting.values()) < core.settings.index_batch:
        return
    for name, count in waiting.items():
        if count > 1:
            yield Wake(Scope(scope.tenant, scope.user, name, scope.kind))
