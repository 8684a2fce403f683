"""Calls and results of tools: paired by their ids, and by their place where a provider gives none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Message, ToolCall
from tiermem.window.pairing import NO_RESULT, paired
from tiermem.window.turns import last_step, newest_step, steps
from tiermem.window.view import Entry


def talk(script: str) -> list[Message]:
    """ "u", "a", "cNAME:ID,NAME:ID" (calls), "tNAME:ID" (a result); an id may be empty."""
    made = []
    for number, word in enumerate(script.split(), 1):
        kind, rest = word[0], word[1:]
        fields: dict[str, object] = {"role": {"u": "user", "t": "tool"}.get(kind, "assistant"), "content": word}
        if kind == "c":
            calls = (part.split(":") for part in rest.split(","))
            fields["tool_calls"] = tuple(ToolCall(id=identity, name=name, arguments={}) for name, identity in calls)
        if kind == "t":
            name, identity = rest.split(":")
            fields |= {"name": name or None, "tool_call_id": identity or None}
        made.append(Message(**fields, id=f"i{number}", sequence=number))  # type: ignore[arg-type]
    return made


def told(messages: list[Message]) -> str:
    return " ".join("none" if one.text == NO_RESULT else one.text if one.role != "user" else "u" for one in messages)


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("u clook: tlook: a", "u clook: tlook: a"),  # no ids at all
        ("u clook:1 tlook: a", "u clook:1 tlook: a"),  # the adapter made one up for the call
        ("u clook:1 t: a", "u clook:1 t: a"),
        ("u clook:1,read:2 tread: tlook: a", "u clook:1,read:2 tlook: tread: a"),  # by name first
        ("u clook:1,look:2 tlook: tlook: a", "u clook:1,look:2 tlook: tlook: a"),
        ("u clook:,look: tlook: tlook: a", "u clook:,look: tlook: tlook: a"),
        ("u clook:1,look:2 tlook: a", "u clook:1,look:2 tlook: none a"),
        ("u clook:1,look:2 tlook:2 tlook: a", "u clook:1,look:2 tlook: tlook:2 a"),  # one of them has its id
        ("u clook: tlook: clook: tlook: a", "u clook: tlook: clook: tlook: a"),  # each turn its own
        ("u clook:1 tlook: tlook: a", "u clook:1 tlook: u a"),  # one too many is quoted
        ("u tlook: a", "u u a"),
        ("u clook:1 u tlook: a", "u clook:1 tlook: u a"),  # late
    ],
)
def test_results_without_ids_stand_behind_their_calls(script: str, shown: str) -> None:
    assert told(paired(talk(script))) == shown


def entries(messages: list[Message]) -> list[Entry]:
    return [
        Entry(
            sequence=one.sequence,
            role=one.role,
            tokens=1,
            calls=tuple(call.id for call in one.tool_calls),
            answers=(one.tool_call_id,) if one.tool_call_id else (),
        )
        for one in messages
    ]


@pytest.mark.parametrize(
    ("script", "groups"),
    [
        ("u clook: tlook: a", [1, 2, 1]),
        ("u clook:1 tlook: a", [1, 2, 1]),
        ("u clook:1,look:2 tlook: tlook: a", [1, 3, 1]),
        ("u clook:,look: tlook: tlook: clook: tlook: a", [1, 3, 2, 1]),
        ("u tlook: a", [1, 1, 1]),
        ("u clook:1 tlook:1 tlook: a", [1, 2, 1, 1]),
    ],
)
def test_a_call_and_a_result_without_id_are_never_parted(script: str, groups: list[int]) -> None:
    assert [len(group) for group in steps(entries(talk(script)))] == groups


@given(st.lists(st.lists(st.sampled_from(["look", "read"]), min_size=1, max_size=4), max_size=4), st.data())
def test_ids_or_not_the_same_results_stand_behind_the_same_calls(runs: list[list[str]], data: st.DataObject) -> None:
    words, bare = ["u"], ["u"]
    for turn, names in enumerate(runs):
        order = data.draw(st.permutations(range(len(names))))
        order = sorted(order, key=lambda place: names[place]) if len(set(names)) == len(names) else sorted(order)
        words.append("c" + ",".join(f"{name}:{turn}-{place}" for place, name in enumerate(names)))
        bare.append("c" + ",".join(f"{name}:" for name in names))
        words += [f"t{names[place]}:{turn}-{place}" for place in order]
        bare += [f"t{names[place]}:" for place in order]
    with_ids = paired(talk(" ".join(words)))
    without = paired(talk(" ".join(bare)))
    assert [one.sequence for one in without] == [one.sequence for one in with_ids]


@pytest.mark.parametrize(
    ("script", "newest"),
    [
        ("", ""),
        ("u", "u"),
        ("u clook:1", "clook:1"),
        ("u clook:1,look:2 tlook:1 tlook:2", "clook:1,look:2 tlook:1 tlook:2"),
        ("u clook:1,look:2 tlook:1 tlook:2 a", "a"),
        ("u clook:1 clook:2 tlook:2 tlook:1", "clook:2 tlook:2 tlook:1"),  # one that came late ties two
        ("u clook:1 tlook:1 clook:,look: tlook: tlook:", "clook:,look: tlook: tlook:"),
    ],
)
def test_the_newest_step_is_a_call_with_all_its_results(script: str, newest: str) -> None:
    words = script.split()
    entries = [
        Entry(
            one.sequence,
            one.role,
            1,
            calls=tuple(call.id for call in one.calls),
            answers=tuple(one.answers),
        )
        for one in talk(script)
    ]
    assert " ".join(words[entry.sequence - 1] for entry in newest_step(entries)) == newest


WORDS = st.sampled_from(
    ["u", "a", "clook:", "tlook:", *(f"{kind}look:{number}" for kind in "ct" for number in range(4))]
)


@given(st.lists(WORDS, max_size=14), st.integers(1, 8))
def test_the_newest_entries_are_enough_for_the_newest_step(script: list[str], near: int) -> None:
    """Or else all are looked at: a window may be long, and this is asked of it again and again."""
    made = entries(talk(" ".join(script)))
    assert last_step(made, near) == (steps(made)[-1] if made else [])
