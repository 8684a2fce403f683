"""One content block, read by the table of kinds: its words, what is inside of it, and the call that it is or answers.

Rule 1: nothing that stands in a block breaks its reading; what is of the wrong type is not there.
Rule 2: a base64 payload is never words.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tiermem.blocks.forms import BESIDE, FORMS, HELD, KEYED, LOOSE, MEDIA, TOOL_PART, Form, Sort

Fields: TypeAlias = Mapping[str, Any]
_OTHER = Form(Sort.OTHER, inner=LOOSE)
MIMES = ("mime_type", "media_type", "mimeType", "mediaType", "document_mimetype", "mimetype", "format")
_PAYLOADS = ("data", "base64", "bytes", "blob")
_BY_MIME = {"image": Sort.IMAGE, "audio": Sort.AUDIO, "video": Sort.VIDEO}
_PAYLOAD = re.compile(
    r"(?:data:[^,\s]{0,200},)?[A-Za-z0-9+/_-]{60}[A-Za-z0-9+/_=\r\n-]*"
)  # base64 of one or many lines
POINTER = "tiermem-media:"  # how what stands for the bytes of a medium begins (`payloads.py`)
_PAYLOAD_LENGTH = 1_000  # characters above which such a string is a payload; a hash or key below it is text


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block as its row of the table reads it.

    Args:
        kind: its provider's or framework's word; "" where it has none.
        sort: what it is.
        texts: its own words.
        inner: what is made of blocks.
        data: values of any form.
        id, name: those of the call that it is, or that it answers; "" where it says none.
        arguments: what a tool is called with.
    """

    kind: str
    sort: Sort
    texts: tuple[str, ...]
    inner: tuple[Any, ...]
    data: tuple[Any, ...]
    id: str
    name: str
    arguments: Any


def kind_of(block: Fields) -> str:
    """The kind of a content block, by any provider's word for it; "" for whatever is no word."""
    kind = block.get("type", block.get("block_type"))
    if isinstance(kind, str):
        return kind
    if kind is not None:
        return ""
    if isinstance(block.get("text"), str):
        return "text"
    return next((key for key in KEYED if _names_itself(block, key)), "")


def _names_itself(block: Fields, key: str) -> bool:
    return isinstance(block.get(key), Mapping) or (key == "json" and key in block and len(block) == 1)


def read(block: Fields) -> ReadBlock:
    """*block*, by its row of the table; of a kind that nobody knows, the words where they usually stand."""
    kind = kind_of(block)
    fields = _opened(block, kind)
    form = _form(kind, fields)
    sort, texts, inner = form.sort, _texts(form, fields), _present(fields, form.inner)
    if sort is Sort.FILE:
        sort, told, inner = _file(fields)
        texts += told
    named = _first(fields, form.names) or (kind.removeprefix(TOOL_PART) if form is _PART else "")
    arguments: Any = next((fields[key] for key in form.arguments if fields.get(key) is not None), {})
    return ReadBlock(kind, sort, texts, inner, _present(fields, form.data), _first(fields, form.ids), named, arguments)


_PART = FORMS["dynamic-tool"]


def _form(kind: str, fields: Fields) -> Form:
    if kind == "text" and fields.get("thought") is True:
        return FORMS["thinking"]
    if kind.startswith(TOOL_PART) and kind not in FORMS:
        return _PART
    return FORMS.get(kind, _OTHER)


def _opened(block: Fields, kind: str) -> Fields:
    """The fields of *block*, with those that stand in an object under its kind's own name."""
    name = HELD.get(kind, kind)
    held = block.get(name)
    return {**{key: one for key, one in block.items() if key != name}, **held} if isinstance(held, Mapping) else block


def _texts(form: Form, fields: Fields) -> tuple[str, ...]:
    found: Iterable[Any] = (fields.get(key) for key in form.texts)
    if form.sort in MEDIA:
        held = _beside(fields)
        found = dict.fromkeys(one for inner in held for key in form.texts if _is_text(one := inner.get(key)))
    if form.sort is Sort.THOUGHT:
        found = _deep({key: fields.get(key) for key in form.texts}, form.texts)
    return tuple(text for text in found if isinstance(text, str) and text)


def _beside(fields: Fields) -> list[Fields]:
    return [fields, *(inner for key in BESIDE if isinstance(inner := fields.get(key), Mapping))]


def beside(block: Fields) -> list[Fields]:
    """Where words of a medium may stand: the fields of *block*, and what its framework put beside them."""
    return _beside(_opened(block, kind_of(block)))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _deep(value: Any, keys: tuple[str, ...]) -> Iterator[str]:
    """The texts of a thought, nested summaries included; signatures and encrypted thoughts are no text."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _deep(part, keys)
    elif isinstance(value, Mapping):
        for key in keys:
            yield from _deep(value.get(key), keys)


def _present(fields: Fields, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(fields[key] for key in keys if fields.get(key) is not None)


def _first(fields: Fields, keys: tuple[str, ...]) -> str:
    return next((fields[key] for key in keys if isinstance(fields.get(key), str) and fields[key]), "")


def _file(fields: Fields) -> tuple[Sort, tuple[str, ...], tuple[Any, ...]]:
    """What a file is, the words of one that is text, and what stands in one that is made of blocks."""
    source = fields.get("source")
    inner = source if isinstance(source, Mapping) else fields
    if isinstance(inner.get("content"), (str, list)):  # Anthropic and Bedrock: a document made of blocks
        return Sort.TEXT, (), (inner["content"],)
    mimes = [one for holder in (fields, inner) for key in MIMES if isinstance(one := holder.get(key), str)]
    text = _file_text(inner, mimes)
    if text is not None:
        return Sort.TEXT, (text,), ()
    return next((sort for mime in mimes if (sort := _BY_MIME.get(mime.split("/")[0]))), Sort.FILE), (), ()


def _file_text(source: Fields, mimes: Iterable[str]) -> str | None:
    """The text of a text file: as it is, or out of base64; None for any other file."""
    if isinstance(source.get("text"), str):
        return str(source["text"])
    payload = next((source[key] for key in _PAYLOADS if isinstance(source.get(key), str)), None)
    if source.get("type") == "text":
        return payload
    data = source.get("data")
    if isinstance(data, Mapping) and not any(key.startswith("__") for key in data):  # Cohere: a document of named texts
        return as_json(data)
    if payload is None or not any(mime.startswith("text/") for mime in mimes):
        return None
    try:
        return base64.b64decode(payload, validate=True).decode()
    except (binascii.Error, ValueError):  # marked as text, but neither base64 nor UTF-8
        return None


def words(value: Any, *, thoughts: bool = False) -> Iterator[str]:
    """All that is said in *value* (text, blocks, or a list of both); or all that is thought in it, and nothing else.

    What a tool answers is told as JSON where it is neither text nor blocks. A call says nothing: it is called.
    """
    if isinstance(value, str):
        if value and not thoughts:
            yield value
    elif isinstance(value, list):
        for part in value:
            yield from words(part, thoughts=thoughts)
    elif isinstance(value, Mapping):
        yield from _block_words(read(value), thoughts=thoughts)


def _block_words(block: ReadBlock, *, thoughts: bool) -> Iterator[str]:
    if (block.sort is Sort.THOUGHT) is thoughts:
        yield from block.texts
    if block.sort is Sort.DEED and block.arguments and not thoughts:
        yield f"{block.name} {arguments_text(block.arguments)}".lstrip()
    for part in block.inner:
        yield from words(part, thoughts=thoughts)
    for part in block.data:
        if is_blocks(part):
            yield from words(part, thoughts=thoughts)
        elif part and not thoughts:
            yield as_json(part)


def is_blocks(value: Any) -> bool:
    """Whether *value*, which may be anything, is text or blocks of kinds that are known."""
    if isinstance(value, list):
        return bool(value) and all(map(is_blocks, value))
    if not isinstance(value, Mapping):
        return isinstance(value, str)
    kind = value.get("type", value.get("block_type"))
    return kind in FORMS if isinstance(kind, str) else kind is None and len(value) == 1 and bool(kind_of(value))


def arguments_text(arguments: Any) -> str:
    """What a tool is called with: the text that a model wrote, or else JSON."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def as_json(value: Any) -> str:
    """*value* as JSON, without payloads."""
    return json.dumps(without_payloads(value), ensure_ascii=False, separators=(",", ":"))


def without_payloads(value: Any) -> Any:
    """*value* with "" in place of each payload."""
    if isinstance(value, Mapping):
        return {key: without_payloads(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_payloads(inner) for inner in value]
    if isinstance(value, str) and (
        value.startswith(POINTER) or (len(value) > _PAYLOAD_LENGTH and _PAYLOAD.fullmatch(value))
    ):
        return ""
    return value
