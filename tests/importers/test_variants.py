"""Other programs' messages: what is nearly OpenAI's form is read, the rest is refused by the name of its format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tiermem import Memory
from tiermem.errors import UnreadFormat
from tiermem.importers.formats import read, survey
from tiermem.importers.shapes import message_of
from tiermem.messages import Message, ToolCall
from tiermem.window.pairing import paired


def one(record: Any) -> Message:
    return message_of(record, "made")


INVOKED = {"state": "result", "toolCallId": "c1", "toolName": "look", "args": {"q": "kiln"}, "result": "1260 degrees"}


@pytest.mark.parametrize(
    ("record", "role", "text"),
    [
        ({"role": "USER", "message": "How hot?"}, "user", "How hot?"),  # Cohere
        ({"role": "CHATBOT", "message": "Very."}, "assistant", "Very."),
        ({"role": "model", "parts": [{"text": "Noted."}]}, "assistant", "Noted."),  # Google
        ({"role": "assistant", "content": None, "refusal": "I cannot."}, "assistant", "I cannot."),
        ({"role": "assistant", "content": None, "audio": {"id": "a", "transcript": "Hot."}}, "assistant", "Hot."),
        (
            {"role": "assistant", "content": "", "toolInvocations": [INVOKED]},
            "assistant",
            'look {"q": "kiln"}\n1260 degrees',
        ),
        (
            {
                "role": "assistant",
                "content": "Hot.",
                "toolInvocations": [INVOKED],
                "parts": [{"type": "tool-invocation", "toolInvocation": INVOKED}, {"type": "text", "text": "Hot."}],
            },
            "assistant",
            'look {"q": "kiln"}\n1260 degrees\nHot.',
        ),
        (
            {"role": "assistant", "parts": [{"type": "step-start"}, {"type": "text", "text": "Hot."}]},
            "assistant",
            "Hot.",
        ),
        ({"role": "user", "content": [{"type": "text", "text": {"value": "Hi.", "annotations": []}}]}, "user", "Hi."),
    ],
)  # fmt: skip
def test_words_of_other_programs_come_in(record: dict[str, Any], role: str, text: str) -> None:
    message = one(record)
    assert (message.role, message.text) == (role, text)
    assert not set(message.state) & {"parts", "toolInvocations", "refusal", "audio", "message"}


def test_calls_without_ids_are_paired_by_order_and_by_name() -> None:
    calls = [{"function": {"name": name, "arguments": {}}} for name in ("kiln", "glaze")]
    records = [
        {"role": "assistant", "content": "", "tool_calls": calls},
        {"role": "tool", "tool_name": "glaze", "content": "blue cupboard"},
        {"role": "tool", "tool_name": "kiln", "content": "1260 degrees"},
    ]
    shown = paired([message_of(record, f"i{number}") for number, record in enumerate(records)])
    assert [(message.role, message.name, message.text) for message in shown[1:]] == [
        ("tool", "kiln", "1260 degrees"),
        ("tool", "glaze", "blue cupboard"),
    ]


@pytest.mark.parametrize(
    ("word", "role"),
    [
        *(("human", "user"), ("Human", "user"), ("USER", "user"), ("ai", "assistant"), ("Bot", "assistant")),
        *(("CHATBOT", "assistant"), ("model", "assistant"), ("System", "system"), ("developer", "developer")),
    ],
)
def test_roles_are_folded_and_their_words_kept(word: str, role: str) -> None:
    message = one({"role": word, "content": "x"})
    assert message.role == role
    assert message.raw == (None if word == role else {"format": "openai", "message": {"role": word}})


def test_our_own_form_keeps_its_role() -> None:
    assert one({"role": "human", "content": "x", "origin": "import"}).role == "human"


def test_a_role_that_nobody_knows_is_kept_and_told(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{"role": "narrator", "content": "x"}, {"role": "user", "content": "y"}]))
    assert survey(path).roles == ("narrator",)
    assert [message.role for message in read(path)] == ["narrator", "user"]


def test_anthropics_history_is_read_with_its_pairs(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    called = {"type": "tool_use", "id": "t1", "name": "look", "input": {"q": "kiln"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "1260 degrees"}
    path.write_text(json.dumps([{"role": "assistant", "content": [called]}, {"role": "user", "content": [result]}]))
    asked, answered = read(path)
    assert asked.calls == (ToolCall("t1", "look", {"q": "kiln"}),)
    assert (answered.answers, answered.acts_as, answered.text) == (("t1",), "tool", "1260 degrees")
    with Memory.open(":memory:") as memory:
        session = memory.session("s")
        session.add([asked, answered])
        assert session.search("degrees", 1)[0].ref == "m2"


def test_what_is_nearly_openais_is_added_as_it_is_imported(store: Open) -> None:
    session = store().session("s")
    session.add({"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "kiln", "arguments": {}}}]})
    session.add({"role": "tool", "tool_name": "kiln", "content": "1260 degrees"})
    session.add({"role": "model", "parts": [{"text": "It is hot."}]})
    session.add({"role": "assistant", "content": "", "toolInvocations": [INVOKED]})
    said = [(message.role, message.name, message.text) for message in session.context("?", budget=900).messages]
    assert said == [
        ("assistant", None, ""),
        ("tool", "kiln", "1260 degrees"),
        ("assistant", None, "It is hot."),
        ("assistant", None, 'look {"q": "kiln"}\n1260 degrees'),
    ]


def test_items_of_responses_are_read_with_their_pairs() -> None:
    records: list[Any] = [
        {"role": "user", "content": "Look up the kiln."},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "look", "arguments": '{"q": "kiln"}'},
        {"type": "function_call_output", "call_id": "c1", "output": "1260 degrees"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hot."}]},
    ]
    messages = [message_of(record, f"i{number}") for number, record in enumerate(records)]
    assert [message.role for message in messages] == ["user", "assistant", "assistant", "tool", "assistant"]
    assert messages[2].calls == (ToolCall("c1", "look", {"q": "kiln"}),)
    assert messages[3].answers == ("c1",)
    assert paired(messages) == messages
    assert [message.content for message in messages[1:4]] == [[record] for record in records[1:4]]


FOREIGN: dict[str, Any] = {
    "Claude Code": {"type": "user", "sessionId": "s", "uuid": "u", "message": {"role": "user", "content": "x"}},
    "Claude's export": [{"uuid": "c", "name": "n", "chat_messages": [{"text": "x", "sender": "human"}]}],
    "Codex": {"timestamp": "t", "type": "response_item", "payload": {"type": "message", "role": "user"}},
    "ChatGPT's export": [{"title": "t", "create_time": 1.0, "mapping": {}}],
    "Gemini CLI": {"projectHash": "h", "messages": [{"type": "user", "timestamp": "t", "content": "x"}]},
    "Google Takeout": [{"header": "Gemini Apps", "title": "Prompted x", "time": "t", "products": []}],
    "Google's Agent Development Kit": {"id": "s", "appName": "a", "userId": "u", "events": []},
    "Slack": [{"type": "message", "user": "U1", "text": "x", "ts": "1.0"}],
    "Telegram": {"messages": [{"id": 1, "type": "message", "date_unixtime": "1", "from": "A", "text": "x"}]},
    "Matrix": {"room_name": "r", "messages": [{"type": "m.room.message", "sender": "@a:x", "origin_server_ts": 1}]},
    "LibreChat": {"conversationId": "c", "messages": [{"messageId": "1", "sender": "User", "text": "x"}]},
    "LM Studio": {"name": "n", "messages": [{"versions": [], "currentlySelected": 0}]},
    "Open WebUI": [{"id": "1", "user_id": "u", "chat": {"history": {}}}],
    "Continue": {"sessionId": "s", "title": "t", "history": []},
    "Letta": {"agents": [{"messages": []}]},
    "LangSmith": {"id": "r", "run_type": "llm", "inputs": {}},
    "mem0": {"results": [{"memory": "x"}]},
    "OpenAssistant": {"message_id": "1", "parent_id": None, "text": "x", "role": "prompter"},
    "ShareGPT": [{"id": "1", "conversations": [{"from": "human", "value": "x"}]}],
    "SillyTavern": {"user_name": "A", "character_name": "B"},
    "WildChat": {"conversation_hash": "h", "conversation": [{"role": "user", "content": "x"}]},
    "OpenAI's Agents SDK": [{"id": 1, "session_id": "s", "message_data": "{}"}],
    "OpenAI's threads": {"object": "list", "data": [{"role": "user", "content": []}]},
    "aider": "# aider chat started at 2025-01-01 10:00:00\n\n#### How hot?\n",
    "WhatsApp": "12/03/24, 10:00 - Ann: It fires at 1260.\n12/03/24, 10:01 - Bob: ok\n",
    "WebVTT, as Zoom writes it": "WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\nAnn: x\n",
    "CSV": "Conversation,Time,Author,Message\nKiln,2025,Human,How hot?\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("as_lines", [False, True])
def test_a_history_in_a_known_format_is_refused_by_its_name(name: str, as_lines: bool, tmp_path: Path) -> None:
    path, held = tmp_path / "x", FOREIGN[name]
    text = held if isinstance(held, str) else json.dumps(held)
    if as_lines and isinstance(held, dict) and "messages" not in held:
        text = f"{text}\n{text}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadFormat, match=r"JSON lines|as a list, oldest first") as refusal:
        survey(path)
    assert refusal.value.format == name
    assert str(refusal.value).startswith("x")
