"""A span larger than the model's window is read in parts, and every word of it by some call."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.summaries.answering import Model, wrote
from tiermem import Message
from tiermem.flows.summarizer import Answer, Request, SummaryWriter


class Reading(Model):
    """A model that reads: it takes over the earlier notes and adds a line for each locker that it is shown."""

    def __init__(self, limit: int = 10**9) -> None:
        super().__init__()
        self.limit = limit

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        text = "\n".join(turn.text for turn in request.turns)
        if request.structured:
            raise NotImplementedError
        if len(text) > self.limit:
            raise ValueError("This model's maximum context length is 4096 tokens")
        known = re.findall(r"locker (\d+) opens with (\w+-\d+)", text)
        newest = list(dict(known).items())[-12:]
        lines = [{"text": f"locker {number} opens with {code}", "messages": [int(number)]} for number, code in newest]
        return Answer(text=json.dumps({"user_goal": "keep the codes", "key_decisions": lines}))


def lockers(count: int, filler: int) -> list[Message]:
    return [
        Message(
            role=("user", "assistant")[n % 2],
            content=f"{'talk ' * (filler // 2)}locker {n} opens with zebra-{n * 7919}. {'more ' * (filler // 2)}",
            sequence=n,
        )
        for n in range(1, count + 1)
    ]


def test_a_span_larger_than_the_window_is_read_in_parts_each_with_the_notes_on_what_came_before() -> None:
    model, writer = Reading(), SummaryWriter(max_input_tokens=4_000)
    summary = writer.run(lockers(40, 300), model)
    asked = [one for one in model.asked if not one.structured]
    assert len(asked) > 4
    assert all("earlier_summary" in one.turns[1].text for one in asked[1:])
    assert all(writer._count(turn.text) < 4_000 for one in asked for turn in one.turns)
    assert len(summary.key_decisions) == 12
    assert summary.key_decisions[-1] == "locker 40 opens with zebra-316760"
    assert summary.sources["key_decisions.11"] == [40]
    assert summary.count == 40


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 1_500), min_size=1, max_size=12), st.integers(2_000, 6_000))
def test_a_fact_in_any_message_is_in_the_input_of_some_call(sizes: list[int], window: int) -> None:
    messages = [
        Message(role="user", content=f"{'a b ' * (size // 2)}fact{n} is zebra-{n * 7919} {'c ' * (size % 700)}")
        for n, size in enumerate(sizes)
    ]
    model = Model(plain=['{"user_goal": "a b"}'])
    wrote(model, messages, max_input_tokens=window)
    sent = [turn.text for request in model.asked for turn in request.turns]
    for n in range(len(sizes)):
        assert any(f"fact{n} is zebra-{n * 7919}" in text for text in sent)


def test_a_model_that_reads_less_than_it_declares_is_asked_in_smaller_parts() -> None:
    model = Reading(limit=16_000)
    summary = SummaryWriter(max_input_tokens=8_000).run(lockers(30, 200), model)
    assert summary.key_decisions[-1].startswith("locker 30 ")
    model = Reading(limit=10)
    with pytest.raises(ValueError, match="maximum context length"):
        SummaryWriter(max_input_tokens=8_000).run(lockers(30, 200), model)
    assert len(model.asked) <= 5
