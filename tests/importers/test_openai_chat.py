"""Out again: messages as lines of OpenAI's chat, which LangChain and this importer read as the same conversation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import convert_to_messages

from tests.histories.shapes import FILES
from tests.importers.test_separation import ANTHROPIC, BEDROCK
from tiermem import Message, ToolCall
from tiermem.importers import formats, openai_chat
from tiermem.importers.shapes import message_of

PIXEL = "iVBORw0KGgo="


def written(*messages: Message) -> list[dict[str, Any]]:
    return [json.loads(line) for message in messages for line in openai_chat.lines(message)]


def test_calls_results_names_and_pictures_have_the_form_of_the_api() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    thought = {"type": "thinking", "thinking": "Hm.", "signature": "x"}
    assert written(
        Message(role="Human", content=[picture, {"type": "text", "text": "Look."}], name="Ann Lee"),
        Message(
            role="assistant",
            content=[thought, {"type": "text", "text": "I look."}],
            tool_calls=(ToolCall("c", "f", {"窑": 1}),),
        ),
        Message(role="tool", content="1260", tool_call_id="c", name="f"),
        Message(role="assistant", content=[thought]),
        Message(role="narrator", content="Later."),
        Message(role="tool", content="nobody asked"),
    ) == [
        {
            "role": "user",
            "name": "Ann_Lee",
            "content": [
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                {"type": "text", "text": "Look."},
            ],
        },
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"窑": 1}'}}],
        },
        {"role": "tool", "content": "1260", "tool_call_id": "c"},
        {"role": "user", "content": "Later.", "name": "narrator"},
        {"role": "user", "content": "nobody asked"},
    ]


@pytest.mark.parametrize("history", [ANTHROPIC, BEDROCK], ids=["anthropic", "bedrock"])
def test_results_in_content_become_messages_of_their_own(history: list[dict[str, Any]]) -> None:
    records = written(*(message_of(record, f"i{place}") for place, record in enumerate(history)))
    assert [(one["role"], one["content"], one.get("tool_call_id")) for one in records] == [
        ("user", "Kiln and glaze?", None),
        ("assistant", "I look.", None),
        ("tool", "1260 degrees", "kiln"),
        ("tool", "blue cupboard", "glaze"),
        ("user", "And the wheel?", None),
        ("assistant", "In the shed.", None),
    ]
    assert [call["id"] for call in records[1]["tool_calls"]] == ["kiln", "glaze"]


def test_every_sample_comes_back_with_the_same_roles_words_and_calls(tmp_path: Path) -> None:
    tried = 0
    for path in sorted(FILES.glob("*.json")):
        try:
            messages = [*formats.read(path)]
        except ValueError:
            continue
        records = written(*messages)
        assert len(convert_to_messages(records)) == len(records)
        file = tmp_path / "out.jsonl"
        file.write_text("".join(json.dumps(record) + "\n" for record in [*records, {"role": "user", "content": "."}]))
        again = [*formats.read(file)][:-1]
        assert written(*again) == records
        said = "\n".join(message.text for message in messages)
        assert all(text in said for message in again for text in message.text.split("\n"))
        tried += 1
    assert tried > 10
