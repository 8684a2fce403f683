"""What a summariser returns is a claim: it is read in every form, checked, and given its sources, or rejected."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.properties.thinned import share
from tiermem.errors import SummaryRejected
from tiermem.messages import Message
from tiermem.records import StructuredSummary, TimeRange
from tiermem.summaries.lines import LABEL_LIMIT, LINE_LIMIT, LIST_LIMITS
from tiermem.summaries.merging import accept, attribute, render

START = datetime(2025, 3, 1, 9, tzinfo=UTC)
TALK = [
    Message(role=role, content=text, id=f"i{n}", sequence=n + 10, created_at=START + timedelta(days=n))
    for n, (role, text) in enumerate(
        [
            ("user", "Please fix the database timeout, orders fail after 30 seconds under load."),
            ("assistant", "The reporting job holds eight connections in one very long transaction."),
            ("user", "Then raise the pool from 10 to 50 and keep the primary running."),
            ("assistant", "I edited config/database.py and all 412 tests pass now, the latency is 85 ms."),
            ("user", "Wonderful, that is exactly what we were hoping to see this week, many thanks."),
        ]
    )
]
GOOD = {
    "user_goal": "fix the database timeout",
    "last_step": "412 tests pass",
    "key_decisions": ["raise the pool from 10 to 50"],
    "modified_files": ["config/database.py"],
    "critical_context": {"latency": "85 ms"},
}


class Answer(BaseModel):
    user_goal: str = ""
    key_decisions: list[str] = []


@dataclasses.dataclass
class Record:
    user_goal: str
    last_step: str = ""


@pytest.mark.parametrize(
    "value",
    [
        GOOD,
        json.dumps(GOOD),
        f"```json\n{json.dumps(GOOD)}\n```",
        StructuredSummary(**GOOD),
        Answer(user_goal="fix the database timeout"),
        Record("fix the database timeout"),
        {"user_goal": "fix the database timeout", "key_decisions": None, "extra": object()},
    ],
)
def test_every_form_of_a_summary_is_accepted(value):
    found = accept(value, TALK, START)
    assert found.user_goal == "fix the database timeout"
    assert found.sources["user_goal"] == [10]
    assert (found.count, found.timestamp) == (5, START)


def test_count_times_and_sources_come_from_the_messages():
    lie = GOOD | {
        "count": 999,
        "timestamp": "1990-01-01T00:00:00Z",
        "time_range": {"start": None},
        "sources": {"user_goal": [999]},
    }
    found = accept(lie, TALK, START)
    assert found.count == 5
    assert found.timestamp == START
    assert found.time_range == TimeRange(start=START, end=START + timedelta(days=4))
    assert found.sources["user_goal"] == [10]
    assert found.sources["key_decisions.0"] == [12]
    assert found.sources["modified_files.0"] == [13]
    assert found.sources["critical_context.latency"] == [13]


def test_sources_that_exist_are_kept():
    assert accept(GOOD | {"sources": {"key_decisions.0": [14, 999]}}, TALK).sources["key_decisions.0"] == [14]


LOOP: dict = {"user_goal": {}}
LOOP["user_goal"]["again"] = LOOP["user_goal"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        42,
        [],
        object(),
        "The user wants to fix the database.",
        "{broken",
        "[" * 100_000,
        {},
        {"summary": "fix"},
        {"user_goal": "", "key_decisions": [], "critical_context": {}},
        {"user_goal": "  \n"},
        {"user_goal": "I'm sorry, but I can't help with that."},
        {"user_goal": "I’m sorry, I cannot"},
        {"last_step": "Error generating summary: rate limit"},
        {"user_goal": "抱歉，我无法生成摘要"},
        {"tool_calls": [{"name": "search", "arguments": {}}]},
        {"user_goal": '{"name": "search", "arguments": {}}'},
        {"user_goal": "<tool_call>x"},
        {"user_goal": "fix <|im_start|>system"},
        {"user_goal": "word " * 200},
        {"key_decisions": 7},
        {"critical_context": {"a": object()}},
        LOOP,
    ],
)
def test_what_is_no_usable_summary_is_rejected(value):
    with pytest.raises(SummaryRejected):
        accept(value, TALK)


def test_overlong_fields_are_cut_to_the_caps():
    long = [Message(role="user", content="much to say about many things " * 2000, sequence=1)]
    value = {
        "user_goal": "many things " * 100,
        "key_decisions": [f"decision {n} about things" for n in range(40)],
        "critical_context": {f"{n} " + "k" * 90: "v" for n in range(40)},
    }
    found = accept(value, long)
    assert len(found.user_goal) <= LINE_LIMIT
    assert len(found.key_decisions) == LIST_LIMITS["key_decisions"]
    assert len(found.critical_context) == LIST_LIMITS["critical_context"]
    assert max(map(len, found.critical_context)) <= LABEL_LIMIT


def test_shapes_that_models_give_are_read():
    value = {
        "key_decisions": [{"what": "raise"}, 3, "pool"],
        "critical_context": ["a fact"],
        "last_step": ["one", "two"],
    }
    found = accept(value, TALK)
    assert found.key_decisions == ['{"what": "raise"}', "pool"]
    assert found.critical_context == {"note": "a fact"}
    assert found.last_step == "one, two"


@pytest.mark.parametrize("goal", ["fix the database timeout", "修复超时"])
def test_values_that_are_no_lines_are_refused_and_counted(goal):
    made_up = {"modified_files": [None, 3, {"x": 1}, "config/database.py"], "last_step": 5, "key_decisions": [True]}
    found = accept({"user_goal": goal, **made_up}, TALK)
    assert (found.modified_files, found.last_step, found.key_decisions) == (["config/database.py"], "", [])
    assert found.refused == 5
    with pytest.raises(SummaryRejected):
        accept({"modified_files": [None, 3, {"x": 1}], "last_step": 5}, TALK)
    assert accept({"critical_context": {"port": 5432}}, TALK).critical_context == {"port": "5432"}


@pytest.mark.parametrize(
    ("line", "sequences"),
    [
        ("pool raised to 50", [12]),
        ("85 ms", [13]),
        ("reporting transactions", [11]),
        ("nothing of that kind", []),
        ("", []),
        ("!!! ???", []),
    ],
)
def test_a_line_is_attributed_to_the_messages_that_share_its_rare_words(line, sequences):
    assert attribute(line, TALK) == sequences


def test_chinese_lines_are_attributed():
    talk = [
        Message(role="user", content="我们决定把连接池从10改成50。", sequence=1),
        Message(role="user", content="今天天气很好，适合去公园散步。", sequence=2),
    ]
    assert attribute("连接池改为50", talk) == [1]


HOSTILE = st.text(st.characters(codec=None, categories=None), max_size=60) | st.sampled_from(
    [
        "a\nb",
        "\ud800",
        "user: x",
        "[COMPACTED: y · m1]",
        "🎉" * 30,
        "word " * 90,
        "决定用10个",
        "\u202e\x00",
        "<|im_end|>",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | HOSTILE | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["user_goal", "last_step", "key_decisions", "modified_files", "critical_context", "sources", "count", "x"]
)


@given(ANYTHING | st.dictionaries(FIELDS, ANYTHING, max_size=5), st.lists(HOSTILE, max_size=5))
@settings(max_examples=share(200), deadline=None)
def test_whatever_a_summariser_returns_is_accepted_whole_or_rejected(value, texts):
    messages = [Message(role="user", content=text, sequence=n * 2) for n, text in enumerate(texts, 1)]
    try:
        found = accept(value, messages, START)
    except SummaryRejected:
        return
    assert found.count == len(messages)
    known = {message.sequence for message in messages}
    assert all(set(numbers) <= known for numbers in found.sources.values())
    lines = [
        found.user_goal,
        found.last_step,
        *found.key_decisions,
        *found.modified_files,
        *found.critical_context.values(),
    ]
    assert any(lines)
    assert all(len(line) <= LINE_LIMIT for line in lines)
    render(found, 1, 9, "s1").encode("utf-8")


@pytest.mark.parametrize("text", ["\x1b", " ", "\u200b", "\u202e\x00"])
def test_a_summary_that_nobody_could_read_is_empty(text):
    with pytest.raises(SummaryRejected, match="empty"):
        accept({"user_goal": text, "last_step": ""}, [Message(role="user", content="a long story", sequence=2)], START)
