"""Promises of text/readable.py: all of a message is told once, in order, in the form that is asked for."""

from __future__ import annotations

import pytest

from tiermem import Message, ToolCall
from tiermem.blocks.reading import arguments_text
from tiermem.text.readable import call_line, readable, said, side, speaker

LOOK = ToolCall(id="c1", name="look", arguments={"zoom": 2, "at": "池"})
BROKEN = ToolCall(id="c2", name="look", arguments='{"zoom": ')
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (Message(role="user", content=""), "User"),
        (Message(role="human", content=""), "User"),
        (Message(role="ai", content=""), "Assistant"),
        (Message(role="assistant", content="", name="Ann"), "Ann"),
        (Message(role="tool", content="", name="look", tool_call_id="c1"), "Tool look"),
        (Message(role="tool", content="", tool_call_id="c1"), "Tool"),
        (Message(role="developer", content=""), "developer"),
    ],
)
def test_a_speaker_is_the_name_or_else_the_role(message: Message, name: str) -> None:
    assert speaker(message) == name


def test_sides_have_one_word_each_and_other_roles_their_own() -> None:
    assert [side(role) for role in ("user", "human", "assistant", "ai", "tool")] == [
        "user",
        "user",
        "assistant",
        "assistant",
        "tool",
    ]


def test_arguments_are_json_a_person_can_read_and_broken_ones_as_they_were_written() -> None:
    assert arguments_text(LOOK.arguments) == '{"zoom": 2, "at": "池"}'
    assert arguments_text(BROKEN.arguments) == '{"zoom": '


def test_a_call_has_the_form_that_is_asked_for_and_braces_in_it_stay() -> None:
    assert call_line(LOOK) == '[calls look({"zoom": 2, "at": "池"})]'
    assert call_line(BROKEN, "→ {name} {arguments}") == '→ look {"zoom": '
    assert call_line(LOOK, shown=lambda text: text[:4]) == '[calls look({"zo)]'


def test_blocks_are_told_in_order_and_those_without_text_only_by_the_word_for_them() -> None:
    message = Message(role="user", content=["a", IMAGE, {"type": "text", "text": "b"}, {"text": "c"}])
    assert list(said(message)) == ["a", "b", "c"]
    assert list(said(message, lambda kind: f"<{kind}>")) == ["a", "<image_url>", "b", "c"]
    assert list(said(Message(role="user", content=""), str.upper)) == []
    assert list(said(Message(role="assistant", content=None, tool_calls=(LOOK,)), str.upper)) == []


def test_all_of_a_message_is_its_words_then_its_calls() -> None:
    message = Message(role="assistant", content="I look.", tool_calls=(LOOK, BROKEN))
    assert readable(message) == 'I look.\n[calls look({"zoom": 2, "at": "池"})]\n[calls look({"zoom": )]'
    assert readable(Message(role="assistant", content=None, tool_calls=(BROKEN,))) == '[calls look({"zoom": )]'
    assert readable(Message(role="user", content=[IMAGE])) == ""


def test_only_what_a_tool_answers_has_the_form_of_a_result() -> None:
    form = "[result of {name}] {text}"
    answered = Message(role="tool", content="{3} cats", name="look", tool_call_id="c1")
    assert readable(answered) == "{3} cats"
    assert readable(answered, result=form) == "[result of look] {3} cats"
    assert readable(Message(role="function", content="x"), result=form) == "[result of a tool] x"
    assert readable(Message(role="tool", content="", tool_call_id="c1"), result=form) == ""
    assert readable(Message(role="user", content="x"), result=form) == "x"
