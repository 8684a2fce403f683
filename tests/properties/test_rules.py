"""The pure rules against the plainest way to know the same: view, turns, planning, assembly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.oracles import assert_paired, partners
from tests.properties.thinned import share
from tests.properties.values import COUNTERS
from tiermem import Decision, Message, Shown, ToolCall
from tiermem.errors import BudgetTooSmall, TokenCounterError
from tiermem.providers.tokenizers import as_counter
from tiermem.settings import Thresholds
from tiermem.tokens.counting import message_tokens
from tiermem.window import planning, pressure
from tiermem.window.assembly import Scale, recent
from tiermem.window.pairing import paired
from tiermem.window.turns import groups, steps
from tiermem.window.view import (
    SHOWN_BY_KIND,
    Cover,
    Entry,
    Window,
    floor_of,
    hidden_ranges,
    paint,
    visible_ranges,
    within,
)

LAST = 24
number = st.integers(1, LAST)
ids = st.sampled_from(["a", "b", "c", "d", "e"])


@st.composite
def journals(draw: st.DrawFn) -> tuple[list[Decision], dict[int, list[int]]]:
    """Decisions in order of number, some of them undone, and the stubs of those that compact."""
    made, stubs = [], {}
    for place in range(1, draw(st.integers(0, 12)) + 1):
        first, last = sorted((draw(number), draw(number)))
        kind = draw(st.sampled_from(["compact", "cover", "hide", "restore", "undo"]))
        if kind == "compact":
            stubs[place] = sorted(draw(st.sets(st.integers(first, last), min_size=1)))
        undone = draw(st.booleans()) and draw(st.booleans())
        made.append(Decision(number=place, kind=kind, first=first, last=last, reference=place, undone=undone))
    return made, stubs


def shown_one_by_one(one: int, made: Sequence[Decision], stubs: dict[int, list[int]]) -> tuple[Shown, int]:
    """What a single message is shown as, by reading the journal from its oldest row on; what is hidden stays so."""
    shown = Shown.VERBATIM, 0
    for decision in made:
        named = stubs.get(decision.number, range(decision.first, decision.last + 1))
        if decision.kind in SHOWN_BY_KIND and not decision.undone and one in named:
            passed = shown[0] is Shown.HIDDEN and decision.kind in {"compact", "cover"}
            shown = shown if passed else (SHOWN_BY_KIND[decision.kind], decision.number)
    return shown


@settings(max_examples=share(300))
@given(journals(), number, number)
def test_painting_is_a_partition_in_which_the_newest_decision_wins_and_hidden_stays_hidden(
    journal: tuple[list[Decision], dict[int, list[int]]], low: int, high: int
) -> None:
    first, last = min(low, high), max(low, high)
    spans = paint(first, last, *journal)
    assert [s for span in spans for s in range(span.first, span.last + 1)] == list(range(first, last + 1))
    painted = {s: (span.shown, span.decision) for span in spans for s in range(span.first, span.last + 1)}
    assert painted == {s: shown_one_by_one(s, *journal) for s in range(first, last + 1)}
    visible = {s for s, (shown, _) in painted.items() if shown in {Shown.VERBATIM, Shown.COMPACTED}}
    assert {s for low, high in visible_ranges(spans) for s in range(low, high + 1)} == visible
    if first == 1:
        assert floor_of(spans, last) == min(visible, default=last + 1) - 1
    assert all((span.summary > 0) == (span.shown is Shown.COVERED) for span in spans)


@settings(max_examples=share(300))
@given(journals())
def test_what_is_hidden_is_what_the_painting_hides(journal: tuple[list[Decision], dict[int, list[int]]]) -> None:
    made = [one for one in journal[0] if one.kind in {"hide", "restore"} and not one.undone]
    ranges = hidden_ranges([(one.kind == "hide", one.first, one.last) for one in made])
    painted = {
        s for span in paint(1, LAST, made, {}) if span.shown is Shown.HIDDEN for s in range(span.first, span.last + 1)
    }
    assert {s for s in range(LAST + 2) if within(ranges, s)} == painted
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))


@st.composite
def conversations(draw: st.DrawFn) -> list[Message]:
    """Any order of questions, calls and results, also such as no provider would take."""
    made = []
    for place in range(1, draw(st.integers(0, 14)) + 1):
        role = draw(st.sampled_from(["user", "assistant", "assistant", "tool", "tool", "system"]))
        text = draw(st.sampled_from(["", "word " * 30, "好的，改成50。", "x" * 200]))
        called = tuple(ToolCall(one, f"run-{one}") for one in draw(st.lists(ids, max_size=3)))
        made.append(
            Message(
                role=role,
                content=text,
                id=f"i{place}",
                tool_calls=called if role == "assistant" else (),
                tool_call_id=draw(ids) if role == "tool" else None,
                sequence=place,
                pinned=draw(st.integers(0, 9)) == 0,
            )
        )
    return made


def entry(message: Message, count: Any = len) -> Entry:
    tokens = message_tokens(message, count)
    calls = tuple(call.id for call in message.tool_calls)
    return Entry(
        message.sequence,
        message.role,
        tokens,
        shown_tokens=tokens,
        calls=calls,
        answers=(message.tool_call_id,) if message.tool_call_id else (),
        pinned=message.pinned,
    )


@settings(max_examples=share(300))
@given(conversations())
def test_pairing_makes_every_list_valid_keeps_every_message_and_does_nothing_twice(messages: list[Message]) -> None:
    made = paired(messages)
    assert_paired(made)
    assert sorted(m.sequence for m in made if m.sequence) == [m.sequence for m in messages]
    assert paired(made) == made
    closed = paired(messages, open_end=False)
    assert_paired(closed)
    assert not closed or not closed[-1].tool_calls
    assert paired([m for m in messages if m.role != "tool" and not m.tool_calls]) == [
        m for m in messages if m.role != "tool" and not m.tool_calls
    ]


@settings(max_examples=share(300))
@given(conversations())
def test_groups_and_steps_part_no_pair_and_lose_nothing(messages: list[Message]) -> None:
    entries = [entry(one) for one in messages]
    for parts in (groups(entries), steps(entries)):
        assert [e for part in parts for e in part] == entries
        home = {e.sequence: place for place, part in enumerate(parts) for e in part}
        assert all(home[call] == home[result] for call, result in partners(entries))
    for turn in groups(entries)[1:]:
        assert turn[0].role == "user"


windows = st.lists(
    st.tuples(
        st.sampled_from(["user", "assistant", "assistant", "tool", "system"]),
        st.integers(1, 120),
        st.sampled_from([Shown.VERBATIM, Shown.VERBATIM, Shown.COMPACTED]),
        ids,
        st.booleans(),
        st.integers(0, 9),
    ),
    max_size=40,
)


def window_of(drawn: list[tuple[str, int, Shown, str, bool, int]], covers: int) -> Window:
    """A window behind *covers* summaries of five messages each."""
    start = 5 * covers
    entries = tuple(
        Entry(
            start + place,
            role,
            tokens,
            shown,
            max(1, tokens // (3 if shown is Shown.COMPACTED else 1)),
            int(shown is Shown.COMPACTED),
            (call,) if role == "assistant" and linked else (),
            call if role == "tool" and linked else "",
            lucky == 0,
        )
        for place, (role, tokens, shown, call, linked, lucky) in enumerate(drawn, start=1)
    )
    made = tuple(Cover(n, 5 * n - 4, 5 * n, 1, 10) for n in range(1, covers + 1))
    return Window(start + len(drawn), covers, entries, made)


@settings(max_examples=share(300))
@given(windows, st.integers(0, 9), st.integers(0, 12), st.integers(100, 2_000))
def test_plans_touch_neither_the_newest_nor_what_is_fixed_and_part_no_pair(
    drawn: list[tuple[str, int, Shown, str, bool, int]], covers: int, kept: int, threshold: int
) -> None:
    window, thresholds = window_of(drawn, covers), Thresholds(pre_rot_threshold=threshold, keep_recent_count=kept)
    newest = {e.sequence for e in window.entries[len(window.entries) - kept :]} if kept else set()
    fixed = {e.sequence for e in window.entries if e.fixed}
    planned = [e for part in planning.compactable(window, thresholds) for e in part]
    assert len({e.sequence for e in planned}) == len(planned)
    stale = {e.sequence for e in pressure.stale(window, thresholds)}
    assert not {e.sequence for e in planned} & ((newest - stale) | fixed)
    assert pressure.pressure(window, thresholds) <= window.tokens
    assert all(e.shown is Shown.VERBATIM for e in planned)
    span = planning.coverable(window, thresholds)
    if span is None:
        return
    inside = {e.sequence for e in window.entries if span.first <= e.sequence <= span.last}
    assert not inside & newest
    assert inside - fixed
    assert all(cover.last < span.first or span.last < cover.first for cover in window.covers)
    assert all((call in inside) == (result in inside) for call, result in partners(window.entries))


@settings(max_examples=share(200))
@given(windows, st.integers(100, 2_000), st.integers(0, 3_000))
def test_the_next_look_is_never_where_a_look_was_just_taken(
    drawn: list[tuple[str, int, Shown, str, bool, int]], threshold: int, tokens: int
) -> None:
    thresholds = Thresholds(pre_rot_threshold=threshold)
    look = planning.next_look(tokens, thresholds)
    assert look > tokens or tokens < thresholds.compact_at == look
    if tokens < thresholds.summarize_at:
        assert look <= thresholds.summarize_at


@settings(max_examples=share(400))
@given(conversations(), st.integers(0, 600), st.integers(0, 600), st.sampled_from(COUNTERS[:-1]))
def test_recent_turns_stay_within_what_they_may_take_by_any_counter(
    messages: list[Message], budget: int, more: int, counter: Any
) -> None:
    count = as_counter(counter)
    entries = [entry(one, count) for one in messages]
    scale = Scale(count, {}, {one.sequence: one for one in messages})
    most = budget + more
    refused = None
    try:
        parts, chosen = recent(entries, budget, scale, most)
    except BudgetTooSmall as error:
        refused = error
    if refused is not None:
        assert refused.needed > refused.budget == most
        return
    assert sum(message_tokens(part.message, count) for part in parts) == sum(part.tokens for part in parts) <= most
    assert not entries or chosen
    question = [e for e in chosen[:1] if e is groups(entries)[-1][0] and e.role == "user"]  # of a turn that is too long
    assert list(chosen) in (
        [*question, *entries[len(entries) - len(chosen) + len(question) :]],
        entries[-len(chosen) :],
    )
    assert_paired([part.message for part in parts])
    again = recent(entries, budget, scale, most)  # by what the scale has kept
    fresh = recent(entries, budget, Scale(count, {}, scale.messages), most)
    assert again == fresh == (parts, chosen)
    original = {one.sequence: one.content for one in messages}
    unclipped = [p for p in parts if p.message.sequence and not p.clipped and p.message.role != "user"]
    assert all(p.message.content == original[p.message.sequence] for p in unclipped)


def told_apart(messages: list[Message], answered: list[int]) -> list[Message]:
    """*messages* in which no two calls have the same id; which call each result answers is chosen by *answered*."""
    number, made, ids_of_all = 0, [], [f"c{n}" for n in range(sum(len(one.tool_calls) for one in messages))]
    for message in messages:
        calls = [replace(call, id=f"c{number + place}") for place, call in enumerate(message.tool_calls)]
        number += len(calls)
        choice = answered[message.sequence % len(answered)]
        answer = ids_of_all[choice % len(ids_of_all)] if ids_of_all and choice < 30 else "strange"
        own = answer if message.role == "tool" else None
        made.append(replace(message, tool_calls=tuple(calls), tool_call_id=own))
    return made


often = st.one_of(conversations(), st.builds(told_apart, conversations(), st.lists(st.integers(0, 35), min_size=5)))


@settings(max_examples=share(600))
@given(often, st.lists(st.integers(0, 40), max_size=3), st.booleans())
def test_steps_are_paired_one_by_one_as_all_together(messages: list[Message], ends: list[int], open_end: bool) -> None:
    """A scale that grew with its window says what one says that is made of all of it."""
    scale: Scale | None = None
    for end in (*sorted(ends), len(messages)):
        shown = {one.sequence: one for one in messages[:end]}
        scale = Scale(len, {}, shown) if scale is None else scale.grown({}, shown)
        parts = scale.parts([entry(one, len) for one in shown.values()], open_end=open_end)
        alone = paired([*shown.values()], open_end=open_end)
        assert [part.message for part in parts] == alone
        assert [part.tokens for part in parts] == [message_tokens(one, len) for one in alone]


def test_a_counter_that_raises_is_named_as_such() -> None:
    one = Message(role="user", content="hi", sequence=1)
    scale = Scale(as_counter(COUNTERS[-1]), {}, {1: one})
    with pytest.raises(TokenCounterError, match="RuntimeError"):
        recent([entry(one)], 10, scale, 10)
