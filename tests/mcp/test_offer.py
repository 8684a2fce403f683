"""What MCP clients are offered, by the SDK's own client in one process: tools, resources, and nobody else's memory."""

from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

pytest.importorskip("mcp")

from mcp import Client, MCPError

from tiermem import Memory, Message, ToolCall
from tiermem.errors import InvalidSettings, MissingExtra
from tiermem.mcp.offer import Whose
from tiermem.mcp.server import server
from tiermem.memory import AsyncMemory
from tiermem.tools import ARGUMENTS, DESCRIPTIONS, NAMES

Open = Callable[..., Memory]
ANNA = Whose("project", "anna")


@asynccontextmanager
async def connected(memory: Memory, whose: Whose = ANNA) -> AsyncIterator[Client]:
    async with Client(server(AsyncMemory(*memory.wiring), whose)) as client:
        yield client


async def said(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result
    (content,) = result.content
    return str(content.text)  # type: ignore[union-attr]


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error, result
    return str(result.content[0].text)  # type: ignore[union-attr]


async def test_the_tools_have_the_texts_of_the_adapters(store: Open) -> None:
    async with connected(store()) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(tools) == {*NAMES, "add_document", "list_documents", "user_profile"}
    for name in NAMES:
        assert tools[name].description == DESCRIPTIONS[name]
        assert tools[name].input_schema == ARGUMENTS[name].model_json_schema()
    reading = {name for name, tool in tools.items() if tool.annotations and tool.annotations.read_only_hint}
    assert reading == {"search_memory", "expand_memory", "list_documents", "user_profile"}


async def test_a_model_remembers_finds_opens_and_forgets(store: Open) -> None:
    memory = store()
    async with connected(memory) as client:
        assert "Noted as d1" in await said(client, "remember", note="Anna wants tabs, not spaces.")
        assert "tabs, not spaces" in await said(client, "search_memory", query="tabs or spaces?")
        assert "tabs, not spaces" in await said(client, "expand_memory", ref="d1")
        assert "hidden from now on" in await said(client, "forget_memory", ref="d1")
        assert "tabs, not spaces" not in await said(client, "search_memory", query="tabs or spaces?")
        assert "query" in await refused(client, "search_memory")  # without what it needs, it is told so


async def test_documents_are_kept_found_and_replaced(store: Open) -> None:
    memory = store()
    async with connected(memory) as client:
        assert "no documents" in await said(client, "list_documents")
        assert "Kept: kiln.md, in 1 part " in await said(
            client, "add_document", source="kiln.md", text="Cone 8 is 1260."
        )
        await said(client, "add_document", source="kiln.md", text="Cone 9 is 1280.")
        assert await said(client, "list_documents") == "kiln.md"
        found = await said(client, "search_memory", query="Which degrees is cone 9?")
        assert "1280" in found
        assert "1260" not in found
        for wrong in ({}, {"source": "x"}, {"source": "note:x", "text": "y"}, {"source": ["x"], "text": None}):
            assert "source" in (told := await refused(client, "add_document", **wrong)) or "text is needed" in told
    assert [one.source for one in memory.knowledge("anna").sources()] == ["kiln.md"]


async def test_the_profile_is_of_the_user_who_is_named(store: Open) -> None:
    memory = store()
    memory.session("s", "anna").add("My name is Anna and I live in Bergen.")
    async with connected(memory) as client:
        assert "Bergen" in await said(client, "user_profile")
    async with connected(memory, Whose("s", "ben")) as client:
        assert await said(client, "user_profile") == "Nothing is known of the user yet."
    async with connected(memory, Whose()) as client:
        assert "user_profile" not in {tool.name for tool in (await client.list_tools()).tools}


async def test_no_argument_and_no_address_reaches_another_user(store: Open) -> None:
    memory = store()
    memory.session("secret", "ben").add("The safe opens with 4711.")
    memory.knowledge("ben").add_documents({"text": "The safe opens with 4711.", "source": "safe.md"})
    async with connected(memory) as client:
        spied = [
            await said(client, "search_memory", query="safe 4711"),
            await refused(client, "search_memory", query="safe 4711", namespace="ben"),
            await refused(client, "search_memory", query="safe 4711", session="secret", user="ben"),
            await refused(client, "expand_memory", ref="secret/m1"),
            await refused(client, "expand_memory", ref="ben/secret/m1"),
            await refused(client, "forget_memory", ref="secret/m1"),
            await refused(client, "list_documents", namespace="ben"),
            await refused(client, "user_profile", namespace="ben"),
        ]
        assert not any("opens with" in one for one in spied)
        assert (await client.list_resources()).resources == []
        for uri in (
            "tiermem://session/secret",
            "tiermem://session/secret/1",
            "tiermem://session/..%2Fben",
            "file:///etc/passwd",
        ):
            with pytest.raises(MCPError, match="nothing stands at"):
                await client.read_resource(uri)
    assert memory.session("secret", "ben").messages()


async def test_sessions_are_resources_a_page_at_a_time(store: Open) -> None:
    memory = store()
    call = ToolCall("c", "look", {"at": "窑"})
    session = memory.session("kiln/one 窑", "anna")
    session.add([Message(role="user", content="How hot?", name="Anna"), Message(role="assistant", tool_calls=(call,))])
    session.add([f"line {number}" for number in range(3, 206)])
    memory.session("other", "anna").add("x")
    async with connected(memory) as client:
        first, other = (await client.list_resources()).resources
        assert (first.name, other.name) == ("kiln/one 窑", "other")
        text = str((await client.read_resource(first.uri)).contents[0].text)  # type: ignore[union-attr]
        assert "messages 1 to 200 of 205" in text
        assert "[m1] user Anna, " in text
        assert '→ look {"at":"窑"}' in text
        following = text.rpartition("It goes on at ")[2]
        more = str((await client.read_resource(following)).contents[0].text)  # type: ignore[union-attr]
        assert "messages 201 to 205 of 205" in more
        assert more.endswith("line 205")
        assert len((await client.list_resource_templates()).resource_templates) == 1


async def test_many_sessions_are_listed_by_pages(store: Open) -> None:
    memory = store()
    for number in range(203):
        memory.session(f"s{number:03}", "anna").add("x")
    async with connected(memory) as client:
        page = await client.list_resources()
        rest = await client.list_resources(cursor=page.next_cursor)
        assert [len(page.resources), len(rest.resources), rest.next_cursor] == [200, 3, None]


async def test_what_is_read_only_offers_nothing_that_changes_anything(store: Open) -> None:
    async with connected(store(), Whose("s", "anna", read_only=True)) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert names == {"search_memory", "expand_memory", "list_documents", "user_profile"}
        with pytest.raises(MCPError, match="no tool is called 'remember'"):
            await client.call_tool("remember", {"note": "x"})


@pytest.mark.parametrize(
    ("tool", "arguments", "advice"),
    [
        ("remember", {}, "note is needed. One fact"),
        ("remember", {"note": " "}, "note is needed"),
        ("remember", {"note": None}, "note is needed"),
        ("remember", {"text": "x"}, "no argument 'text'; it takes note"),
        ("remember", {"note": "x", "text": "x"}, "no argument 'text'"),
        ("remember", {"note": 5}, "note must be text"),
        ("search_memory", {"query": ["x"]}, "query must be text"),
        ("expand_memory", {"ref": "d1", "offset": True}, "offset must be a whole number"),
        ("list_documents", {"all": True}, "it takes none"),
        ("add_document", {"source": "s" * 501, "text": "x"}, "source has 501 characters, at most 500"),
        ("learn_procedure", {"name": "x", "steps": [1]}, "steps must be a list of texts"),
        ("report_outcome", {"name": "x", "worked": "perhaps"}, "worked must be true or false"),
    ],
)
async def test_a_call_that_is_written_wrongly_is_an_error_and_stores_nothing(
    store: Open, tool: str, arguments: dict[str, Any], advice: str
) -> None:
    memory = store()
    async with connected(memory, Whose("s", "anna", tools=tuple(ARGUMENTS))) as client:
        assert advice in await refused(client, tool, **arguments)
        if tool == "search_memory":  # what is optional may be null
            assert "Nothing" in await said(client, tool, query="x", since=None)
    assert not memory.knowledge("anna").sources()


async def test_documents_are_listed_within_the_tokens_of_an_answer(store: Open) -> None:
    memory = store()
    documents = [{"text": "x", "source": f"folder of the project/document number {n}.md"} for n in range(60)]
    memory.knowledge("anna").add_documents(documents)
    async with connected(memory, Whose("s", "anna", max_tokens=120)) as client:
        told = await said(client, "list_documents")
        assert memory.wiring[0].count(told) <= 120
        first, *names = told.splitlines()
        assert first.startswith(f"{60 - len(names)} more that are older")
        assert names == [one["source"] for one in documents[-len(names) :]]
        memory.knowledge("anna").add_documents({"text": "x", "source": "s a" * 30_000})
        for answer in (
            await said(client, "list_documents"),
            await said(client, "add_document", source="窑" * 500, text="x"),
        ):
            assert memory.wiring[0].count(answer) <= 120


async def test_a_tool_that_did_nothing_says_so_with_an_error(store: Open) -> None:
    async with connected(store(), Whose("s", "anna", tools=(*NAMES, "report_outcome", "remember_event"))) as client:
        assert "reference m999" in await refused(client, "expand_memory", ref="m999")
        assert "reference m999" in await refused(client, "forget_memory", ref="m999")
        assert "since must be a date" in await refused(client, "search_memory", query="ferry", since="soonish")
        assert "too long for a note" in await refused(client, "remember", note="x" * 5_000)
        assert "cannot be counted" in await refused(client, "report_outcome", name="unheard of", worked=True)
        assert "when must be a date" in await refused(client, "remember_event", event="lunch", when="soonish")
        assert "Nothing in memory" in await said(client, "search_memory", query="ferry")  # an answer, and no error


async def test_an_error_of_the_store_is_told_to_the_model(store: Open) -> None:
    memory = store()
    async with connected(memory) as client:
        memory.close()
        result = await client.call_tool("remember", {"note": "x"})
        assert result.is_error
        assert "Closed" in str(result.content[0].text)  # type: ignore[union-attr]


def test_tools_that_are_none_are_refused_before_anybody_connects(store: Open) -> None:
    memory = AsyncMemory(*store().wiring)
    with pytest.raises(InvalidSettings, match="no memory tool is called remembr"):
        server(memory, Whose(tools=("remembr",)))
    with pytest.raises(InvalidSettings, match="max_tokens"):
        server(memory, Whose(max_tokens=5))
    with pytest.raises(InvalidSettings, match="remember would change something; read-only"):
        Whose(tools=("search_memory", "remember"), read_only=True)


def test_without_the_sdk_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mcp_types", None)
    monkeypatch.delitem(sys.modules, "tiermem.mcp.server")
    with pytest.raises(MissingExtra, match=r"pip install 'tiermem\[mcp\]'"):
        importlib.import_module("tiermem.mcp.server")
