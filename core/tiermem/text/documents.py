"""Documents: what a caller hands over, put into our words and cut into the messages by which it is kept.

Rule 1: the same document gives the same messages with the same ids, so that adding it twice is adding it once.
Rule 2: what cannot be kept exactly, or has no text, is refused before anything is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePath
from typing import Any, TypeAlias
from uuid import UUID

from tiermem.errors import InvalidMessage, InvalidSettings
from tiermem.messages import Message
from tiermem.plain_json import Inside, dumps, lists_for_tuples, plain
from tiermem.text import late
from tiermem.text.splitter import OVERLAP, SIZE, Chunk, cut

ROLE, ORIGIN = "document", "document"
NAMING = ("file_path", "url", "file_name")  # metadata beside "source" that name one; the frameworks' loaders set them
DIGEST = 24  # hex digits, 96 bits: 2^48 sources until two are likely to share one
LONGEST_NAME = 200  # characters of a title
_LAST_PART = late.compile(r"[^/\\]+(?=[/\\]*\Z)")

Splitter: TypeAlias = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its source: what is replaced when the source is added again. `title` may be ""."""

    text: str
    source: str
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source that can be found: its title, and how many chunks and tokens it has."""

    source: str
    title: str
    chunks: int
    tokens: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Splitting:
    """How documents are cut: by `cut`, or by a splitter of the caller's (text to pieces of it)."""

    size: int = SIZE
    overlap: int = OVERLAP
    splitter: Splitter | None = None

    def __post_init__(self) -> None:
        cut("", self.size, self.overlap)

    def chunks(self, text: str) -> list[tuple[str, Chunk | None]]:
        """The pieces with words in them, and where they lie; None where a splitter changed the text."""
        if self.splitter is None:
            placed: list[tuple[str, Chunk | None]] = [(text[c.start : c.end], c) for c in self._cut(text)]
        else:
            placed = list(_placed(text, self.splitter(text)))
        return [(piece, chunk) for piece, chunk in placed if piece.strip()]

    def _cut(self, text: str) -> list[Chunk]:
        return cut(text, self.size, self.overlap)


def splitter_of(splitter: Any) -> Splitter | None:
    """A function of texts from a function, or from a text splitter of LangChain or LlamaIndex.

    Raises:
        InvalidSettings: it is neither.
    """
    split: Splitter | None = getattr(splitter, "split_text", splitter)
    if split is not None and not callable(split):
        raise InvalidSettings(f"splitter must be a function or have split_text, not {type(splitter).__name__}")
    return split


def documents_from(documents: Any, source: str | None = None) -> list[Document]:
    """Documents from what a caller hands over, one or many: text, an object with "text", "source", "metadata" and
    "title", a Document of LangChain, a Document, node or node with score of LlamaIndex.

    One that names no source is of *source*; without that, of the file or URL in its metadata, or of its own text.

    Raises:
        InvalidMessage: one of them is none of these, is empty, or has metadata that are no JSON.
    """
    if source is not None and (not isinstance(source, str) or not source.strip()):
        raise InvalidMessage("source must be a non-empty string")
    if (
        isinstance(documents, (str, bytes, Mapping))
        or not isinstance(documents, Iterable)
        or _parts(documents) is not None
    ):
        return [_document(documents, source, "document")]
    return [_document(document, source, f"document {number}") for number, document in enumerate(documents)]


def _document(document: Any, source: str | None, where: str) -> Document:
    parts = _parts(document)
    if parts is None:
        raise InvalidMessage(
            f"{where} is neither text, nor an object with text, nor a document: {type(document).__name__}"
        )
    text, metadata = parts["text"], parts.get("metadata")
    if not isinstance(text, str) or not text.strip():
        raise InvalidMessage(f"{where} has no text")
    if metadata is not None and not isinstance(metadata, Mapping):
        raise InvalidMessage(f"the metadata of {where} must be an object, not {type(metadata).__name__}")
    kept = plain(metadata or {}, f"the metadata of {where}", _form)
    named = _named(parts, kept, source, where)
    return Document(text, named or f"text:{_digest(text)}", _title(parts, kept, named), kept)


def _parts(document: Any) -> dict[str, Any] | None:
    """Text, metadata, source and title of one document; None for what is none."""
    if isinstance(document, str):
        return {"text": document}
    if isinstance(document, Mapping):
        return (
            dict(document)
            if "text" in document and not document.keys() - {"text", "source", "title", "metadata"}
            else None
        )
    document = getattr(document, "node", document)
    for name in ("page_content", "text"):
        if isinstance(getattr(document, name, None), str):
            return {"text": getattr(document, name), "metadata": getattr(document, "metadata", None)}
    content = getattr(document, "get_content", None)
    return {"text": content(), "metadata": getattr(document, "metadata", None)} if callable(content) else None


def _named(parts: Mapping[str, Any], metadata: Mapping[str, Any], source: str | None, where: str) -> str:
    if parts.get("source") is not None:
        if not isinstance(parts["source"], str) or not parts["source"].strip():
            raise InvalidMessage(f"the source of {where} must be a non-empty string")
        return str(parts["source"])
    names = [metadata.get("source"), source, *(metadata.get(name) for name in NAMING)]
    return next((name for name in names if isinstance(name, str) and name.strip()), "")


def _title(parts: Mapping[str, Any], metadata: Mapping[str, Any], source: str) -> str:
    title = parts.get("title") or metadata.get("title")
    if isinstance(title, str) and title.strip():
        return title.strip()[:LONGEST_NAME]
    last = _LAST_PART.search(source)
    return last[0].strip()[-LONGEST_NAME:] if last else ""


def _form(value: Any, inside: Inside) -> Any:
    """What loaders put into metadata, as text: times, paths, UUIDs; tuples become lists."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return str(value) if isinstance(value, (PurePath, UUID)) else lists_for_tuples(value, inside)


def _placed(text: str, pieces: Iterable[str]) -> Iterator[tuple[str, Chunk | None]]:
    if isinstance(pieces, str) or not isinstance(pieces, Iterable):
        raise InvalidSettings(f"a splitter returns a list of texts, not {type(pieces).__name__}")
    behind = 0
    for piece in pieces:
        if not isinstance(piece, str):
            raise InvalidSettings(f"a splitter returns texts, not {type(piece).__name__}")
        start = text.find(piece, behind)
        yield piece, None if start < 0 else Chunk(start, start + len(piece))
        behind = behind if start < 0 else start + 1


def messages_of(document: Document, splitting: Splitting) -> list[Message]:
    """The messages by which *document* is kept, one a chunk, in order.

    Raises:
        InvalidMessage: the splitter left nothing of it.
        InvalidSettings: the splitter returned something else than texts.
    """
    chunks = splitting.chunks(document.text)
    if not chunks:
        raise InvalidMessage("the splitter left nothing of a document")
    states = [_state(document, number, len(chunks), chunk) for number, (_, chunk) in enumerate(chunks)]
    version = _digest(
        dumps([document.text, document.title, [[p, s] for (p, _), s in zip(chunks, states, strict=True)]])
    )
    beginning = f"{prefix(document.source)}{version}-"
    return [_message(document, piece, state, beginning) for (piece, _), state in zip(chunks, states, strict=True)]


def _message(document: Document, piece: str, state: dict[str, Any], beginning: str) -> Message:
    identifier, title = f"{beginning}{state['chunk']}", document.title or None
    return Message(role=ROLE, content=piece, id=identifier, name=title, state=state, origin=ORIGIN)


def _state(document: Document, number: int, count: int, chunk: Chunk | None) -> dict[str, Any]:
    state: dict[str, Any] = {"source": document.source, "chunk": number, "chunks": count}
    if chunk is not None:
        state |= {"start": chunk.start, "end": chunk.end}
    return state | ({"metadata": dict(document.metadata)} if document.metadata else {})


def prefix(source: str) -> str:
    """What the ids of all chunks of *source* begin with."""
    return f"{_digest(source)}-"


def _digest(value: str | bytes) -> str:
    body = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return hashlib.sha256(body).hexdigest()[:DIGEST]


def outcomes_of(source: str) -> str:
    """The source under which what was reported of the procedure of *source* is kept."""
    return f"outcome:{source}"
