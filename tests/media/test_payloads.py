"""Bytes are taken out of blocks and put back exactly, whoever wrote them; what is text stays."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.pictures import b64, forms, png
from tiermem.blocks.media_types import image_size, sniffed
from tiermem.blocks.payloads import PREFIX, filled, read_pointer, taken, text_of
from tiermem.messages import content_text
from tiermem.plain_json import dumps
from tiermem.tokens.counting import content_tokens
from tiermem.tokens.media import IMAGE_TOKENS, LOW, by_size

DATA = png("quark")


def back(value: Any) -> Any:
    left, media = taken(value)
    return filled(left, {pointer: text_of(pointer, medium.data) for pointer, medium in media.items()})


@pytest.mark.parametrize("block", forms(DATA).values(), ids=forms(DATA))
def test_each_form_of_block_gives_its_bytes_and_gets_them_back(block: dict[str, Any]) -> None:
    left, media = taken([block])
    assert [medium.data for medium in media.values()] == [DATA]
    assert len(dumps(left)) < 600
    assert dumps(back([block])) == dumps([block])
    assert content_text(left) == content_text([block])
    assert content_tokens(left, len) == content_tokens([block], len)


WRITTEN = {
    "padded": b64(DATA),
    "bare": b64(DATA).rstrip("="),
    "url safe": base64.urlsafe_b64encode(DATA + b"\xff\xfe\xfb").decode(),
    "lines": base64.encodebytes(DATA).decode(),
    "lines, unended": base64.encodebytes(DATA).decode().rstrip("\n"),
    "lines of Windows": base64.encodebytes(DATA).decode().replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_each_way_to_write_base64_comes_back(text: str) -> None:
    block = {"type": "image", "base64": text}
    assert len(taken([block]).media) == 1
    assert back([block]) == [block]


@pytest.mark.parametrize(
    "text", [b64(DATA)[:-1] + "!", b64(DATA) + "AAAA=A", "A" * 65, b64(DATA)[:100] + "\n" + b64(DATA)]
)
def test_what_would_not_be_written_like_this_again_stays_where_it_is(text: str) -> None:
    block = {"type": "image", "base64": text}
    left, media = taken([block])
    assert back([block]) == [block]
    assert left == [block] or media


STAYING: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": b64(DATA)},
    "signature": {"type": "thinking", "thinking": "hm", "signature": "A" * 4_000},
    "arguments": {"type": "tool_use", "id": "t", "name": "save", "input": {"data": b64(DATA)}},
    "text file": {"type": "file", "mime_type": "text/plain", "base64": b64(b"port 8080 " * 200)},
    "words": {"type": "image", "url": "https://a.b/c.png", "caption": "A" * 2_000},
    "link": {"type": "image_url", "image_url": {"url": "https://a.b/" + "c" * 2_000}},
    "long hash": {"type": "file", "file_id": "f" * 64},
    "numbers": {"type": "json", "json": {"a": "B" * 2_000}},
}


@pytest.mark.parametrize("block", STAYING.values(), ids=STAYING)
def test_what_is_no_medium_is_left_where_it_is(block: dict[str, Any]) -> None:
    value = [block]
    assert taken(value).value is value


def test_a_text_that_looks_like_a_pointer_is_no_pointer() -> None:
    (pointer,) = taken([{"type": "image", "base64": b64(DATA)}]).media
    for place in ({"type": "text", "text": pointer}, {"type": "tool_use", "input": {"x": pointer}}, pointer):
        content = [{"type": "image", "base64": b64(DATA)}, place]
        assert back(content) == content
        assert taken([place]).value == [place]


texts = st.text(max_size=20) | st.sampled_from(
    [b64(DATA), PREFIX + "x", f"data:image/png;base64,{b64(DATA)}", "A" * 70]
)
values = st.recursive(
    texts | st.none() | st.booleans() | st.integers(-5, 5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "data", "image", "text", "url", "source", "content", "x"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(values, max_size=3))
def test_any_value_comes_back_byte_for_byte(value: list[Any]) -> None:
    assert dumps(back(value)) == dumps(value)


SIZES = {
    "png": (png("x", 800, 600), "image/png", (800, 600)),
    "gif": (b"GIF89a" + (33).to_bytes(2, "little") + (22).to_bytes(2, "little") + bytes(9), "image/gif", (33, 22)),
    "jpeg": (
        b"\xff\xd8\xff\xe0\x00\x10" + bytes(14) + b"\xff\xff\xc2\x00\x11\x08" + b"\x02\x58\x03\x20" + bytes(12),
        "image/jpeg",
        (800, 600),
    ),
    "webp": (b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x1f\x03\0\x57\x02\0", "image/webp", (800, 600)),
    "damaged": (b"\xff\xd8\xff\xe0\x00\x00" + bytes(40), "image/jpeg", None),
    "pdf": (b"%PDF-1.7", "application/pdf", None),
    "nothing": (b"", "", None),
}


@pytest.mark.parametrize(("data", "kind", "size"), SIZES.values(), ids=SIZES)
def test_headers_say_what_bytes_are_and_how_large(data: bytes, kind: str, size: tuple[int, int] | None) -> None:
    assert (sniffed(data), image_size(data)) == (kind, size)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"BM"]),
)
def test_no_bytes_break_the_reading_of_a_header(tail: bytes, head: bytes) -> None:
    size = image_size(head + tail)
    assert size is None or min(size) > 0


def test_a_picture_costs_what_its_size_costs_and_never_the_length_of_its_base64() -> None:
    assert by_size(1024, 1024) == 1_399  # OpenAI's own example: 765; Anthropic: 1,048,576 pixels / 750
    assert by_size(2048, 4096) == 1_600  # OpenAI's second example: 1,105; Anthropic's most
    assert by_size(64, 64) == 255  # one tile
    assert by_size(2000, 200) == 85 + 4 * 170
    for side in (1, 100, 1_000, 10_000, 1 << 20):
        assert 255 <= by_size(side, side) <= 1_700
    large = {"type": "image", "base64": b64(png("x", 1024, 1024, 900_000))}
    assert content_tokens([large], len) == by_size(1024, 1024)
    assert content_tokens([{"type": "image", "url": "https://a.b/c"}], len) == IMAGE_TOKENS
    low = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{b64(DATA)}", "detail": "low"}}
    assert content_tokens([low], len) == LOW
    (pointer,) = taken([large]).media
    assert read_pointer(pointer)[3:5] == (1024, 1024)
