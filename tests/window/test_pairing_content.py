"""Calls and results that stand in content, as with Anthropic: paired as those that stand beside it are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Open
from tiermem import Message
from tiermem.errors import BudgetTooSmall
from tiermem.records import Trust
from tiermem.window.pairing import NO_RESULT, paired
from tiermem.window.provenance import trust_of

Block = dict[str, Any]
Maker = Callable[[str, str], Block]
# By provider: a call of tool *name*, and its result, both by *id*.
CALLS: dict[str, Maker] = {
    "anthropic": lambda identity, name: {"type": "tool_use", "id": identity, "name": name, "input": {}},
    "bedrock": lambda identity, name: {"toolUse": {"toolUseId": identity, "name": name, "input": {}}},
    "google": lambda identity, name: {"functionCall": {"id": identity, "name": name, "args": {}}},
    "responses": lambda identity, name: {"type": "function_call", "call_id": identity, "name": name, "arguments": "{}"},
    "vercel": lambda identity, name: {"type": "tool-call", "toolCallId": identity, "toolName": name, "input": {}},
}
RESULTS: dict[str, Maker] = {
    "anthropic": lambda identity, text: {"type": "tool_result", "tool_use_id": identity, "content": text},
    "bedrock": lambda identity, text: {"toolResult": {"toolUseId": identity, "content": [{"text": text}]}},
    "google": lambda identity, text: {"functionResponse": {"id": identity, "name": "f", "response": {"result": text}}},
    "responses": lambda identity, text: {"type": "function_call_output", "call_id": identity, "output": text},
    "vercel": lambda identity, text: {
        "type": "tool-result",
        "toolCallId": identity,
        "toolName": "f",
        "output": {"type": "text", "value": text},
    },
}
PROVIDERS = sorted(CALLS)


def calling(provider: str, *ids: str, number: int = 1) -> Message:
    return Message(role="assistant", content=[CALLS[provider](one, "look") for one in ids], sequence=number)


def answering(provider: str, *ids: str, beside: str = "", number: int = 2) -> Message:
    content: list[str | Block] = [RESULTS[provider](one, f"result {one}") for one in ids]
    return Message(role="user", content=[*content, *([{"text": beside}] if beside else [])], sequence=number)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_pair_stays_as_it_is(provider: str) -> None:
    said = [calling(provider, "a", "b"), answering(provider, "b", "a", beside="And the glaze?")]
    assert paired(said) == said
    late = [said[0], Message(role="assistant", content="wait"), said[1]]
    assert paired(late) == [said[0], said[1], late[1]]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_result_without_its_call_is_quoted_and_what_stands_beside_it_stays(provider: str) -> None:
    (alone,) = paired([answering(provider, "a")])
    assert "result a" in alone.text
    assert "no longer shown" in alone.text
    assert not alone.answers
    (beside,) = paired([answering(provider, "a", beside="And the glaze?")])
    assert beside.role == "user"
    assert not beside.answers
    assert beside.text.endswith("And the glaze?")
    assert "no longer shown" in beside.text
    one, other = paired([calling(provider, "a"), answering(provider, "gone", "a")])
    assert (one.calls[0].id, other.answers) == ("a", ("a",))
    assert "result gone" in other.text


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_call_without_a_result_gets_one_in_its_own_form(provider: str) -> None:
    end = Message(role="assistant", content="Well.")
    call, made, last = paired([calling(provider, "a", "b"), end])
    assert (made.answers, made.acts_as, last) == (("a", "b"), "tool", end)
    assert made.text.count(NO_RESULT) == 2
    _, joined, _ = paired([call, answering(provider, "a"), end])
    assert sorted(joined.answers) == ["a", "b"]
    assert paired([call]) == [call]
    assert len(paired([call], open_end=False)) == 2


def test_results_without_ids_are_paired_by_name() -> None:
    called = Message(role="model", content=[{"functionCall": {"name": "look", "args": {}}}])
    result = Message(role="user", content=[{"functionResponse": {"name": "look", "response": {"found": 3}}}])
    said = [Message(role="user", content="?"), called, result, Message(role="model", content="Three.")]
    assert paired(said) == said
    assert "no longer shown" in paired([result])[0].text


def test_whose_words_results_are() -> None:
    assert trust_of(answering("anthropic", "a")) is Trust.OTHERS
    assert trust_of(answering("anthropic", "a", beside="And?")) is Trust.OTHERS
    assert trust_of(Message(role="user", content="And?")) is Trust.USER


scripts = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True)),
        st.tuples(st.just("result"), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3, unique=True)),
        st.tuples(st.just("said"), st.just([])),
    ),
    max_size=9,
)


@given(provider=st.sampled_from(PROVIDERS), script=scripts, beside=st.booleans())
def test_whatever_is_left_each_result_stands_behind_its_call(
    provider: str, script: list[tuple[str, list[str]]], beside: bool
) -> None:
    made = {"call": calling, "said": lambda *_, number: Message(role="user", content="well", sequence=number)}
    made["result"] = lambda *ids, number: answering(*ids, beside="and?" if beside else "", number=number)
    said = [made[kind](provider, *ids, number=number) for number, (kind, ids) in enumerate(script, 1)]
    shown = paired(said)
    assert {one.sequence for one in said} <= {one.sequence for one in shown}
    waiting: set[str] = set()
    for message in shown:
        assert set(message.answers) <= waiting
        waiting -= set(message.answers)
        if not message.answers:
            assert not waiting
        waiting |= {call.id for call in message.calls}
    assert [one.content for one in paired(shown)] == [one.content for one in shown]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_context_has_half_a_pair(store: Open, provider: str) -> None:
    session = store().session("s")
    for number in range(12):
        session.add(f"Please read file {number}.")
        session.add({"role": "assistant", "content": [{"text": "Reading."}, CALLS[provider](f"t{number}", "read")]})
        said = ("zebrafish_quota = 77\n" if number == 3 else "") + f"value {number}\n" * 40
        session.add({"role": "user", "content": [RESULTS[provider](f"t{number}", said)]})
        session.add({"role": "assistant", "content": f"Done with {number}."})
    assert session.search("zebrafish_quota", 1)[0].ref == "m15"
    for budget in range(100, 3_000, 60):
        try:
            shown = session.context("What is the zebrafish_quota?", budget=budget).messages
        except BudgetTooSmall:
            continue
        called = [call.id for one in shown for call in one.calls]
        assert called == [identity for one in shown for identity in one.answers], budget
    assert session.verify().ok
