"""A chat model as an extractor: in every way to answer, through the classic memory and the agent's middleware."""

from __future__ import annotations

import asyncio
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import ChatModelExtractor, ConversationTieredMemory, TieredMemoryMiddleware
from tests.langchain_tiered_memory.summarizer_fakes import Calling, Plain, Streaming
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import FactsRejected, InvalidSettings

SWELL = "Peanuts make my throat swell up."
TALK = [Message(role="user", content=SWELL, sequence=1), Message(role="assistant", content="Noted.", sequence=2)]
FACT: dict[str, Any] = {
    "subject": "user", "attribute": "allergic to peanuts", "value": "yes", "status": "current", "several": False,
    "message": 1,
}  # fmt: skip
FACTS = {"facts": [FACT, FACT | {"attribute": "home", "value": "Rome"}]}
WRITTEN = f"Sure:\n```json\n{json.dumps(FACTS)}\n```"
CALL = AIMessage("", tool_calls=[{"name": "ConversationFacts", "args": FACTS, "id": "c"}])
WAYS: dict[str, tuple[Plain, int]] = {
    "a tool call": (Calling(answers=[CALL]), 1),
    "a tool call, in text": (Calling(answers=[WRITTEN]), 1),
    "no tools": (Plain(answers=[WRITTEN]), 1),
    "a schema that the provider refuses": (Calling(answers=[ValueError("no schema"), WRITTEN]), 2),
    "prose, then repaired": (Plain(answers=["There are none, I think.", WRITTEN]), 2),
    "a list alone": (Plain(answers=[json.dumps(FACTS["facts"])]), 1),
}
KNOWN = [("user", "allergic to peanuts", "yes", "model")]


def known(memory: Memory) -> list[tuple[str, str, str, str]]:
    return [(one.subject, one.attribute, one.value, one.how) for one in memory.facts("anna").current()]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_every_way_to_answer_gives_the_facts_that_hold(how: str, asynchronous: bool) -> None:
    model, calls = WAYS[how]
    model = model.model_copy(update={"answers": list(model.answers), "asked": []})
    extractor = ChatModelExtractor(model, identity="small-1")
    async with await AsyncMemory.open(":memory:", extractor=extractor) as memory:
        session, facts = memory.session("s", "anna"), memory.facts("anna")
        if asynchronous:
            await session.add(TALK)
            assert await session.settle(30)
        else:
            shared = Memory(memory._core, memory._performer)
            await asyncio.to_thread(lambda: (shared.session("s", "anna").add(TALK), shared.settle(30)))
        (fact,) = await facts.current()
        assert (fact.attribute, fact.how, fact.extractor, fact.ref) == (
            "allergic to peanuts",
            "model",
            "small-1",
            "s/m1",
        )
        assert (await session.stats()).refused_facts == 1
    assert len(model.asked) == calls == extractor.usage.calls


@pytest.mark.parametrize("bad", ["garbage", "", "I'm sorry, but I can't help with that.", ConnectionError("down")])
async def test_a_model_that_fails_raises(bad: Any) -> None:
    expected = ConnectionError if isinstance(bad, ConnectionError) else FactsRejected
    extractor = ChatModelExtractor(Calling(answers=[bad]))
    with pytest.raises(expected):
        extractor(TALK)
    with pytest.raises(expected):
        await extractor.acall(TALK)


def test_langchain_messages_may_be_given_too_and_the_model_names_who_read() -> None:
    extractor = ChatModelExtractor(Plain(answers=[WRITTEN]))
    assert extractor.invoke([HumanMessage(SWELL), AIMessage("Noted.")])[0] == FACT
    assert extractor.identity == "Plain/facts-1"
    assert pickle.loads(pickle.dumps(extractor)).identity == extractor.identity  # our own


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(InvalidSettings):
        ChatModelExtractor(7)  # type: ignore[arg-type]
    with pytest.raises(InvalidSettings, match="max_input_tokens"):
        ChatModelExtractor(Plain(), max_input_tokens=10)


def test_the_classic_memory_reads_facts_of_its_user(tmp_path: Path) -> None:
    extractor = ChatModelExtractor(Plain(answers=[WRITTEN]))
    chain = ConversationTieredMemory("monday", namespace="anna", path=tmp_path / "chat.db", extractor=extractor)
    chain.save_context({"input": SWELL}, {"output": "Noted."})
    memory = Memory.shared(tmp_path / "chat.db", extractor=extractor)
    assert memory.settle(30)
    assert known(memory) == KNOWN


async def test_an_agent_s_user_is_known_after_its_run_and_its_model_is_not_asked_in_a_turn(tmp_path: Path) -> None:
    extractor = ChatModelExtractor(Plain(answers=[WRITTEN]))
    with Memory.open(tmp_path / "chat.db", extractor=extractor, extract_after=1e6) as memory:
        middleware = TieredMemoryMiddleware(memory=memory, namespace="anna")
        agent = create_agent(Streaming(answers=["Noted."]), middleware=[middleware], checkpointer=InMemorySaver())
        config: Any = {"configurable": {"thread_id": "monday"}}
        async for chunk, _ in agent.astream({"messages": [HumanMessage(SWELL)]}, config, stream_mode="messages"):
            assert "allergic" not in str(chunk.content)
        assert extractor.usage.calls == 0
        assert await asyncio.to_thread(memory.settle, 30)
        assert known(memory) == KNOWN
