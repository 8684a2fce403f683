"""What is past its time by rule is erased: a receipt for each conversation and source, and nothing that is younger.

Rule 1: messages are stored in order, so what is too old is the beginning of a session, found by twenty reads. Of a
conversation of which nothing is younger its name goes, too; that is asked again in the transaction that takes it.
Rule 2: what a fork shares is kept as long as the conversation that stores it; system prompts as long as their
conversation. What a process that ends leaves undone, the next call does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import sqlalchemy as sa

from tiermem.erasure import erasing, retention
from tiermem.erasure.messages import of_numbers, of_source
from tiermem.erasure.receipt import Receipt
from tiermem.erasure.retention import Retention
from tiermem.errors import KeptByRule
from tiermem.flows.effects import Flow, Read
from tiermem.flows.reading.documents import collection
from tiermem.flows.services import Core
from tiermem.search.passages import NOTE
from tiermem.settings import Scope
from tiermem.shared_history import base_of
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.storage.erasures import rules, tombstones
from tiermem.storage.log.legible import UNREADABLE

DAY = 86_400.0
BATCH = 2_000  # messages that one transaction erases: others who write must not wait for long


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """What was past its time and is erased, or would be: *messages* of conversations, *conversations* that are gone
    with their names, *chunks* of documents, *notes*; and the receipts."""

    messages: int = 0
    conversations: int = 0
    chunks: int = 0
    notes: int = 0
    receipts: tuple[Receipt, ...] = field(default=(), repr=False)

    def __add__(self, other: Expired) -> Expired:
        return Expired(
            messages=self.messages + other.messages,
            conversations=self.conversations + other.conversations,
            chunks=self.chunks + other.chunks,
            notes=self.notes + other.notes,
            receipts=self.receipts + other.receipts,
        )


@dataclass(frozen=True, slots=True)
class _Old:
    """The numbers that are past their time, and whether nothing of the session is younger."""

    numbers: tuple[int, ...] = ()
    whole: bool = False


def expire(core: Core, user: Scope, names: list[str], *, dry_run: bool) -> Flow[Expired]:
    """Erase what of *user*, whose conversations are *names*, is past its time; of a *dry_run* the receipts only count.

    Raises:
        StorageError: what was erased before stays erased.
    """
    rule: Retention = yield Read(lambda connection: retention.stored(rules.get(connection, user)))
    done = Expired()
    for name in names:
        days = rule.of_session(name)
        if days is not None:
            done += yield from _conversation(core, Scope(user.tenant, user.user, name), days, dry_run=dry_run)
    if rule.documents is not None or rule.notes is not None:
        done += yield from _documents(core, collection(user), rule, dry_run=dry_run)
    return done


def _conversation(core: Core, scope: Scope, days: float, *, dry_run: bool) -> Flow[Expired]:
    border = core.now().timestamp() - days * DAY
    old: _Old = yield Read(partial(_old, scope=scope, border=border))
    if old.whole and not dry_run:
        try:
            unless = partial(_refuse_younger, scope=scope, border=border)
            receipt = yield from erasing.of_expired(core, scope, _reason(days), unless)
        except KeptByRule:  # something came in between
            pass
        else:
            return Expired(messages=receipt.messages, conversations=1, receipts=(receipt,))
    done = yield from _numbers(core, scope, old.numbers, days, dry_run=dry_run)
    return replace(done, conversations=int(old.whole)) if dry_run else done


def _refuse_younger(connection: sa.Connection, scope: Scope, border: float) -> None:
    """Raises KeptByRule where something of the conversation is younger than *border* by now."""
    if not _old(connection, scope, border).whole:
        raise KeptByRule("something was added to the conversation in the meantime")


def _numbers(core: Core, scope: Scope, numbers: tuple[int, ...], days: float, *, dry_run: bool) -> Flow[Expired]:
    done = Expired()
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        receipt = yield from of_numbers(core, scope, some, _reason(days), dry_run=dry_run)
        done += Expired(messages=receipt.messages, receipts=(receipt,))
    return done


def _old(connection: sa.Connection, scope: Scope, border: float) -> _Old:
    row = sessions.find(connection, scope)
    if not row.pk:
        return _Old()
    base = base_of(row.pk)
    upto = entry_rows.stored_before(connection, row.pk, row.messages, border)
    buried = tombstones.buried(connection, row.pk)
    if upto == row.messages and not base:
        return _Old(tuple(number for number in range(1, upto + 1) if number not in buried), whole=True)
    system = {one.sequence for one in entry_rows.fixed(connection, row.pk, upto) if one.role in log.FIXED_ROLES}
    return _Old(tuple(number for number in range(base + 1, upto + 1) if number not in buried | system))


def _documents(core: Core, scope: Scope, rule: Retention, *, dry_run: bool) -> Flow[Expired]:
    """Chunks of documents by their own times, those too that newer versions replaced; notes whole."""
    done = Expired()
    for days, wants in ((rule.documents, _of_document), (rule.notes, _of_note)):
        if days is None:
            continue
        found: dict[int, str] = yield Read(
            partial(_chunks, scope=scope, border=core.now().timestamp() - days * DAY, wants=wants)
        )
        if wants is _of_document:
            part = yield from _numbers(core, scope, tuple(found), days, dry_run=dry_run)
            done += Expired(chunks=part.messages, receipts=part.receipts)
            continue
        for source in dict.fromkeys(found.values()):
            receipt = yield from of_source(core, scope, source, _reason(days), dry_run, vacuum=False)
            done += Expired(notes=1, receipts=(receipt,))
    return done


def _of_note(source: str) -> bool:
    return source.startswith(NOTE)


def _of_document(source: str) -> bool:
    return not source.startswith(NOTE)


def _chunks(connection: sa.Connection, scope: Scope, border: float, wants: Callable[[str], bool]) -> dict[int, str]:
    """The chunks that are past *border* and of a source that is wanted, by number; of notes, where no version of the
    note is younger."""
    row = sessions.find(connection, scope)
    if not row.pk:
        return {}
    upto = entry_rows.stored_before(connection, row.pk, row.messages, border)
    old = dict(_sources(connection, row.pk, 1, upto))
    young = {source for _, source in _sources(connection, row.pk, upto + 1, row.messages) if _of_note(source)}
    return {number: source for number, source in old.items() if wants(source) and source not in young}


def _sources(connection: sa.Connection, pk: int, first: int, last: int) -> Iterator[tuple[int, str]]:
    buried = tombstones.buried(connection, pk)
    for start in range(first, last + 1, BATCH):
        for message in log.read(connection, pk, start, min(last, start + BATCH - 1)):
            if message.sequence not in buried and message.origin not in UNREADABLE:
                yield message.sequence, str(message.state.get("source", ""))


def _reason(days: float) -> str:
    return f"kept for {days:g} days"
