"""Embedding: vectors of new messages, in batches from a watermark of the embedder's own, off the caller's path.

A message is cut into passages; equal passages of a user are embedded once, in this process and, by their hash, in the
database. Other users' are nothing to go by: how fast a text is embedded must not tell that somebody else said it.
Whoever is stopped between two batches goes on where the last one was committed.

What another embedder made is never used. Such a session is left to words until `reembed` is called, for it may cost
hours or money that nobody asked to spend. Where there is no model (`Core.lexical`) messages have no vectors: what words
and spelling say is in the word index.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from tiermem.errors import Closed, EmbeddingMismatch, StorageError, described
from tiermem.flows import reporting
from tiermem.flows.effects import Compute, Embed, Flow, Read, Transact
from tiermem.flows.indexing import outside, pgvector
from tiermem.flows.services import Core
from tiermem.index.outside.kinds import RAM
from tiermem.messages import Message
from tiermem.settings import Scope
from tiermem.storage import messages as log
from tiermem.storage import sessions
from tiermem.storage.embedded import vectors
from tiermem.storage.embedded.vectors import PassageVector, Watermark
from tiermem.storage.log.legible import UNREADABLE
from tiermem.storage.owners import key_of
from tiermem.storage.sessions import SessionRow
from tiermem.text.dialogue import asks_memory
from tiermem.text.splitter import cut
from tiermem.window.quotation import quotes, unquoted
from tiermem.window.voices import own_first, voices

if TYPE_CHECKING:
    import sqlalchemy as sa

BATCH = 128  # texts an embedder is asked for at once, within `embedder_timeout`; and messages a transaction
TEXT = 200_000  # characters of a message that are indexed by words; of its tool calls the same again
LONG = 900  # characters above which a message is cut into passages
PASSAGE = 800  # characters of a passage; sentence models read some 1,000 and blur what is longer
MOST_PASSAGES = 64  # of one message; what comes after is found by its words
PAUSE = 30.0  # seconds without further attempts after an embedder failed
PROBE = "The quick brown fox told Anna Müller on 3 May that 42 tickets to 上海 are booked."
ALIKE = 0.99  # cosine of two vectors of the probe by the same model; rounding and batching cost less than 0.001


def embeddable(message: Message) -> str:
    """The text whose meaning is compared: bare words and tool calls, without the speaker, without our own quotes, and
    without calls of our own tools, whose questions and notes would answer the next question like it."""
    if message.origin in UNREADABLE:
        return ""
    text = unquoted(_text(message))
    calls = " ".join(f"{call.name} {call.arguments}" for call in message.calls if not asks_memory(call))
    return " ".join(part for part in (text[:TEXT], calls[:TEXT]) if part)


def _text(message: Message) -> str:
    """The text of *message*; of a long one in which tools speak too, their results last."""
    if len(message.text) <= LONG or len(spoken := own_first(message)) == 1:
        return message.text
    return "\n".join(voice.text for voice in spoken if voice.text)


def echo(message: Message) -> bool:
    """Whether *message* holds nothing but what we quoted: the result of a memory tool, or a block handed back."""
    return _quotes(message) and not embeddable(message).strip()


def _quotes(message: Message) -> bool:
    return quotes(message.text) or any(asks_memory(call) for call in message.calls)


def passages(message: Message) -> list[str]:
    """The texts that get a vector each: the message itself, or its passages when it is long.

    What somebody says beside a long result has a vector of its own, which the result would blur.
    """
    text = embeddable(message)
    if len(text) <= LONG:
        return [text]
    texts = [text] if len(voices(message)) == 1 else [*filter(str.strip, map(embeddable, own_first(message)))]
    return [part for one in texts for part in _cut(one)][:MOST_PASSAGES]


def _cut(text: str) -> list[str]:
    if len(text) <= LONG:
        return [text]
    text = text[: MOST_PASSAGES * PASSAGE]
    return [text[span.start : span.end] for span in cut(text, PASSAGE, 0)]


def follow(core: Core, scope: Scope) -> Flow[None]:
    """Embed everything that waits in *scope*."""
    while (yield from step(core, scope)):
        pass


def attempt(core: Core, scope: Scope) -> Flow[bool | None]:
    """`step` for the background, where nobody catches: what fails is told by `stats` and tried again."""
    try:
        return (yield from step(core, scope))
    except Closed:
        return False
    except Exception as error:  # noqa: BLE001  # the thread must live; a full disk may have room again later
        core.known.upkeep_error = described(error)
        yield from reporting.noticed(core, scope)
        return None


def step(core: Core, scope: Scope) -> Flow[bool | None]:
    """Embed the next batch. True: more waits; False: nothing is left, or not ours to do; None: the embedder fails."""
    if core.lexical:
        return False
    if resting(core):
        return None
    row, mark = yield from position(core, scope)
    if mark.done >= row.messages or blocked(mark):
        core.embedded.put(row.pk, row.messages)
        if core.vector_index != RAM:
            return (yield from pgvector.step(core, row, mark))
        return (yield from outside.step(core, scope, row, mark))
    try:
        probe, made, through = yield from batch(core, scope, row, mark)
    except (StorageError, Closed):
        raise
    except Exception as error:  # noqa: BLE001  # user code; the messages wait, and `stats` says so
        fail(core, error)
        yield from reporting.noticed(core, scope)
        return None
    core.known.embed_error = ""
    kept = yield from keep(core, row, mark, probe, made, through)
    return bool(not kept or through < row.messages or core.vector_store is not None or core.vector_index != RAM)


def position(core: Core, scope: Scope) -> Flow[tuple[SessionRow, Watermark]]:
    """The session, and how far the embedder has come there."""

    def body(connection: sa.Connection) -> tuple[SessionRow, Watermark]:
        row = sessions.find(connection, scope)
        return row, vectors.watermark(connection, row.pk, core.embedder_name)

    position: tuple[SessionRow, Watermark] = yield Read(body)
    return position


def blocked(mark: Watermark) -> bool:
    """True for a session that another embedder has embedded and this one may not embed anew by itself."""
    return mark.through is None and bool(mark.others)


def resting(core: Core) -> bool:
    """True for a while after the embedder failed."""
    return bool(core.known.embed_error) and abs(core.now().timestamp() - core.known.embed_failed_at) < PAUSE


def fail(core: Core, error: Exception) -> None:
    """Remember that the embedder failed, and when."""
    core.known.embed_error = described(error)
    core.known.embed_failed_at = core.now().timestamp()


def batch(core: Core, scope: Scope, row: SessionRow, mark: Watermark) -> Flow[tuple[bytes, list[PassageVector], int]]:
    """Vector of the probe, vectors of the next messages, and the number of the last of these. Nothing is stored."""
    fresh: list[Message] = yield Read(partial(_reading, pk=row.pk, first=mark.done + 1, last=row.messages))
    texts = yield Compute(partial(_share, fresh))
    probe = yield from probed(core, scope, mark)
    rows = yield from embed(core, scope, mark.key, texts)
    return probe, rows, fresh[len(texts) - 1].sequence


def _reading(connection: sa.Connection, pk: int, first: int, last: int) -> list[Message]:
    return log.read(connection, pk, first, min(first + BATCH - 1, last))


def _share(fresh: Sequence[Message]) -> list[tuple[int, list[str]]]:
    """Passages by message, of as many messages as make up one batch of texts, and at least one."""
    share: list[tuple[int, list[str]]] = []
    count = 0
    for message in fresh:
        texts = passages(message)
        count += len(texts)
        if share and count > BATCH:
            break
        share.append((message.sequence, texts))
    return share


def embed(core: Core, scope: Scope, key: int, texts: Sequence[tuple[int, list[str]]]) -> Flow[list[PassageVector]]:
    """Vectors of passages given by message. Blank texts, and those that give the zero vector, have none."""
    mine = partial(text_hash, owner=key_of(scope))
    hashed = [(sequence, part, mine(text), text) for sequence, own in texts for part, text in enumerate(own)]
    wanted = {digest: text for _, _, digest, text in hashed if text.strip()}
    values = yield from _values(core, scope, key, wanted)
    return [
        PassageVector(sequence, part, digest, values[digest])
        for sequence, part, digest, _ in hashed
        if values.get(digest)
    ]


def _values(core: Core, scope: Scope, key: int, wanted: dict[bytes, str]) -> Flow[dict[bytes, bytes]]:
    """The vectors of texts by hash: what is known, and for the rest the embedder is asked."""
    known = ((digest, core.texts.get((core.embedder_name, digest))) for digest in wanted)
    values = {digest: value for digest, value in known if value is not None}
    if key and (missing := [digest for digest in wanted if digest not in values]):
        values |= yield Read(lambda connection: vectors.known(connection, key, missing))
    missing = [digest for digest in wanted if digest not in values]
    for start in range(0, len(missing), BATCH):
        part = missing[start : start + BATCH]
        embedded = yield Embed([wanted[digest] for digest in part], scope)
        values |= {digest: packed(value) for digest, value in zip(part, embedded, strict=True)}
    for digest in missing:
        core.texts.put((core.embedder_name, digest), values[digest])
    return values


def text_hash(text: str, owner: bytes = b"") -> bytes:
    """By what an embedded text of the user with the key *owner* is known again. Vectors of earlier versions have hashes
    without a key, and are not taken over."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=owner).digest()


def packed(value: Any) -> bytes:
    """A vector as it is stored, or nothing for the zero vector.

    Only directions are compared, and float16 ends at 65,504: a vector of any length is brought within it.
    """
    return (value / abs(value).max()).astype("<f2").tobytes() if value.any() else b""


def probed(core: Core, scope: Scope, mark: Watermark) -> Flow[bytes]:
    """The embedder's vector of `PROBE`, asked for once in a process.

    Raises:
        EmbeddingMismatch: the stored one is another: under the same name, this is another model.
    """
    if mark.key and core.known.probed == mark.key:
        return mark.probe
    values = yield Embed([PROBE], scope)
    probe = packed(values[0])
    if mark.key and not alike(probe, mark.probe):
        raise EmbeddingMismatch(
            f"{core.embedder_name} is another model than the one that made the stored vectors; run reembed()"
        )
    if mark.key:
        core.known.probed = mark.key
    return probe


def alike(first: bytes, second: bytes) -> bool:
    """Whether two stored vectors have the same length and nearly the same direction."""
    import numpy as np

    if len(first) != len(second) or not first:
        return first == second
    left, right = (np.frombuffer(value, dtype="<f2").astype(np.float64) for value in (first, second))
    return float(left @ right) >= ALIKE * float(np.linalg.norm(left) * np.linalg.norm(right))


def keep(
    core: Core, row: SessionRow, mark: Watermark, probe: bytes, rows: Sequence[PassageVector], through: int
) -> Flow[bool]:
    """Store what `batch` gave, and the embedder itself where it has no row yet.

    False: another process has put another model under this name meanwhile. Nothing is kept, and the next step compares.
    """

    def body(connection: sa.Connection) -> int:
        key, stored = vectors.ensure(connection, core.embedder_name, probe)
        if mark.key not in {0, key} or not alike(probe, stored):
            return 0
        vectors.add(connection, row.pk, key, rows, mark.done, through, row.erasures)
        return key

    core.known.probed = yield Transact(body)
    if core.known.probed:
        core.embedded.put(row.pk, through)
    return bool(core.known.probed)
