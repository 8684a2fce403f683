"""What real files of programs for one person and a model do beyond their samples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.histories.shapes import every, one, thoughts, told

# --- ChatGPT


def chatgpt(messages: list[dict[str, Any]], **beside: Any) -> list[dict[str, Any]]:
    """An export of one conversation whose messages follow one another, unless they name a parent."""
    mapping: dict[str, Any] = {"root": {"id": "root", "message": None, "parent": None, "children": []}}
    before = "root"
    for message in messages:
        name = message["id"]
        mapping[name] = {"id": name, "message": message, "parent": message.pop("parent", before), "children": []}
        before = name
    return [{"title": "Glaze", "mapping": mapping, "current_node": before, "conversation_id": "c"} | beside]


def gpt(name: str, role: str, content: Any, **beside: Any) -> dict[str, Any]:
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    author = {"role": role, "name": beside.pop("author", None)}
    return {"id": name, "author": author, "create_time": None, "content": content, "recipient": "all", **beside}


def test_chatgpt_orders_by_the_tree_and_keeps_thoughts_apart() -> None:
    thought = {"content_type": "thoughts", "thoughts": [{"summary": "s", "content": "Cone 8, I think.", "chunks": []}]}
    recap = {"content_type": "reasoning_recap", "content": "Thought for 9s"}
    found = one(
        chatgpt(
            [
                gpt("u", "user", "Which cone?", create_time=100.0e7),
                gpt("t", "assistant", thought, create_time=100.0e7 + 12),
                gpt("r", "assistant", recap, create_time=100.0e7 + 13),
                gpt("a", "assistant", "Cone 8.", create_time=100.0e7 + 1, metadata={"model_slug": "m"}),
            ]
        )
    )
    assert told(found.path) == [("user", "Which cone?"), ("assistant", ""), ("assistant", "Cone 8.")]
    assert thoughts(found.path[1]) == ["Cone 8, I think."]
    assert found.path[0].state == {"title": "Glaze"}
    assert found.path[2].state == {"model": "m"}
    assert found.path[2].created_at == datetime(2001, 9, 9, 1, 46, 41, tzinfo=UTC)
    assert found.left_out == {"notes of how long a model thought": 1}


def test_chatgpt_pairs_calls_with_what_tools_said_and_shows_nothing_hidden() -> None:
    code = {"content_type": "code", "language": "python", "text": "print(1260)"}
    hidden = {"is_visually_hidden_from_conversation": True}
    found = one(
        chatgpt(
            [
                gpt("s", "system", "", metadata=hidden),
                gpt("i", "user", {"content_type": "user_editable_context", "user_profile": "I am a potter."}),
                gpt("u", "user", "Compute."),
                gpt("c", "assistant", code, recipient="python"),
                gpt("o", "tool", {"content_type": "execution_output", "text": "1260"}, author="python"),
                gpt("b", "assistant", '{"query": "cone"}', recipient="browser"),
                gpt(
                    "q",
                    "tool",
                    {"content_type": "tether_quote", "title": "Cones", "url": "u", "text": "Cone 8 is 1260."},
                ),
                gpt("a", "assistant", "1260."),
            ]
        )
    )
    assert told(found.path) == [
        ("user", "Compute."),
        ("assistant", "→ python c"),
        ("tool", "1260 ← c"),
        ("assistant", "→ browser b"),
        ("tool", "Cones\nCone 8 is 1260. ← b"),
        ("assistant", "1260."),
    ]
    assert [call.arguments for message in found.path for call in message.calls] == ["print(1260)", {"query": "cone"}]
    assert sum(found.left_out.values()) == 2


def test_chatgpt_takes_the_words_of_voice_pictures_and_files() -> None:
    voice = {
        "content_type": "multimodal_text",
        "parts": [
            {"content_type": "audio_transcription", "text": "How hot is it?", "direction": "in"},
            {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://x"},
            {
                "content_type": "image_asset_pointer",
                "asset_pointer": "file-1",
                "metadata": {"dalle": {"prompt": "a kiln"}},
            },
        ],
    }
    attached = {"attachments": [{"id": "f", "name": "kiln.pdf", "mime_type": "application/pdf"}]}
    (message,) = one(chatgpt([gpt("u", "user", voice, metadata=attached)])).path
    assert message.text == "How hot is it?\na kiln\nfile-1\nkiln.pdf"


def test_chatgpt_keeps_every_branch_that_says_something_else() -> None:
    found = one(
        chatgpt(
            [
                gpt("u", "user", "Name a glaze."),
                gpt("a1", "assistant", "Celadon."),
                gpt("u2", "user", "Another?"),
                gpt("x1", "assistant", "Shino.", parent="u2"),
                gpt("x2", "assistant", "Tenmoku.", parent="u2"),
                gpt("e", "user", "Name a clay.", parent="root"),
                gpt("e2", "assistant", "Stoneware.", parent="e"),
            ],
            current_node="x2",
        )
    )
    assert [one.text for one in found.path] == ["Name a glaze.", "Celadon.", "Another?", "Tenmoku."]
    assert [[one.text for one in branch] for branch in found.branches] == [
        ["Name a glaze.", "Celadon.", "Another?", "Shino."],
        ["Name a clay.", "Stoneware."],
    ]
    assert found.messages == 7


def test_chatgpt_says_what_it_does_not_know_and_survives_circles() -> None:
    odd = {"content_type": "hologram", "rays": [1]}
    found = one(
        chatgpt([gpt("u", "user", odd), gpt("v", "user", "Hi", parent="w"), gpt("w", "user", "Ho", parent="v")])
    )
    assert found.left_out["content of type hologram"] == 1
    assert {one.text for one in found.path} == {"Hi", "Ho"}


# --- Claude


def claude(messages: list[dict[str, Any]], **beside: Any) -> list[dict[str, Any]]:
    return [{"uuid": "c", "name": "Glaze", "chat_messages": messages} | beside]


def turn(name: str, sender: str, content: list[dict[str, Any]], **beside: Any) -> dict[str, Any]:
    shared = {"text": "This block is not supported on your current device yet.", "created_at": "2025-01-01T10:00:00Z"}
    return {"uuid": name, "sender": sender, "content": content, "attachments": [], "files": []} | shared | beside


def test_claude_reads_the_blocks_and_pairs_tools_without_ids() -> None:
    content = [
        {"type": "thinking", "thinking": "Look it up.", "summaries": []},
        {"type": "text", "text": "Looking."},
        {"type": "tool_use", "id": None, "name": "web_search", "input": {"query": "cone 8"}},
        {"type": "tool_use", "id": None, "name": "web_search", "input": {"query": "cone 9"}},
        {
            "type": "tool_result",
            "tool_use_id": None,
            "name": "web_search",
            "content": [{"type": "text", "text": "1260"}],
        },
        {
            "type": "tool_result",
            "tool_use_id": None,
            "name": "web_search",
            "content": [{"type": "text", "text": "1280"}],
        },
        {"type": "text", "text": "1260 and 1280."},
    ]
    found = one(claude([turn("m", "assistant", content)]))
    assert told(found.path) == [
        ("assistant", "Looking. → web_search m:2 → web_search m:3"),
        ("tool", "1260 ← m:2"),
        ("tool", "1280 ← m:3"),
        ("assistant", "1260 and 1280."),
    ]
    assert thoughts(found.path[0]) == ["Look it up."]
    assert [one.id for one in found.path] == ["m", "m/2", "m/3", "m/4"]


def test_claude_walks_the_parents_and_reads_attachments() -> None:
    root = "00000000-0000-4000-8000-000000000000"
    asked = [{"type": "text", "text": "Read this."}]
    file = {
        "attachments": [{"file_name": "notes.txt", "extracted_content": "The kiln is blue."}],
        "files": [{"file_name": "p.png"}],
    }
    found = one(
        claude(
            [
                turn("u", "human", asked, parent_message_uuid=root, **file),
                turn("a", "assistant", [{"type": "text", "text": "Old."}], parent_message_uuid="u"),
                turn("b", "assistant", [{"type": "text", "text": "New."}], parent_message_uuid="u"),
            ]
        )
    )
    assert [one.text for one in found.path] == ["notes.txt\nThe kiln is blue.\np.png\nRead this.", "New."]
    assert [branch[-1].text for branch in found.branches] == ["Old."]


def test_claude_of_before_there_were_blocks() -> None:
    (message,) = one(claude([turn("u", "human", [], text="Hello.")])).path
    assert (message.role, message.text) == ("user", "Hello.")


# --- LibreChat, Open WebUI, LM Studio, Takeout


def test_librechat_reads_trees_thoughts_and_tools() -> None:
    answer = {
        "messageId": "2",
        "parentMessageId": "1",
        "sender": "Agent",
        "isCreatedByUser": False,
        "createdAt": "2025-01-01T10:00:00Z",
        "content": [
            {"type": "think", "think": "Hm."},
            {"type": "tool_call", "tool_call": {"id": "t", "name": "look", "args": '{"q": 1}', "output": "1260"}},
            {"type": "text", "text": {"value": "It is 1260."}},
        ],
    }
    asked = {
        "messageId": "1",
        "isCreatedByUser": True,
        "text": "How hot?",
        "files": [{"filename": "a.txt", "type": "text/plain"}],
    }
    other = answer | {"messageId": "3", "content": [{"type": "text", "text": "Cold."}]}
    found = one({"conversationId": "c", "title": "T", "exportAt": "16:33:32", "recursive": True,
                 "messagesTree": [asked | {"children": [other, answer]}]})  # fmt: skip
    assert told(found.path) == [
        ("user", "a.txt\nHow hot?"), ("assistant", "→ look t"), ("tool", "1260 ← t"), ("assistant", "It is 1260."),
    ]  # fmt: skip
    assert thoughts(found.path[1]) == ["Hm."]
    assert found.path[1].name == "Agent"
    assert [branch[-1].text for branch in found.branches] == ["Cold."]


def test_openwebui_opens_what_is_folded_into_the_text() -> None:
    folded = (
        '<details type="reasoning" done="true" duration="3">\n<summary>Thought for 3 seconds</summary>\n&gt; Look &amp; see.\n</details>\n'  # noqa: E501  # a line of a file
        '<details type="tool_calls" done="true" id="t" name="look" arguments="&quot;{\\&quot;q\\&quot;: 1}&quot;" '
        'result="&quot;1260&quot;">\n<summary>Tool Executed</summary>\n</details>\nIt is <b>1260</b>.'
    )
    typed = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Again."}]},
        {"type": "function_call", "call_id": "k", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "k", "output": [{"type": "input_text", "text": "1280"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "And 1280."}]},
    ]
    file = {"type": "file", "name": "notes.md", "file": {"data": {"content": "blue kiln"}}}
    messages = {
        "u": {
            "id": "u",
            "parentId": None,
            "role": "user",
            "content": "How hot?",
            "timestamp": 1700000000,
            "files": [file],
        },
        "a": {"id": "a", "parentId": "u", "role": "assistant", "content": folded, "timestamp": 1700000001},
        "b": {"id": "b", "parentId": "a", "role": "assistant", "content": "ignored", "output": typed},
    }
    found = one({"id": "w", "title": "T", "chat": {"history": {"currentId": "b", "messages": messages}}})
    assert told(found.path) == [
        ("user", "notes.md\nblue kiln\nHow hot?"),
        ("assistant", "→ look t"),
        ("tool", "1260 ← t"),
        ("assistant", "It is <b>1260</b>."),
        ("assistant", "→ look k"),
        ("tool", "1280 ← k"),
        ("assistant", "And 1280."),
    ]
    assert [call.arguments for message in found.path for call in message.calls] == [{"q": 1}, {}]
    assert [thoughts(message) for message in found.path if thoughts(message)] == [["Look & see."], ["Again."]]


def test_openwebui_of_before_there_was_a_tree() -> None:
    messages = [{"role": "user", "content": "Hi", "timestamp": 1700000000}, {"role": "assistant", "content": "Ho"}]
    found = one([{"id": "w", "user_id": "u", "title": "T", "chat": {"messages": messages}}])
    assert told(found.path) == [("user", "Hi"), ("assistant", "Ho")]


def test_lmstudio_shows_the_selected_version_and_keeps_the_others() -> None:
    steps = [
        {"type": "contentBlock", "style": {"type": "thinking"}, "content": [{"type": "text", "text": "Hm."}]},
        {
            "type": "contentBlock",
            "content": [{"type": "toolCallRequest", "callId": 7, "name": "look", "parameters": {"q": 1}}],
        },
        {"type": "contentBlock", "content": [{"type": "toolCallResult", "callId": 7, "content": "1260"}]},
        {"type": "debugInfoBlock"},
        {"type": "contentBlock", "content": [{"type": "text", "text": "1260."}]},
    ]
    single = {"type": "singleStep", "role": "assistant", "content": [{"type": "text", "text": "Cold."}]}
    asked = {
        "type": "singleStep",
        "role": "user",
        "content": [{"type": "text", "text": "Hot?"}, {"type": "file", "fileIdentifier": "a.pdf"}],
    }
    found = one(
        {
            "name": "T",
            "createdAt": 1720000000000,
            "messages": [
                {"versions": [asked], "currentlySelected": 0},
                {
                    "versions": [single, {"type": "multiStep", "role": "assistant", "steps": steps}],
                    "currentlySelected": 1,
                },
            ],
        }
    )
    assert told(found.path) == [
        ("user", "Hot?\na.pdf"), ("assistant", "→ look 7"), ("tool", "1260 ← 7"), ("assistant", "1260."),
    ]  # fmt: skip
    assert thoughts(found.path[1]) == ["Hm."]
    assert [branch[-1].text for branch in found.branches] == ["Cold."]
    assert found.path[0].created_at == datetime(2024, 7, 3, 9, 46, 40, tzinfo=UTC)


def test_takeout_of_an_unlisted_language_turns_around_and_knows_conversations() -> None:
    def row(
        question: str, minute: int, link: str = "", answer: str = "<p>Ja.</p><ul><li>heiß &amp; gut</li></ul>"
    ) -> dict[str, Any]:
        details = [{"name": "x", "url": f"https://gemini.google.com/app/{link}"}] if link else []
        return {"header": "Gemini-Apps", "title": question, "time": f"2025-03-04T10:{minute:02}:00Z", "products": ["Gemini"],  # noqa: E501  # a line of a file
                "details": details, "safeHtmlItem": [{"html": answer}] if answer else []}  # fmt: skip

    rows = [
        row("Tippet inn hvor varmt", 5, "abc"),
        row("Tippet inn hvor kaldt", 4, "abc"),
        row("Ga tilbakemelding", 3, answer=""),
        row("Tippet inn noe gammelt", 1),
    ]
    old, new = every(rows)
    assert (old.id, new.id) == ("gemini", "gemini-abc")
    assert told(new.path) == [
        ("user", "inn hvor kaldt"), ("assistant", "Ja.\n- heiß & gut"),
        ("user", "inn hvor varmt"), ("assistant", "Ja.\n- heiß & gut"),
    ]  # fmt: skip
    assert old.left_out == {"activity that is no question (feedback, settings)": 1}
