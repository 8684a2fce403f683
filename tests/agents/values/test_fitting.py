"""A message above the limit: words stand for its heaviest parts, which say what those were."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiermem import Message, ToolCall
from tiermem.agents.encoding import dumped
from tiermem.agents.fitting import fitted
from tiermem.blocks.completeness import incomplete
from tiermem.plain_json import LEFT_OUT

LIMIT = 20_000
PDF = bytes(range(256)) * 80
CODED = base64.b64encode(PDF).decode()
DIGEST = hashlib.sha256(PDF).hexdigest()
PART = f"{len(PDF)} bytes, sha256 {DIGEST}"
QUESTION = {"type": "text", "text": "What does it say?"}


def user(content: Any, **fields: Any) -> Message:
    return Message(role="user", content=content, id="1", **fields)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "file", "base64": CODED, "mime_type": "application/pdf"}, f"application/pdf, {PART}"),
        ({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{CODED}"}}, f"image/png, {PART}"),
        ({"type": "document", "source": {"media_type": "application/pdf", "data": CODED}}, f"application/pdf, {PART}"),
        (dumped({"image": {"format": "png", "source": {"bytes": PDF}}}), f"png, {PART}"),
        ({"inline_data": {"data": CODED}}, f"bytes, {PART}"),
    ],
)
def test_text_stands_for_a_block_without_its_payload(block: Any, said: str) -> None:
    made = fitted(user([QUESTION, block]), LIMIT)
    assert made.content == [QUESTION, {"type": "text", "text": f"[left out: {said}]"}]
    assert made.raw == {LEFT_OUT: [said]}
    assert "max_message_bytes" in incomplete(made)


def test_a_block_of_llamaindex_is_one_of_its_text_blocks() -> None:
    made = fitted(user([{"block_type": "document", "data": CODED, "document_mimetype": "application/pdf"}]), LIMIT)
    assert made.content == [{"block_type": "text", "text": f"[left out: application/pdf, {PART}]"}]


@pytest.mark.parametrize("text", ["word " * LIMIT, "字句。" * LIMIT, "\x00 " * LIMIT])
def test_the_beginning_of_a_long_text_stays(text: str) -> None:
    for made in (fitted(user(text), LIMIT), fitted(user([QUESTION, {"type": "text", "text": text}]), LIMIT)):
        assert made.text.removeprefix("What does it say?\n").startswith(text[:1_000])
        assert hashlib.sha256(text.encode()).hexdigest() in made.text
        assert len(made.canonical) <= LIMIT


def test_only_what_must_be_left_out_is() -> None:
    small = {"type": "file", "base64": CODED[:8_000]}
    content = fitted(user([small, {"type": "file", "base64": CODED}, small]), LIMIT).content
    assert isinstance(content, list)
    assert content[0] == content[2] == small
    assert content[1]["type"] == "text"  # type: ignore[index,call-overload]


def test_results_inside_of_a_block_keep_their_frame() -> None:
    block = {"type": "tool_result", "tool_use_id": "c", "content": [QUESTION, {"type": "image", "base64": CODED}]}
    (made,) = fitted(user([block]), LIMIT).content  # type: ignore[misc]
    assert made["tool_use_id"] == "c"  # type: ignore[index,call-overload]
    assert [part["type"] for part in made["content"]] == ["text", "text"]  # type: ignore[index,call-overload]


def test_arguments_artifacts_and_states_keep_their_fields() -> None:
    raw = {"format": "langchain", "message": {"type": "tool", "data": {"artifact": dumped({"a": PDF, "n": 1})}}}
    calls = (ToolCall("c", "f", {"page": 3, "file": CODED}),)
    made = fitted(user("x", raw=raw, tool_calls=calls, state={"s": CODED, "t": 1}), LIMIT)
    assert made.tool_calls[0].arguments == {"page": 3, "file": f"[left out: bytes, {PART}]"}
    assert made.raw is not None
    assert made.raw["message"]["data"]["artifact"] == {"a": f"[left out: bytes, {PART}]", "n": 1}
    assert made.state == {"s": f"[left out: bytes, {PART}]", "t": 1}


@pytest.mark.parametrize("artifact", [list(range(LIMIT)), {str(n): n for n in range(LIMIT)}, [["x"] * 99] * 99])
def test_of_very_many_small_values_the_field_is_left_out(artifact: Any) -> None:
    raw = {"format": "langchain", "message": {"type": "tool", "data": {"artifact": artifact, "status": "success"}}}
    made = fitted(user("ok", raw=raw), LIMIT)
    assert made.text == "ok"
    assert made.raw is not None
    assert made.raw["message"]["data"]["status"] == "success"
    assert len(made.canonical) <= LIMIT


def test_a_message_that_is_nothing_but_its_names_is_as_it_was() -> None:
    message = user("x", name="n" * LIMIT)
    assert fitted(message, LIMIT) is message


PARTS = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.text(max_size=9) | st.sampled_from([CODED, "word " * 3_000, "\\" * 9_000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
BLOCKS = st.lists(st.dictionaries(st.sampled_from(["type", "text", "content", "data"]), PARTS, max_size=3), max_size=4)


@given(BLOCKS, st.dictionaries(st.text(max_size=5), PARTS, max_size=4), PARTS)
@settings(deadline=None)
def test_whatever_it_holds_it_fits_the_same_each_time(content: Any, state: Any, artifact: Any) -> None:
    raw = {"format": "langchain", "message": {"type": "tool", "data": {"artifact": artifact}}}
    message = user(content, state=state, raw=raw)
    made = fitted(message, LIMIT)
    assert len(made.canonical) <= LIMIT
    assert made.canonical == fitted(message, LIMIT).canonical
    assert (made is message) == (len(message.canonical) <= LIMIT)
    assert fitted(made, LIMIT) is made
