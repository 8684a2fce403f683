"""In what is recalled the newest of several statements is current and the older ones are history."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tiermem import Memory, Message, Session
from tiermem.facts.fact import Fact
from tiermem.facts.reading import facts
from tiermem.tokens.counting import message_tokens

Open = Callable[..., Memory]
START = datetime(2024, 3, 1, 9, tzinfo=UTC)
FACTS = {
    5: "My rent is $1,200 a month.",
    9: "会议在周二。",
    60: "My rent went up to $1,350.",
    70: "会议改到周四了。",
    80: "I met Kelly at the fair.",
    95: "I have never met Kelly.",
}
ASKED = "How much is my rent?"


def filled(store: Open, **options: object) -> Session:
    session = store(**options).session("s")
    session.add(
        [
            Message(
                role="user",
                content=FACTS.get(n, f"Nothing new on day {n}, the weather is fine."),
                created_at=START + timedelta(hours=n),
                id=f"x{n}",
            )
            for n in range(1, 201)
        ]
    )
    return session


def plain(text: str) -> str:
    return re.sub(r" \((?:superseded by|conflicts with) m\d+\)$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize(("asked", "old", "new"), [(ASKED, 5, 60), ("会议在周几？", 9, 70)])
def test_an_older_value_is_shown_as_history_behind_its_text(store: Open, asked: str, old: int, new: int) -> None:
    session = filled(store)
    hits = {hit.ref: hit for hit in session.search(asked)}
    assert (hits[f"m{old}"].superseded_by, hits[f"m{old}"].current) == (f"m{new}", False)
    assert (hits[f"m{new}"].superseded_by, hits[f"m{new}"].current) == ("", True)
    context = session.context(asked, 900)
    for text in (session.recall(asked).text, *(p.message.text for p in context.pieces if p.kind == "recalled")):
        assert f"{FACTS[old]} (superseded by m{new})\n" in text
        assert f"{FACTS[new]}\n" in text
    assert {hit.superseded_by for hit in context.hits if hit.ref == f"m{old}"} == {f"m{new}"}


def test_a_denial_is_told_as_a_conflict(store: Open) -> None:
    session = filled(store)
    told = {hit.ref: hit for hit in session.search("Have I met Kelly?")}
    assert (told["m80"].conflicts_with, told["m80"].superseded_by) == ("m95", "")
    assert f"{FACTS[80]} (conflicts with m95)" in session.recall("Have I met Kelly?").text


def test_marks_take_nothing_out_and_never_break_the_budget(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = filled(store)
    count = session.memory.counter
    budgets = range(60, 400, 7)
    with_marks = [(session.context(ASKED, 700 + b), session.recall(ASKED, b)) for b in budgets]
    monkeypatch.setattr("tiermem.search.quoting.marking.marks", lambda *_: {})
    for budget, (context, recalled) in zip(budgets, with_marks, strict=True):
        assert sum(message_tokens(one, count) for one in context.messages) == context.tokens <= 700 + budget
        assert count(recalled.text) == recalled.tokens <= budget
        assert plain(recalled.text) == session.recall(ASKED, budget).text
        before = {hit.ref for hit in session.context(ASKED, 700 + budget).hits}
        assert before <= {hit.ref for hit in context.hits} | {ref for piece in context.pieces for ref in piece.refs}
    assert any("superseded" in recalled.text for _, recalled in with_marks)


def test_an_older_value_alone_is_not_marked(store: Open) -> None:
    session = store().session("s")
    session.add([Message(role="user", content=FACTS[5], created_at=START)])
    hit = session.search(ASKED)[0]
    assert (hit.superseded_by, hit.conflicts_with, hit.current) == ("", "", False)
    assert "superseded" not in session.recall(ASKED).text


def test_what_a_document_says_updates_nobodys_statement(store: Open) -> None:
    session = filled(store)
    session.memory.knowledge().add_documents({"text": "My rent went up to $9,999.", "source": "novel.txt"})
    hits = session.search(ASKED, within="everything")
    assert {hit.superseded_by for hit in hits} == {"", "m60"}
    assert not any(hit.current or hit.superseded_by for hit in hits if hit.source)


def test_marks_are_the_same_from_any_state_of_the_caches(store: Open) -> None:
    session = filled(store)
    first = session.search(ASKED)
    assert session.search(ASKED) == first
    core = session.memory.wiring[0]
    core.facts._values.clear()  # the caches have no public face
    core.mentions._values.clear()
    assert session.search(ASKED) == first


def test_facts_are_read_once_a_message(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = filled(store)
    read: list[str] = []

    def reading(text: str, speaker: str) -> list[Fact]:
        read.append(text)
        return facts(text, speaker)

    monkeypatch.setattr("tiermem.flows.services.facts", reading)
    for _ in range(3):
        session.context(ASKED, 900)
        session.search(ASKED)
    assert FACTS[5] in read
    assert len(read) == len(set(read))
