"""Of several statements about one thing the newest holds; what only looks alike, or may be another, is not marked."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.facts.stated.pairs import APART, MISSED, UPDATES
from tests.properties.thinned import share
from tiermem import Message
from tiermem.facts.stated.chains import Holding, as_said, current_at, holdings
from tiermem.facts.stated.outdated import Replaced, names, replaced, told
from tiermem.facts.stated.record import CHANGES, CORRECTS, NO, ONCE, RETRACTS, STATES, YES, Stated, StatedAt
from tiermem.flows.indexing.facts import of_messages
from tiermem.settings import Scope

LATER = 1e10
UNRELATED = [
    "What a lovely day!",
    "Thanks, that helps a lot.",
    "Could you explain how this works?",
    "今天天气真好。",
    "谢谢你的帮助！",
    "Let me think about it and come back to you.",
]
FRAGMENTS = [
    "pool size", "is", "now", "10", "50", "from", "to", "we raised it", "I have", "cats", "not", "but", "I live in",
    "Paris", "my", "favourite", "deadline", "3 May", "$500", "？", "。", "连接池大小", "是", "改成", "我",
    "搬到", "上海", "不是", "而是", "\ue000", "\uf0ff", "!",
]  # fmt: skip


def found(*texts: str) -> dict[int, tuple[int, str]]:
    """By the place of what is out of date, from 1: the place of what stands for it, and what that says."""
    messages = [
        Message(role="user", content=text, created_at=datetime.fromtimestamp(number, UTC), id=f"x{number}").as_stored(
            number, 1, None
        )
        for number, text in enumerate(texts, start=1)
    ]
    facts = of_messages(Scope("", "somebody", "s"), 1, [], messages)
    marks: dict[int, tuple[int, str]] = {}
    chains: dict[tuple[str, str], list[StatedAt]] = {}
    for at in facts:
        chains.setdefault((at.fact.subject, at.fact.attribute), []).append(at)
    for chain in chains.values():
        held = holdings(as_said(chain), {})
        for place, one in replaced(held, LATER, lambda one: called(facts, one)).items():
            old, new = held[place].source.sequence, one.by.source.sequence
            if old != new:
                marks[old] = new, told(one.by.fact) if one.holds else ""
    return marks


def called(facts: list[StatedAt], one: Holding[StatedAt]) -> frozenset[str]:
    return names((at.fact for at in facts if at.sequence == one.source.sequence), one.fact.subject)


@pytest.mark.parametrize(("older", "newer"), UPDATES)
def test_what_the_newer_statement_says_holds_now(older: str, newer: str) -> None:
    assert {old: new for old, (new, _) in found(older, newer).items()} == {1: 2}


@pytest.mark.parametrize(("first", "second"), [*APART, *MISSED])
def test_what_is_about_another_thing_or_not_understood_is_not_marked(first: str, second: str) -> None:
    assert found(first, second) == {}


def test_a_chain_of_updates_leads_to_the_newest() -> None:
    chain = found("The pool size is 10.", "We raised the pool size to 20.", "The pool size is now 50.")
    assert chain == {1: (3, "pool size: 50"), 2: (3, "pool size: 50")}


def test_a_value_that_came_back_is_not_history() -> None:
    back = found("The pool size is 10.", "The pool size is now 50.", "The pool size is 10 again now.")
    assert back == {2: (3, "pool size: 10")}


def home(value: str, manner: str = STATES, **more: object) -> Stated:
    return Stated("user", "home", value, "home", manner, **more)  # type: ignore[arg-type]


def run(*facts: Stated, names: dict[int, str] | None = None) -> dict[int, Replaced[int]]:
    made = [Holding(fact, n, float(n), (float(n), 0)) for n, fact in enumerate(facts)]
    given_names = names or {}
    held = holdings(made, {})
    return replaced(held, LATER, lambda one: frozenset(filter(None, [given_names.get(one.source)])))


def shown(marks: dict[int, Replaced[int]]) -> dict[int, tuple[int, bool, bool]]:
    return {place: (one.by.source, one.holds, one.corrected) for place, one in marks.items()}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((home("Oslo"), home("Bergen", CHANGES)), {0: (1, True, False)}),
        ((home("Oslo"), home("Bergen", CORRECTS)), {0: (1, True, True)}),
        ((home("Oslo"), home("oslo"), home("Bergen", CHANGES)), {0: (2, True, False), 1: (2, True, False)}),
        ((home("Oslo"), home("Oslo", ONCE)), {0: (1, False, False)}),  # what was so once, and nothing instead
        ((home("Oslo"), home("Bergen", ONCE)), {}),
        ((home("Oslo"), home("Bergen"), home("Bergen", RETRACTS)), {1: (2, False, True)}),  # Oslo holds again
        ((home("Oslo"), home("", RETRACTS)), {0: (1, False, True)}),
        ((home("Oslo"), home("Oslo")), {}),
        ((home("Oslo"), home("Bergen", CHANGES, old="Rome")), {}),  # it replaces another one
        ((home("Oslo"), home("Bergen", CHANGES, old="oslo")), {0: (1, True, False)}),
        ((home("10"), home("20", CHANGES), home("40", CHANGES, old="30")), {0: (1, True, False)}),
        ((home("1,200"), home("$1,350", CHANGES, old="$1,200")), {0: (1, True, False)}),
        ((home("Oslo"), home("Bergen", since=2 * LATER, how="application")), {}),  # it has not begun
    ],
)
def test_what_stands_in_the_place_of_what(
    facts: tuple[Stated, ...], expected: dict[int, tuple[int, bool, bool]]
) -> None:
    assert shown(run(*facts)) == expected


def test_two_that_bear_different_names_are_two() -> None:
    old, new = (Stated("user's dog", "age", age, "age") for age in ("3", "5"))
    assert run(old, new, names={0: "rex", 1: "max"}) == {}
    assert shown(run(old, new, names={0: "rex", 1: "rex"})) == {0: (1, True, False)}
    assert shown(run(old, new, names={0: "rex"})) == {0: (1, True, False)}


@pytest.mark.parametrize(
    ("manner", "expected"), [(STATES, {}), (CHANGES, {0: (1, True, False)}), (CORRECTS, {0: (1, True, True)})]
)
def test_another_name_alone_is_no_news(manner: str, expected: dict[int, tuple[int, bool, bool]]) -> None:
    kate = Stated("user's sister", "name", "Kate", "name", manner)
    assert shown(run(Stated("user's sister", "name", "Anna", "name"), kate)) == expected


def test_each_link_of_a_long_chain_is_looked_at_once() -> None:
    held = holdings([Holding(home(f"Town {n}"), n, float(n), (float(n), 0)) for n in range(300)], {})
    asked: list[int] = []

    def named(one: Holding[int]) -> frozenset[str]:
        asked.append(one.source)
        return frozenset()

    assert {one.by.source for one in replaced(held, LATER, named).values()} == {299}
    assert len(asked) <= 2 * len(held)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (home("Berlin"), "home: Berlin"),
        (Stated("", "deadline", "3 May", "figure"), "deadline: 3 May"),
        (Stated("user's sister", "home", "Rome", "home"), "sister's home: Rome"),
        (Stated("Alice", "home", "Denver", "home"), "Alice's home: Denver"),
        (Stated("user", "drink coffee", NO, "habit"), "drink coffee: no"),
        (Stated("user", "住", YES, "x"), "住: yes"),
    ],
)
def test_what_is_told_of_it(fact: Stated, words: str) -> None:
    assert told(fact) == words


@settings(max_examples=share(120), deadline=None)
@given(st.lists(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=12), max_size=14), max_size=8))
def test_no_text_makes_it_raise_and_marks_point_forwards(parts: list[list[str]]) -> None:
    for old, (new, _) in found(*(" ".join(words) for words in parts)).items():
        assert 1 <= old < new <= len(parts)


@settings(max_examples=share(60), deadline=None)
@given(st.lists(st.integers(2, 12), min_size=1, max_size=8))
def test_of_one_attribute_all_but_the_newest_value_is_history(values: list[int]) -> None:
    marks = found(*(f"The pool size is now {value}." for value in values))
    assert sorted(marks) == [place for place, value in enumerate(values, start=1) if value != values[-1]]
    assert {words for _, words in marks.values()} <= {f"pool size: {values[-1]}"}


@settings(max_examples=share(80), deadline=None)
@given(
    st.lists(
        st.builds(
            home,
            st.sampled_from(["Oslo", "Bergen", "Rome"]),
            st.sampled_from([STATES, CHANGES, CORRECTS, ONCE, RETRACTS]),
            old=st.sampled_from(["", "Oslo", "Rome"]),
            several=st.booleans(),
        ),
        max_size=10,
    )
)
def test_what_holds_is_never_marked(facts: list[Stated]) -> None:
    made = [Holding(fact, n, float(n), (float(n), 0)) for n, fact in enumerate(facts)]
    held = holdings(made, {})
    for place, one in replaced(held, LATER, lambda _: frozenset()).items():
        assert not current_at(held, place, LATER)
        assert one.by.order > held[place].order


@settings(max_examples=share(60), deadline=None)
@given(st.sampled_from(UPDATES), st.lists(st.sampled_from(UNRELATED), max_size=3), st.randoms(use_true_random=False))
def test_unrelated_messages_change_nothing(pair: tuple[str, str], others: list[str], chance: random.Random) -> None:
    texts = [*pair]
    for other in others:
        texts.insert(chance.randrange(len(texts) + 1), other)
    old, new = texts.index(pair[0]) + 1, texts.index(pair[1]) + 1
    if new - old <= 4 and old < new:  # further away "it" may be anything
        assert {one: by for one, (by, _) in found(*texts).items()} == {old: new}
