"""Messages as JSON objects: whatever a message holds comes back, and what a caller hands over as an object is read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.conftest import Open
from tiermem import Message, ToolCall
from tiermem.errors import InvalidMessage, UnknownRole
from tiermem.messages import as_messages, from_canonical, from_json, to_json

FULL = Message(
    role="assistant",
    content=["a", {"type": "text", "text": "b"}],
    name="",
    tool_calls=(ToolCall("c", "f", {"x": 1}), ToolCall("d", "g", "{bad")),
    tool_call_id="e",
    state={"user_goal": "ship"},
    origin="import",
    created_at=datetime(2024, 3, 1, tzinfo=UTC),
    pinned=True,
    raw={},
)


@pytest.mark.parametrize("message", [FULL, Message(role="user"), Message(role="user", content="\ud800")])
def test_a_message_comes_back_from_its_json_and_from_its_bytes(message: Message) -> None:
    assert from_json(to_json(message)) == from_canonical(message.canonical) == message
    assert from_json(to_json(message)).canonical == message.canonical


def test_an_object_with_calls_is_a_message() -> None:
    calls = [{"id": "c", "name": "f", "arguments": {"x": 1}}]
    given = {"role": "assistant", "content": None, "tool_calls": calls, "created_at": "2024-03-01T00:00:00+00:00"}
    (message,) = as_messages(given)
    assert message.tool_calls == (ToolCall("c", "f", {"x": 1}),)
    assert message.created_at == FULL.created_at
    assert from_canonical(message.canonical) == message


@pytest.mark.parametrize(
    "values",
    [
        {"role": "user", "words": "x"},
        {"content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "c"}]},
        {"role": "assistant", "tool_calls": 5},
        {"role": "user", "created_at": "yesterday"},
    ],
)
def test_what_are_no_fields_of_a_message_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(InvalidMessage):
        from_json(values)
    with pytest.raises(InvalidMessage):
        as_messages(values)


@pytest.mark.parametrize("word", ["human", "User", "USER", " prompter "])
def test_other_words_for_a_role_are_folded_where_it_comes_in(word: str) -> None:
    made = [*as_messages("x", word), *as_messages((word, "x")), *as_messages({"role": word, "content": "x"})]
    assert [message.role for message in made] == ["user"] * 3
    assert as_messages(Message(role=word, content="x"))[0].role == word
    assert as_messages({"role": word, "content": "x", "raw": {"format": "a framework's"}})[0].role == word


@pytest.mark.parametrize("given", [{"role": "asistant", "content": "x"}, ("asistant", "x")])
def test_a_misspelt_role_is_refused_with_the_nearest(given: object) -> None:
    with pytest.raises(UnknownRole, match="did you mean 'assistant'") as refusal:
        as_messages(given)  # type: ignore[arg-type]
    assert (refusal.value.role, refusal.value.nearest) == ("asistant", "assistant")
    with pytest.raises(UnknownRole) as other:
        as_messages("x", "zebra")
    assert other.value.nearest == ""


def test_two_texts_are_two_messages() -> None:
    assert [message.text for message in as_messages(("bread", "butter"))] == ["bread", "butter"]


@pytest.mark.parametrize("said", [[Message(role="User", content="Answer in rhyme from now on.")]])
def test_a_message_made_with_another_word_plays_its_role(said: list[Message], store: Open) -> None:
    session = store().session("s")
    session.add(said)
    assert said[0].acts_as == "user"
    assert Message(role="SYSTEM", content="x").acts_as == "SYSTEM"  # no word but its own gives it authority
    assert session.messages()[0].role == "User"
    assert session.search("rhyme", role="user")
    assert session.search("rhyme", role="USER")
    assert session.verify().ok
