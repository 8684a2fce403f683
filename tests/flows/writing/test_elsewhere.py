"""References of other sessions of the same user: opened, explained, forgotten, taken back; on every backend."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tiermem import AsyncMemory, Memory, Message, Session, TiermemError
from tiermem.errors import InvalidNamespace, MissingNamespace, UnknownReference
from tiermem.tools import memory_tools

Open = Callable[..., Memory]
SECRET = "Ben keeps the spare key under the third brick."
PORT = "Kestrel listens on port 7443."
# Names that read like references, patterns, paths, or each other.
NAMES = ["friday", "a/b", "a/b/m1", "fri%", "fri_", "m1", "../friday", "fri day", "fri[day]", "FRIDAY"]
NAMES += ["\u202eyadirf", "\x00", "fri\nday", "friday>", '"friday"']


def talk(memory: Memory, name: str, user: str | tuple[str, str] = "anna") -> Session:
    session = memory.session(name, user)
    session.add([f"This was said in {name!r}.", PORT, "Good night."])
    return session


@pytest.fixture
def monday(store: Open) -> Session:
    memory = store()
    talk(memory, "friday")
    memory.session("friday", "ben").add(SECRET)
    memory.session("secrets", "ben").add(SECRET)
    return talk(memory, "monday")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_reference_leads_into_the_session_that_it_names(name: str) -> None:
    memory = Memory.open(":memory:")
    monday = memory.session("monday", "anna")
    for other in NAMES:
        talk(memory, other)
    original = monday.expand(f"{name}/m1")
    assert original.messages == tuple(memory.session(name, "anna").messages(1, 1))
    assert (original.ref, original.note["session"]) == (f"{name}/m1", name)
    assert monday.explain(f"{name}/m1").ref == f"{name}/m1"


def test_it_hides_and_shows_again_where_it_was_said(monday: Session) -> None:
    friday = monday.beside("friday")
    (made,) = monday.forget("friday/m2", reason="wrong port")
    assert (made.session, made.reason) == ("friday", "wrong port")
    assert [message.sequence for message in friday.messages()] == [1, 3]
    assert [decision.number for decision in friday.journal()] == [made.number]
    assert monday.journal() == []
    assert monday.expand("friday/m2").note["hidden"] == ["friday/m2"]
    assert str(monday.explain("friday/m2")).startswith("friday/m2 is hidden: decision 1 ")
    monday.undo(made)
    assert len(friday.messages()) == 3
    monday.forget("friday/m1", "m1")
    assert [message.text for message in monday.restore("friday/m1", "m1")] == [
        friday.messages(1, 1)[0].text,
        monday.messages(1, 1)[0].text,
    ]


def test_a_decision_of_another_session_never_takes_back_one_of_this(monday: Session) -> None:
    (own,), (other,) = monday.forget("m1"), monday.forget("friday/m1")
    assert own.number == other.number
    monday.undo(other)
    assert [message.sequence for message in monday.messages()] == [2, 3]
    assert len(monday.beside("friday").messages()) == 3


def test_a_decision_that_its_own_session_returned_is_not_taken_for_one_of_this(monday: Session) -> None:
    friday = monday.beside("friday")
    (own,), (other,) = monday.forget("m1"), friday.forget("m2")
    with pytest.raises(UnknownReference, match="in its own session"):
        monday.undo(other)
    assert [message.sequence for message in monday.messages()] == [2, 3]
    assert own.number == other.number
    friday.undo(other)
    monday.undo(own)
    assert len(monday.messages()) == len(friday.messages()) == 3


def test_nothing_is_hidden_where_one_reference_is_unknown(monday: Session) -> None:
    for wrong in ("friday/m9", "m9", "sunday/m1", "friday/s1"):
        with pytest.raises(UnknownReference):
            monday.forget("m1", "friday/m1", wrong)
    assert monday.journal() == monday.beside("friday").journal() == []


def test_what_is_unknown_is_told_with_the_nearest_name(monday: Session) -> None:
    with pytest.raises(UnknownReference, match=r"no session of this user is 'fridy'; did you mean 'friday/m2'\?"):
        monday.expand("fridy/m2")
    with pytest.raises(UnknownReference, match="the session 'friday' is 'm9'"):
        monday.explain("friday/m9")
    with pytest.raises(UnknownReference) as error:
        monday.expand("secrets/m1")
    assert "secrets/" not in str(error.value)  # a name of another user's is none to be near to


def test_no_reference_reaches_another_user(store: Open) -> None:
    memory = store()
    for user in ("ben", ("acme", "anna"), ("", "anna "), ("anna", "anna")):
        memory.session("hidden", user).add(SECRET)
        memory.session("monday", user).add(SECRET)
    monday = talk(memory, "monday")
    tools = memory_tools(monday)
    for ref in ("hidden/m1", "ben/hidden/m1", "acme/anna/hidden/m1", "../ben/hidden/m1", "%/m1", "/m1", "_____n/m1"):
        for verb in (monday.expand, monday.explain, monday.forget, monday.restore):
            with pytest.raises(UnknownReference) as error:
                verb(ref)
            assert SECRET not in str(error.value)
        for tool in ("expand_memory", "forget_memory"):
            assert tools[tool].call(ref=ref).startswith("Nothing here has the reference")
    assert all(len(memory.session("hidden", user).messages()) == 1 for user in ("ben", ("acme", "anna")))


def test_who_names_no_user_has_no_other_session(store: Open) -> None:
    memory = store()
    memory.session("friday").add(SECRET)
    monday = talk(memory, "monday", "default")
    for verb in (monday.expand, monday.explain, monday.forget, monday.restore):
        with pytest.raises(MissingNamespace):
            verb("friday/m1")
    with pytest.raises(MissingNamespace):
        monday.beside("friday")
    assert monday.expand("monday/m2").messages[0].text == PORT
    assert SECRET not in memory_tools(monday)["expand_memory"].call(ref="friday/m1")


def test_a_message_of_the_session_that_has_such_an_id_is_meant_before_any_other(monday: Session) -> None:
    monday.add(Message(role="user", content="mine", id="friday/m2"))
    assert monday.expand("friday/m2").messages[0].text == "mine"
    (made,) = monday.forget("friday/m2")
    assert made.session == ""
    assert len(monday.beside("friday").messages()) == 3


def test_tools_open_and_forget_what_another_session_said(monday: Session) -> None:
    tools = memory_tools(monday)
    assert PORT in tools["expand_memory"].call(ref="[friday/M2]")
    assert "[friday/m2]" in tools["expand_memory"].call(ref="friday/m2")
    assert tools["expand_memory"].call(ref="friday/m1-m3").count("\n[friday/m") == 3
    told = tools["forget_memory"].call(ref="friday/m2")
    assert told == (
        "Forgotten: friday/m2 is hidden from now on; decision 1 of the session friday can be undone by a person."
    )
    assert tools["expand_memory"].call(ref="friday/m2").startswith("friday/m2 was forgotten.")
    assert len(monday.messages()) == 3
    monday.beside("friday").undo(1)
    assert PORT in tools["expand_memory"].call(ref="friday/m2")


def test_tools_of_one_conversation_open_no_other(monday: Session) -> None:
    tools = memory_tools(monday, within="conversation")
    for name in ("expand_memory", "forget_memory"):
        assert tools[name].call(ref="friday/m2").startswith("Nothing here has the reference friday/m2.")
    assert len(monday.beside("friday").messages()) == 3


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_what_a_tool_shows_of_a_name_is_a_reference_that_tools_take(name: str) -> None:
    memory = Memory.open(":memory:")
    talk(memory, name)
    tools = memory_tools(memory.session("monday", "anna"))
    answer = tools["expand_memory"].call(ref=f"{name}/m2")
    shown = answer.split('ref="')[1].split('"')[0]
    assert answer.count("</quoted>") == 1
    for written in (shown, f"[{shown}]", f'"{shown}"', f" {name}/M2 "):
        assert PORT in tools["expand_memory"].call(ref=written)


def test_a_session_beside_is_the_same_users(monday: Session) -> None:
    assert monday.beside("friday").scope.user == "anna"
    with pytest.raises(InvalidNamespace):
        monday.beside("")


def test_async_follows_references_as_sync_does(target: str) -> None:
    async def steps() -> None:
        async with await AsyncMemory.open(target) as memory:
            monday, friday = memory.session("monday", "anna"), memory.session("friday", "anna")
            await friday.add([PORT])
            assert (await monday.expand("friday/m1")).messages[0].text == PORT
            (made,) = await monday.forget("friday/m1")
            assert (await monday.explain("friday/m1")).shown == "hidden"
            await monday.undo(made)
            assert len(await monday.beside("friday").messages()) == 1
            assert (await monday.restore("friday/m1"))[0].text == PORT
            with pytest.raises(TiermemError):
                await monday.expand("sunday/m1")

    asyncio.run(steps())
