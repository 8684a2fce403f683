"""A question about all that a user ever said: every session of the namespace, ranked as one, and of nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Open
from tests.properties.oracles import assert_same, indexes_dropped
from tiermem import Memory, Message

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONDAY = ["My sister Ingrid keeps two alpacas.", "They eat hay, and carrots on Sundays.", "One is called Quito."]
FRIDAY = ["The deploy of the gateway failed.", "Its pool has 80 connections.", "I shall look at it on Tuesday."]


def said(texts: list[str], start: datetime = START) -> list[Message]:
    return [
        Message(role="user", content=text, created_at=start + timedelta(minutes=place))
        for place, text in enumerate(texts)
    ]


def filled(memory: Memory, user: str = "anna") -> Memory:
    memory.session("monday", user).add(said(MONDAY))
    memory.session("friday", user).add(said(FRIDAY, START + timedelta(days=4)))
    return memory


def refs(memory: Memory, query: str, session: str = "friday", user: str = "anna", within: str = "user") -> list[str]:
    return [hit.ref for hit in memory.session(session, user).search(query, within=within)]  # type: ignore[arg-type]


def test_what_was_said_in_another_session_is_found_and_says_where_and_when(store: Open) -> None:
    memory = filled(store())
    assert refs(memory, "alpacas", within="conversation") == []
    hit = memory.session("friday", "anna").search("Who keeps alpacas?", within="user")[0]
    assert (hit.ref, hit.session, hit.home) == ("monday/m1", "monday", False)
    assert hit.message.created_at == START
    own = memory.session("monday", "anna").search("Who keeps alpacas?", within="user")[0]
    assert (own.ref, own.session, own.home) == ("m1", "monday", True)


def test_a_session_in_which_nothing_was_said_yet_finds_what_others_said(store: Open) -> None:
    memory = filled(store())
    assert refs(memory, "alpacas", session="new")[0] == "monday/m1"
    assert "alpacas" in memory.session("new", "anna").recall("Who keeps alpacas?", 400, within="user").text


def test_nobody_else_is_found(store: Open) -> None:
    memory = filled(store())
    filled(memory, "anna2")
    memory.session("monday", "anna2").add("The quokka is called Zebedee.")
    memory.session("monday", ("anna", "anna")).add("The quokka is called Zebedee.")
    hits = memory.session("friday", "anna").search("What is the quokka called?", within="user")
    assert not any("Zebedee" in hit.message.text for hit in hits)
    assert refs(memory, "Zebedee", user="anna2", session="friday")[0] == "monday/m4"


def test_what_is_hidden_in_its_session_is_found_from_none(store: Open) -> None:
    memory = filled(store())
    monday = memory.session("monday", "anna")
    decisions = monday.forget("m1")
    assert "monday/m1" not in refs(memory, "alpacas sister Ingrid hay")
    monday.undo(decisions[0])
    assert refs(memory, "alpacas sister Ingrid hay")[0] == "monday/m1"
    monday.clear()
    assert refs(memory, "alpacas hay Quito") == []


def test_what_is_hidden_there_ranks_the_others_as_if_it_had_never_been_said(store: Open) -> None:
    memory, other = filled(store()), store()
    memory.session("monday", "anna").forget("m2")
    other.session("monday", "anna").add([one for one in said(MONDAY) if "hay" not in one.text])
    other.session("friday", "anna").add(said(FRIDAY, START + timedelta(days=4)))
    scores = [
        [hit.score for hit in one.session("friday", "anna").search("Which alpaca eats in the pool?", within="user")]
        for one in (memory, other)
    ]
    assert scores[0] == pytest.approx(scores[1], abs=1e-5)


def test_sessions_lend_each_other_nothing(store: Open) -> None:
    """The end of one day and the beginning of another may be a minute apart."""
    memory = store()
    memory.session("a", "anna").add(said(["Where is the spare key of the boathouse?"]))
    memory.session("b", "anna").add(said(["Lovely weather, a bit windy."], START + timedelta(minutes=1)))
    assert refs(memory, "spare key boathouse", session="a") == ["m1"]


def test_a_word_is_as_rare_as_it_is_with_the_user(store: Open) -> None:
    """ "alpaca" is in every message of one session and in one of the other: it is no rare word there either."""
    memory = store()
    memory.session("a", "anna").add(said([f"alpaca number {place} grazes" for place in range(60)]))
    memory.session("b", "anna").add(said(["an alpaca, and a zeppelin", "nothing else", "good night"]))
    best = memory.session("b", "anna").search("alpaca zeppelin", k=1, within="user")[0]
    alone = memory.session("b", "anna").search("alpaca zeppelin", k=1)[0]
    assert best.ref == alone.ref == "m1"
    assert refs(memory, "zeppelin", session="a")[0] == "b/m1"


def test_documents_are_found_with_everything_and_not_with_the_user(store: Open) -> None:
    memory = filled(store())
    memory.knowledge("anna").add_documents("The alpaca handbook says: shear them in May.", source="handbook")
    everything = memory.session("friday", "anna").search("When are alpacas shorn?", within="everything")
    assert {hit.source for hit in everything} == {"", "handbook"}
    assert any(hit.session == "monday" for hit in everything)
    of_user = memory.session("friday", "anna").search("When are alpacas shorn?", within="user")
    assert {hit.source for hit in of_user} == {""}


def test_as_of_and_filters_count_for_every_session(store: Open) -> None:
    memory = filled(store())
    friday = memory.session("friday", "anna")
    assert friday.search("pool alpacas", within="user", as_of=START + timedelta(days=1))[0].ref == "monday/m1"
    assert {hit.home for hit in friday.search("pool alpacas", within="user", as_of=START + timedelta(days=1))} == {
        False
    }
    since = friday.search("pool alpacas", within="user", since=START + timedelta(days=2))
    assert {hit.session for hit in since} == {"friday"}
    assert friday.search("pool alpacas", within="user", role="assistant") == []


def test_the_answers_are_the_same_indexed_waiting_and_with_the_index_dropped(store: Open) -> None:
    memory = filled(store(index_batch=2))
    friday = memory.session("friday", "anna")
    waiting = friday.search("Ingrid's pool of alpacas", within="user")
    for name in ("monday", "friday"):
        memory.session(name, "anna").index()
    assert_same(friday.search("Ingrid's pool of alpacas", within="user"), waiting)
    indexes_dropped(memory)
    assert_same(friday.search("Ingrid's pool of alpacas", within="user"), waiting)


def test_what_is_added_meanwhile_in_another_session_is_found_at_once(store: Open) -> None:
    memory = filled(store())
    assert refs(memory, "tapir") == []
    memory.session("saturday", "anna").add("We met a tapir.")
    memory.session("monday", "anna").add("The tapir ate the hay.")
    assert set(refs(memory, "tapir")) >= {"saturday/m1", "monday/m4"}
