"""Interests of a user: counts that follow what is indexed, hidden and shown again, and equal what is derived anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.flows.effects import Read, Transact
from tiermem.storage import segments
from tiermem.storage.tables.talk import conversation, tally

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TEXTS = [
    "The guitar lessons are wonderful, I love them!",
    "I hate the terrible traffic in Bergen.",
    "钢琴课很有趣，我非常开心。",
    "We talked about the guitar and the piano.",
    "ok",
]


def say(memory: Memory, session: str, texts: list[str], start: datetime = START, user: str = "anna") -> None:
    messages = [Message(role="user", content=text, created_at=start + n * DAY) for n, text in enumerate(texts)]
    memory.session(session, user).add(messages)


@pytest.mark.parametrize("indexed", [False, True])
def test_interests_are_counted_over_all_conversations(store: Open, indexed: bool) -> None:
    memory = store()
    say(memory, "a", TEXTS[:2])
    say(memory, "b", TEXTS[2:], START + 10 * DAY)
    for name in ("a", "b") if indexed else ():
        memory.session(name, "anna").index()
    found = memory.interests("anna", 3)
    guitar = found.keywords[0]
    assert (guitar.name, guitar.count, guitar.last, guitar.ref) == ("guitar", 2, START + 11 * DAY, "b/m2")
    assert (found.conversations, found.turns, found.first, found.last) == (2, 5, START, START + 12 * DAY)
    assert found.moods == ()  # fewer than three turns of a month tell one
    assert memory.interests("anna", 0).keywords == memory.interests("anna", 0).topics == ()
    say(memory, "c", ["I love the guitar, it is great!"] * 3, START)
    assert [(one.month, one.value, one.turns) for one in memory.interests("anna").moods] == [("2026-02", 0.32, 4)]


def test_topics_count_conversations(store: Open) -> None:
    memory = store()
    for place, name in enumerate("abc"):
        say(memory, name, ["The guitar lessons begin.", "Guitar lessons are over."], START + place * DAY)
    say(memory, "d", ["Kimchi stew.", "More kimchi stew."], START + 9 * DAY)
    topics = memory.interests("anna", 2).topics
    assert [(one.name, one.count, one.ref) for one in topics] == [
        ("guitar lessons", 3, "c/m2"),
        ("kimchi stew", 1, "d/m2"),
    ]


def test_where_the_newest_is_hidden_the_one_before_is_the_last(store: Open) -> None:
    memory = store()
    say(memory, "a", ["guitar", "guitar"])
    say(memory, "b", ["guitar"], START + 10 * DAY)
    for name in ("a", "b"):
        memory.session(name, "anna").index()
    memory.session("b", "anna").forget("m1")
    guitar = memory.interests("anna").keywords[0]
    assert (guitar.count, guitar.last, guitar.ref) == (2, START + DAY, "a/m2")
    assert memory.interests("anna").conversations == 1


def rows(memory: Memory) -> list[Any]:
    """All that is counted, without where a word was said last, which a hiding may make unknown."""
    columns = (tally.c.owner, tally.c.kind, tally.c.name, tally.c["count"], tally.c.total)

    def body(connection: sa.Connection) -> list[Any]:
        return [
            sorted(map(tuple, connection.execute(sa.select(*columns)))),
            sorted(map(tuple, connection.execute(sa.select(conversation)))),
        ]

    return memory.drive(_one(Read(body)))  # type: ignore[no-any-return]


def _one(effect: Any) -> Any:
    return (yield effect)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.sampled_from("ab"), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4)),
        st.tuples(st.just("index"), st.sampled_from("ab"), st.none()),
        st.tuples(st.just("forget"), st.sampled_from("ab"), st.integers(1, 8)),
        st.tuples(st.just("restore"), st.sampled_from("ab"), st.integers(1, 8)),
        st.tuples(st.just("clear"), st.sampled_from("ab"), st.none()),
        st.tuples(st.just("undo"), st.sampled_from("ab"), st.integers(1, 6)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_counts_are_those_of_what_is_indexed_and_not_hidden(steps: list[tuple[str, str, Any]]) -> None:
    with Memory.open(":memory:", index_batch=10_000) as memory:
        place = 0
        for verb, name, given_ in steps:
            session = memory.session(name, "anna")
            known = session.stats().messages
            if verb == "say":
                say(memory, name, given_, START + place * DAY)
                place += len(given_)
            elif verb == "index":
                session.index()
            elif verb == "clear":
                session.clear()
            elif verb == "undo":
                open_ = [one for one in session.journal() if not one.undone and one.kind in {"hide", "restore"}]
                if open_:
                    session.undo(open_[given_ % len(open_)])
            elif given_ <= known:
                session.forget(f"m{given_}") if verb == "forget" else session.restore(f"m{given_}")
        waiting = memory.interests("anna", 20)
        assert {scope: proof.problems for scope, proof in memory.verify().items() if not proof.ok} == {}
        for name in "ab":
            memory.session(name, "anna").index()
        indexed = memory.interests("anna", 20)
        assert indexed == waiting
        kept = rows(memory)
        memory.drive(_one(Transact(lambda connection: segments.use_analyser(connection, "tiermem-words-999/x-1/y-1"))))
        memory.drive(_one(Transact(_as_ours)))
        for name in "ab":
            memory.session(name, "anna").index()
        assert rows(memory) == kept
        assert memory.interests("anna", 20) == indexed


def _as_ours(connection: sa.Connection) -> None:
    from tiermem.storage.schema import meta
    from tiermem.text.analyzer import analyser

    connection.execute(meta.update().where(meta.c.key == "analyser").values(value=analyser()))


def test_verify_names_counts_that_are_wrong(store: Open) -> None:
    memory = store()
    say(memory, "a", TEXTS)
    memory.session("a", "anna").index()
    assert all(proof.ok for proof in memory.verify().values())
    memory.drive(_one(Transact(lambda connection: connection.execute(tally.update().values(count=7)) and None)))
    problems = [problem for proof in memory.verify().values() for problem in proof.problems]
    assert len(problems) == 1
    assert "tiermem_tally" in problems[0]
    assert "guitar" not in problems[0]


def test_many_short_conversations_come_to_be_indexed(store: Open) -> None:
    memory = store(index_batch=8)
    for place in range(6):
        say(memory, f"s{place}", TEXTS[:2], START + place * DAY)
    before = memory.interests("anna")
    assert memory.settle(20)
    assert sum(proof.indexed for proof in memory.verify().values()) == 12
    assert memory.interests("anna") == before
