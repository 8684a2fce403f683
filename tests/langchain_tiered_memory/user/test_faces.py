"""Recall over all conversations of a user, through each class for LangChain."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage

from langchain_tiered_memory import (
    ConversationTieredMemory,
    TieredArchiveRetriever,
    TieredChatMessageHistory,
    TieredKnowledgeRetriever,
    TieredMemoryMiddleware,
    memory_tools,
)
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, call, thread
from tiermem.errors import MissingNamespace

SISTER = "Where does my sister Clara live?"


@pytest.fixture
def place(tmp_path: Path) -> dict[str, Any]:
    """Where a user spoke on Monday, in a namespace of their own."""
    given: dict[str, Any] = {"path": tmp_path / "chat.db", "namespace": "anna"}
    monday = TieredChatMessageHistory("monday/1", **given)
    monday.add_messages([HumanMessage("My sister Clara lives in Lisbon."), AIMessage("Good to know.")])
    TieredChatMessageHistory("monday/1", path=given["path"], namespace="ben").add_user_message("Clara lives in Bonn.")
    return given


@pytest.mark.parametrize("max_token_limit", [None, 1_000])
async def test_a_retriever_finds_what_another_session_said(place: dict[str, Any], max_token_limit: int | None) -> None:
    options: dict[str, Any] = {"within": "user", "max_token_limit": max_token_limit, **place}
    retriever = TieredArchiveRetriever("today", **options)
    for found in (retriever.invoke(SISTER), await retriever.ainvoke(SISTER)):
        assert "Lisbon" in found[0].page_content
        assert "monday/1/m1" in found[0].page_content
        assert found[0].metadata["ref"] == "monday/1/m1"
        assert "Bonn" not in str(found)
        opened = retriever.history.session.expand(found[0].metadata["ref"])
        assert opened.messages[0].text == "My sister Clara lives in Lisbon."
        if max_token_limit is None:
            assert "Good to know." in found[0].page_content  # its neighbour there
            assert found[0].metadata["session_id"] == "monday/1"
    assert TieredArchiveRetriever("today", **place).invoke(SISTER) == []


async def test_documents_and_conversations_compete_where_everything_is_searched(place: dict[str, Any]) -> None:
    retriever = TieredKnowledgeRetriever(session_id="today", within="everything", **place)
    retriever.add_documents([Document("Clara's letters are kept in box 9.", metadata={"source": "boxes.md"})])
    question = "Where are Clara's letters, and where does Clara live?"
    for found in (retriever.invoke(question), await retriever.ainvoke(question)):
        assert {document.metadata.get("source") for document in found} == {"boxes.md", "tiermem"}
    only = TieredKnowledgeRetriever(session_id="today", within="user", **place)
    assert {document.metadata["source"] for document in only.invoke(question)} == {"tiermem"}


def test_a_memory_of_a_chain_recalls_it_where_it_is_asked_to(place: dict[str, Any]) -> None:
    for within, there in (("user", True), ("everything", True), ("notes", False), ("conversation", False)):
        memory = ConversationTieredMemory(session_id="today", within=within, **place)
        shown = str(memory.load_memory_variables({"input": SISTER}))
        assert ("Lisbon" in shown) is there
        assert "Bonn" not in shown


@pytest.mark.parametrize(("within", "there"), [("user", True), ("everything", True), ("conversation", False)])
def test_an_agent_is_shown_it_and_opens_it(place: dict[str, Any], within: Any, there: bool) -> None:
    script = lambda messages, turn: call(1, "expand_memory", ref="monday/1/m1") if turn == 1 else None  # noqa: E731
    model = Scripted(script=script)
    one = agent(model, TieredMemoryMiddleware(**place, within=within), tools=[])
    ask(one, SISTER, "today")
    assert ("Lisbon" in str(model.prompts[0])) is there
    assert ("Lisbon" in str(model.prompts[1][-1])) is there
    assert "Bonn" not in str(model.prompts)


def test_a_user_that_a_function_names_is_asked_for_at_each_run(place: dict[str, Any]) -> None:
    middleware = TieredMemoryMiddleware(
        place["path"], namespace=lambda runtime: runtime.context["user"], within="user", tools=False
    )
    model = Scripted()
    one = agent(model, middleware, tools=[], context_schema=dict)
    one.invoke({"messages": [HumanMessage(SISTER)]}, thread("today"), context={"user": "anna"})
    assert "Lisbon" in str(model.prompts[-1])
    with pytest.raises(MissingNamespace):
        one.invoke({"messages": [HumanMessage(SISTER)]}, thread("today"), context={"user": "default"})


async def test_tools_find_open_and_hide_it(place: dict[str, Any]) -> None:
    tools = {tool.name: tool for tool in memory_tools("today", **place)}
    assert "[monday/1/m1]" in await tools["search_memory"].ainvoke({"query": SISTER})
    assert "Lisbon" in tools["expand_memory"].invoke({"ref": "monday/1/m1"})
    assert "of the session monday/1" in tools["forget_memory"].invoke({"ref": "monday/1/m1"})
    assert "Lisbon" not in tools["search_memory"].invoke({"query": SISTER})
    alone = {tool.name: tool for tool in memory_tools("today", within="conversation", **place)}
    assert alone["expand_memory"].invoke({"ref": "monday/1/m2"}).startswith("Nothing here")
