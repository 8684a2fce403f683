"""What was erased with its conversation or its user is not stored again by whoever still has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Open
from tiermem import Memory, Message
from tiermem.events import collecting
from tiermem.storage.erasures import taking

CANARY = "zyxxyquark"


def said(number: int, words: str = CANARY) -> Message:
    return Message(role=("user", "assistant")[number % 2], content=f"{words} {number}", id=f"i{number}")


@pytest.mark.parametrize("whole", [False, True])
def test_it_comes_again_as_tombstones_and_what_is_new_is_stored(store: Open, whole: bool) -> None:
    memory = store(index_batch=2)
    session = memory.session("s", "anna")
    session.add([said(n) for n in range(4)])
    session.erase("m1")  # a tombstone already when its conversation goes
    receipt = memory.erase("anna") if whole else session.erase()
    with collecting() as told:
        again = session.add([*(said(n) for n in range(4)), Message(role="user", content="new", id="new")])
    assert [one.sequence for one in again] == [1, 2, 3, 4, 5]
    assert [one.text for one in session.messages()] == ["new"]
    assert session.expand("m2").messages[0].origin == "erased"
    (event,) = [one for one in told if one.kind == "degraded"]
    assert (event.fields["mode"], event.fields["reason"][:8]) == ("erased message", "m1 to m4")
    assert [one.kind for one in session.journal()] == ["erase"]
    assert not session.search(CANARY)
    assert CANARY not in session.context(CANARY, 400).messages[-1].text
    session.index()
    assert session.verify().ok
    assert memory.verify_erased(receipt).ok
    before = session.stats()
    assert [one.sequence for one in session.add([said(2), said(3, "other words")])] == [3, 4]
    assert session.stats() == before


def test_other_sessions_other_users_and_new_ids_are_free(store: Open) -> None:
    memory = store()
    memory.session("s", "anna").add([said(n) for n in range(3)])
    memory.erase("anna")
    for name, user in (("t", "anna"), ("s", "bob")):
        memory.session(name, user).add(said(1))
        assert [one.text for one in memory.session(name, user).messages()] == [f"{CANARY} 1"]
    memory.session("s", "anna").add([Message(role="user", content=f"{CANARY} 1"), said(7)])
    assert len(memory.session("s", "anna").messages()) == 2


def test_in_a_fork_of_an_erased_session_it_comes_again_as_a_tombstone_also_after_a_move(
    store: Open, tmp_path: Path
) -> None:
    memory = store()
    first = memory.session("s", "anna")
    first.add([said(n) for n in range(3)])
    first.fork("m2", "fork").add("goes on")
    memory.session("fork", "anna").fork(None, "second").add("goes on elsewhere")
    first.erase()
    memory.export("anna", tmp_path / "anna.jsonl", readable=False)
    with Memory.open(tmp_path / "other.db") as other:
        other.session("nobody", "bob").add("the keys of sessions are others here")
        other.import_(tmp_path / "anna.jsonl")
        for one in (memory, other):
            for name, own in (("fork", ["goes on"]), ("second", ["goes on", "goes on elsewhere"])):
                fork = one.session(name, "anna")
                fork.add([*(said(n) for n in range(3)), said(7)])
                assert [told.text for told in fork.messages()] == [*own, f"{CANARY} 7"]
                assert fork.search(CANARY)[0].ref == f"m{fork.messages()[-1].sequence}"
                assert {hit.ref for hit in fork.search(CANARY)} <= {f"m{one.sequence}" for one in fork.messages()}
                assert fork.verify().ok
            assert all(proof.ok for proof in one.verify().values()), one.verify()


def test_it_is_known_where_the_erasure_was_finished_by_the_next_process(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Memory.open(file) as memory:
        memory.session("s", "anna").add([said(n) for n in range(5)])
        monkeypatch.setattr(taking, "purge_messages", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            memory.session("s", "anna").erase()
        monkeypatch.undo()
    with Memory.open(file) as memory:
        memory.session("s", "anna").add([said(n) for n in range(5)])
        assert memory.session("s", "anna").messages() == []


def test_it_is_known_after_a_move_also_under_another_name(store: Open, tmp_path: Path) -> None:
    memory = store()
    memory.session("s", "anna").add([said(n) for n in range(3)])
    memory.session("s", "anna").erase()
    memory.session("t", "anna").add("hello")
    manifest = memory.export("anna", tmp_path / "anna.jsonl", readable=False)
    assert manifest.counts["erased"] == 3
    with Memory.open(tmp_path / "other.db") as other:
        other.import_(tmp_path / "anna.jsonl", "ben")
        other.session("s", "ben").add([said(n) for n in range(3)])
        assert other.session("s", "ben").messages() == []
        other.session("s", "anna").add(said(1))
        assert len(other.session("s", "anna").messages()) == 1


def test_tombstones_are_known_whatever_byte_their_digests_begin_with(file: Path) -> None:
    with Memory.open(file) as memory:
        session = memory.session("s", "anna")
        session.add([said(n) for n in range(700)])  # of so many two or three digests begin with the byte 255
        session.erase(*(f"i{n}" for n in range(700)))
        assert not session.messages()
        assert not memory.session("s", "anna").erase("m1", "m2", "m700", dry_run=True).removed
        assert session.verify().ok
