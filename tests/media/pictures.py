"""Pictures, sound and files as frameworks and providers put them into blocks."""

from __future__ import annotations

import base64
from typing import Any

from tiermem import Message


def png(mark: str, width: int = 640, height: int = 480, size: int = 3_000) -> bytes:
    """The bytes of something that begins like a PNG of that size, and has *mark* in it."""
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    body = (mark.encode() * (size // max(1, len(mark)) + 1))[: size - len(header)]
    return header + body


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def image(data: bytes, **fields: Any) -> dict[str, Any]:
    """LangChain's standard block."""
    return {"type": "image", "base64": b64(data), "mime_type": "image/png", **fields}


def shown(data: bytes, text: str = "look at this", **fields: Any) -> Message:
    """A user's message with a picture."""
    return Message(role="user", content=[{"type": "text", "text": text}, image(data, **fields)])


def forms(data: bytes) -> dict[str, dict[str, Any]]:
    """A block of each form that holds *data*, by whose it is."""
    text = b64(data)
    url = f"data:image/png;base64,{text}"
    return {
        "langchain v1": {"type": "image", "base64": text, "mime_type": "image/png"},
        "langchain v0": {"type": "image", "source_type": "base64", "data": text, "mime_type": "image/png"},
        "openai chat": {"type": "image_url", "image_url": {"url": url, "detail": "high"}},
        "openai responses": {"type": "input_image", "image_url": url},
        "openai audio": {"type": "input_audio", "input_audio": {"data": text, "format": "wav"}},
        "openai file": {
            "type": "file",
            "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{text}"},
        },
        "anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}},
        "anthropic document": {
            "type": "document",
            "title": "Plan",
            "source": {"type": "base64", "media_type": "application/pdf", "data": text},
        },
        "google": {"inline_data": {"mime_type": "image/png", "data": text}},
        "bedrock": {"image": {"format": "png", "source": {"bytes": {"__bytes__": text}}}},
        "llamaindex image": {"block_type": "image", "image": text, "image_mimetype": "image/png"},
        "llamaindex audio": {"block_type": "audio", "audio": text, "format": "mp3"},
        "llamaindex video": {"block_type": "video", "video": text, "video_mimetype": "video/mp4"},
        "llamaindex document": {"block_type": "document", "data": text, "title": "Plan"},
        "in a result": {
            "type": "tool_result",
            "tool_use_id": "t",
            "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": text}}],
        },
        "made by a model": {"type": "image_generation_call", "id": "i", "result": text},
    }
