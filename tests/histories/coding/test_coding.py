"""What real files of coding agents do beyond their samples."""

from __future__ import annotations

from typing import Any

from tests.histories.shapes import every, one, thoughts, told


def line(uuid: str, parent: str | None, kind: str, content: Any, **beside: Any) -> dict[str, Any]:
    message = {"role": kind, "content": content} | ({"id": beside.pop("message")} if "message" in beside else {})
    shared = {"sessionId": "s", "isSidechain": False, "timestamp": "2025-09-01T10:00:00Z"}
    return {"uuid": uuid, "parentUuid": parent, "type": kind, "message": message} | shared | beside


def use(name: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": name, "name": "Read", "input": {"path": name}}


def result(name: str, words: str) -> list[dict[str, Any]]:
    return [{"type": "tool_result", "tool_use_id": name, "content": words}]


def test_claude_code_makes_one_answer_of_its_lines_and_no_branch_of_parallel_calls() -> None:
    found = one(
        (
            line("1", None, "user", "Look."),
            line("2", "1", "assistant", [{"type": "thinking", "thinking": "Two files."}], message="m"),
            line("3", "2", "assistant", [use("a")], message="m"),
            line("4", "3", "assistant", [use("b")], message="m"),
            line("5", "3", "user", result("a", "one")),
            line("6", "4", "user", result("b", "two")),
            line("7", "6", "assistant", [{"type": "text", "text": "Both read."}], message="n"),
        )
    )
    assert told(found.path) == [
        ("user", "Look."),
        ("assistant", "→ Read a → Read b"),
        ("tool", "one ← a"),
        ("tool", "two ← b"),
        ("assistant", "Both read."),
    ]
    assert found.branches == ()
    assert thoughts(found.path[1]) == ["Two files."]


def test_claude_code_goes_on_behind_a_compaction_and_keeps_what_was_rewound() -> None:
    boundary = {
        "type": "system",
        "subtype": "compact_boundary",
        "uuid": "b",
        "parentUuid": None,
        "logicalParentUuid": "2",
    }
    found = one(
        (
            line("1", None, "user", "First."),
            line("2", "1", "assistant", [{"type": "text", "text": "Done."}], message="m"),
            line("x", "2", "user", "A wrong turn."),
            boundary,
            line("c", "b", "user", "This session is being continued…", isCompactSummary=True),
            line("3", "c", "user", "Second."),
            {"type": "file-history-snapshot", "messageId": "3"},
            line("n", "3", "user", "<local-command-caveat>", isMeta=True),
            line("4", "n", "assistant", [{"type": "text", "text": "Also done."}], message="o"),
            {"type": "summary", "summary": "Two things", "leafUuid": "4"},
            '{"uuid": "5", "half a li',
        )
    )
    assert [one.text for one in found.path] == ["First.", "Done.", "Second.", "Also done."]
    assert [[one.text for one in branch] for branch in found.branches] == [["First.", "Done.", "A wrong turn."]]
    assert found.title == "Two things"
    assert found.left_out["line 11, which is no JSON"] == 1
    assert sum(found.left_out.values()) == 5


def test_claude_code_gives_agents_of_its_own_conversations_of_their_own() -> None:
    own, agent = every(
        (
            line("1", None, "user", "Search."),
            line("a", None, "user", "Find the kiln.", isSidechain=True),
            line("b", "a", "assistant", [{"type": "text", "text": "Found."}], message="k", isSidechain=True),
            line("2", "1", "assistant", [{"type": "text", "text": "It is blue."}], message="m"),
        )
    )
    assert [one.text for one in own.path] == ["Search.", "It is blue."]
    assert (agent.id, [one.text for one in agent.path]) == ("claude-code-s.agent-a", ["Find the kiln.", "Found."])


def test_codex_reads_each_turn_once_and_keeps_what_was_rolled_back() -> None:
    def item(**payload: Any) -> dict[str, Any]:
        return {"timestamp": "2025-09-01T10:00:00Z", "type": "response_item", "payload": payload}

    def human(words: str) -> dict[str, Any]:
        return item(type="message", role="user", content=[{"type": "input_text", "text": words}])

    def event(**payload: Any) -> dict[str, Any]:
        return {"timestamp": "2025-09-01T10:00:00Z", "type": "event_msg", "payload": payload}

    found = one(
        (
            {"timestamp": "2025-09-01T10:00:00Z", "type": "session_meta", "payload": {"id": "s"}},
            human("<environment_context>\n<cwd>/x</cwd>"),
            human("List."),
            event(type="user_message", message="List."),
            item(type="reasoning", id="r", summary=[{"type": "summary_text", "text": "ls"}], encrypted_content="…"),
            item(type="reasoning", id="r2", summary=[], encrypted_content="…"),
            item(type="function_call", call_id="c", name="shell", arguments='{"command": ["ls"]}'),
            item(type="function_call_output", call_id="c", output="kiln.py"),
            item(type="message", role="assistant", content=[{"type": "output_text", "text": "One file."}]),
            human("Delete it."),
            event(type="thread_rolled_back", num_turns=1),
            {"timestamp": "2025-09-01T10:00:00Z", "type": "compacted", "payload": {"message": "…"}},
            human("Keep it."),
        )
    )
    assert told(found.path) == [
        ("user", "List."),
        ("assistant", ""),
        ("assistant", "→ shell c"),
        ("tool", "kiln.py ← c"),
        ("assistant", "One file."),
        ("user", "Keep it."),
    ]
    assert [branch[-1].text for branch in found.branches] == ["Delete it."]
    assert set(found.left_out) == {
        "what Codex adds itself (instructions, the state of the machine)",
        "thoughts that are encrypted",
        "summaries of what stands here in full",
    }


def test_codex_of_before_there_were_envelopes() -> None:
    found = one(
        (
            {"id": "old", "timestamp": "2025-06-01T10:00:00Z", "instructions": None},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi."}]},
            {"record_type": "state"},
        )
    )
    assert (found.id, told(found.path)) == ("codex-old", [("user", "Hi.")])


def test_gemini_cli_applies_its_records() -> None:
    call = {
        "id": "t",
        "name": "read",
        "args": {"p": 1},
        "result": [{"functionResponse": {"response": {"output": "blue"}}}],
    }
    found = one(
        (
            {"sessionId": "s", "projectHash": "h"},
            {"id": "1", "type": "user", "content": [{"text": "Read."}], "timestamp": "2025-08-01T10:00:00Z"},
            {"id": "2", "type": "gemini", "content": "", "thoughts": [{"subject": "Plan", "description": "read it"}]},
            {"id": "2", "type": "gemini", "content": "It is blue.", "toolCalls": [call]},
            {"id": "3", "type": "user", "content": "Oops."},
            {"$rewindTo": "3"},
            {"id": "4", "type": "info", "content": "Checkpoint."},
            {"id": "5", "type": "user", "content": "Thanks."},
            {"$set": {"lastUpdated": "2025-08-01T10:00:00Z"}},
        )
    )
    assert told(found.path) == [
        ("user", "Read."),
        ("assistant", "→ read t"),
        ("tool", "blue ← t"),
        ("assistant", "It is blue."),
        ("user", "Thanks."),
    ]
    assert thoughts(found.path[1]) == ["Plan: read it"]
    assert [branch[-1].text for branch in found.branches] == ["Oops."]
    assert found.left_out == {"notes of the program (information, errors)": 1}


def test_aider_loses_no_comment_and_starts_anew() -> None:
    text = """
# aider chat started at 2025-01-01 10:00:00

> aider v0.86.2
> Added kiln.py

#### How hot is the kiln?
#### And why?

It says:

```python
# a comment that is code
#### even this one
heat = 1260
```

> Tokens: 1.2k sent

# aider chat started at 2025-01-02 10:00:00

#### Thanks.
"""
    first, second = every(text, "chat.md")
    assert told(first.path) == [
        ("user", "How hot is the kiln?\nAnd why?"),
        ("assistant", "It says:\n\n```python\n# a comment that is code\n#### even this one\nheat = 1260\n```"),
    ]
    assert first.left_out == {"lines of the program (costs, files added, edits applied)": 3}
    assert told(second.path) == [("user", "Thanks.")]


def test_continue_keeps_the_context_that_was_chosen() -> None:
    calls = [{"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    found = one(
        {
            "sessionId": "s",
            "title": "T",
            "history": [
                {
                    "message": {"role": "user", "content": "Why?"},
                    "contextItems": [{"name": "kiln.py", "content": "heat = 1"}],
                },
                {"message": {"role": "thinking", "content": "Hm."}},
                {"message": {"role": "assistant", "content": "", "toolCalls": calls}},
                {"message": {"role": "tool", "content": "1260", "toolCallId": "c"}},
            ],
        }
    )
    assert told(found.path) == [
        ("user", "kiln.py\nheat = 1"), ("user", "Why?"), ("assistant", ""), ("assistant", "→ look c"), ("tool", "1260 ← c"),  # noqa: E501  # a line of a file
    ]  # fmt: skip
    assert thoughts(found.path[2]) == ["Hm."]
