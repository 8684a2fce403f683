"""A fork shows its parent's stubs and has no copies of them; who lends may go, and what is left to a fork stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.branches.test_forks import TIGHT, chat, proved, rows
from tests.conftest import Open
from tests.properties.thinned import share
from tiermem import Decision, Memory, Session
from tiermem.storage.forks.rules import apart_from_stubs, clipped, hides, in_order, restores
from tiermem.window.view import paint

LONG = 12  # messages of the conversations that are painted


def managed(session: Session) -> Session:
    session.settle()
    session.manage_context()
    return session


def shown(session: Session) -> list[Any]:
    """All that a model would be shown."""
    view = session.view()
    return [view.tokens, [one.text for one in view.summaries], [(one.sequence, one.text) for one in view.messages]]


def due(memory: Memory) -> list[tuple[int, int]]:
    """Of each conversation when its window is to be looked at, and how many messages wait for the index."""

    def body(connection: sa.Connection) -> list[tuple[int, int]]:
        wanted = "SELECT look_at, messages - indexed FROM tiermem_session WHERE messages > 0 ORDER BY pk"
        return [(look_at, waiting) for look_at, waiting in connection.exec_driver_sql(wanted)]

    return list(memory._performer._database.write(body))


def test_forks_borrow_stubs_and_show_them_as_their_parent_does(store: Open) -> None:
    memory = store(**TIGHT)
    session = managed(chat(memory, 14))
    assert "[COMPACTED" in str(shown(session))
    before = rows(memory, "stub")
    head, middle = session.fork(session_id="head"), session.fork("m24", "middle")
    again = head.fork(session_id="again")
    assert rows(memory, "stub") == before
    assert shown(session) == shown(head) == shown(again)
    stubs = {one.sequence: one.text for one in session.view().messages if "[COMPACTED" in one.text}
    theirs = {one.sequence: one.text for one in middle.view().messages if "[COMPACTED" in one.text}
    assert theirs
    assert theirs.items() <= stubs.items()
    number = max(stubs)
    undone = again.restore(f"m{number}")
    assert undone
    assert "[COMPACTED" not in again.explain(f"m{number}").shown + again.messages(number, number)[0].text
    again.undo(again.journal()[-1])
    assert shown(again) == shown(head) == shown(session)
    session.restore(f"m{number}")
    assert shown(again) == shown(head) != shown(session)
    proved(memory)


def test_a_fork_keeps_the_stubs_that_are_left_to_it_when_their_lender_is_erased(store: Open) -> None:
    memory = store(**TIGHT)
    first = chat(memory, 9)
    second = first.fork(session_id="second")
    second.add([f"Only here, {number}: pelican. " * 12 for number in range(6)])
    managed(second)
    third, fourth = second.fork("m16", "third"), second.fork("m21", "fourth")
    fifth = third.fork(session_id="fifth")
    before = shown(third)
    assert "[COMPACTED" in str(before)
    receipt = second.erase()
    assert memory.verify_erased(receipt).ok
    assert shown(third) == shown(fifth) == before
    assert "pelican" not in str(shown(fourth))
    assert [one.sequence for one in fourth.messages()] == [*range(1, 19)]
    proved(memory)


def test_what_erasing_the_parent_left_due_is_done_without_anybody_touching_the_fork(store: Open) -> None:
    memory = store(**TIGHT)
    session = chat(memory, 14)
    fork = session.fork("m20", "other")
    fork.add([f"Only here, {number}: pelican. " * 12 for number in range(10)])
    memory.settle(60)
    session.erase()
    memory.settle(60)
    (look_at, waiting), *others = due(memory)
    assert (look_at > 0, waiting, others) == (True, 0, [])
    proved(memory)


def test_a_fork_knows_what_was_used_and_hears_of_no_later_use(store: Open) -> None:
    memory = store()
    session = chat(memory)
    session.forget("m3")
    session.restore("m3")
    memory.life("anna").used("chat/m5", "chat/m15", reason="an answer named it")
    fork = session.fork("m10", "other")
    memory.life("anna").used("chat/m7")
    uses = {f"m{number}": memory.life("anna").of(f"other/m{number}").uses for number in (3, 5, 7, 9)}
    assert uses == {"m3": 1, "m5": 1, "m7": 0, "m9": 0}
    told = [one for one in fork.journal() if one.kind == "use"]
    theirs = [one for one in session.journal() if one.reason in {"asked for", "an answer named it"}]
    assert [(one.first, one.reason, one.decided_at) for one in told] == [
        (one.first, one.reason, one.decided_at) for one in theirs if one.first <= 10
    ]
    again = fork.fork(session_id="again")
    fork.undo(told[-1])
    assert [memory.life("anna").of(f"{name}/m5").uses for name in ("chat", "other", "again")] == [1, 0, 1]
    assert again.verify().ok
    proved(memory)


numbers = st.integers(1, LONG)
spans = st.tuples(numbers, numbers).map(sorted)
journals = st.lists(
    st.tuples(
        st.sampled_from(["compact", "compact", "cover", "hide", "restore", "restore", "erase"]),
        spans,
        st.booleans(),
        st.booleans(),
    ),
    max_size=10,
)


@settings(max_examples=share(600), deadline=None)
@given(drawn=journals, members=st.lists(st.sets(numbers, min_size=1), min_size=10, max_size=10))
def test_the_view_that_is_carried_is_the_one_that_was(drawn: list[Any], members: list[set[int]]) -> None:
    journal: list[Decision] = []
    for number, (kind, (first, last), undone, rewinds) in enumerate(drawn, start=1):
        strategy = "rewind" if kind == "hide" and rewinds else ""
        reference = number if kind == "cover" else 0
        own = Decision(number=number, kind=kind, first=first, last=last, reference=reference, strategy=strategy)
        journal.append(replace(own, undone=undone and kind != "erase"))
    stubs = {one.number: sorted(members[one.number - 1]) for one in journal if one.kind == "compact"}
    hiding = clipped([one for one in journal if one.kind in {"hide", "restore", "erase"}], LONG)
    covers = [one for one in journal if one.kind == "cover"]
    parts = apart_from_stubs(covers, hiding, 0, LONG)
    inside = [one for one in covers if one.reference in {part.summary for part in parts}]
    compacts = [one for one in journal if one.kind == "compact" and not one.undone]
    planned = [*hides(hiding), *in_order([*inside, *compacts, *restores(hiding, parts)])]
    carried = [replace(one, number=place) for place, one in enumerate(planned, start=1)]
    borrowed = {place: stubs[one.number] for place, one in enumerate(planned, start=1) if one.kind == "compact"}

    def seen(decisions: list[Decision], of: dict[int, list[int]]) -> list[Any]:
        spans = paint(1, LONG, decisions, of)
        return [(part.shown, part.summary) for part in spans for _ in range(part.first, part.last + 1)]

    assert seen(carried, borrowed) == seen(journal, stubs)
