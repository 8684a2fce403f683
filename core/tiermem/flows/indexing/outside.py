"""A vector database of the user's, kept like ours: given what it lacks, rid of what was removed.

Rule 1: before a passage goes there, and in the transaction that removes it here, its place is noted; the note goes when
both were seen to agree. So what a process leaves undone is done by the next one that is given the store.
Rule 2: nothing that it holds is believed. Once a process, and again where it answers with too little, it is asked for
each id which it should have, and given what it lost. Of more than it names at once a stretch is asked for in turn,
after each question (`index/outside/rounds.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from tiermem.errors import Closed, StorageError, described
from tiermem.flows.effects import Call, Compute, Flow, Read, Transact
from tiermem.flows.services import Core
from tiermem.index.outside.store import PassageKey, Point, VectorStore, digest_of, place_of, point_id
from tiermem.index.vectors import units_of
from tiermem.settings import Scope
from tiermem.storage.embedded import outside
from tiermem.storage.embedded.vectors import Watermark
from tiermem.storage.erasures import taking
from tiermem.storage.sessions import SessionRow

if TYPE_CHECKING:
    import sqlalchemy as sa

V = TypeVar("V")
BATCH = 500  # passages that a store is asked for, or given, at once
PAUSE = 30.0  # seconds without further attempts after it failed


def step(core: Core, scope: Scope, row: SessionRow, mark: Watermark) -> Flow[bool | None]:
    """Compare the next passages of a session with the store. True: more wait; False: none is left; None: it fails."""
    if core.vector_store is None:
        return False
    if resting(core):
        return None
    try:
        yield from tidied(core, scope)
        return (yield from _compared(core, scope, core.vector_store, row, mark))
    except (StorageError, Closed):
        raise
    except Exception as error:  # noqa: BLE001  # the user's store; our own index answers, and says why
        fail(core, error)
        return None


def resting(core: Core) -> bool:
    """True for a while after the store failed."""
    return bool(core.known.store_error) and abs(core.now().timestamp() - core.known.store_failed_at) < PAUSE


def fail(core: Core, error: Exception) -> None:
    """Remember that the store failed, and when."""
    core.known.store_error, core.known.store_failed_at = described(error), core.now().timestamp()


def asked(core: Core, scope: Scope, verb: Callable[[V], Any], value: V) -> Flow[Any]:
    """What the store says to *value*, within the time that an embedder has."""
    answer = yield Call(verb, verb, value, scope, core.settings.embedder_timeout)
    core.known.store_error = ""
    return answer


def database(core: Core) -> Flow[str]:
    """The id of the database, by which its points are told from others' in one collection."""
    if not core.known.database:
        core.known.database = yield Read(taking.identity)
    return core.known.database


def owner(database_id: str, scope: Scope) -> str:
    """What stands for the user of *scope* in a store."""
    return digest_of(database_id, scope.tenant, scope.user, scope.kind)


def session(database_id: str, pk: int) -> str:
    """What stands for a session there."""
    return digest_of(database_id, str(pk))


def _compared(core: Core, scope: Scope, store: VectorStore, row: SessionRow, mark: Watermark) -> Flow[bool]:
    known, through = pushed(core, row.pk, mark.key), mark.through or 0
    if not mark.key:
        return False
    if known >= through:
        return (yield from _in_turn(core, scope, store, row, mark))
    rows: list[tuple[PassageKey, bytes]] = yield Read(partial(_some, pk=row.pk, key=mark.key, above=known))
    missing, _ = yield from _given(core, scope, store, row, rows)
    if pushed(core, row.pk, mark.key) != known:
        return True  # doubted meanwhile: from the beginning again
    last = max(rows[-1][0].sequence if len(rows) >= BATCH - LONGEST else through, known)
    core.pushed[int(row.pk), mark.key] = last
    core.doubts.compared((int(row.pk), mark.key), last, missing)
    return last < through


def _in_turn(core: Core, scope: Scope, store: VectorStore, row: SessionRow, mark: Watermark) -> Flow[bool]:
    """Compare the stretch of a session whose turn it is; True where all of it is to be compared now."""
    place, through = (int(row.pk), mark.key), mark.through or 0
    above = core.rounds.due(place)
    if above is None:
        return False
    rows: list[tuple[PassageKey, bytes]] = yield Read(partial(_some, pk=row.pk, key=mark.key, above=above))
    missing, there = yield from _given(core, scope, store, row, rows)
    core.rounds.compared(place, rows[-1][0].sequence if len(rows) >= BATCH - LONGEST else through, through)
    if missing is None:
        return False
    if not there:  # it lost all of them, or cannot say what it has: then it is given a stretch again now and then
        core.rounds.slowly()
        return False
    doubted(core, [place])
    return True


def _some(connection: sa.Connection, pk: int, key: int, above: int) -> list[tuple[PassageKey, bytes]]:
    return list(outside.some(connection, pk, key, above, BATCH))


LONGEST = 64  # passages of one message: a batch that is shorter than without one is the last


def pushed(core: Core, pk: int, key: int) -> int:
    """Up to which message of a session the store was seen to have everything."""
    return core.pushed.get((int(pk), key), 0)


def behind(core: Core, pk: int, mark: Watermark) -> bool:
    """Whether the store is to be given something of a session, or to be asked whether it has it."""
    if core.vector_store is None or not mark.key:
        return False
    return pushed(core, pk, mark.key) < (mark.through or 0) or core.rounds.due((int(pk), mark.key)) is not None


def doubted(core: Core, keys: Sequence[tuple[int, int]]) -> None:
    """Have it looked at again, unless it just was: it named too little of these sessions, by these embedders."""
    kept = [(key, core.pushed.get(key, 0)) for key in keys]
    for key in core.doubts.raised(kept, core.now().timestamp()):
        core.pushed.pop(key, None)


def _given(
    core: Core, scope: Scope, store: VectorStore, row: SessionRow, rows: Sequence[tuple[PassageKey, bytes]]
) -> Flow[tuple[int | None, int]]:
    """Gives the store what it lacks of *rows*; the first message that lacked something, and how many were there."""
    if not rows:
        return None, 0
    identity = yield from database(core)
    ids = {point_id(identity, place): (place, value) for place, value in rows}
    there = set((yield from asked(core, scope, store.present, list(ids))))
    missing = {one: row for one, row in ids.items() if one not in there}
    if not missing:
        return None, len(there)
    begun = partial(outside.begin, places=[place.text for place, _ in missing.values()])
    lives = set((yield Transact(begun)))
    points = yield Compute(partial(_points, identity, scope, row.pk, missing, lives))
    if points:
        yield from asked(core, scope, store.add, points)
    yield from tidied(core, scope)
    return min(place.sequence for place, _ in missing.values()), len(there)


def _points(
    identity: str, scope: Scope, pk: int, missing: dict[str, tuple[PassageKey, bytes]], lives: set[str]
) -> list[Point]:
    wanted = [(one, value) for one, (place, value) in missing.items() if place.text in lives]
    if not wanted:
        return []
    units = units_of([value for _, value in wanted]).tolist()
    whose, of = owner(identity, scope), session(identity, pk)
    return [Point(one, tuple(unit), whose, of) for (one, _), unit in zip(wanted, units, strict=True)]


def tidied(core: Core, scope: Scope) -> Flow[None]:
    """Remove from the store what is noted and no longer in our database."""
    if core.vector_store is None:
        return
    dues: dict[str, list[str]] = yield Read(outside.dues)
    if not dues:
        return
    identity = yield from database(core)
    for key, places in dues.items():
        for start in range(0, len(places), BATCH):
            ids = [point_id(identity, place_of(place)) for place in places[start : start + BATCH]]
            yield from asked(core, scope, core.vector_store.delete, ids)
        yield Transact(partial(outside.settled, keys=[key]))


def left_behind(core: Core, scope: Scope) -> Flow[int]:
    """`tidied` for an erasure, which does not fail with a store: how many passages are left there."""
    try:
        yield from tidied(core, scope)
    except (StorageError, Closed):
        raise
    except Exception as error:  # noqa: BLE001  # the user's store; it is told, and done later
        fail(core, error)
    count: int = yield Read(outside.waiting)
    return count
