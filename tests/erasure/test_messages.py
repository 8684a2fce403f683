"""Single messages are erased with all that rests on them; numbering, journal and totals stay whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Open
from tests.erasure.lives import SMALL, ByLetters
from tests.validity.test_extracting import Reader
from tiermem import Memory, Message
from tiermem.errors import UnknownReference
from tiermem.session import Session
from tiermem.storage.chain.checking import ERASED_SUMMARY

CANARY = "zyxxyquark"
SECRET = 6  # the number of the message that has it


def said(number: int) -> Message:
    where = f"{CANARY}ville" if number == SECRET else "Oslo"
    text = f"{number}: I live in {where}, and we decided to raise pool {number} to {number}0 for the kiln."
    return Message(role="user" if number % 2 == 0 else "assistant", content=text, id=f"i{number}")


@pytest.fixture
def session(store: Open) -> Session:
    """A session whose sixth message is behind a summary; a fact, a stub and vectors rest on it."""
    session = store(**SMALL, embedder=ByLetters()).session("s", "anna")
    for number in range(1, 13):
        session.add(said(number))
    session.index()
    session.memory.settle(60)
    assert any(SECRET in range(one.first, one.last + 1) for one in session.journal() if one.kind == "cover")
    assert session.search(f"{CANARY}ville")
    return session


def everything(session: Session) -> str:
    view = session.view()
    context = session.context(f"where is {CANARY}ville of the kiln?", 400, within="user")
    texts = [one.text for one in (*view.summaries, *view.messages, *context.messages, *session.messages())]
    facts = session.memory.facts("anna").history()
    return repr((texts, session.search(f"{CANARY} kiln pool", within="user"), facts, session.journal()))


def test_no_verb_says_what_was_erased_and_all_else_stays(session: Session) -> None:
    others = [one for one in session.messages() if one.sequence != SECRET]
    assert CANARY in everything(session)
    receipt = session.erase(f"m{SECRET}", reason="request 17")
    assert CANARY not in everything(session)
    assert session.messages() == others
    assert receipt.messages == 1
    assert receipt.sessions[0].spans == ((SECRET, SECRET),)
    session.memory.settle(60)
    session.index()
    session.manage_context()
    assert CANARY not in everything(session)


def test_numbers_totals_and_journal_are_whole(session: Session) -> None:
    before = session.stats()
    receipt = session.erase(f"m{SECRET}", "m2")
    for _ in range(2):
        assert session.verify().problems == ()
        assert session.memory.verify_erased(receipt).ok
        session.index()
        session.manage_context()
    after = session.stats()
    assert (after.messages, after.tokens, after.indexed) == (before.messages, before.tokens, before.messages)
    assert [one.number for one in session.journal()] == list(range(1, len(session.journal()) + 1))
    assert session.add("next")[0].sequence == before.messages + 1


def test_explain_and_expand_say_that_it_was_erased(session: Session) -> None:
    session.erase(f"m{SECRET}", reason="request 17")
    assert "m6 was erased: decision" in session.explain(f"m{SECRET}").text
    (tombstone,) = session.expand(f"m{SECRET}").messages
    assert (tombstone.text, tombstone.origin, tombstone.role) == (f"[message m{SECRET} was erased]", "erased", "user")
    spoiled = next(one for one in session.journal() if one.kind == "cover" and one.first <= SECRET <= one.last)
    assert spoiled.undone
    assert session.expand(f"s{spoiled.reference}").summaries[0].text == ERASED_SUMMARY


def test_nothing_brings_it_back(session: Session) -> None:
    session.erase(f"m{SECRET}")
    erasing = next(one for one in session.journal() if one.kind == "erase")
    with pytest.raises(UnknownReference, match="nothing can bring it back"):
        session.undo(erasing)
    session.restore()
    session.restore(f"m{SECRET}")
    session.undo(session.journal()[-1])
    assert SECRET not in [one.sequence for one in session.messages()]
    assert CANARY not in everything(session)
    assert session.verify().ok


def test_a_framework_that_adds_it_again_stores_nothing(session: Session) -> None:
    receipt = session.erase(f"m{SECRET}")
    count = session.stats().messages
    again = session.add([said(SECRET), said(7), Message(role="user", content="new", id="new")])
    assert [one.sequence for one in again] == [SECRET, 7, count + 1]
    assert session.stats().messages == count + 1
    assert CANARY not in everything(session)
    assert session.memory.verify_erased(receipt).ok


def test_what_was_hidden_before_is_erased_too_and_what_was_erased_is_passed_over(session: Session) -> None:
    session.forget(f"m{SECRET}")
    assert session.erase(f"m{SECRET}").messages == 1
    assert session.erase(f"m{SECRET}").messages == 0
    assert session.erase(f"m{SECRET}", dry_run=True).messages == 0


def test_all_behind_a_summary_is_erased_but_system_prompts(store: Open) -> None:
    session = store(**SMALL).session("s", "anna")
    session.add(Message(role="system", content="You are kind.", id="sys"))
    for number in range(1, 13):
        session.add(said(number))
    cover = next(one for one in session.journal() if one.kind == "cover" and one.first <= SECRET <= one.last)
    planned = session.erase(f"s{cover.reference}", dry_run=True)
    receipt = session.erase(f"s{cover.reference}")
    assert planned.messages == receipt.messages > 1
    assert session.messages(1, 1)[0].text == "You are kind."
    assert CANARY not in everything(session)
    assert session.verify().ok


def test_a_message_of_another_session_is_erased_there(store: Open) -> None:
    memory = store(**SMALL)
    memory.session("friday", "anna").add(["hello", f"the {CANARY} pool"])
    home = memory.session("s", "anna")
    home.add(f"mine is {CANARY} too")
    receipt = home.erase("friday/m2", "m1")
    assert {one.spans for one in receipt.sessions} == {((2, 2),), ((1, 1),)}
    assert home.search(CANARY, within="user") == []
    assert memory.verify_erased(receipt).ok
    with pytest.raises(UnknownReference):
        home.erase("m9")
    with pytest.raises(UnknownReference):
        home.erase("sunday/m1")


def test_the_index_does_not_store_what_it_read_before(store: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words and vectors that were read before an erasure, and would be stored after it, are thrown away."""
    from tiermem.flows.indexing import words

    session = store(**SMALL | {"index_batch": 1_000}, embedder=ByLetters()).session("s", "anna")
    session.add([said(number) for number in range(1, 9)])
    real, calls = words.part_of, list[int]()

    def late(index: Any, pk: int, messages: Any) -> Any:
        part = real(index, pk, messages)
        if not calls:
            calls.append(pk)
            session.erase(f"m{SECRET}")
        return part

    monkeypatch.setattr(words, "part_of", late)
    session.index()
    assert calls
    assert session.search(f"{CANARY}ville") == []
    assert session.stats().indexed == 8
    assert session.verify().ok


def test_what_a_model_read_in_it_goes_and_what_it_read_in_others_stays(store: Open) -> None:
    memory = store(extractor=Reader())
    session = memory.session("s", "anna")
    session.add(["Peanuts make my throat swell up.", "We closed on the house in Bergen, that is home now."])
    assert session.settle(60)
    assert [one.value for one in memory.facts("anna").current() if one.how == "model"] == [
        "yes",
        "Bergen",
    ]  # an allergy has the name of its cause
    session.erase("m1")
    assert session.settle(60)
    assert [one.value for one in memory.facts("anna").current()] == ["Bergen"]
    assert session.verify().problems == ()


def test_what_was_stated_pinned_or_retracted_is_erased_by_its_reference(store: Open) -> None:
    memory = store()
    session, facts = memory.session("s", "anna"), memory.facts("anna")
    session.add("I live in Oslo.")
    facts.state("employer", f"{CANARY} works")
    assert [one.value for one in facts.current(attribute="employer")] == [f"{CANARY} works"]
    receipt = session.erase("f1")
    assert [(one.attribute, one.value) for one in facts.current()] == [("home", "Oslo")]
    assert receipt.messages == 1
    assert any("f1" in line for line in receipt.not_ours)
    assert (memory.verify_erased(receipt).ok, facts.verify().problems) == (True, ())
    assert CANARY not in memory.profile("anna").text(400)


def test_another_database_is_told_from_the_one_of_the_receipt(store: Open) -> None:
    session = store().session("s", "anna")
    session.add("hello")
    receipt = session.erase()
    with Memory.open(":memory:") as other:
        proof = other.verify_erased(receipt)
    assert proof.ok
    assert "another database" in proof.notes[0]


def test_what_is_added_again_since_is_told_apart(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    session.add(Message(role="user", content="hello", id="a"))
    receipt = memory.erase("anna")
    memory.session("another", "anna").add(Message(role="user", content="hello", id="a"))
    assert "1 of them added since" in memory.verify_erased(receipt).problems[0]


def test_a_tombstone_keeps_when_it_was_said(store: Open) -> None:
    session = store().session("s", "anna")
    (before,) = session.add(Message(role="user", content="hello", id="a"))
    session.erase("m1")
    (tombstone,) = session.expand("m1").messages
    assert (tombstone.stored_at, tombstone.tokens, tombstone.sequence) == (before.stored_at, before.tokens, 1)
    assert tombstone.id.isprintable()


def test_tombstones_are_known_whatever_byte_their_digests_begin_with(store: Open) -> None:
    session = store().session("s", "anna")
    session.add([Message(role="user", content=f"hello {n}", id=f"i{n}") for n in range(700)])
    numbers = [f"m{n}" for n in range(1, 701)]
    session.erase(*numbers)  # of so many two or three digests begin with the byte 255
    assert not session.erase(*numbers, dry_run=True).removed
    assert session.verify().ok
