"""A step of an agent looks at what is new of its state; what was changed in place, taken out or put in is seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import converted
from langchain_tiered_memory.agents import listing, looked_at
from langchain_tiered_memory.agents.listing import roster_of
from langchain_tiered_memory.agents.looked_at import LookedAt
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, call, read_page, reading, thread, tiered
from tiermem import Message
from tiermem.agents.reconcile import marks


def state(count: int = 12) -> list[BaseMessage]:
    """Questions, calls, results and answers, of text and of blocks."""
    messages: list[BaseMessage] = []
    for number in range(count // 4):
        messages += [
            HumanMessage(f"question {number}", id=f"q{number}"),
            AIMessage(
                [{"type": "text", "text": "I look"}],
                id=f"c{number}",
                tool_calls=[{"name": "look", "args": {"at": [number]}, "id": f"call-{number}"}],
            ),
            ToolMessage(f"result {number}", tool_call_id=f"call-{number}", id=f"r{number}"),
            AIMessage(f"answer {number}", id=f"a{number}"),
        ]
    return messages


CHANGES: dict[str, Callable[[list[BaseMessage]], object]] = {
    "other words": lambda messages: setattr(messages[4], "content", "another question"),
    "another id": lambda messages: setattr(messages[3], "id", "new"),
    "an argument inside of a call": lambda messages: messages[5].tool_calls[0]["args"]["at"].append(7),  # type: ignore[attr-defined]
    "a word inside of a block": lambda messages: messages[1].content[0].update(text="I looked"),  # type: ignore[union-attr]
    "a block more": lambda messages: messages[1].content.append({"type": "text", "text": "!"}),  # type: ignore[union-attr]
    "a call more": lambda messages: messages[7].tool_calls.append({"name": "f", "args": {}, "id": "x"}),  # type: ignore[attr-defined]
    "one taken out": lambda messages: messages.pop(2),
    "one put in": lambda messages: messages.insert(3, HumanMessage("between", id="b")),
    "one in place of another": lambda messages: messages.__setitem__(0, HumanMessage("first", id="q0")),
    "the end taken out": lambda messages: messages.__delitem__(slice(8, None)),
    "all replaced": lambda messages: messages.__setitem__(slice(None), state(8)),
    "nothing": lambda messages: None,
    "more": lambda messages: messages.extend(state(4)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_checksums_of_a_state_are_those_of_one_that_nobody_looked_at(
    change: Callable[[list[BaseMessage]], object],
) -> None:
    known, messages = LookedAt(), state()
    before = known.checks("t", messages)
    change(messages)
    after = known.checks("t", messages)
    listed = roster_of(messages, owned=True).listed
    for count in range(len(messages) + 1):
        assert (after[count], after[-1]) == marks(listed, count)
    assert (list(before) == list(after)) == (change is CHANGES["nothing"])


def test_only_what_is_new_of_a_state_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    mark = looked_at.mark
    monkeypatch.setattr(looked_at, "mark", lambda message: looks.append(str(message.id)) or mark(message))
    known, messages = LookedAt(), state(8)
    known.checks("t", messages)
    messages += state(4)
    looks.clear()
    known.checks("t", messages)
    known.checks("t", list(messages))
    assert looks == ["q0", "c0", "r0", "a0"]
    known.checks("another thread", messages)
    assert len(looks) == 4 + 12


class Uncopied:
    """An object of a caller's that cannot be copied."""

    def __deepcopy__(self, known: object) -> None:
        raise RuntimeError("one of a kind")


@pytest.mark.parametrize(
    "value",
    [np.arange(3), threading.Lock(), Uncopied(), (n for n in range(3))],
    ids=["array", "lock", "own object", "generator"],
)
def test_what_can_be_neither_copied_nor_compared_is_looked_at_each_time(value: Any) -> None:
    known, messages = LookedAt(), state(4)
    messages[0] = HumanMessage([{"type": "shown", "data": value}], id="q0")
    messages[1] = AIMessage("", id="c0", tool_calls=[{"name": "f", "args": {"x": value}, "id": "call-0"}])
    for _ in range(2):
        checks = known.checks("t", messages)
        listed = roster_of(messages, owned=True).listed
        assert [(checks[count], checks[-1]) for count in range(5)] == [marks(listed, count) for count in range(5)]


def test_states_that_are_remembered_are_bounded() -> None:
    known = LookedAt(most=30 * looked_at.MESSAGE)
    for name in range(20):
        known.checks(name, state(12))
    assert known.weight <= 30 * looked_at.MESSAGE


def test_a_step_lists_and_converts_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed: list[BaseMessage] = []
    shown: list[Message] = []
    counts: list[tuple[int, int]] = []
    one, to_langchain = listing._listed, converted.to_langchain
    monkeypatch.setattr(listing, "_listed", lambda message, limit: listed.append(message) or one(message, limit))
    monkeypatch.setattr(converted, "to_langchain", lambda message: shown.append(message) or to_langchain(message))

    def script(messages: list[BaseMessage], turn: int) -> AIMessage | None:
        counts.append((len(listed), len(shown)))
        listed.clear()
        shown.clear()
        return call(turn) if turn <= 12 else None

    middleware = tiered(tmp_path, tools=False)
    agent(Scripted(script=script), middleware).invoke({"messages": [HumanMessage("Read!")]}, thread())
    assert len(counts) == 13
    assert all(listings <= 4 and forms <= 2 for listings, forms in counts), counts  # a call and its result


def test_what_a_model_does_to_its_prompt_changes_no_later_one(tmp_path: Path) -> None:
    def spoiling(messages: list[BaseMessage], turn: int) -> AIMessage | None:
        texts.append([message.text for message in messages])
        for message in messages:
            message.content = "spoilt"
            message.additional_kwargs["spoilt"] = True
            for made in getattr(message, "tool_calls", []):
                made["args"]["spoilt"] = True
        return call(turn) if turn <= 4 else None

    texts: list[list[str]] = []
    middleware = tiered(tmp_path, tools=False)
    built = agent(Scripted(script=spoiling), middleware, checkpointer=InMemorySaver())
    built.invoke({"messages": [HumanMessage("Read all pages.")]}, thread())
    built.invoke({"messages": [HumanMessage("Thank you.")]}, thread())
    for earlier, later in pairwise(texts):
        assert later[: len(earlier)] == earlier
    stored = middleware.session(thread_id="t").messages()
    assert "spoilt" not in " ".join(f"{message.text} {message.tool_calls} {message.raw}" for message in stored)


def test_a_message_changed_in_place_between_two_runs_is_told_anew(tmp_path: Path) -> None:
    middleware, model = tiered(tmp_path, tools=False), Scripted(script=reading(0))
    built = agent(model, middleware, tools=[read_page])
    messages: list[Any] = [HumanMessage("I live in Rome.", id="h")]
    result = built.invoke({"messages": messages}, thread())
    result["messages"][0].content = "I live in Oslo."
    built.invoke({**result, "messages": [*result["messages"], HumanMessage("Where do I live?")]}, thread())
    texts = [message.text for message in model.prompts[-1]]
    assert "I live in Oslo." in texts
