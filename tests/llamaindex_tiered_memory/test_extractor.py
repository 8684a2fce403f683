"""An LLM of LlamaIndex as an extractor: in every way to answer, and through the chat memory."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.llms import MockLLM

from llamaindex_tiered_memory import LLMExtractor, TieredChatMemory
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import assistant, user
from tiermem import AsyncMemory, Memory, Message
from tiermem.errors import FactsRejected, InvalidSettings

SWELL = "Peanuts make my {throat} swell up."
TALK = [Message(role="user", content=SWELL, sequence=1), Message(role="assistant", content="Noted.", sequence=2)]
FACT: dict[str, Any] = {
    "subject": "user", "attribute": "allergic to peanuts", "value": "yes", "status": "current", "several": False,
    "message": 1,
}  # fmt: skip
FACTS = {"facts": [FACT, FACT | {"attribute": "home", "value": "Rome"}]}
WRITTEN = f"Sure:\n```json\n{json.dumps(FACTS)}\n```"
CALL = called("ConversationFacts", **FACTS)


def raising(error: Exception) -> Any:
    def answer(_: Any) -> str:
        raise error

    return answer


WAYS: dict[str, Any] = {
    "a function call": (lambda: ScriptedLLM(CALL), 1),
    "text from an LLM without functions": (lambda: ScriptedLLM(WRITTEN, function_calling=False), 1),
    "text in place of a call": (lambda: ScriptedLLM(WRITTEN), 2),
    "a call that the provider refuses": (lambda: ScriptedLLM(raising(ValueError("no tools")), WRITTEN), 2),
    "prose, then repaired": (lambda: ScriptedLLM("None, I think.", WRITTEN, function_calling=False), 2),
}
KNOWN = [("user", "allergic to peanuts", "yes", "model")]


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_every_way_to_answer_gives_the_facts_that_hold(how: str, asynchronous: bool) -> None:
    make, calls = WAYS[how]
    llm = make()
    extractor = LLMExtractor(llm, identity="small-1")
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
    assert len(llm.sent) == calls == extractor.usage.calls
    assert "make my {throat} swell" in llm.seen[0]


@pytest.mark.parametrize("bad", ["garbage", "", "I'm sorry, but I can't help with that.", ConnectionError("down")])
async def test_an_llm_that_fails_raises(bad: Any) -> None:
    expected = ConnectionError if isinstance(bad, ConnectionError) else FactsRejected
    extractor = LLMExtractor(ScriptedLLM(raising(bad) if isinstance(bad, Exception) else bad))
    with pytest.raises(expected):
        extractor(TALK)
    with pytest.raises(expected):
        await extractor.acall(TALK)


def test_the_mock_llm_of_llamaindex_is_refused_by_its_words() -> None:
    with pytest.raises(FactsRejected):
        LLMExtractor(MockLLM(max_tokens=20))(TALK)


def test_chat_messages_of_llamaindex_may_be_given_too_and_the_model_names_who_read() -> None:
    extractor = LLMExtractor(ScriptedLLM(WRITTEN, function_calling=False))
    assert extractor([user(SWELL), assistant("Noted.")])[0] == FACT
    assert extractor.identity == "ScriptedLLM/facts-1"


def test_what_is_no_llm_is_refused() -> None:
    with pytest.raises(InvalidSettings):
        LLMExtractor("gpt")  # type: ignore[arg-type]
    with pytest.raises(InvalidSettings, match="max_input_tokens"):
        LLMExtractor(ScriptedLLM(), max_input_tokens=10)


async def test_the_chat_memory_reads_facts_of_its_user(tmp_path: Path) -> None:
    extractor = LLMExtractor(ScriptedLLM(WRITTEN, function_calling=False))
    chat = TieredChatMemory.from_defaults(
        session_id="monday", namespace="anna", path=tmp_path / "chat.db", extractor=extractor
    )
    await chat.aput(user(SWELL))
    await chat.aput(assistant("Noted."))
    memory = Memory.shared(tmp_path / "chat.db", extractor=extractor)
    assert await asyncio.to_thread(memory.session("monday", "anna").settle, 30)
    assert [(one.subject, one.attribute, one.value, one.how) for one in memory.facts("anna").current()] == KNOWN
