"""With `redactor=` nothing private is in the database, whatever way it was said."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Open
from tests.redaction.private import SECRET, redactor
from tests.whole import whole
from tiermem import Memory, Message, Session
from tiermem.errors import InvalidSettings, RedactionFailed
from tiermem.notes import Concept, Episode, PlainNote, Procedure
from tiermem.tools import memory_tools

OPTIONS: Any = {"redactor": redactor, "describe": lambda _: f"A card that says {SECRET}"}
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(300)).decode()


def tell(memory: Memory) -> Session:
    """Say it in every way in which something is kept."""
    session = memory.session("s", "anna")
    session.add([f"My address is {SECRET}.", Message(role="assistant", content=f"Noted: {SECRET}")])
    session.add(f"A log that is long. {SECRET} " * 60, compacted=True)
    asyncio.run(session.as_async().add(f"Once more: {SECRET}"))
    book = {
        "text": f"Write to {SECRET} in need.",
        "source": "book",
        "title": f"mail {SECRET}",
        "metadata": {"by": [SECRET]},
    }
    memory.knowledge("anna").add_documents(book)
    memory.items("anna").put(("mail",), "own", {"text": f"own: {SECRET}", "list": [SECRET]})
    memory.facts("anna").state("address", f"at {SECRET}")
    for note in (
        PlainNote(f"Reach her at {SECRET}"),
        Concept(name=f"the mail {SECRET}", definition=f"it is {SECRET}"),
        Episode(event=f"she gave {SECRET}", context=SECRET),
        Procedure(name=f"write to {SECRET}", steps=(f"open {SECRET}", "send")),
    ):
        memory.notes("anna").keep(note)
    assert "Noted" in str(memory_tools(session)["remember"].call(note=f"The mail is {SECRET}"))
    session.add(
        Message(role="user", content=[{"type": "image", "base64": PICTURE, "caption": f"the card of {SECRET}"}])
    )
    memory.media("anna").describe()
    session.fork(session_id="branch").add(f"In the fork: {SECRET}")
    session.settle(60)
    return session


def test_it_is_in_no_answer_on_any_backend(store: Open) -> None:
    memory = store(**OPTIONS)
    session = tell(memory)
    told = [
        session.messages(),
        session.context("What is the address?", within="everything"),
        session.search("address", within="everything"),
        session.search("What does the card say?", within="everything"),
        memory.knowledge("anna").chunks("book"),
        memory.items("anna").search(()),
        memory.facts("anna").current(),
        memory.notes("anna").all(),
        memory.profile("anna").lines(),
        memory.session("branch", "anna").messages(),
    ]
    assert SECRET not in whole(told)
    assert all("[EMAIL]" in whole(one) for one in told[:-2])
    assert all(proof.ok for proof in memory.verify().values())


def test_no_reason_holds_it(store: Open) -> None:
    memory, why = store(redactor=redactor), f"asked by {SECRET}"
    session = memory.session("s", "anna")
    session.add(["one", "two", "three", "four"])
    session.forget("m1", reason=why)
    session.rewind("m3", reason=why)
    session.clear(reason=why)
    facts = memory.facts("anna")
    facts.state("city", "Oslo", reason=why)
    facts.retract("city", reason=why)
    memory.notes("anna").keep(Procedure(name=f"write to {SECRET}", steps=("send",)))
    told = memory.notes("anna").report(f"write to {SECRET}", worked=False, reason=why)
    receipts = [session.erase("m2", reason=why), memory.session("t", "anna").erase(reason=why)]
    assert told.outcomes.failed == 1
    kept = [session.journal(), facts.journal(), memory.notes("anna").journal(), *receipts, memory.erasures("anna")]
    assert SECRET not in whole(kept)
    assert whole(kept).count("asked by [EMAIL]") >= 7


def test_it_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    with Memory.open(tmp_path / "m.db", **OPTIONS) as memory:
        tell(memory)
    for file in tmp_path.iterdir():
        found = file.read_bytes()
        assert b"quux" not in found
        assert "quux".encode("utf-16-le") not in found


def test_what_is_handed_over_again_is_stored_once(store: Open) -> None:
    session = store(redactor=redactor).session("s", "anna")
    said = Message(role="user", content=f"Write to {SECRET}", id="one")
    assert session.add(said) == session.add(said)
    assert [one.text for one in session.messages()] == ["Write to [EMAIL]"]


def test_where_it_fails_nothing_is_stored_and_its_words_are_not_told(store: Open) -> None:
    def fails(text: str) -> str:
        raise RuntimeError(text)

    memory = store(redactor=fails)
    for verb in (
        lambda: memory.session("s", "anna").add(["first", SECRET]),
        lambda: memory.knowledge("anna").add_documents("text", source="book"),
        lambda: memory.items("anna").put(("a",), "b", {"text": SECRET}),
        lambda: memory.facts("anna").state("address", SECRET),
        lambda: memory.notes("anna").keep("a note"),
    ):
        with pytest.raises(RedactionFailed, match="raised RuntimeError; nothing was written"):
            verb()
    assert memory.session("s", "anna").messages() == []
    assert memory.items("anna").search(()) == []
    assert memory.notes("anna").all() == []


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="redactor= takes a function, not str"):
        Memory.open(":memory:", redactor="presidio")  # type: ignore[arg-type]
