"""Documents of a user added and removed: kept as messages of a collection beside the conversations, in no window.

Rule 1: adding a source again hides what is no longer in it and shows what is in it again, by decisions.
Rule 2: nothing is stored unless all documents of a call are good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa

from tiermem.errors import InvalidMessage, UnknownReference, brief_repr, described
from tiermem.flows import reporting
from tiermem.flows.effects import Compute, Flow, Tell, Transact
from tiermem.flows.indexing import words
from tiermem.flows.reading.documents import collection, present
from tiermem.flows.services import Core
from tiermem.flows.writing.commit import certain, commit
from tiermem.messages import Message
from tiermem.providers.calls import refuse_reentry
from tiermem.records import Decision
from tiermem.redaction.walking import value_of
from tiermem.search.passages import runs
from tiermem.settings import Scope
from tiermem.storage import decisions, sessions
from tiermem.storage import messages as log
from tiermem.storage.documents import chunks as stored
from tiermem.storage.documents.chunks import StoredChunk
from tiermem.storage.sessions import SessionRow
from tiermem.text.documents import Document, Splitting, documents_from, messages_of, prefix, splitter_of
from tiermem.tokens.counting import message_tokens

_Kept: TypeAlias = tuple[list[Message], SessionRow, int, list[Decision]]


def add(
    core: Core,
    scope: Scope,
    documents: Sequence[Document],
    splitting: Splitting,
    *,
    whole: bool = True,
    instead: int | None = None,
) -> Flow[list[Message]]:
    """Add *documents*; returns their chunks, each once. All are kept, or none.

    *whole* says that they are all there is of their sources: other chunks of these are hidden. *instead* is the chunk
    whose place they take: nothing is kept where it is not shown any more, for somebody else was faster.

    Raises:
        InvalidMessage: a chunk with its metadata is larger than `max_message_bytes`.
    """
    scope = collection(scope)
    if not documents:
        return []
    began = core.timer()
    counted = yield Compute(partial(_counted, core, documents, splitting))
    sources = sorted({document.source for document in documents}) if whole else []
    keep = Transact(
        lambda connection: _keep(connection, core, scope, counted, sources, instead),
        lambda done: _telling(scope, done, core.since(began)),
    )
    kept, _, _, _ = yield from certain(keep, [message.id for message, _ in counted])
    yield from _follow(core, scope)
    return list(kept)


def _counted(core: Core, documents: Sequence[Document], splitting: Splitting) -> list[tuple[Message, int]]:
    if core.redactor is not None:
        documents = [_redacted(document, core.redactor) for document in documents]
    messages = {message.id: message for document in documents for message in messages_of(document, splitting)}
    limit = core.settings.max_message_bytes
    largest = max(len(message.canonical) for message in messages.values())
    if largest > limit:
        raise InvalidMessage(f"a chunk with its metadata has {largest} bytes; max_message_bytes is {limit}")
    return [(message, message_tokens(message, core.count)) for message in messages.values()]


def _redacted(document: Document, redact: Callable[[str], str]) -> Document:
    """*document* without what is private, all but its source, by which it is replaced and removed."""
    text, title, metadata = (value_of(one, redact) for one in (document.text, document.title, {**document.metadata}))
    return replace(document, text=text, title=title, metadata=metadata)


def _keep(
    connection: sa.Connection,
    core: Core,
    scope: Scope,
    counted: Sequence[tuple[Message, int]],
    sources: Sequence[str],
    instead: int | None,
) -> _Kept:
    if instead is not None:
        row = sessions.find(connection, scope, lock=True)
        if not any(mark.sequence == instead for source in sources for mark in present(connection, row, source)):
            return [], row, row.messages, []
    kept, row, before, _ = log.append(connection, scope, counted, core.now(), core.settings.compact_at)
    hidden = decisions.hidden(connection, row)
    wanted = {message.sequence for message in kept}
    again = wanted - {mark.sequence for mark in stored.visible(_as_marks(wanted), hidden)}
    there = [mark for source in sources for mark in stored.chunks(connection, row.pk, prefix(source))]
    gone = {mark.sequence for mark in stored.visible(sorted(there), hidden)} - wanted
    taken = [*_decisions("hide", gone, "replaced"), *_decisions("restore", again, "added again")]
    return kept, row, before, commit(connection, core, scope, row, taken)


def _telling(scope: Scope, done: _Kept, ms: float) -> list[Tell]:
    kept, row, before, taken = done
    return [*reporting.added(scope, ms, kept, row, before), *reporting.by_hand(scope, taken)]


def _as_marks(sequences: Iterable[int]) -> list[StoredChunk]:
    return [StoredChunk(sequence, "", 0) for sequence in sorted(sequences)]


def _decisions(kind: str, sequences: Iterable[int], reason: str) -> list[Decision]:
    spans = runs(sorted(sequences))
    return [Decision(number=0, kind=kind, first=first, last=last, reason=reason) for first, last in spans]


def _follow(core: Core, scope: Scope) -> Flow[None]:
    """Index at once: documents come in bulk. They are safe already; what fails here, the next add or `index` does."""
    try:
        yield from words.follow(core, scope)
    except Exception as error:  # noqa: BLE001  # raising now would tell the caller that nothing was stored
        core.known.upkeep_error = described(error)
    else:
        core.known.upkeep_error = ""
    yield from reporting.noticed(core, scope)


def remove(core: Core, scope: Scope, source: str) -> Flow[list[int]]:
    """Hide the chunks of *source*; returns the numbers of the decisions, for `undo`.

    Raises:
        UnknownReference: no chunk of that source can be found now.
    """
    scope = collection(scope)

    def body(connection: sa.Connection) -> list[Decision]:
        row = sessions.find(connection, scope, lock=True)
        there = [mark.sequence for mark in present(connection, row, source)]
        if not there:
            raise UnknownReference(f"no document of this user has the source {brief_repr(source)}")
        return commit(connection, core, scope, row, _decisions("hide", there, "removed"))

    taken: list[Decision] = yield Transact(body, lambda taken: reporting.by_hand(scope, taken))
    return [decision.number for decision in taken]


def adding_documents(
    core: Core,
    scope: Scope,
    given: Any,
    chunk_size: int,
    chunk_overlap: int,
    splitter: Any,
    source: str | None,
    replace: bool,  # private; the faces take it by name
) -> Flow[list[Message]]:
    """`add` of whatever a caller hands over; refused from inside the user's own embedder."""
    refuse_reentry(collection(scope))
    splitting = Splitting(chunk_size, chunk_overlap, splitter_of(splitter))
    return (yield from add(core, scope, documents_from(given, source), splitting, whole=replace))
