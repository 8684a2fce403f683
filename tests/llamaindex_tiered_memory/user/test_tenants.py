"""A thousand tenants with hostile names in one database: what LlamaIndex's classes show one of them is its own."""

import pytest

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
from tests.tenants import ASKED, OWNERS, QUESTION, REFERENCES, SESSIONS, canaries, fill, own
from tiermem import Memory


@pytest.fixture(scope="module")
def crowd():
    with Memory.open(":memory:") as memory:
        fill(memory)
        yield memory


@pytest.fixture(params=ASKED, ids=lambda place: ascii(OWNERS[place]))
def place(request):
    return request.param


def memory_of(crowd, place, session_id="today", **options):
    return TieredChatMemory(memory=crowd, namespace=OWNERS[place], session_id=session_id, token_limit=3_000, **options)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("within", ["user", "everything"])
async def test_retrievers_memories_and_blocks_show_the_users_own(crowd, place, within):
    memory = memory_of(crowd, place, within=within)
    assert canaries(memory.get(QUESTION)) == own(place)
    for options in ({}, {"max_token_limit": 2_000}, {"k": 50, "neighbours": 5}):
        retriever = TieredArchiveRetriever(memory, within=within, **options)
        for found in (retriever.retrieve(QUESTION), await retriever.aretrieve(QUESTION)):
            assert canaries([node.node.to_json() for node in found]) == own(place)
    knowledge = TieredKnowledgeRetriever(memory, within=within)
    assert canaries([node.node.to_json() for node in knowledge.retrieve(QUESTION)]) == own(place)
    block = TieredMemoryBlock(memory=crowd, namespace=OWNERS[place], session_id="today", within=within)
    assert canaries(await block.aget([user(QUESTION)])) == own(place)


async def test_an_agent_and_its_tools_show_the_users_own(crowd, place):
    memory = memory_of(crowd, place, session_id="agents")
    refs = [*REFERENCES, f"{SESSIONS[0]}/m1"]
    calls = [called("search_memory", "s", query=QUESTION)]
    calls += [called("expand_memory", f"e{n}", ref=ref) for n, ref in enumerate(refs)]
    llm = ScriptedLLM(*calls, "It sings.")
    agent = TieredFunctionAgent(llm=llm, tools=memory_tools(memory), within="user")
    result = await agent.run(QUESTION, memory=memory, max_iterations=50)
    assert canaries([llm.sent, str(result.tool_calls)]) == own(place)
