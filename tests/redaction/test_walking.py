"""Every text of a message is shown to the redactor, and what links messages stays."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.redaction.private import SECRET, redactor
from tiermem import Message, ToolCall
from tiermem.errors import RedactionFailed
from tiermem.redaction import EntitySpan, Redactor, redacted
from tiermem.redaction.walking import value_of

PICTURE = base64.b64encode(bytes(range(256)) * 2).decode()
BLOCKS: list[Any] = [
    f"Write to {SECRET}",
    {"type": "text", "text": f"or {SECRET}", "id": "a@b.c"},
    {"type": "tool_use", "id": "call@1.x", "name": "send@1.x", "input": {"type": SECRET, "to": [SECRET], "n": 5}},
    {"type": "tool_result", "tool_use_id": "call@1.x", "content": [{"type": "text", "text": f"sent to {SECRET}"}]},
    {"type": "image", "base64": PICTURE, "caption": f"the card of {SECRET}"},
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
    {"type": "function_call", "call_id": "c@1.x", "name": "send@1.x", "arguments": json.dumps({"to": f'"{SECRET}"'})},
]


def test_texts_leave_and_links_stay() -> None:
    said = Message(
        role="user",
        content=BLOCKS,
        id="id@of.it",
        tool_calls=(ToolCall("call@2.x", "send@2.x", {"to": SECRET, SECRET: 1}),),
        state={"user_goal": f"reach {SECRET}"},
        raw={"type": "human", "id": "id@of.it", "data": {"extra": [SECRET], "tool_calls": [{"args": {"id": SECRET}}]}},
    )
    made = redacted(said, redactor)
    assert SECRET not in str(made.canonical)
    assert made.id == "id@of.it"
    assert made.tool_calls == (ToolCall("call@2.x", "send@2.x", {"to": "[EMAIL]", "[EMAIL]": 1}),)
    content: Any = made.content
    assert content[1] == {"type": "text", "text": "or [EMAIL]", "id": "a@b.c"}
    assert content[2]["id"] == content[3]["tool_use_id"] == "call@1.x"
    assert (content[2]["name"], content[2]["input"]) == ("send@1.x", {"type": "[EMAIL]", "to": ["[EMAIL]"], "n": 5})
    assert content[4]["base64"] == PICTURE
    assert content[5] == BLOCKS[5]
    assert json.loads(content[6]["arguments"]) == {"to": '"[EMAIL]"'}
    assert redacted(made, redactor) is made


VALUES = st.recursive(
    st.none() | st.integers(-9, 9) | st.text(), lambda inside: st.lists(inside) | st.dictionaries(st.text(), inside)
)


@given(VALUES)
def test_what_takes_nothing_out_changes_nothing(value: Any) -> None:
    said = Message(role="user", content="hello", state={"value": value})
    assert redacted(said, lambda text: text) is said


CARD = "4111111111111111"


def digits(text: str) -> Any:
    return (EntitySpan(*one.span(), "CARD") for one in re.finditer(r"\d{16}", text))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"card": int(CARD), "n": 5, "ok": True}, {"card": "[CARD]", "n": 5, "ok": True}),
        (f'{{"card": {CARD}, "b":1.10}}', '{"card": [CARD], "b":1.10}'),
        (f'{{"v": NaN, "card": "{CARD}"}}', '{"v": NaN, "card": "[CARD]"}'),
        ({CARD: 1, f"{CARD[:-1]}2": 2, "[CARD] 2": 3}, {"[CARD]": 1, "[CARD] 2": 2, "[CARD] 2 2": 3}),
        (CARD, "[CARD]"),
        (base64.b64encode(f"card {CARD}".encode()).decode(), base64.b64encode(b"card [CARD]").decode()),
        (f"data:text/plain;base64,{base64.b64encode(CARD.encode()).decode()}", "data:text/plain;base64,W0NBUkRd"),
        ("A" * 300 + CARD, "A" * 300 + "[CARD]"),
        (PICTURE, PICTURE),
    ],
)
def test_numbers_files_of_text_and_long_words_are_shown_too(value: Any, told: Any) -> None:
    assert value_of(value, Redactor(digits)) == told


def test_a_word_of_any_length_is_shown_where_it_is_text() -> None:
    token = "IQoJ" + "b3JpZ2lu" * 40
    blocks: list[Any] = [token, {"type": "text", "text": token}, {"type": "image", "base64": token}]
    for content in (token, blocks):
        made: Any = redacted(Message(role="user", content=content), lambda text: text.replace(token, "[TOKEN]")).content
        assert (
            made == "[TOKEN]" if content is token else made == ["[TOKEN]", blocks[1] | {"text": "[TOKEN]"}, blocks[2]]
        )


@pytest.mark.parametrize("before", ["", "\n "])
def test_an_escape_in_json_hides_nothing(before: str) -> None:
    text = before + json.dumps({"王芳": "王芳 ☺"})
    assert "王芳" not in text
    made = value_of(text, lambda one: one.replace("王芳", "[PERSON]"))
    assert json.loads(made) == {"[PERSON]": "[PERSON] ☺"}
    assert value_of(text, lambda one: one) == text


def test_a_file_of_text_in_a_block_is_shown() -> None:
    said = base64.b64encode(f"My address is {SECRET}. I live in Oslo. {'x' * 300}".encode()).decode()
    block = {"type": "file", "base64": said, "mime_type": "text/plain"}
    made: Any = redacted(Message(role="user", content=[block]), redactor).content
    assert base64.b64decode(made[0]["base64"]).startswith(b"My address is [EMAIL]. I live in Oslo.")


@pytest.mark.parametrize("text", ["[not JSON", "{", "[" * 5_000, '{"a": 1} ', "[1, 2]", "\ud800", ""])
def test_text_that_looks_like_json_is_text(text: str) -> None:
    assert value_of(text, lambda one: one) == text
    assert SECRET not in value_of(f"{text} {SECRET}", redactor)


def raising(text: str) -> str:
    raise ValueError(text)


@pytest.mark.parametrize(("redact", "told"), [(raising, "raised ValueError"), (lambda _: None, "gave NoneType")])
def test_a_redactor_that_fails_is_a_typed_error_without_the_text(redact: Any, told: str) -> None:
    with pytest.raises(RedactionFailed, match=told) as caught:
        redacted(Message(role="user", content=SECRET), redact)
    assert SECRET not in str(caught.value)
