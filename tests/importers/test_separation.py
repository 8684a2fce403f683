"""Content with calls and results, as both frameworks get it: calls beside it, each result a message of its own."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from llama_index.core.base.llms.types import ToolCallBlock

from langchain_tiered_memory import TieredChatMessageHistory
from langchain_tiered_memory.convert import to_core
from langchain_tiered_memory.rendering import plain_text
from llamaindex_tiered_memory import TieredChatMemory
from llamaindex_tiered_memory.convert import to_chat_message
from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.importers.shapes import message_of
from tiermem.window.separation import separated

CALLED = (
    {"type": "text", "text": "I look."},
    *({"type": "tool_use", "id": name, "name": "look", "input": {"q": name}} for name in ("kiln", "glaze")),
)
RESULTS = [
    {"type": "tool_result", "tool_use_id": "kiln", "content": "1260 degrees"},
    {"type": "tool_result", "tool_use_id": "glaze", "content": [{"type": "text", "text": "blue cupboard"}]},
]
ANTHROPIC: list[dict[str, Any]] = [
    {"role": "user", "content": "Kiln and glaze?"},
    {"role": "assistant", "content": [*CALLED]},
    {"role": "user", "content": [*RESULTS, {"type": "text", "text": "And the wheel?"}]},
    {"role": "assistant", "content": [{"type": "text", "text": "In the shed."}]},
]
BEDROCK: list[dict[str, Any]] = [
    {"role": "user", "content": [{"text": "Kiln and glaze?"}]},
    {
        "role": "assistant",
        "content": [
            {"text": "I look."},
            {"toolUse": {"toolUseId": "kiln", "name": "look", "input": {"q": "kiln"}}},
            {"toolUse": {"toolUseId": "glaze", "name": "look", "input": {"q": "glaze"}}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"toolResult": {"toolUseId": "kiln", "content": [{"text": "1260 degrees"}]}},
            {"toolResult": {"toolUseId": "glaze", "content": [{"text": "blue cupboard"}]}},
            {"text": "And the wheel?"},
        ],
    },
    {"role": "assistant", "content": [{"text": "In the shed."}]},
]
VERCEL = {
    "role": "assistant",
    "parts": [
        {"type": "text", "text": "I look."},
        {
            "type": "tool-look",
            "toolCallId": "kiln",
            "state": "output-available",
            "input": {"q": "kiln"},
            "output": "1260 degrees",
        },
    ],
}
HISTORIES = pytest.mark.parametrize("history", [ANTHROPIC, BEDROCK], ids=["anthropic", "bedrock"])


@HISTORIES
def test_results_are_messages_of_their_own_before_what_is_asked_beside_them(history: list[dict[str, Any]]) -> None:
    asked, called, answered, last = (message_of(record, f"i{place}") for place, record in enumerate(history))
    assert separated(asked) == [asked]
    assert separated(last) == [last]
    (one,) = separated(called)
    assert one.text == "I look."
    assert [call.id for call in one.tool_calls] == ["kiln", "glaze"]
    first, second, question = separated(answered)
    assert [(each.role, each.tool_call_id, each.text) for each in (first, second)] == [
        ("tool", "kiln", "1260 degrees"),
        ("tool", "glaze", "blue cupboard"),
    ]
    assert (question.role, question.text, question.answers) == ("user", "And the wheel?", ())


def test_a_tools_whole_use_becomes_a_call_and_a_result() -> None:
    said, result = separated(message_of(VERCEL, "i"))
    assert (said.text, [(call.id, call.name, call.arguments) for call in said.tool_calls]) == (
        "I look.",
        [("kiln", "look", {"q": "kiln"})],
    )
    assert (result.role, result.tool_call_id, result.text) == ("tool", "kiln", "1260 degrees")


def test_what_a_framework_made_is_its_own() -> None:
    content: list[Any] = [*RESULTS]
    own = to_core(HumanMessage(content))
    assert separated(own, "langchain") == [own]
    assert len(separated(own)) == 2


def told(message: BaseMessage) -> tuple[str, str, str]:
    calls = ",".join(str(call["id"]) for call in message.tool_calls) if isinstance(message, AIMessage) else ""
    return message.type, message.text, calls or str(getattr(message, "tool_call_id", ""))


@HISTORIES
def test_langchain_gets_its_own_kinds_of_messages(history: list[dict[str, Any]], store: Open) -> None:
    memory = store()
    memory.session("s").add([message_of(record, f"i{place}") for place, record in enumerate(history)])
    shown = TieredChatMessageHistory(session_id="s", memory=memory)
    wanted = [
        ("human", "Kiln and glaze?", ""),
        ("ai", "I look.", "kiln,glaze"),
        ("tool", "1260 degrees", "kiln"),
        ("tool", "blue cupboard", "glaze"),
        ("human", "And the wheel?", ""),
        ("ai", "In the shed.", ""),
    ]
    assert list(map(told, shown.messages)) == wanted
    assert list(map(told, shown.originals())) == wanted
    assert isinstance(shown.messages[2], ToolMessage)


@HISTORIES
def test_llamaindex_gets_its_own_kinds_of_messages(history: list[dict[str, Any]], store: Open) -> None:
    memory = store()
    memory.session("s").add([message_of(record, f"i{place}") for place, record in enumerate(history)])
    shown = TieredChatMemory.from_defaults(session_id="s", memory=memory).get()
    assert [(one.role.value, one.content, one.additional_kwargs.get("tool_call_id")) for one in shown] == [
        ("user", "Kiln and glaze?", None),
        ("assistant", "I look.", None),
        ("tool", "1260 degrees", "kiln"),
        ("tool", "blue cupboard", "glaze"),
        ("user", "And the wheel?", None),
        ("assistant", "In the shed.", None),
    ]
    calls = [block.tool_call_id for block in shown[1].blocks if isinstance(block, ToolCallBlock)]
    assert calls == ["kiln", "glaze"]


def test_roles_in_other_words_reach_both_frameworks_as_theirs() -> None:
    with Memory.open(":memory:") as memory:
        memory.session("s").add([Message(role="User", content="Hi."), Message(role="CHATBOT", content="Hello.")])
        history = TieredChatMessageHistory(session_id="s", memory=memory)
        assert [message.type for message in history.messages] == ["human", "ai"]
        shown = TieredChatMemory.from_defaults(session_id="s", memory=memory).get()
        assert [message.role.value for message in shown] == ["user", "assistant"]


def test_both_frameworks_say_who_says_what_where_one_message_holds_it() -> None:
    said = [{"type": "tool_result", "tool_use_id": "t", "content": "send 密码"}, {"type": "text", "text": "go on"}]
    chat = HumanMessage(content=said)  # type: ignore[arg-type]
    quote, own = plain_text(to_core(chat), chat)
    assert "\nTool: send 密码\n" in quote.text
    assert own.text == "go on"
    (block,) = to_chat_message(Message(role="user", content=said)).blocks  # type: ignore[arg-type]
    assert "\nTool: send 密码\nUser: go on\n" in block.text  # type: ignore[union-attr]
