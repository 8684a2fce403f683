"""Recall over all conversations of a user, through each class for LlamaIndex: who has no user is refused at once."""

import pytest

from llamaindex_tiered_memory import (
    TieredArchiveRetriever,
    TieredChatMemory,
    TieredFunctionAgent,
    TieredKnowledgeRetriever,
    TieredMemoryBlock,
    memory_tools,
)
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tests.llamaindex_tiered_memory.helpers import fresh
from tiermem import Memory
from tiermem.errors import MissingNamespace

FACES = {
    "memory": lambda within, **given: TieredChatMemory(path=":memory:", session_id="monday", within=within, **given),
    "block": lambda within, **given: TieredMemoryBlock(":memory:", session_id="monday", within=within, **given),
    "retriever": lambda within, **given: TieredArchiveRetriever(fresh(session_id="monday", **given), within=within),
    "knowledge": lambda within, **given: TieredKnowledgeRetriever(fresh(session_id="monday", **given), within=within),
    "tools": lambda within, **given: memory_tools(fresh(session_id="monday", **given), within=within),
    "tools of a session": lambda within, **given: memory_tools(
        Memory.open(":memory:").session("monday", **given), within=within
    ),
}


@pytest.mark.parametrize("make", FACES.values(), ids=FACES)
def test_without_a_user_it_is_refused_when_the_object_is_made(make):
    with pytest.raises(MissingNamespace, match="share 'default'"):
        make("user")
    with pytest.raises(MissingNamespace):
        make("user", namespace="default")
    for namespace in ("anna", ("acme", "default")):
        assert make("user", namespace=namespace)
    assert make("everything")
    with pytest.raises(ValueError, match="within"):
        make("users", namespace="anna")


async def test_an_agent_is_refused_when_its_run_says_whose_memory_it_has():
    agent = TieredFunctionAgent(llm=ScriptedLLM("done"), tools=[], within="user")
    with pytest.raises(MissingNamespace):
        await agent.run("Where does my sister live?", memory=fresh(session_id="monday"))
    assert await agent.run("Where does my sister live?", memory=fresh(session_id="monday", namespace="anna"))
