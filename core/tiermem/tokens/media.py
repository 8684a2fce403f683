"""What a picture costs in tokens: by its size, where its block has the bytes or a pointer that says it. Pure.

Providers count pixels, not bytes, and each its own way. Counted is the dearer of the two that publish a formula, so
that a budget holds with either. Where nobody can say how large a picture is, it costs `IMAGE_TOKENS`.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterator, Mapping
from typing import Any

from tiermem.blocks.media_types import HEAD, image_size, sniffed
from tiermem.blocks.payloads import PREFIX, read_pointer

IMAGE_TOKENS = 765
"""An image of unknown size: OpenAI's 85 + 170 for each of the 4 tiles of 1024 x 1024 in high detail."""
LOW = 85
"""An image in OpenAI's low detail, whatever its size."""
_BASE, _TILE, _SIDE, _SHORT, _LONG = 85, 170, 512, 768, 2048  # https://platform.openai.com/docs/guides/images-vision
_PIXELS, _EDGE, _MOST = 750, 1568, 1600  # https://docs.anthropic.com/en/docs/build-with-claude/vision
_SHORT_HEAD = 96  # bytes in which all but JPEGs say their size
_SHORTEST = 32  # characters in which no header of an image has room


def image_tokens(fields: Mapping[str, Any]) -> int:
    """Tokens of the picture in a block with these *fields*."""
    if "low" in _details(fields):
        return LOW
    sizes = (size for text in _texts(fields) if (size := _size(text)) is not None)
    return next((by_size(*size) for size in sizes), IMAGE_TOKENS)


def by_size(width: int, height: int) -> int:
    """Tokens of a picture of *width* x *height* pixels: the more of OpenAI's tiles and Anthropic's pixels."""
    return max(_tiles(width, height), _by_pixels(width, height))


def _tiles(width: int, height: int) -> int:
    """OpenAI, high detail: fit into 2048 x 2048, then the shorter side to 768, then 170 a tile of 512 and 85."""
    scale = min(1.0, _LONG / max(width, height))
    scale *= min(1.0, _SHORT / (min(width, height) * scale))
    return _BASE + _TILE * math.prod(math.ceil(side * scale / _SIDE) for side in (width, height))


def _by_pixels(width: int, height: int) -> int:
    """Anthropic: pixels / 750, the longer side scaled to 1,568 at most; never more than about 1,600."""
    scale = min(1.0, _EDGE / max(width, height))
    return min(_MOST, math.ceil(width * scale * height * scale / _PIXELS))


def _details(fields: Mapping[str, Any]) -> set[str]:
    held = [fields, *(inner for inner in fields.values() if isinstance(inner, Mapping))]
    return {one for holder in held if isinstance(one := holder.get("detail"), str)}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)


def _size(text: str) -> tuple[int, int] | None:
    if text.startswith(PREFIX):
        try:
            says = read_pointer(text)
        except ValueError:
            return None
        return (says.width, says.height) if says.width else None
    start = text.find(",", 0, 400) + 1 if text.startswith("data:") else 0
    if len(text) - start < _SHORTEST:
        return None
    begins = _decoded(text, start, _SHORT_HEAD)
    return image_size(_decoded(text, start, HEAD) if sniffed(begins) == "image/jpeg" else begins)


def _decoded(text: str, start: int, count: int) -> bytes:
    """About the first *count* bytes of the base64 that begins at *start*; b"" where it is none."""
    head = text[start : start + count * 4 // 3]
    try:
        return base64.b64decode(head[: len(head) // 4 * 4], altchars=b"-_" if "-" in head or "_" in head else None)
    except (binascii.Error, ValueError):
        return b""
