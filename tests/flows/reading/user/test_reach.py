"""Where a search may look: the words of `within`, the sessions named beside it, and who has no user to look through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tiermem import AsyncMemory, Memory, Session
from tiermem.errors import InvalidMessage, MissingNamespace
from tiermem.tools import memory_tools

Open = Callable[..., Memory]
VERBS: dict[str, Callable[..., Any]] = {"search": Session.search, "recall": Session.recall, "context": Session.context}
ALONE = ("conversation", "notes", "knowledge")


@pytest.fixture
def memory() -> Memory:
    return Memory.open(":memory:")


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize("narrowed", [{"sessions": ["friday"]}, {"exclude": ["friday"]}])
@pytest.mark.parametrize("within", ALONE)
def test_sessions_are_refused_where_one_conversation_is_looked_in(
    memory: Memory, verb: Callable[..., Any], narrowed: dict[str, list[str]], within: str
) -> None:
    session = memory.session("monday", "anna")
    with pytest.raises(InvalidMessage, match="within='user' and 'everything'"):
        verb(session, "pump", within=within, **narrowed)


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize(
    "wrong",
    [
        {"sessions": []},
        {"sessions": "friday"},
        {"sessions": b"friday"},
        {"sessions": 3},
        {"sessions": [None]},
        {"sessions": [""]},
        {"exclude": "friday"},
        {"exclude": [3]},
        {"exclude": None},
        {"within": "users"},
        {"within": None},
    ],
    ids=str,
)
def test_what_names_no_sessions_is_refused(memory: Memory, verb: Callable[..., Any], wrong: dict[str, Any]) -> None:
    session = memory.session("monday", "anna")
    session.add("The pump is blue.")
    with pytest.raises(InvalidMessage):
        verb(session, "pump", **{"within": "user", **wrong})


@pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)
@pytest.mark.parametrize(
    "asked",
    [
        {"within": "user"},
        {"within": "user", "sessions": ["friday"]},
        {"within": "everything", "sessions": ["friday"]},
        {"within": "everything", "exclude": ["friday"]},
    ],
    ids=str,
)
def test_who_names_no_user_has_none_to_look_through(
    memory: Memory, verb: Callable[..., Any], asked: dict[str, Any]
) -> None:
    memory.session("friday").add("The pump is blue.")
    with pytest.raises(MissingNamespace, match=r"share 'default'.*namespace=.anna."):
        verb(memory.session("monday"), "pump", **asked)
    with pytest.raises(MissingNamespace):
        verb(memory.session("monday", "default"), "pump", **asked)
    verb(memory.session("monday", ("acme", "default")), "pump", **asked)


def test_everything_of_nobody_is_this_conversation_and_the_documents(store: Open) -> None:
    memory = store()
    memory.session("friday").add("The pump is blue.")
    memory.knowledge().add_documents({"text": "The pump stands in hall 3.", "source": "halls.md"})
    monday = memory.session("monday")
    monday.add("Good morning, the pump hums.")
    hits = monday.search("pump", within="everything")
    assert {(hit.home, hit.source) for hit in hits} == {(True, ""), (True, "halls.md")}
    assert "blue" not in monday.recall("Which colour has the pump?", within="everything").text
    assert "blue" not in memory_tools(monday)["search_memory"].call(query="pump")


def test_tools_of_nobody_are_refused_when_they_are_made(memory: Memory) -> None:
    with pytest.raises(MissingNamespace):
        memory_tools(memory.session("monday"), within="user")
    with pytest.raises(MissingNamespace):
        memory_tools(memory.session("monday").as_async(), within="user")
    assert memory_tools(memory.session("monday", "anna"), within="user")
    asked = memory_tools(lambda: memory.session("monday"), within="user")  # who it is shows at each call
    with pytest.raises(MissingNamespace):
        asked["search_memory"].call(query="pump")


def test_async_refuses_what_sync_does() -> None:
    async def steps() -> None:
        async with await AsyncMemory.open(":memory:") as memory:
            nobody, anna = memory.session("monday"), memory.session("monday", "anna")
            for verb in (nobody.search, nobody.recall, nobody.context):
                with pytest.raises(MissingNamespace):
                    await verb("pump", within="user")
            for verb in (anna.search, anna.recall, anna.context):
                with pytest.raises(InvalidMessage):
                    await verb("pump", sessions=["friday"])
                with pytest.raises(InvalidMessage):
                    await verb("pump", within="user", sessions=[])

    asyncio.run(steps())
