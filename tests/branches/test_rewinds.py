"""Going back in a conversation: what came after is nowhere to be seen, and is all there again when that is undone."""

from __future__ import annotations

import pytest

from tests.branches.test_forks import TIGHT, chat, proved
from tests.conftest import Open
from tiermem.errors import InvalidBranch, InvalidMessage
from tiermem.events import collecting
from tiermem.storage.forks.rules import REWIND


def test_what_came_after_is_hidden_and_undo_shows_it_again(store: Open) -> None:
    memory = store()
    session = chat(memory)
    before = [one.sequence for one in session.messages()]
    (hide,) = session.rewind("m10")
    assert (hide.kind, hide.strategy, hide.first, hide.last, hide.reason) == ("hide", REWIND, 11, 20, "rewound to m10")
    assert (
        [one.sequence for one in session.messages()]
        == list(range(1, 11))
        == [m.sequence for m in session.view().messages]
    )
    assert session.search("koala7") == session.search("koala7", within="user") == []
    assert "koala7" not in " ".join(one.text for one in session.context("koala7", 4_000).messages)
    assert "koala7" in session.expand("m15").messages[0].text
    assert session.expand("m15").note["hidden"] == ["m15"]
    assert session.rewind("m10") == []
    assert len(memory.turns("anna", limit=50)) == 5
    session.undo(hide)
    assert [one.sequence for one in session.messages()] == before
    assert session.search("koala7")[0].ref == "m15"
    proved(memory)


def test_summaries_that_tell_of_both_sides_give_way(store: Open) -> None:
    session = chat(store(**TIGHT), 20)
    session.manage_context()
    spanning = next(one for one in session.view().summaries if one.last - one.first > 2)
    at = spanning.first + 2
    session.rewind(f"m{at}")
    view = session.view()
    said = " ".join([*(one.text for one in view.summaries), *(one.text for one in view.messages)])
    assert all(one.last <= at for one in view.summaries)
    assert f"door {spanning.last // 2}" not in said
    assert max(one.sequence for one in view.messages) <= at
    proved(session.memory)


def test_what_was_left_is_gone_on_with_by_a_fork(store: Open) -> None:
    session = chat(store())
    session.rewind("m10")
    session.add("Another way: pelican.")
    left, here = session.fork("m20", "left"), session.fork("m21", "here")
    assert [one.sequence for one in left.messages()] == list(range(1, 21))
    assert [one.sequence for one in here.messages()] == [*range(1, 11), 21]
    assert left.search("koala7")[0].ref == "m15"
    assert here.search("koala7") == []
    with pytest.raises(
        InvalidBranch, match="m15 was rewound by decision 1: undo that first, or fork the session at m15"
    ):
        session.rewind("m15")
    session.rewind("m4")
    assert [one.sequence for one in session.fork("m21", "again").messages()] == [*range(1, 11), 21]
    assert [one.sequence for one in session.fork("m20", "old").messages()] == list(range(1, 21))
    assert [one.sequence for one in session.fork("m4", "low").messages()] == list(range(1, 5))
    proved(session.memory)


def test_a_message_is_said_otherwise_and_the_old_branch_is_kept(store: Open) -> None:
    memory = store()
    session = memory.session("chat", "anna")
    session.add("I live in Oslo.")
    session.add("Oslo is nice.", role="assistant")
    session.add("What is the weather there?")
    session.add("Cold.", role="assistant")
    told = session.edit("m1", "I live in Lisbon.", "before")
    session.add("Lisbon is nice.", role="assistant")
    assert (told.role, told.text, told.sequence) == ("user", "I live in Lisbon.", 5)
    assert [one.text for one in session.messages()] == ["I live in Lisbon.", "Lisbon is nice."]
    old = memory.session("before", "anna")
    assert [one.text for one in old.messages()][-1] == "Cold."
    assert [(one.session, one.at) for one in session.branches()] == [("chat", 0), ("before", 4)]
    assert [one.value for one in memory.facts("anna").current()] == ["Lisbon"]
    old.add("And tomorrow?")
    assert old.search("weather")[0].ref == "m3"
    with pytest.raises(InvalidBranch, match="hidden"):
        session.edit("m3", "?")
    proved(memory)


def test_wrong_arguments_are_named_and_what_happened_is_told(store: Open) -> None:
    session = chat(store())
    for wrong in (5, "x" * 201):
        with pytest.raises(InvalidMessage):
            session.rewind("m2", wrong)  # type: ignore[arg-type]
    with collecting() as events:
        session.rewind("m6")
        session.fork("m4", "other")
    told = {event.kind: (event.scope.session, dict(event.fields)) for event in events}
    assert told["forked"] == ("other", {"at": 4})
    assert told["forgotten"][0] == "chat"
