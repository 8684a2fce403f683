"""Notes kept, found and listed: they are documents of their user, under sources that begin with "note:".

So they come up where notes do, by the words they say, and replacing and removing one is a decision that `undo` of the
documents takes back. What was reported of a procedure is counted apart (`notes/reporting.py`).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa

from tiermem.conversations.asking import number
from tiermem.errors import InvalidMessage, UnknownReference, brief_repr
from tiermem.flows.effects import Flow, Read
from tiermem.flows.reading import documents
from tiermem.flows.reading.documents import collection
from tiermem.flows.reading.request import SearchRequest
from tiermem.flows.services import Core
from tiermem.knowledge import adding
from tiermem.messages import Message
from tiermem.notes import reporting
from tiermem.notes.checking import LONGEST_NAME, key_of, line
from tiermem.notes.kinds import (
    KINDS,
    LONGEST,
    AnyNote,
    Episode,
    PlainNote,
    Procedure,
    from_message,
    kind_of,
    source_of,
    to_json,
)
from tiermem.notes.wording import text_of
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision
from tiermem.redaction.walking import fields_of
from tiermem.search.passages import NOTE
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.documents import chunks as stored
from tiermem.text.documents import DIGEST, Document, Splitting

_CLASSES = [one.__name__ for one in KINDS.values()]
WIDER = 5  # times as many hits as asked for are looked at where a kind is, for the others are left out afterwards
TURNS = 8  # times that a procedure is written anew because somebody reported of it meanwhile


def keep(core: Core, scope: Scope, note: AnyNote | str) -> Flow[AnyNote]:
    """*note* as it is kept now, in place of what went by its name.

    Raises:
        InvalidMessage: it is no note, or too long in words; nothing was kept.
        RedactionFailed: the caller's redactor failed; nothing was kept.
    """
    note = PlainNote(note) if isinstance(note, str) else note
    if core.redactor is not None and isinstance(note, AnyNote):
        note = fields_of(note, core.redactor, kept=("sources", "ref"))
    known_source(note)
    refuse_reentry(collection(scope))
    document = _document((yield from _counted(scope, note)))
    (chunk,) = yield from adding.add(core, scope, [document], Splitting(LONGEST, 0))
    return (yield from _counted(scope, _read(core, chunk)))


def _document(note: AnyNote) -> Document:
    title = "note" if isinstance(note, PlainNote) else note.name
    return Document(text_of(note), note.source, title, to_json(note))


def _read(core: Core, chunk: Message) -> AnyNote:
    note = from_message(core.local([chunk])[0])
    if note is None:
        raise InvalidMessage(f"d{chunk.sequence} is no note")
    return note


def report(core: Core, scope: Scope, name: str, worked: bool, step: str, reason: str) -> Flow[Procedure]:  # private
    """The procedure *name* after one more outcome was reported of it.

    Raises:
        UnknownReference: there is no such procedure; nothing was kept.
    """
    name = core.private(name) if isinstance(name, str) else name
    known = yield from find(core, scope, Procedure.kind, name)
    if not isinstance(known, Procedure):
        raise UnknownReference(f"no procedure of this user is called {brief_repr(name)}")
    yield from reporting.keep(core, scope, known, worked, step, reason)
    return (yield from refreshed(core, scope, known.name))


def undo(core: Core, scope: Scope, decision: int | Decision) -> Flow[None]:
    """Take an outcome back, and have its procedure say so.

    Raises:
        UnknownReference: there is no such decision, it is none of an outcome, or it is undone already.
    """
    name = yield from reporting.undo(core, scope, decision)
    if not name:  # it was erased with its procedure
        return
    with suppress(UnknownReference):  # the procedure was removed
        yield from refreshed(core, scope, name)


def refreshed(core: Core, scope: Scope, name: str) -> Flow[Procedure]:
    """The procedure *name*, whose words say how well it does by what was reported until now.

    Its words are written anew only where they change, so ten thousand outcomes leave a handful of versions.

    Raises:
        UnknownReference: there is no such procedure any more.
    """
    for _ in range(TURNS):
        chunk = yield from _chunk(scope, source_of(Procedure.kind, name))
        known = None if chunk is None else _read(core, chunk)
        if chunk is None or not isinstance(known, Procedure):
            raise UnknownReference(f"no procedure of this user is called {brief_repr(name)}")
        now = replace(known, outcomes=(yield from reporting.outcomes(scope, known)))
        if text_of(now) == chunk.text:
            break
        yield from adding.add(core, scope, [_document(now)], Splitting(LONGEST, 0), instead=chunk.sequence)
    return now


def find(core: Core, scope: Scope, kind: str, name: str) -> Flow[AnyNote | None]:
    """The note of *kind* that goes by *name*, of episodes the newest; None where there is none.

    Raises:
        InvalidMessage: there is no such kind, or *name* is no text.
    """
    if kind_of(kind) == Episode.kind:
        wanted = key_of(line(name, "name", LONGEST_NAME))
        return next((one for one in (yield from listed(core, scope, kind)) if key_of(one.name) == wanted), None)
    chunk = yield from _chunk(scope, source_of(kind, name))
    return None if chunk is None else (yield from _counted(scope, _read(core, chunk)))


def _counted(scope: Scope, note: AnyNote) -> Flow[AnyNote]:
    if not isinstance(note, Procedure):
        return note
    return replace(note, outcomes=(yield from reporting.outcomes(scope, note)))


def _chunk(scope: Scope, source: str) -> Flow[Message | None]:
    found = yield from documents.chunks(scope, source)
    return max(found, key=lambda one: one.sequence) if found else None


def listed(core: Core, scope: Scope, kind: str | None) -> Flow[list[AnyNote]]:
    """The notes of a user, or those of one *kind*, newest first. A chunk of each source of the user is read, for notes
    are some of them.

    Raises:
        InvalidMessage: there is no such kind.
    """
    wanted = None if kind is None else kind_of(kind)
    chunks: list[Message] = yield Read(lambda connection: _notes(connection, collection(scope)))
    found: list[AnyNote] = []
    for chunk in reversed(chunks):
        note = from_message(core.local([chunk])[0])
        if note is not None and wanted in (None, note.kind):
            found.append((yield from _counted(scope, note)))
    return found


def _notes(connection: sa.Connection, where: Scope) -> list[Message]:
    row = sessions.find(connection, where)
    if not row.pk:
        return []
    shown = stored.visible(stored.chunks(connection, row.pk), decisions.hidden(connection, row))
    newest = {mark.id[:DIGEST]: mark.sequence for mark in shown}  # of what an undo shows beside what took its place
    found = log.pick(connection, row.pk, newest.values())
    return [one for one in found if str(one.state.get("source", "")).startswith(NOTE)]


def search(core: Core, scope: Scope, query: str, k: int, kind: str | None) -> Flow[list[AnyNote]]:
    """The *k* notes, of one *kind* or of any, that answer *query* best.

    Raises:
        InvalidMessage: *query* is no text, *k* no number, or there is no such kind.
    """
    if not isinstance(query, str):
        raise InvalidMessage(f"query must be text, not {type(query).__name__}")
    wanted = None if kind is None else kind_of(kind)
    request = SearchRequest(query, "notes", limit=number(k, "k") * (1 if wanted is None else WIDER))
    result = yield from documents.ranked(core, scope, request)
    found: list[AnyNote] = []
    for hit in result.hits:
        note = from_message(core.local([hit.message])[0])
        if note is not None and wanted in (None, note.kind) and len(found) < k:
            found.append((yield from _counted(scope, note)))
    return found


def remove(core: Core, scope: Scope, note: AnyNote) -> Flow[list[int]]:
    """Hide *note*; the decisions that do, of the user's documents.

    Raises:
        UnknownReference: it is not there.
    """
    return (yield from adding.remove(core, scope, known_source(note)))


def known_source(note: AnyNote) -> str:
    """By which *note* is found.

    Raises:
        InvalidMessage: it is no note.
    """
    if not isinstance(note, tuple(KINDS.values())):
        raise InvalidMessage(f"a note must be one of {', '.join(_CLASSES)}, not {brief_repr(note)}")
    return note.source
