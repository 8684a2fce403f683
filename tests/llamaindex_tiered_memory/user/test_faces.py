"""Recall over all conversations of a user, through each class for LlamaIndex."""

import pytest
from llama_index.core.schema import Document

from llamaindex_tiered_memory import (
    TieredArchiveRetriever,
    TieredChatMemory,
    TieredFunctionAgent,
    TieredKnowledgeRetriever,
    TieredMemoryBlock,
    memory_tools,
)
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import user
from tiermem import Memory

SISTER = "Where does my sister Clara live?"


@pytest.fixture
def core():
    """Where a user spoke on Monday, in a namespace of their own."""
    with Memory.open(":memory:") as memory:
        memory.session("monday/1", "anna").add(["My sister Clara lives in Lisbon.", "Good to know."])
        memory.session("monday/1", "ben").add("Clara lives in Bonn.")
        yield memory


def today(core, **options):
    return TieredChatMemory(memory=core, namespace="anna", session_id="today", token_limit=3_000, **options)


@pytest.mark.parametrize("max_token_limit", [None, 1_000])
async def test_a_retriever_finds_what_another_session_said(core, max_token_limit):
    retriever = TieredArchiveRetriever(today(core), within="user", max_token_limit=max_token_limit)
    for found in (retriever.retrieve(SISTER), await retriever.aretrieve(SISTER)):
        assert "Lisbon" in found[0].text
        assert "monday/1/m1" in found[0].text
        assert found[0].metadata["ref"] == "monday/1/m1"
        assert "Bonn" not in str(found)
        if max_token_limit is None:
            assert "Good to know." in found[0].text
            assert (found[0].metadata["session"], found[0].node_id) == ("monday/1", "monday/1/m1-m2")
    assert TieredArchiveRetriever(today(core)).retrieve(SISTER) == []


def test_documents_and_conversations_compete_where_everything_is_searched(core):
    knowledge = TieredKnowledgeRetriever(today(core), within="everything")
    knowledge.insert(Document(text="Clara's letters are kept in box 9.", doc_id="boxes"))
    question = "Where are Clara's letters, and where does Clara live?"
    assert {node.metadata.get("source", "") for node in knowledge.retrieve(question)} == {"boxes", ""}
    only = TieredKnowledgeRetriever(today(core), within="user").retrieve(question)
    assert {node.metadata["session"] for node in only} == {"monday/1"}


@pytest.mark.parametrize(("within", "there"), [("user", True), ("everything", True), ("notes", False)])
def test_a_memory_recalls_it_where_it_is_asked_to(core, within, there):
    shown = str(today(core, within=within).get(SISTER))
    assert ("Lisbon" in shown) is there
    assert "Bonn" not in shown


@pytest.mark.parametrize(("within", "there"), [("user", True), ("notes", False)])
async def test_a_block_shows_it_where_it_is_asked_to(core, within, there):
    block = TieredMemoryBlock(memory=core, namespace="anna", session_id="today", within=within)
    assert ("Lisbon" in str(await block.aget([user(SISTER)]))) is there


@pytest.mark.parametrize(("within", "there"), [("user", True), ("everything", True), ("conversation", False)])
async def test_an_agent_is_shown_it_and_opens_it(core, within, there):
    llm, memory = ScriptedLLM(called("expand_memory", "c1", ref="monday/1/m1"), "Lisbon"), today(core)
    agent = TieredFunctionAgent(llm=llm, tools=memory_tools(memory), within=within)
    await agent.run(SISTER, memory=memory)
    assert ("Lisbon" in str(llm.sent[0])) is there
    assert "Lisbon" in str(llm.sent[1][-1])  # tools look through everything by default
    assert "Bonn" not in str(llm.sent)


async def test_tools_find_and_hide_it(core):
    tools = {tool.metadata.name: tool for tool in memory_tools(today(core))}
    assert "[monday/1/m1]" in str(await tools["search_memory"].acall(query=SISTER))
    assert "of the session monday/1" in str(tools["forget_memory"].call(ref="monday/1/m1"))
    assert "Lisbon" not in str(tools["search_memory"].call(query=SISTER))
