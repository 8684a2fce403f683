"""A thousand tenants with hostile names in one database: what LangChain's classes show one of them is its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from langchain_tiered_memory import (
    ConversationTieredMemory,
    TieredArchiveRetriever,
    TieredKnowledgeRetriever,
    TieredMemoryMiddleware,
    memory_tools,
)
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, call, thread
from tests.tenants import ASKED, OWNERS, QUESTION, REFERENCES, SESSIONS, canaries, fill, own
from tiermem import Memory


@pytest.fixture(scope="module")
def crowd() -> Iterator[Memory]:
    with Memory.open(":memory:") as memory:
        fill(memory)
        yield memory


@pytest.fixture(params=ASKED, ids=lambda place: ascii(OWNERS[place]))
def place(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def whose(crowd: Memory, place: int) -> dict[str, Any]:
    return {"memory": crowd, "namespace": OWNERS[place]}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("within", ["user", "everything"])
async def test_retrievers_and_memories_show_the_users_own(whose: dict[str, Any], place: int, within: Any) -> None:
    for options in ({}, {"max_token_limit": 2_000}, {"k": 50, "neighbours": 5}):
        retriever = TieredArchiveRetriever("today", within=within, **whose, **options)
        assert canaries(retriever.invoke(QUESTION)) == canaries(await retriever.ainvoke(QUESTION)) == own(place)
    knowledge = TieredKnowledgeRetriever(session_id="today", within=within, **whose)
    assert canaries(knowledge.invoke(QUESTION)) == own(place)
    memory = ConversationTieredMemory("today", within=within, **whose)
    assert canaries(memory.load_memory_variables({"input": QUESTION})) == own(place)


@pytest.mark.sampled(2)
def test_an_agent_its_tools_and_its_stream_show_the_users_own(whose: dict[str, Any], place: int) -> None:
    calls = [call(0, "search_memory", query=QUESTION)]
    calls += [call(1 + n, "expand_memory", ref=ref) for n, ref in enumerate([*REFERENCES, f"{SESSIONS[0]}/m1"])]
    model = Scripted(script=lambda messages, turn: calls[turn - 1] if turn <= len(calls) else None)
    one = agent(model, TieredMemoryMiddleware(within="user", **whose), tools=[])
    given: Any = {"messages": [HumanMessage(QUESTION)]}
    shown = [str(part) for part in one.stream(given, thread(f"t{place}"), stream_mode=["custom", "values", "updates"])]
    assert canaries(shown) == canaries(model.prompts) == own(place)


def test_tools_show_the_users_own(whose: dict[str, Any], place: int) -> None:
    tools = {tool.name: tool for tool in memory_tools("today", **whose)}
    assert canaries(tools["search_memory"].invoke({"query": QUESTION})) == own(place)
    for name in ("expand_memory", "forget_memory"):
        assert canaries([tools[name].invoke({"ref": ref}) for ref in REFERENCES]) == set()
