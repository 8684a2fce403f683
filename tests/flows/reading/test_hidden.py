"""What is hidden steers no search: the others are found and ranked as if it had never been said."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiermem import Memory, Message, Session

Open = Callable[..., Memory]
START = datetime(2024, 5, 1, 9, tzinfo=UTC)
TALK = (
    ("user", "The garden needs water in the evening."),
    ("assistant", "I will remind you at seven."),
    ("user", "My doctor says that I have zoster."),
    ("assistant", "Rest, and drink a lot."),
    ("user", "The tomatoes are ripe now."),
    ("assistant", "Then it is time to pick them."),
    ("user", "Anna comes for dinner on Friday."),
)
SECRET = 2  # its place


def messages(talk: Sequence[tuple[str, str]], without: Sequence[int] = (), names: bool = False) -> list[Message]:
    return [
        Message(
            role=role, content=text, id=f"i{n}", created_at=START + timedelta(minutes=n), name=role if names else None
        )
        for n, (role, text) in enumerate(talk)
        if n not in without
    ]


def found(session: Session, question: str) -> dict[str, dict[str, float]]:
    return {hit.message.id: {"score": hit.score, **hit.why} for hit in session.search(question, 50)}


def same(one: Session, other: Session, question: str) -> bool:
    """Whether both find the same with the same scores; vectors are kept with 11 bits, which tells in the 6th place."""
    here, there = found(one, question), found(other, question)
    names = sorted({name for parts in (*here.values(), *there.values()) for name in parts})
    mine, theirs = (
        {key: [parts.get(name, 0.0) for name in names] for key, parts in side.items()} for side in (here, there)
    )
    return mine == {key: pytest.approx(parts, abs=1e-5) for key, parts in theirs.items()}


def test_a_word_that_only_a_forgotten_message_said_finds_nothing(store: Open) -> None:
    session = store().session("s")
    session.add(messages(TALK))
    before = found(session, "zoster")
    assert before
    session.forget(f"m{SECRET + 1}")
    assert session.search("zoster") == []
    assert session.recall("What about the zoster?").text == ""
    session.restore(f"m{SECRET + 1}")
    assert found(session, "zoster") == before


def test_undoing_brings_its_words_back(store: Open) -> None:
    session = store().session("s")
    session.add(messages(TALK))
    before = found(session, "zoster doctor")
    (decision,) = session.forget(f"m{SECRET + 1}")
    assert session.search("zoster doctor") == []
    session.undo(decision)
    assert found(session, "zoster doctor") == before


@pytest.mark.parametrize(
    "question", ["zoster", "What did the doctor say?", "Who comes on Friday?", "garden water drink"]
)
@pytest.mark.parametrize("indexed", [False, True])
def test_the_others_rank_as_if_it_had_never_been_said(store: Open, question: str, indexed: bool) -> None:
    memory = store(index_batch=1) if indexed else store()
    all_of, rest = memory.session("all"), memory.session("rest")
    all_of.add(messages(TALK, names=True))
    rest.add(messages(TALK, [SECRET], names=True))
    all_of.forget(f"m{SECRET + 1}")
    assert same(all_of, rest, question)
    assert not any("zoster" in one.text for one in all_of.context(None, 2_000).messages)


def test_nothing_is_found_where_all_is_hidden(store: Open) -> None:
    session = store().session("s")
    session.add(messages(TALK))
    session.clear()
    assert session.search("zoster garden") == []


def test_a_replaced_document_counts_no_word(store: Open) -> None:
    memory = store()
    once, twice = memory.knowledge("a"), memory.knowledge("b")
    new = "The pool of the gateway has 80 connections. The cache has 3 shards."
    for other in range(5):
        once.add_documents(f"Page {other} is about the weather in town {other}.", source=f"page{other}")
        twice.add_documents(f"Page {other} is about the weather in town {other}.", source=f"page{other}")
    twice.add_documents("The pool of the gateway has 20 connections.", source="ops")
    twice.add_documents(new, source="ops")
    once.add_documents(new, source="ops")
    question = "How many connections has the pool?"
    assert [hit.score for hit in twice.search(question)] == pytest.approx([hit.score for hit in once.search(question)])


WORDS = ("garden", "zoster", "Anna", "pool", "Friday", "doctor", "tomatoes", "water", "yesterday", "花园", "医生")


@given(seed=st.integers(0, 10**6), count=st.integers(2, 40), data=st.data())
def test_whatever_is_hidden_ranks_like_what_was_never_said(seed: int, count: int, data: st.DataObject) -> None:
    chance = random.Random(seed)
    talk = [
        (chance.choice(("user", "assistant")), " ".join(chance.choices(WORDS, k=chance.randint(1, 6))))
        for _ in range(count)
    ]
    gone = data.draw(st.sets(st.integers(0, count - 1), max_size=count - 1))
    question = " ".join(data.draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3)))
    with Memory.open(":memory:") as memory:
        all_of, rest = memory.session("all"), memory.session("rest")
        all_of.add(messages(talk))
        rest.add(messages(talk, sorted(gone)))
        if gone:
            all_of.forget(*(f"m{place + 1}" for place in sorted(gone)))
        assert same(all_of, rest, question)
