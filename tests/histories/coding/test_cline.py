"""Cline's tasks, as its versions 3 (tools in the text, tools of their own) and 4 write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.histories.shapes import every, one, thoughts, told
from tiermem import Memory
from tiermem.histories.bringing import bring
from tiermem.histories.reading import read

STATE = "<environment_details>\n# VSCode Visible Files\nkiln.py\n</environment_details>"
SENT = "api_conversation_history.json"


def user(*texts: str, **beside: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": one} for one in texts], **beside}


def model(text: str, **beside: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": [{"type": "text", "text": text}], **beside}


TALK = [
    user("<task>\nHow hot is the kiln?\n</task>", STATE),
    model("<thinking>\nIt may.\n</thinking>\n\nLet me look.\n<read_file>\n<path>kiln.py</path>\n</read_file>"),
    user("[read_file for 'kiln.py'] Result:", "heat = 1260  # <task> of its own", STATE),
    model("<write_to_file>\n<path>a.html</path>\n<content>\n<html><path>x</path></html>\n</content>\n</write_to_file>"),
    user("[write_to_file for 'a.html'] Result:\nThe content was saved.", STATE),
    model("<attempt_completion>\n<result>\nIt fires at 1260 degrees.\n</result>\n</attempt_completion>"),
    user("[attempt_completion] Result:", "The user says:", "<feedback>\nIn Fahrenheit?\n</feedback>", STATE),
]  # fmt: skip


def test_tools_in_the_text_are_calls_and_results_and_what_wraps_words_is_gone() -> None:
    found = one(TALK, f"tasks/1725000000000/{SENT}")
    assert found.id == "cline-1725000000000"
    ids = [call.id for message in found.path for call in message.calls]
    assert told(found.path) == [
        ("user", "How hot is the kiln?"),
        ("assistant", f"Let me look. → read_file {ids[0]}"),
        ("tool", f"heat = 1260  # <task> of its own ← {ids[0]}"),
        ("assistant", f"→ write_to_file {ids[1]}"),
        ("tool", f"The content was saved. ← {ids[1]}"),
        ("assistant", "It fires at 1260 degrees."),
        ("user", "The user says:\nIn Fahrenheit?"),
    ]
    assert thoughts(found.path[1]) == ["It may."]
    assert found.path[3].calls[0].arguments == {"path": "a.html", "content": "<html><path>x</path></html>"}
    assert found.left_out == {"what Cline adds itself (the state of the machine and of its task)": 4}


def test_the_screen_beside_it_says_when_and_a_task_that_goes_on_adds_what_is_new(tmp_path: Path) -> None:
    task = tmp_path / "1725000000000"
    task.mkdir()
    shown = [
        {"ts": 1_725_000_000_100, "type": "say", "say": "task", "text": "Hot?", "conversationHistoryIndex": -1},
        {"ts": 1_725_000_060_000, "type": "say", "say": "text", "text": "Let me look.", "conversationHistoryIndex": 1},
    ]  # fmt: skip
    (task / "ui_messages.json").write_text(json.dumps(shown))
    (task / "task_metadata.json").write_text('{"files_in_context": []}')
    (task / SENT).write_text(json.dumps(TALK[:2]))
    (found,) = (one for file in read(task / SENT) for one in file.conversations)
    assert [one.when.second for one in found.path if one.when] == [0, 0]
    assert [one.when.minute for one in found.path if one.when] == [40, 41]
    (task / SENT).write_text(json.dumps(TALK))
    (whole,) = (one for file in read(tmp_path) for one in file.conversations)
    assert (whole.id, whole.path[:2]) == (found.id, found.path)
    with Memory.open(":memory:") as memory:
        assert [bring(memory, one, "ann").added for one in (found, whole, whole)] == [2, 5, 0]


def test_a_task_of_which_only_the_screen_is_left_is_what_was_shown() -> None:
    shown = [
        {"ts": 1_725_000_000_000, "type": "say", "say": "task", "text": "How hot is the kiln?"},
        {"ts": 1_725_000_001_000, "type": "say", "say": "api_req_started", "text": "{}"},
        {"ts": 1_725_000_002_000, "type": "say", "say": "reasoning", "text": "Look."},
        {"ts": 1_725_000_003_000, "type": "ask", "ask": "followup", "text": '{"question": "Which one?"}'},
        {"ts": 1_725_000_004_000, "type": "say", "say": "user_feedback", "text": "The blue one."},
        {"ts": 1_725_000_005_000, "type": "say", "say": "text", "text": "126", "partial": True},
        {"ts": 1_725_000_006_000, "type": "say", "say": "completion_result", "text": "1260."},
    ]  # fmt: skip
    found = one(shown, "1725000000000/ui_messages.json")
    words = [
        ("user", "How hot is the kiln?"),
        ("assistant", ""),
        ("assistant", "Which one?"),
        ("user", "The blue one."),
    ]
    assert told(found.path) == [*words, ("assistant", "1260.")]
    assert found.path[0].when is not None


def test_tools_of_their_own_and_the_files_of_version_4() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "read_files", "input": {"path": "kiln.py"}}
    answer = [{"query": "kiln.py", "result": "heat = 1260", "success": True}]
    session = {
        "version": 1, "updated_at": "2026-07-15T05:42:04.818Z", "agent": "lead", "sessionId": "17_x",
        "messages": [
            {"id": "m1", "role": "user", "ts": 1_783_376_868_634, "content": [
                {"type": "text", "text": '<user_input mode="act">How hot?</user_input><mode_notice>act</mode_notice>'},
                {"type": "file", "path": "/home/ann/notes.md", "content": "The blue kiln."}]},
            {"id": "m2", "role": "assistant", "ts": 1_783_376_869_000, "modelInfo": {"id": "m", "provider": "p"},
             "content": [{"type": "thinking", "thinking": "Look."}, use]},
            {"id": "m3", "role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": answer}]},
            {"id": "m4", "role": "user", "metadata": {"kind": "compaction_summary"}, "content": "…"},
            {"id": "m5", "role": "assistant", "content": [{"type": "text", "text": "1260 degrees."}]},
        ],
    }  # fmt: skip
    beside = {"17_x/17_x.json": {"version": 1, "metadata": {"title": "The kiln"}}}
    found = one(session, "17_x/17_x.messages.json", beside=beside)
    assert (found.id, found.title) == ("cline-17_x", "The kiln")
    assert told(found.path) == [
        ("user", "How hot?\n/home/ann/notes.md\nThe blue kiln."),
        ("assistant", "→ read_files t1"),
        ("tool", "kiln.py\nheat = 1260 ← t1"),
        ("assistant", "1260 degrees."),
    ]
    assert found.path[1].state["model"] == "m"
    assert found.left_out["summaries of what stands here in full"] == 1
    assert every(session, "17_x/17_x.compaction.json") == []


def test_words_that_never_end_are_read_in_a_moment() -> None:
    long = [
        user("<task>" * 40_000, "[read_file for '" * 20_000),
        model("<read_file><path>" * 40_000 + "<thinking>" * 40_000),
    ]
    assert one(long, SENT).path
