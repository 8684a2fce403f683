"""Vector search for ranking: the question embedded, the index brought up to date, every message scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from tiermem.errors import Closed, StorageError, described
from tiermem.flows import reporting
from tiermem.flows.effects import Compute, Embed, Flow, Read, Wake
from tiermem.flows.indexing import vectors as embedding
from tiermem.flows.services import Core
from tiermem.index.vectors import VectorIndex
from tiermem.messages import Message
from tiermem.providers.calls import refuse_recursion
from tiermem.search.ranking.embedder_trust import CHINESE, ENGLISH, Nearest, competence, nothing, texts
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import vectors
from tiermem.storage.sessions import SessionRow
from tiermem.storage.vectors import Watermark
from tiermem.text.analyzer import han_share

if TYPE_CHECKING:
    import sqlalchemy as sa

Reasons: TypeAlias = tuple[str, ...]

# Waiting messages that a question embeds by itself: as many texts as an embedder is asked for at once. If more wait,
# words alone find them.
OWN = embedding.BATCH


def nearest(
    core: Core, scope: Scope, home: int, rows: Mapping[int, tuple[str, SessionRow]], query: str
) -> Flow[tuple[dict[int, Nearest], Reasons]]:
    """How near each message of the sessions *rows* is to *query*, by session; nothing while the embedder fails, or none
    is there. And why vectors are missing, where they are. *home* is the key of the session that was asked in *scope*;
    *rows* are names and rows by key.

    Raises:
        Reentrant: the embedder itself searches, which would ask it again.
    """
    refuse_recursion(core.embedder_name)
    named = [(name, row) for name, row in rows.values() if row.messages]
    near, reasons = yield from _nearest(core, scope, named, query)
    yield from reporting.noticed(core, scope)
    if home and not core.known.embed_error:
        yield from reporting.begun(core, scope, home, reporting.SEMANTIC, "; ".join(reasons))
    core.vectors.trim(core.settings.index_memory)
    return near, reasons


def _nearest(
    core: Core, scope: Scope, named: Sequence[tuple[str, SessionRow]], query: str
) -> Flow[tuple[dict[int, Nearest], Reasons]]:
    if not named or not query.strip():
        return {}, ()
    rows = [row for _, row in named]
    keys = [row.pk for row in rows]
    marks = yield Read(lambda connection: vectors.watermarks(connection, keys, core.embedder_name))
    waiting = {row.pk: row.messages - min(marks[row.pk].done, row.messages) for row in rows}
    behind = {row.pk for row in rows if _behind(marks[row.pk], waiting[row.pk])}
    reasons = [words for key in sorted(behind) for words in told(core, marks[key], waiting[key])]
    ready = [row for row in rows if row.pk not in behind]
    for name, row in named:
        if waiting[row.pk] > OWN:  # as after a restart: nothing may be added there for a long time
            yield Wake(Scope(scope.tenant, scope.user, name, scope.kind))
    near = {key: nothing(count) for key, count in waiting.items()}
    if not ready:
        return near, tuple(dict.fromkeys(reasons))
    if embedding.resting(core):
        return near, (f"embedder: {core.known.embed_error}",)
    try:
        if marks[ready[0].pk].key:
            yield from embedding.probed(core, scope, marks[ready[0].pk])
        asked = (yield Embed([query], scope, query=True))[0]
        for row in ready:
            index = yield from _index(core, scope, row, marks[row.pk], len(asked))
            found = yield Compute(partial(index.nearest, asked, row.messages))
            left = max(0, row.messages - max(index.through, index.lent_through))
            near[row.pk] = replace(found, waiting=left)
            reasons += told(core, marks[row.pk], left)
    except (StorageError, Closed):
        raise
    except Exception as error:  # noqa: BLE001  # user code; `stats` and the context say so
        embedding.fail(core, error)
        return {key: nothing(count) for key, count in waiting.items()}, (f"embedder: {core.known.embed_error}",)
    core.known.embed_error = ""
    return near, tuple(dict.fromkeys(reasons))


def _behind(mark: Watermark, waiting: int) -> bool:
    """Whether words alone must do for a session: another embedder's vectors are there, or hardly any."""
    return embedding.blocked(mark) or (not mark.done and waiting > OWN)


def told(core: Core, mark: Watermark, waiting: int) -> Iterator[str]:
    """What people should know of the vectors of a session in which *waiting* messages have none."""
    names = ", ".join(name for name, _ in mark.others)
    if embedding.blocked(mark):
        yield f"embedder: the vectors are of {names}, not of {core.embedder_name}; words alone until reembed() is run"
    elif waiting > OWN:
        yield f"embedder: {waiting} messages wait for their vectors; words alone find them"


def _index(core: Core, scope: Scope, row: SessionRow, mark: Watermark, dimensions: int) -> Flow[VectorIndex]:
    """The session's index with everything stored, and with what waits where that is little."""
    index = core.vectors.get((row.pk, mark.key, core.embedder_name, dimensions), lambda: VectorIndex(dimensions))
    if index.through < mark.done:
        above = index.through
        rows = yield Read(lambda c: vectors.read(c, row.pk, mark.key, above, mark.done))
        yield Compute(lambda: index.extend(rows, mark.done))
    first = max(index.through, index.lent_through) + 1
    if first <= row.messages and row.messages - index.through <= OWN:
        fresh = yield Read(partial(_waiting, pk=row.pk, first=first, last=row.messages))
        texts = yield Compute(lambda: [(message.sequence, embedding.passages(message)) for message in fresh])
        if sum(len(own) for _, own in texts) <= 2 * OWN:
            embedded = yield from embedding.embed(core, scope, mark.key, texts)
            lent = [(vector.sequence, vector.part, vector.value) for vector in embedded]
            yield Compute(lambda: index.lend(lent, first, row.messages))
    return index


def _waiting(connection: sa.Connection, pk: int, first: int, last: int) -> list[Message]:
    return log.read(connection, pk, first, last)


def trust(core: Core, scope: Scope, query: str, vectors: int) -> Flow[float]:
    """0 to 1: how well the embedder separates texts of the languages of *query*."""
    if not vectors:
        return 1.0
    if core.known.competence is None:
        try:
            embedded = yield Embed(texts(), scope)
        except (StorageError, Closed):
            raise
        except Exception as error:  # noqa: BLE001  # user code; it just embedded the question, so it is trusted
            core.known.embed_error = described(error)
            return 1.0
        core.known.competence = yield Compute(lambda: competence(embedded))
    chinese = han_share(query)
    trusted: float = (1 - chinese) * core.known.competence[ENGLISH] + chinese * core.known.competence[CHINESE]
    return trusted
