"""Facts by the caller's extractor: messages are read in batches from a watermark, in the background, and what they do
not bear out is refused.

Rule 1: nothing waits for an extractor but who asks to, and it is never called in a transaction. The words of a
conversation, and the facts that rules read, are there without it.
Rule 2: the facts of a batch and the watermark are kept by one transaction, so a process that ends repeats at most one
batch; another process that was faster wins.
Rule 3: an answer that cannot be read costs its batch, which is noted (`Stretch.error`). An extractor that raises or
hangs is asked again later, for fewer messages each time; where it fails at one alone for hours, that one is passed
over, and noted too.
Rule 4: what is hidden is never shown to it, nor is a conversation whose user is not named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from tiermem.errors import AnswerRejected, Closed, InvalidSettings, StorageError, described
from tiermem.extraction.batch import ExtractionBatch
from tiermem.extraction.claims import claims
from tiermem.extraction.grounding import UNREAD, Grounded, grounded
from tiermem.facts.stated.record import StatedAt
from tiermem.flows import reporting
from tiermem.flows.effects import Await, Call, Compute, Flow, Read, Tell, Transact
from tiermem.flows.indexing import facts as reading
from tiermem.flows.indexing.sources import sources
from tiermem.flows.services import Core, Failed
from tiermem.flows.writing.upkeep import FOREVER, extracts
from tiermem.messages import Message
from tiermem.providers.calls import refuse_waiting
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.extracted import stretches as extraction
from tiermem.storage.extracted.stretches import PLACE, Stretch
from tiermem.storage.sessions import SessionRow
from tiermem.validity import asking
from tiermem.window.view import within

TOKENS = 8_000  # of the messages of one batch, but for a single one
KNOWN = 40  # facts that are known of the user, newest first, which an extractor is shown
LONGEST_PAUSE = 3_600.0  # seconds between two attempts
GIVEN_UP = 8  # failed runs in a row, with some three hours between the first and the last, …
# … after which a single message is passed over: what is wrong may be with it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What an extractor came to in all conversations of a user.

    Args:
        read, unread, waiting: messages that it read, that it could not read, and that it was not given yet.
        facts: that were kept.
        refused: claims that no message bears out, by reason.
        errors: why messages could not be read.
    """

    read: int
    unread: int
    waiting: int
    facts: int
    refused: dict[str, int]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingBatch:
    """What an extractor is given next: the session, the visible messages before, and the visible ones to be read, which
    with those hidden among them reach from *first* to *last*."""

    row: SessionRow
    before: Sequence[Message]
    messages: Sequence[Message]
    first: int
    last: int


def attempt(core: Core, scope: Scope) -> Flow[bool | None]:
    """`step` for the background, where nobody catches: what fails is told by `stats` and tried again."""
    if not extracts(core, scope) or scope in core.extracting:
        return False
    core.extracting.add(scope)
    try:
        return (yield from step(core, scope))
    except Closed:
        return False
    except Exception as error:  # noqa: BLE001  # the thread must live; a full disk may have room again later
        core.known.upkeep_error = described(error)
        yield from reporting.noticed(core, scope)
        return None
    finally:
        core.extracting.discard(scope)


def step(core: Core, scope: Scope) -> Flow[bool | None]:
    """Read the next batch. True: more waits; False: nothing is left; None: not yet, or the extractor fails."""
    if resting(core, scope):
        return None
    row, through = yield Read(partial(_position, scope=scope))
    core.extracted.put(row.pk, through)
    if through >= row.messages:
        core.unread.pop(scope, None)
        return False
    if row.messages - through < core.settings.extract_batch and _lively(core, scope):
        return None
    return (yield from _next(core, scope))


def _lively(core: Core, scope: Scope) -> bool:
    """Whether something was added to *scope* a moment ago, and more may come soon."""
    added = core.unread.get(scope)
    return added is not None and core.timer() - added < core.settings.extract_after


def resting(core: Core, scope: Scope) -> bool:
    """Whether the extractor failed in *scope*, and is not asked yet."""
    failed = core.extractor_rests.get(scope)
    if failed is None or not failed.times:
        return False
    pause = min(core.settings.extractor_pause * 2.0 ** min(failed.times - 1, 30), LONGEST_PAUSE)
    return abs(core.now().timestamp() - failed.at) < pause


def _position(connection: sa.Connection, scope: Scope) -> tuple[SessionRow, int]:
    row = sessions.find(connection, scope)
    return row, extraction.through(connection, row.pk)


def _next(core: Core, scope: Scope) -> Flow[bool | None]:
    failed = core.extractor_rests.get(scope)
    most = max(1, core.settings.extract_batch >> (failed.times if failed else 0))
    waiting: WaitingBatch = yield Read(partial(_read, scope=scope, most=most))
    if waiting.last < waiting.first:
        return False
    began = core.timer()
    found = yield Compute(partial(sources, scope, waiting.row.pk, waiting.before, waiting.messages))
    held, error, lasting = Grounded({}), "", False
    if any(one.own.strip() for one in found.values()):  # else there is nothing to ask about
        entries, error, lasting = yield from _asked(core, scope, waiting)
        if entries is None and not lasting and (most > 1 or not failed or failed.times < GIVEN_UP):
            yield from _failed(core, scope, waiting.row.pk, error)
            return None
        if entries is not None:
            held = yield Compute(partial(_grounded, entries, found, scope, waiting))
    read = Stretch(waiting.first, waiting.last, core.extractor_name, 0, held.refused, error)
    kept = yield from _kept(core, scope, waiting, held, read, began)
    if error:
        yield from _failed(core, scope, waiting.row.pk, error, passed=not lasting)
        return None
    core.extractor_rests.put(scope, Failed(0, 0.0, ""))
    yield from reporting.begun(core, scope, waiting.row.pk, "extractor", "")
    return not kept or waiting.last < waiting.row.messages


def _read(connection: sa.Connection, scope: Scope, most: int) -> WaitingBatch:
    row, through = _position(connection, scope)
    first = through + 1
    fresh, left = list[Message](), TOKENS
    for message in log.read(connection, row.pk, first, min(row.messages, through + most)):
        left -= message.tokens or 0
        if fresh and left < 0:
            break
        fresh.append(message)
    before = log.read(connection, row.pk, max(1, first - reading.NEAR), through)
    hidden = decisions.hidden(connection, row)
    # What could not be read is not shown beside others either: it may be why.
    lost = [(one.first, one.last) for one in extraction.stretches(connection, row.pk)[-reading.NEAR :] if one.error]
    before = [one for one in before if not within(lost, one.sequence)]
    seen = [[one for one in some if not within(hidden, one.sequence)] for some in (before, fresh)]
    return WaitingBatch(row, seen[0], seen[1], first, through + len(fresh))


def _asked(core: Core, scope: Scope, waiting: WaitingBatch) -> Flow[tuple[Any, str, bool]]:
    """What the extractor returned; or None, what went wrong, and whether the messages themselves may be the reason."""
    bounded, error, lasting = core.bounded_extractor, "", False
    assert core.extractor is not None and bounded is not None  # noqa: S101, PT018  # the caller looked
    known = yield from _known(core, scope)
    for _ in range(core.settings.extractor_retries + 1):
        copies = core.local(one.shown_as(one.content) for one in (*waiting.before, *waiting.messages))
        batch = ExtractionBatch(copies, waiting.first, known)  # anew each time: user code may spoil what it is given
        seconds = core.settings.extractor_timeout
        try:
            returned = yield Call(lambda one: bounded(one, scope), core.extractor, batch, scope, seconds + 1)
            yield Compute(partial(claims, returned))
        except TimeoutError:
            return None, f"no answer within {seconds:g} s", False
        except (Closed, StorageError):
            raise
        except Exception as reason:  # noqa: BLE001  # user code; rules read without it
            error, lasting = described(reason), isinstance(reason, AnswerRejected)
        else:
            return returned, "", False
    return None, error, lasting


def _known(core: Core, scope: Scope) -> Flow[list[str]]:
    """What holds of the user, newest first, a line each."""
    facts = yield from asking.current(core, scope, asking.Wish())
    lines = [f"{one.subject} · {one.attribute}: {one.value}" for one in reversed(facts)]
    return lines[:KNOWN]


def _grounded(returned: Any, found: Any, scope: Scope, waiting: WaitingBatch) -> Grounded:
    """The facts that the messages bear out; of those before the batch nothing is kept, for they were read already."""
    made, unread = claims(returned)
    old = {one.sequence for one in waiting.before}
    held = grounded([one for one in made if not old.issuperset(one.numbers)], found, scope.user)
    if unread:
        held.refused[UNREAD] += unread
    return held


def _kept(core: Core, scope: Scope, waiting: WaitingBatch, held: Grounded, read: Stretch, began: float) -> Flow[bool]:
    row, said = waiting.row, {one.sequence: reading.said_at(one) for one in waiting.messages}
    stated = [
        StatedAt(fact, row.pk, number, PLACE + place, said[number])
        for number, own in sorted(held.facts.items())
        for place, fact in enumerate(own)
    ]
    whole = Stretch(read.first, read.last, read.extractor, len(stated), read.refused, read.error)

    def telling(kept: bool) -> list[Tell]:
        return [reporting.extracted(scope, whole, core.since(began))] if kept else []

    kept = yield Transact(lambda c: extraction.add(c, scope, row, whole, stated), telling)
    if kept:
        core.extracted.put(row.pk, read.last)
    return bool(kept)


def _failed(core: Core, scope: Scope, pk: int, error: str, *, passed: bool = False) -> Flow[None]:
    """Let the extractor rest in *scope*; where a message was *passed* over, the next one has some attempts too."""
    before = core.extractor_rests.get(scope)
    times = GIVEN_UP // 2 if passed else 1 + (before.times if before else 0)
    core.extractor_rests.put(scope, Failed(times, core.now().timestamp(), error))
    yield from reporting.begun(core, scope, pk, "extractor", reporting.brief(error))


def extract(core: Core, scope: Scope, *, again: bool = False) -> Flow[Extraction]:
    """Read at once what waits in all conversations of the user of *scope*; with *again* also what could not be read,
    and what another extractor read.

    Raises:
        InvalidSettings: the memory was opened without an extractor.
        Reentrant: the extractor itself asks, which would wait for itself.
    """
    refuse_waiting()
    if core.extractor is None:
        raise InvalidSettings("the memory was opened without an extractor")
    named: list[str] = yield Read(lambda connection: sessions.names(connection, scope.tenant, scope.user))
    scopes = [Scope(scope.tenant, scope.user, name) for name in named]
    for one in scopes:
        if again:
            yield Transact(partial(_forget, scope=one, extractor=core.extractor_name))
        core.unread.pop(one, None)
        core.extractor_rests.put(one, Failed(0, 0.0, ""))
        yield from _drained(core, one)
    counted: Extraction = yield Read(partial(_counted, scopes=scopes))
    return counted


def _drained(core: Core, scope: Scope) -> Flow[None]:
    """Read *scope* to its end, after who is at it."""
    while True:
        yield Await(lambda _: scope not in core.extracting, FOREVER)
        more = yield from attempt(core, scope)
        if not more and scope not in core.extracting:  # another may have begun in between
            return


def _forget(connection: sa.Connection, scope: Scope, extractor: str) -> None:
    row = sessions.find(connection, scope)
    if any(one.error or one.extractor != extractor for one in extraction.stretches(connection, row.pk)):
        extraction.forget(connection, scope, row.pk)


def _counted(connection: sa.Connection, scopes: Sequence[Scope]) -> Extraction:
    rows = [sessions.find(connection, scope) for scope in scopes]
    every = {row.pk: extraction.stretches(connection, row.pk) for row in rows}
    read = [one for some in every.values() for one in some]
    refused = sum((Counter(one.refused) for one in read), Counter[str]())
    return Extraction(
        read=sum(one.last - one.first + 1 for one in read if not one.error),
        unread=sum(one.last - one.first + 1 for one in read if one.error),
        waiting=sum(row.messages - (every[row.pk][-1].last if every[row.pk] else 0) for row in rows),
        facts=sum(one.facts for one in read),
        refused=dict(refused),
        errors=tuple(dict.fromkeys(one.error for one in read if one.error)),
    )
