"""What real files of frameworks, memories and collections do beyond their samples."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.histories.shapes import every, one, thoughts, told
from tiermem.errors import InvalidMessage


def test_letta_opens_envelopes_and_reads_what_it_said() -> None:
    def user(number: int, kind: str, **held: Any) -> dict[str, Any]:
        words = json.dumps({"type": kind, "time": "now", **held})
        return {"id": f"m{number}", "role": "user", "content": [{"type": "text", "text": words}], "tool_calls": None}

    calls = [{"id": "a", "function": {"name": "archival_memory_search", "arguments": '{"query": "kiln"}'}}]
    said = [{"id": "b", "function": {"name": "send_message", "arguments": '{"message": "Blue."}'}}]
    agent = {
        "id": "agent-1",
        "name": "potter",
        "messages": [
            user(1, "login"),
            user(2, "user_message", message="Which colour?"),
            {
                "id": "m3",
                "role": "assistant",
                "content": [{"type": "reasoning", "reasoning": "Look."}],
                "tool_calls": calls,
            },
            {
                "id": "m4",
                "role": "tool",
                "content": [],
                "tool_returns": [{"tool_call_id": "a", "func_response": "blue"}],
            },
            {"id": "m5", "role": "assistant", "content": [], "tool_calls": said},
            {
                "id": "m6",
                "role": "tool",
                "content": [{"type": "text", "text": "OK"}],
                "tool_call_id": "b",
                "tool_returns": [],
            },
            user(7, "heartbeat"),
        ],
    }
    found = one({"agents": [agent], "blocks": [{"label": "human", "value": "Ann"}]}, "a.af")
    assert told(found.path) == [
        ("user", "Which colour?"),
        ("assistant", "→ archival_memory_search a"),
        ("tool", "blue ← a"),
        ("assistant", "Blue."),
    ]
    assert thoughts(found.path[1]) == ["Look."]
    assert found.left_out["blocks of core memory"] == 1
    assert found.left_out["receipts of what an agent said"] == 1


def test_mem0_of_several_users_in_a_list() -> None:
    memories = [
        {
            "id": "2",
            "memory": "Fires at 1260",
            "user_id": "ann",
            "created_at": "2025-02-01T00:00:00-08:00",
            "categories": ["kiln"],
        },
        {"id": "1", "memory": "Has a kiln", "user_id": "ann", "created_at": "2025-01-01T00:00:00-08:00"},
        {"id": "3", "memory": "Paints", "user_id": "bob", "created_at": None},
    ]
    ann, bob = every(memories)
    assert [(one.text, one.created_at) for one in ann.path] == [
        ("Has a kiln", datetime(2025, 1, 1, 8, tzinfo=UTC)),
        ("Fires at 1260", datetime(2025, 2, 1, 8, tzinfo=UTC)),
    ]
    assert (bob.id, bob.undated) == ("mem0-bob", 1)


def test_langsmith_follows_a_thread_over_its_runs() -> None:
    def message(kind: str, words: str) -> dict[str, Any]:
        return {"type": kind, "content": words}

    def run(
        name: str, asked: list[dict[str, Any]], answer: dict[str, Any], start: str, **beside: Any
    ) -> dict[str, Any]:
        return {"id": name, "run_type": "llm", "start_time": start, "inputs": {"messages": [asked]},
                "outputs": {"generations": [[{"text": "", "message": answer}]]}, "extra": {"metadata": {"thread_id": "t"}}} | beside  # fmt: skip  # noqa: E501  # a line of a file

    first, answer, second = message("human", "Hot?"), message("ai", "1260."), message("human", "Sure?")
    found = one(
        (
            run("2", [first, answer, second], message("ai", "Yes."), "2025-01-01T10:01:00"),
            run("1", [first], answer, "2025-01-01T10:00:00"),
            {"id": "3", "run_type": "chain", "inputs": {}, "outputs": {}, "extra": {"metadata": {"thread_id": "t"}}},
        )
    )
    assert (found.id, [one.text for one in found.path]) == ("langsmith-t", ["Hot?", "1260.", "Sure?", "Yes."])
    assert found.path[0].created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert found.left_out == {"runs without messages (chains, tools, retrievers)": 1}


@pytest.mark.parametrize(("invocation", "target"), [
    ("invocationId", "rewindBeforeInvocationId"), ("invocation_id", "rewind_before_invocation_id"),
])  # fmt: skip
def test_turns_that_adk_took_back_are_branches(invocation: str, target: str) -> None:
    def event(name: str, turn: str, words: str, author: str = "user") -> dict[str, Any]:
        return {"id": name, invocation: turn, "author": author, "content": {"parts": [{"text": words}]}}

    found = one({"id": "s", "appName": "a", "userId": "u", "events": [
        event("1", "t1", "Salt?"), event("2", "t1", "Half a spoon.", "cook"),
        event("3", "t2", "Sugar?"), event("4", "t2", "None.", "cook"),
        {"id": "5", invocation: "t3", "author": "user", "actions": {target: "t2"}},
        event("6", "t4", "Pepper?"),
        {"id": "7", invocation: "t5", "author": "user", "actions": {target: "t4"}},
        event("8", "t6", "Thyme?"),
    ]})  # fmt: skip
    told = [[message.text for message in path] for path in (found.path, *found.branches)]
    assert told == [
        ["Salt?", "Half a spoon.", "Thyme?"],
        ["Salt?", "Half a spoon.", "Sugar?", "None."],
        ["Salt?", "Half a spoon.", "Pepper?"],
    ]
    assert (found.messages, found.left_out) == (6, {})


def test_adk_pairs_functions_and_names_its_agents() -> None:
    call = {"functionCall": {"id": "f", "name": "look", "args": {"q": 1}}, "text": None}
    answer = {"functionResponse": {"id": "f", "name": "look", "response": {"result": "1260"}}}
    found = one({"id": "s", "appName": "a", "userId": "u", "events": [
        {"id": "1", "author": "user", "content": {"role": "user", "parts": [{"text": "Hot?"}]}, "timestamp": 1725000000.5},  # noqa: E501  # a line of a file
        {"id": "2", "author": "potter", "content": {"role": "model", "parts": [call]}},
        {"id": "3", "author": "potter", "content": {"role": "user", "parts": [answer]}},
        {"id": "4", "author": "potter", "content": {"role": "model", "parts": [{"text": "12"}]}, "partial": True},
        {"id": "5", "author": "potter", "content": {"role": "model", "parts": [{"text": "1260."}]}},
        {"id": "6", "author": "potter", "content": None, "actions": {"stateDelta": {}}},
    ]})  # fmt: skip
    assert [(one.acts_as, one.name, one.text) for one in found.path] == [
        ("user", None, "Hot?"), ("assistant", "potter", ""), ("tool", "potter", '{"result":"1260"}'),
        ("assistant", "potter", "1260."),
    ]  # fmt: skip
    assert [call.name for call in found.path[1].calls] == ["look"]
    assert found.path[2].answers == ("f",)
    assert sum(found.left_out.values()) == 2


def test_rows_of_the_agents_sdk_that_are_damaged_are_told() -> None:
    rows = [
        {
            "id": 2,
            "session_id": "s",
            "message_data": '{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}',
        },
        {
            "id": 1,
            "session_id": "s",
            "message_data": '{"role": "user", "content": "Hi"}',
            "created_at": "2025-01-01 10:00:00",
        },
        {"id": 3, "session_id": "s", "message_data": '{"role": '},
        {"id": 4, "session_id": "t", "message_data": '{"role": "user", "content": "Ho"}'},
    ]
    first, second = every(rows)
    assert told(first.path) == [("user", "Hi"), ("assistant", "→ f c")]
    assert first.left_out == {"rows that are damaged": 1}
    assert told(second.path) == [("user", "Ho")]


def test_threads_say_that_there_is_more() -> None:
    message = {"id": "m", "object": "thread.message", "thread_id": "t", "role": "user", "created_at": 1699000000,
               "content": [{"type": "text", "text": {"value": "Hi", "annotations": []}}]}  # fmt: skip
    found = one({"object": "list", "data": [message], "has_more": True})
    assert [one.text for one in found.path] == ["Hi"]
    assert len(found.left_out) == 1


def test_oasst_shows_the_answer_that_was_ranked_first() -> None:
    def message(name: str, parent: str | None, role: str, rank: int | None = None) -> dict[str, Any]:
        return {"message_id": name, "parent_id": parent, "text": name, "role": role, "rank": rank}

    flat = (
        message("q", None, "prompter"),
        message("bad", "q", "assistant", 1),
        message("good", "q", "assistant", 0),
        message("more", "good", "prompter"),
    )
    found = one(flat)
    assert [one.text for one in found.path] == ["q", "good", "more"]
    assert [[one.text for one in branch] for branch in found.branches] == [["q", "bad"]]
    replies = [{**flat[1], "replies": []}, {**flat[2], "replies": [{**flat[3], "replies": []}]}]
    tree = one(({"message_tree_id": "q", "prompt": {**flat[0], "replies": replies}}, {"x": 1}))
    assert [one.text for one in tree.path] == ["q", "good", "more"]


def test_collections_know_their_own_words() -> None:
    turns = [
        {"from": "system", "value": "Be brief."}, {"from": "human", "value": "Hot?"},
        {"from": "function_call", "value": "{}"}, {"from": "observation", "value": "1260"}, {"from": "gpt", "value": ""},  # noqa: E501  # a line of a file
    ]  # fmt: skip
    found = one([{"conversations": turns}])
    assert told(found.path) == [("system", "Be brief."), ("user", "Hot?"), ("assistant", "{}"), ("tool", "1260")]
    assert found.left_out == {"turns without words": 1}
    assert found.id == one([{"conversations": turns}]).id
    twice = every([{"messages": [{"role": "user", "content": w}], "label": 1} for w in ("a", "b")])
    assert len({one.id for one in twice}) == 2
    assert twice[0].left_out == {"fields beside the messages (label)": 1}


def test_a_fault_names_its_place() -> None:
    with pytest.raises(InvalidMessage, match=r"file\.json, conversation 2, message 1: "):
        every(({"messages": [{"role": "user", "content": "a"}]}, {"messages": [{"role": "user"}]}))


def test_what_stands_twice_is_kept_once_and_two_of_one_id_are_refused() -> None:
    hi = {"role": "user", "content": "Hi", "id": "m"}
    found = one([hi, hi])
    assert [message.text for message in found.path] == ["Hi"]
    assert found.left_out == {"messages that stand there a second time": 1}
    with pytest.raises(InvalidMessage, match="same id"):
        one([hi, hi | {"content": "Ho"}])
