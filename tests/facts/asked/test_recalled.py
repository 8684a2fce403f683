"""What is asked of a person finds the messages whose facts tell it, though they share no word with the question."""

from __future__ import annotations

import pytest

from tests.conftest import Open
from tiermem import Message, Session
from tiermem.settings import Weights

TALK = ("The build failed again.", "Rain all day.", "I need a new chair.", "The meeting was long.")
ASKED = {
    "We moved to Porto last spring.": "Where do I live?",
    "I'm allergic to peanuts.": "What can't I eat?",
    "我对花生过敏。": "我不能吃什么？",
    "我上个月搬到上海了。": "我现在住哪里？",
    "我老婆叫陈静。": "我太太叫什么？",
}


def told(session: Session, *said: str) -> None:
    session.add([Message(role="user", content=one) for one in (*TALK, *said, *TALK)])


@pytest.mark.parametrize(("said", "asked"), ASKED.items())
@pytest.mark.parametrize("indexed", [False, True])
def test_a_fact_is_recalled_that_has_no_word_of_the_question(store: Open, said: str, asked: str, indexed: bool) -> None:
    with store() as memory:
        session = memory.session("monday", "ann")
        told(session, said)
        if indexed:
            memory.settle()
        friday = memory.session("friday", "ann")
        assert said in friday.recall(asked, 200, within="user").text
        [best] = friday.search(asked, 1, within="user")
        assert best.message.content == said
        assert any(said in one.text for one in friday.context(asked, 400, within="user").messages)


def test_the_part_of_the_score_is_told(store: Open) -> None:
    with store() as memory:
        session = memory.session("monday", "ann")
        told(session, "We moved to Porto last spring.")
        [best] = session.search("Where do I live?", 1, explain=True)
        assert best.why["stated"] > 0
        assert sum(best.why.values()) == pytest.approx(best.score)
        assert "stated" in best.reason


def test_who_asks_something_else_is_told_that_first(store: Open) -> None:
    with store() as memory:
        memory.session("home", "ann").add(["I'm allergic to walnuts.", "I eat no pork.", "I live in Oslo."])
        memory.session("work", "ann").add(["We chose the Bistro for the client dinner.", "The config file is in /etc."])
        session = memory.session("now", "ann")
        for question, answer in {
            "What restaurant did we choose for the client dinner?": "We chose the Bistro for the client dinner.",
            "Where does the config file live?": "The config file is in /etc.",
        }.items():
            assert session.search(question, 1, within="user")[0].message.content == answer


def test_without_the_weight_it_is_not(store: Open) -> None:
    with store(weights=Weights(stated=0)) as memory:
        session = memory.session("monday", "ann")
        told(session, "We moved to Porto last spring.")
        assert not session.recall("Where do I live?", 200).text


def test_what_is_hidden_or_another_users_is_not_told(store: Open) -> None:
    with store() as memory:
        session, other = memory.session("monday", "ann"), memory.session("monday", "bob")
        told(session, "We moved to Porto last spring.")
        told(other, "We moved to Ghent last spring.")
        assert "Ghent" not in session.recall("Where do I live?", 200, within="user").text
        session.forget("m5")
        assert not session.recall("Where do I live?", 200, within="user").text


def test_the_newer_of_two_homes_says_so(store: Open) -> None:
    with store() as memory:
        session = memory.session("monday", "ann")
        told(session, "I live in Oslo.", "I moved to Porto.")
        hits = {hit.message.content: hit for hit in session.search("Where do I live these days?", 2)}
        assert hits["I live in Oslo."].superseded_by == "m6"
        assert hits["I moved to Porto."].current


def test_nothing_is_recalled_where_nobody_said_it(store: Open) -> None:
    with store() as memory:
        session = memory.session("monday", "ann")
        told(session, "My sister lives in Rome.")
        assert not session.recall("What can't I eat?", 200).text
        assert "Rome" in session.recall("Where does my sister live?", 200).text
