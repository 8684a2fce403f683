"""The archive follows the log: terms and vectors of new messages, in batches, from two watermarks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from tiermem.flows.core import Core
from tiermem.flows.effects import Compute, Embed, Flow, Read, Transact
from tiermem.messages import Message
from tiermem.recall.dates import wall_clock
from tiermem.recall.ranking import Spoken
from tiermem.recall.words import terms
from tiermem.settings import Scope
from tiermem.storage import archive, sessions
from tiermem.storage import messages as log

BATCH = 1_000  # messages indexed in one transaction
EMBED_BATCH = 128  # texts an embedder is asked for at once, within `embedder_timeout`
TEXT = 200_000  # characters of a message that are indexed by words
EMBEDDED_TEXT = 8_000  # characters that are embedded; models cut earlier
EMBED_PAUSE = 30.0  # seconds without further attempts after an embedder failed
_ECHO = re.compile(r"<recalled-history\b.*?</recalled-history>", re.DOTALL)


def searchable(message: Message) -> str:
    """The text by which a message is found: speaker and words, without what we ourselves quoted into it."""
    text = _ECHO.sub(" ", message.text) if "<recalled-history" in message.text else message.text
    calls = " ".join(f"{call.name} {call.arguments}" for call in message.tool_calls)
    return " ".join(part for part in (message.name, text[:TEXT], calls[:TEXT]) if part)


def follow(core: Core, scope: Scope) -> Flow[None]:
    """Index what is not indexed yet. An embedder that fails leaves keyword search, and is asked again later."""
    while True:
        row = yield Read(lambda connection: sessions.find(connection, scope))
        if row.indexed >= row.messages:
            break
        fresh = yield Read(_reading(row.pk, row.indexed + 1))
        found = yield Compute(partial(spoken, fresh))
        yield Transact(_adding_words(row.pk, found, fresh[-1].sequence))
    yield from _embed(core, scope)


def _embed(core: Core, scope: Scope) -> Flow[None]:
    if core.embed_error and abs(core.now().timestamp() - core.embed_failed_at) < EMBED_PAUSE:
        return
    while True:
        row = yield Read(lambda connection: sessions.find(connection, scope))
        if row.embedded >= row.messages:
            return
        fresh = yield Read(_reading(row.pk, row.embedded + 1, BATCH if core.lexical else EMBED_BATCH))
        try:
            made = yield Embed([searchable(one)[:EMBEDDED_TEXT] for one in fresh], scope)
        except Exception as error:  # noqa: BLE001  # user code; the messages wait, and `stats` says so
            core.embed_error = f"{type(error).__name__}: {error}"
            core.embed_failed_at = core.now().timestamp()
            return
        core.embed_error = ""
        # Only directions are compared, and float16 ends at 65,504: a vector of any length is brought within it.
        kept = {one.sequence: value / abs(value).max() for one, value in zip(fresh, made, strict=True) if value.any()}
        yield Transact(_adding_vectors(row.pk, kept, core.embedder_name, fresh[-1].sequence))


def spoken(messages: Sequence[Message]) -> list[Spoken]:
    """What the word index keeps of *messages*."""
    return [Spoken(m.sequence, wall_clock(m.when), speaker_of(m), terms(searchable(m))) for m in messages]


def speaker_of(message: Message) -> str:
    """The speaker's name as a key: storable text of at most 200 characters."""
    return (message.name or "").encode("utf-8", "replace").decode().replace("\0", "")[:200]


def _reading(pk: int, first: int, count: int = BATCH) -> Any:
    return lambda connection: log.read(connection, pk, first, first + count - 1)


def _adding_words(pk: int, found: Sequence[Spoken], through: int) -> Any:
    return lambda connection: archive.add_words(connection, pk, found, through)


def _adding_vectors(pk: int, made: dict[int, Any], name: str, through: int) -> Any:
    return lambda connection: archive.add_vectors(connection, pk, made, name, through)
