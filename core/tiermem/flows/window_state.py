"""Reading the window: from memory while no decision was taken, with the new messages added; else from the store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import sqlalchemy as sa

from tiermem.flows.effects import FEW, Flow, Read
from tiermem.flows.services import Core
from tiermem.messages import Message
from tiermem.records import Decision, Shown, Summary
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import entries as entry_rows
from tiermem.storage import messages as log
from tiermem.storage import stubs as stub_rows
from tiermem.storage.blobs import reading as media
from tiermem.storage.blobs.bodies import whole
from tiermem.storage.connecting.turns import LATER
from tiermem.storage.messages import Appended
from tiermem.storage.sessions import SessionRow
from tiermem.summaries import merging
from tiermem.window.media.showing import told_lost
from tiermem.window.stubs import as_stub
from tiermem.window.view import Entry, Window

CACHED_TOKENS = 2_000  # a message kept in memory; larger ones are read again, so that memory use stays bounded


def load(core: Core, scope: Scope) -> Flow[tuple[SessionRow, Window]]:
    """The session's row and its window, of one snapshot."""
    loaded: tuple[SessionRow, Window] = yield Read(
        lambda connection: read(core, scope, connection), lambda connection: read(core, scope, connection, few=True)
    )
    return loaded


def read(core: Core, scope: Scope, connection: sa.Connection, *, few: bool = False) -> tuple[SessionRow, Window]:
    """`load`, inside a transaction. *few*: `LATER`, where more is to be read than what a few messages brought."""
    row = sessions.find(connection, scope)
    core.noticed(row.erasures)
    if few and row.pk:
        known = _known_window(core, scope, row)
        if known is None or row.messages - known.last > FEW:
            return LATER  # type: ignore[no-any-return]
    return row, of(core, scope, row, connection)


def of(core: Core, scope: Scope, row: SessionRow, connection: sa.Connection) -> Window:
    """The window of the session *row*: the one that is known of this revision, with the messages that came in since."""
    if not row.pk:
        return Window(0, 0, (), ())
    known = _known_window(core, scope, row)
    if known is None:
        return core.windows.put((row.pk, scope), decisions.window(connection, row))
    if known.last == row.messages:
        return known
    fresh = [*entry_rows.entries(connection, row.pk, known.last + 1, row.messages)]
    return core.windows.put((row.pk, scope), known.extended(row.messages, fresh))


def _known_window(core: Core, scope: Scope, row: SessionRow) -> Window | None:
    """The window in memory that is a beginning of what the session *row* shows: as it was read, or as its last decision
    left it, where this process took that. The links say that it is the same decision, and not one of its number that
    was never committed."""
    key = row.pk, scope
    known = core.windows.get(key)
    if known is None or known.revision != row.revision:
        link, known = core.settled.get(key) or (b"", None)
        if known is None or known.revision != row.revision or bytes(row.journal_chain or b"") != link:
            return None
        core.windows.put(key, known)
    return known if known.last <= row.messages else None


def came_in(core: Core, scope: Scope, appended: Appended) -> None:
    """Take note of what was committed just now: where the window before it is in memory, it goes on with the new
    messages as reading them would give them. Whoever looks next reads the session's row, as always, and them no more.
    """
    row, key = appended.row, (appended.row.pk, scope)
    known = core.windows.get(key)
    if known is None or (known.revision, known.last) != (row.revision, appended.before):
        return
    if not appended.rows or row.erasures > core.known.erasures:
        return
    core.windows.put(key, known.extended(row.messages, entry_rows.of_rows(appended.rows)))
    for message in appended.read_back():
        if message.tokens <= CACHED_TOKENS:
            core.bodies.put((row.pk, message.sequence), message)


def bodies(core: Core, row: SessionRow, sequences: Iterable[int]) -> Flow[dict[int, Message]]:
    """The original messages with these numbers, read once and then kept in memory."""
    known, missing = _known(core, row.pk, sequences)
    if missing:
        read_missing = partial(_read, core, row.pk, missing)
        known |= yield Read(read_missing, read_missing if len(missing) <= FEW else None)
    return known


def bodies_of(core: Core, wanted: Sequence[tuple[int, int]]) -> Flow[dict[tuple[int, int], Message]]:
    """`bodies` of several sessions: the originals *wanted* by session and number, by both."""
    picked = zip(wanted, core.bodies.pick(list(wanted)), strict=True)
    known = {key: body for key, body in picked if body is not None}
    if missing := [key for key in wanted if key not in known]:
        read_missing = partial(_read_of, core, missing)
        known |= yield Read(read_missing, read_missing if len(missing) <= FEW else None)
    return known


def _read_of(
    core: Core, missing: Sequence[tuple[int, int]], connection: sa.Connection
) -> dict[tuple[int, int], Message]:
    fresh = log.pick_of(connection, missing)
    for key, message in fresh.items():
        if message.tokens <= CACHED_TOKENS:
            core.bodies.put(key, message)
    return fresh


def _known(core: Core, pk: int, sequences: Iterable[int]) -> tuple[dict[int, Message], list[int]]:
    """The originals that are in memory, and the numbers of the others."""
    wanted = list(sequences)
    picked = core.bodies.pick([(pk, sequence) for sequence in wanted])
    known = {sequence: body for sequence, body in zip(wanted, picked, strict=True) if body is not None}
    return known, [] if len(known) == len(wanted) else [sequence for sequence in wanted if sequence not in known]


def _read(core: Core, pk: int, missing: Sequence[int], connection: sa.Connection) -> dict[int, Message]:
    fresh = {message.sequence: message for message in log.pick(connection, pk, missing)}
    for message in fresh.values():
        if message.tokens <= CACHED_TOKENS:
            core.bodies.put((pk, message.sequence), message)
    return fresh


def shown(core: Core, row: SessionRow, entries: Iterable[Entry]) -> Flow[dict[int, Message]]:
    """The messages of *entries* as the window shows them: originals, or stubs that carry them in their state."""
    listed = list(entries)
    body = partial(read_shown, core, row.pk, listed)
    messages: dict[int, Message] = yield Read(body, body if len(listed) <= FEW else None)
    return messages


def read_shown(core: Core, pk: int, entries: Sequence[Entry], connection: sa.Connection) -> dict[int, Message]:
    """`shown`, inside a transaction. What was shown before is still in memory, stubs too: no decision changes one."""
    messages, missing = _known(core, pk, (entry.sequence for entry in entries))
    if missing:
        messages |= _read(core, pk, missing, connection)
    compacted = [entry for entry in entries if entry.shown is Shown.COMPACTED]
    known = {entry: stub for entry in compacted if (stub := core.bodies.get(_stub_key(pk, entry))) is not None}
    made = [entry for entry in compacted if entry not in known]
    if made:
        stubs = stub_rows.of_messages(connection, pk, (entry.sequence for entry in made))
        taken = decisions.numbered(connection, pk, {entry.decision for entry in made})
        for entry in made:
            known[entry] = _stubbed(entry, messages[entry.sequence], stubs, taken)
            if entry.tokens <= CACHED_TOKENS:
                core.bodies.put(_stub_key(pk, entry), known[entry])
    return messages | {entry.sequence: stub for entry, stub in known.items()}


def _stub_key(pk: int, entry: Entry) -> tuple[int, int, int]:
    return pk, entry.sequence, entry.decision


def _stubbed(
    entry: Entry,
    original: Message,
    stubs: Mapping[tuple[int, int], stub_rows.Stub],
    taken: Mapping[int, Decision],
) -> Message:
    stub = stubs[entry.sequence, entry.decision]
    when = taken[entry.decision].decided_at
    compacted = stub_rows.compacted(stub)
    return as_stub(original, compacted, tokens_saved=original.tokens - stub.tokens, compacted_at=when)


def with_media(core: Core, pk: int, messages: Sequence[Message]) -> Flow[list[Message]]:
    """*messages* of the session *pk* as a view or a context shows them: with the bytes of their media. In place of some
    that are lost stands a text that says so."""
    if not any(message.pointers for message in messages):
        return list(messages)
    known = {id(one): kept[1] for one in messages if (kept := core.media.get(id(one))) and kept[0] is one}
    if missing := [message for message in messages if message.pointers and id(message) not in known]:
        texts: dict[str, str] = yield Read(lambda connection: media.texts_of(connection, pk, missing)[0])
        for message in missing:
            filled = known[id(message)] = told_lost(whole(message, texts))
            core.media.put(id(message), (message, filled), sum(len(texts.get(one, "")) for one in message.pointers))
    return [known.get(id(message), message) for message in messages]


def live_summaries(row: SessionRow) -> Flow[list[Summary]]:
    """The summaries in force, oldest span first, without what they say of hidden messages."""
    live: list[Summary] = yield Read(lambda c: read_live(c, row, decisions.hidden(c, row) if row.pk else []))
    return live


def read_live(connection: sa.Connection, row: SessionRow, hidden: Sequence[tuple[int, int]]) -> list[Summary]:
    """`live_summaries`, inside a transaction, where these ranges are *hidden*."""
    live = decisions.summaries(connection, row.pk, live=True)
    return [merging.without(summary, hidden) for summary in live] if hidden else live
