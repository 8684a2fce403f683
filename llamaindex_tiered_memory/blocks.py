"""Content blocks: LlamaIndex's own JSON of each, and blocks that no prompt template touches.

Rule 1: `block_from(block_json(block)) == block` for every block type of LlamaIndex; files and streams become bytes.
Rule 2: a stored block always loads, also when the file it points to is gone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from io import IOBase
from pathlib import Path
from typing import Any, TypeAlias

from llama_index.core.base.llms.types import (
    AudioBlock,
    CachePoint,
    CitableBlock,
    CitationBlock,
    ContentBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from pydantic import AnyUrl, BaseModel, TypeAdapter, ValidationError

from tiermem.agents.encoding import dumped, restored

Block: TypeAlias = BaseModel  # LlamaIndex names a base class for blocks only in its later 0.14 releases
BINARY = {"image": "image", "audio": "audio", "video": "video", "document": "data"}
_FREE_FORM = ("additional_information", "tool_kwargs")
_TYPES: dict[str, type[Block]] = {
    "text": TextBlock,
    "image": ImageBlock,
    "audio": AudioBlock,
    "video": VideoBlock,
    "document": DocumentBlock,
    "cache": CachePoint,
    "citable": CitableBlock,
    "citation": CitationBlock,
    "thinking": ThinkingBlock,
    "tool_call": ToolCallBlock,
}
_ADAPTER: TypeAdapter[Any] = TypeAdapter(ContentBlock)


class VerbatimTextBlock(TextBlock):
    """A text block whose braces are text: chat engines run history through their prompt templates."""

    @property
    def templatable_attributes(self) -> list[str]:
        """Nothing in it is a template."""
        return []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextBlock) and other.text == self.text

    __hash__ = None  # type: ignore[assignment]  # like every other block


class InsertedTextBlock(VerbatimTextBlock):
    """Text that the memory itself put into a message (summary, recalled passages); never stored again."""


def block_json(block: Block) -> dict[str, Any]:
    """LlamaIndex's JSON of *block*: bytes as base64, as LlamaIndex itself keeps them."""
    values: dict[str, Any] = {}
    for name in type(block).model_fields:
        value = getattr(block, name)
        if value is not None or name == "content":
            values[name] = _field_json(block, name, value)
    return values


def block_from(values: Mapping[str, Any]) -> Block:
    """The block whose JSON is *values*; text with the JSON in it for a block that LlamaIndex does not have."""
    kind = values.get("block_type")
    if kind not in _TYPES:
        return TextBlock(text=_unknown_text(values))
    fields = {key: restored(value) if key in _FREE_FORM else value for key, value in values.items()}
    nested = "cited_content" if kind == "citation" else "content" if kind == "citable" else None
    if nested is not None:
        inner = fields[nested]
        fields[nested] = [block_from(part) for part in inner] if isinstance(inner, list) else block_from(inner)
    try:
        block: Block = _ADAPTER.validate_python(fields)
    except ValidationError:
        return _unvalidated(str(kind), fields)
    return block


def verbatim(block: Block) -> Block:
    """*block*, its braces safe from templates; the same block where there are none."""
    if isinstance(block, VerbatimTextBlock):
        return block
    if isinstance(block, TextBlock):
        return VerbatimTextBlock(text=block.text) if "{" in block.text else block
    if isinstance(block, CitableBlock):
        return block.model_copy(update={"content": [verbatim(part) for part in block.content]})
    if isinstance(block, CitationBlock):
        return block.model_copy(update={"cited_content": verbatim(block.cited_content)})
    return block


def _field_json(block: Block, name: str, value: Any) -> Any:
    if isinstance(value, Block):
        return block_json(value)
    if isinstance(value, list) and value and isinstance(value[0], Block):
        return [block_json(part) for part in value]
    if name == BINARY.get(getattr(block, "block_type", "")):
        return _base64(value)
    if isinstance(value, (AnyUrl, Path)):
        return str(value)
    return dumped(value)


def _base64(value: Any) -> str:
    """The base64 of a binary field. LlamaIndex keeps bytes as base64 already, and streams as they are."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("ascii") if bytes(value).isascii() else base64.b64encode(value).decode("ascii")
    if not isinstance(value, IOBase):
        return str(value)
    position = value.tell()
    value.seek(0)
    held: Any = value.read()
    value.seek(position)
    return base64.b64encode(held.encode() if isinstance(held, str) else held).decode("ascii")


def _unvalidated(kind: str, fields: dict[str, Any]) -> Block:
    """The block as it was, without the checks of today (an `ImageBlock` wants its file to exist)."""
    name = BINARY.get(kind, "")
    changed: dict[str, Any] = {name: fields[name].encode("ascii")} if name in fields else {}
    if "path" in fields:
        changed["path"] = Path(fields["path"])
    if "url" in fields and kind != "document":
        changed["url"] = AnyUrl(fields["url"])
    return _TYPES[kind].model_construct(**(fields | changed))


def _unknown_text(values: Mapping[str, Any]) -> str:
    text = values.get("text")
    return text if isinstance(text, str) else json.dumps(dict(values), ensure_ascii=False)
