"""What is erased is gone from every conversation that shares it, whichever was asked; the others live on without it."""

from __future__ import annotations

from tests.branches.test_forks import TIGHT, chat, proved, rows
from tests.conftest import Open
from tiermem import Memory, Session


def family(memory: Memory) -> tuple[Session, Session, Session]:
    first = chat(memory, 14)
    second = first.fork("m20", "second")
    second.add("We went left: pelican. " + "Some more words of it. " * 40)
    third = second.fork("m21", "third")
    third.add("And here: toucan.")
    for session in (first, second, third):
        session.settle()
        session.manage_context()
    return first, second, third


def test_one_message_is_gone_in_all_whoever_is_asked(store: Open) -> None:
    memory = store(**TIGHT)
    first, second, third = family(memory)
    receipt = third.erase("m5", "m6", reason="request 17")
    assert receipt.messages == 2
    for session in (first, second, third):
        assert "lynx2" not in "".join(one.text for one in session.restore())
        view = session.view()
        assert "lynx2" not in "".join([*(one.text for one in view.summaries), *(one.text for one in view.messages)])
        assert session.search("lynx2") == session.search("lynx2", within="user") == []
        assert session.expand("m5").messages[0].text == "[message m5 was erased]"
        assert session.search("heron0")[0].ref == "m1"
    second.erase("m21")
    assert third.search("pelican") == []
    assert third.search("toucan")[0].ref == "m22"
    assert memory.verify_erased(receipt).ok
    proved(memory)


def test_all_who_shared_what_is_erased_are_seen_to(store: Open) -> None:
    memory = store(**TIGHT)
    for session in family(memory):
        assert any(one.first <= 5 <= one.last for one in session.view().summaries)
    memory.session("third", "anna").erase("m5")  # so that all have their summary undone, and its messages in view
    memory.settle()
    seen = {name: memory.session(name, "anna").stats() for name in memory.sessions("anna")}
    assert max(one.window_tokens for one in seen.values()) < TIGHT["pre_rot_threshold"]
    assert seen["chat"].indexed == seen["chat"].messages  # whose message it was


def test_a_fork_keeps_nothing_of_a_conversation_that_was_erased(store: Open) -> None:
    memory = store(**TIGHT)
    first, second, third = family(memory)
    receipt = first.erase(reason="request 18")
    assert memory.verify_erased(receipt).ok
    assert memory.sessions("anna") == ["second", "third"]
    for session in (second, third):
        assert "otter1" not in "".join(one.text for one in session.restore())
        assert session.search("otter1") == session.search("otter1", within="user") == []
        assert session.expand("m3").messages[0].text == "[message m3 was erased]"
        view = session.view()
        assert "door" not in "".join([*(one.text for one in view.summaries), *(one.text for one in view.messages)])
    assert third.search("pelican")[0].ref == "m21"
    third.add("Further on: falcon.")
    assert third.search("falcon")[0].ref == "m23"
    assert third.branches()[0].parent == ""
    assert rows(memory, "message") == 3
    assert [one.sequence for one in third.fork(session_id="fourth").messages()] == [21, 22, 23]
    proved(memory)


def test_of_a_fork_only_its_own_goes(store: Open) -> None:
    memory = store(**TIGHT)
    first, second, third = family(memory)
    receipt = second.erase()
    assert any("shared" in told for told in receipt.not_ours)
    assert [one.sequence for one in third.messages()] == [*range(1, 21), 22]
    assert first.search("otter1")[0].ref == third.search("otter1")[0].ref == "m3"
    assert third.search("pelican") == []
    memory.session("second", "anna").add("Somebody new.")
    assert third.expand("m21").messages[0].text == "[message m21 was erased]"
    proved(memory)
    assert memory.verify_erased(memory.erase("anna")).ok
    assert rows(memory, "fork") == rows(memory, "message") == 0
