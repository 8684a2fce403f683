"""Who is near whom: the rules alone, against tables and the plainest way to know the same thing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Message
from tiermem.flows.indexing.names import mentions, stands
from tiermem.graph import walking
from tiermem.graph.building import HALF, NameGraph, build
from tiermem.graph.typed import FactEdge, FactNames
from tiermem.index.named.columns import Mention, NamesSaid, joined, of_mentions, packed, unpacked
from tiermem.settings import Scope

Sentences = Sequence[str]  # names with blanks between them
TALK, DOCUMENTS = Scope("", "anna", "s"), Scope("", "anna", "documents", "knowledge")


def said(*messages: Sentences, start: float = 0.0) -> NamesSaid:
    return of_mentions(
        Mention(number, place, name, start + number)
        for number, sentences in enumerate(messages, start=1)
        for place, sentence in enumerate(sentences)
        for name in sentence.split()
    )


def graph_of(*messages: Sentences, facts: FactNames | None = None) -> NameGraph:
    return build({1: said(*messages)}, {}, facts or FactNames())


def nearest(graph: NameGraph, name: str, depth: int = 3, limit: int = 20) -> list[tuple[str, float]]:
    code = graph.code(name)
    assert code is not None
    return [(graph.spelled[one.code], one.score) for one in walking.near(graph, code, depth, limit)]


def test_a_score_falls_by_seven_tenths_and_by_the_strength_of_each_step() -> None:
    graph = graph_of(["A B"], ["B C"], ["C D"], ["D E"])
    first, second = 1 / (math.sqrt(2) + 1), 1 / (2 + 1)
    expected = {"B": 0.7 * first, "C": 0.7**2 * first * second, "D": 0.7**3 * first * second * second}
    assert dict(nearest(graph, "a")) == pytest.approx(expected)
    assert [name for name, _ in nearest(graph, "A", depth=2)] == ["B", "C"]
    assert [name for name, _ in nearest(graph, "A", depth=3, limit=1)] == ["B"]


@pytest.mark.parametrize(
    ("messages", "one", "other", "strength"),
    [
        ([["A B"]], "A", "B", 1 / 2),
        ([["A B"], ["A B"], ["A B"]], "A", "B", 3 / 4),
        ([["A B C"]], "A", "B", 1 / 4),  # each with two others
        ([["A", "B"]], "A", "B", walking.BESIDE / 2),  # in two sentences side by side
        ([["A", "C", "B"]], "A", "B", 0.0),  # further away
        ([["A"], ["B"]], "A", "B", 0.0),  # of two messages
        ([["A B"], ["A C"], ["A D"], ["A E"]], "A", "B", 1 / 3),  # who is named with everybody
        ([["A A B"]], "A", "B", 1 / 2),  # twice in one sentence is once
    ],
)
def test_a_relation_is_as_strong_as_names_stand_together(
    messages: list[Sentences], one: str, other: str, strength: float
) -> None:
    graph = graph_of(*messages)
    codes = graph.code(one), graph.code(other)
    assert codes[0] is not None
    assert codes[1] is not None
    assert walking.strengths_of(graph, codes[0])[codes[1]] == pytest.approx(strength)
    assert walking.strengths_of(graph, codes[1])[codes[0]] == pytest.approx(strength)


@given(st.lists(st.lists(st.lists(st.sampled_from("ABCDEF"), max_size=3).map(" ".join), max_size=3), max_size=8))
def test_the_nearest_are_those_of_all_paths(messages: list[Sentences]) -> None:
    graph = graph_of(*messages, ["A B"])
    strengths = [walking.strengths_of(graph, code) for code in range(len(graph.spelled))]
    best: dict[int, float] = {}

    def walk(path: tuple[int, ...], score: float) -> None:
        for code, strength in enumerate(strengths[path[-1]]):
            if strength > 0 and code not in path and len(path) <= walking.DEEPEST:
                best[code] = max(best.get(code, 0.0), score * 0.7 * strength)
                walk((*path, code), score * 0.7 * strength)

    start = graph.codes["a"]
    walk((start,), 1.0)
    for limit in (1, 3, 20):
        scores = [one.score for one in walking.near(graph, start, walking.DEEPEST, limit)]
        assert scores == pytest.approx(sorted(best.values(), reverse=True)[:limit])


def test_the_least_worth_is_dropped_and_never_what_facts_name() -> None:
    old, new = said(["Old Old2"], ["Old Old2"], ["Old"]), said(["New"], start=4 * HALF)
    facts = FactNames([FactEdge("user", "oslo", "home", 1.0, "m9")])
    graph = build({1: old, 2: new}, {}, facts, most=3)
    assert graph.spelled == ["user", "oslo", "New"]  # three old mentions count less than one new
    assert build({2: new, 1: old}, {}, facts, most=3).spelled == graph.spelled
    assert build({1: old}, {}, facts, most=3).spelled == ["user", "oslo", "Old"]


def test_a_word_at_a_start_is_a_name_where_another_message_knows_it() -> None:
    flew = Message(role="user", content="Maja flew to Oslo. Great!")
    assert [(one.name, one.sure) for one in mentions(TALK, flew)] == [("Oslo", True), ("Maja", False), ("Great", False)]
    part = of_mentions(mentions(TALK, flew))
    assert build({1: part}, {}, FactNames()).spelled == ["Oslo"]
    known = build({1: part, 2: said(["Maja"])}, {}, FactNames())
    assert sorted(known.spelled) == ["Maja", "Oslo"]
    assert nearest(known, "Oslo") == [("Maja", pytest.approx(0.7 / (math.sqrt(2) + 1)))]
    assert build({1: part, 2: said(["Maja"])}, {2: [(1, 1)]}, FactNames()).spelled == ["Oslo"]


def test_hidden_messages_relate_nobody() -> None:
    part = said(["A B"], ["A C"], ["B C"])
    graph = build({1: part}, {1: [(2, 3)]}, FactNames())
    assert sorted(graph.spelled) == ["A", "B"]
    assert graph.mentions.tolist() == [1, 1]


def test_a_name_is_written_as_it_is_most_often() -> None:
    graph = graph_of(["OSLO"], ["Oslo"], ["Oslo"], ["ｏｓｌｏ"])
    assert (graph.spelled, graph.mentions.tolist()) == (["Oslo"], [4])


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3), st.text("ab王 ", min_size=1, max_size=3))))
def test_names_come_back_from_their_bytes(rows: list[tuple[int, int, str]]) -> None:
    part = of_mentions(Mention(number, place, name, 0.5) for number, place, name in sorted(rows))
    stored = packed(part)
    assert unpacked(stored).mentions() == part.mentions()
    assert joined([part, part]).mentions() == part.mentions() * 2
    for broken in (stored[:-1], stored + b"x", b"\7" + stored[1:], b""):
        with pytest.raises(ValueError, match="names"):
            unpacked(broken)


@pytest.mark.parametrize(
    ("name", "sentence", "there"),
    [
        ("Ann", "Ann came.", True),
        ("Ann", "Anna came.", False),
        ("Ann", "Anna and Ann came.", True),
        ("Ann", "Joann came.", False),
        ("王芳", "我的姐姐王芳在北京", True),
        ("Redis", "我们用Redis存数据", True),
        ("Ann", "", False),
    ],
)
def test_a_name_is_a_word_of_its_own(name: str, sentence: str, there: bool) -> None:
    assert stands(name, sentence) is there


@pytest.mark.parametrize(
    ("scope", "message", "names"),
    [
        (
            TALK,
            Message(role="user", content="I met Maja in Oslo. She knows Tom."),
            [(0, "Maja"), (0, "Oslo"), (1, "Tom")],
        ),
        (
            TALK,
            Message(role="assistant", content="王芳在北京工作。李伟也在。"),
            [(0, "王芳"), (0, "北京"), (1, "李伟")],
        ),
        (TALK, Message(role="user", content="It rains.", name="Maja"), []),  # who speaks is no mention
        (TALK, Message(role="tool", content="Maja is in Oslo.", tool_call_id="t"), []),
        (TALK, Message(role="system", content="You serve Maja of Oslo."), []),
        (TALK, Message(role="user", content="小姐，我的老公在阿姨家。"), []),
        (
            DOCUMENTS,
            Message(role="document", content="The Hywind is near Peterhead."),
            [(0, "Hywind"), (0, "Peterhead")],
        ),
    ],
)
def test_names_are_read_of_what_people_and_documents_say(
    scope: Scope, message: Message, names: list[tuple[int, str]]
) -> None:
    assert [(one.sentence, one.name) for one in mentions(scope, message) if one.sure] == names
