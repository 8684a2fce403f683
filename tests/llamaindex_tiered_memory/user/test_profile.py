"""What is known of a user in every prompt, through the classes for LlamaIndex that take the option."""

import pytest
from llama_index.core.memory import Memory as StockMemory

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, TieredMemoryBlock, memory_tools
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import user
from tiermem import Memory
from tiermem.errors import MissingNamespace
from tiermem.window.quotation import PROFILE


@pytest.fixture
def core():
    """Where a user spoke on Monday, in a namespace of their own."""
    with Memory.open(":memory:") as memory:
        memory.session("monday", "anna").add("I live in Lisbon. 我对花生过敏。")
        memory.session("monday", "ben").add("I live in Bonn.")
        yield memory


def today(core, **options):
    return TieredChatMemory(memory=core, namespace="anna", session_id="today", token_limit=3_000, **options)


def test_a_memory_shows_it_in_front_and_keeps_it_when_it_is_dumped(core):
    memory = today(core, profile=200)
    memory.put(user("What is the weather like?"))
    (shown,) = memory.get()
    assert shown.blocks[0].text.startswith(PROFILE)
    assert "Lisbon" in shown.blocks[0].text
    assert "花生" in shown.blocks[0].text
    assert shown.blocks[-1].text == "What is the weather like?"
    assert "Bonn" not in str(shown)
    assert TieredChatMemory.from_dict(memory.to_dict()).profile == 200
    assert len(today(core).get()[0].blocks) == 1
    assert not any(PROFILE in message.text for message in memory.session.messages())


async def test_each_prompt_of_an_agent_begins_with_it(core):
    llm, memory = ScriptedLLM(called("search_memory", "c1", query="home"), "Sunny.", "Rain."), today(core)
    agent = TieredFunctionAgent(llm=llm, tools=memory_tools(memory), profile=200, system_prompt="You are kind.")
    await agent.run("What is the weather like?", memory=memory)
    await agent.run("And tomorrow?", memory=memory)
    assert len({messages[1].blocks[0].text for messages in llm.sent}) == 1
    assert "Lisbon" in llm.sent[0][1].blocks[0].text
    assert {messages[0].role.value for messages in llm.sent} == {"system"}


async def test_a_block_of_stock_memory_shows_it_in_front_of_what_answers(core):
    block = TieredMemoryBlock(memory=core, namespace="anna", session_id="today", profile=100, max_tokens=300)
    (alone,) = await block.aget([])
    assert alone.content.startswith(PROFILE)
    await block.aput([user("The harbour of Porto has ten ships.")], from_short_term_memory=True, session_id="today")
    (both,) = await block.aget([user("How many ships has the harbour of Porto?")])
    assert both.blocks[0].text.startswith(PROFILE)
    assert "ten ships" in both.blocks[1].text
    shorter = await block.atruncate([both], 20)
    assert shorter is None or len(shorter[0].content) < len(both.content)
    stock = StockMemory.from_defaults(session_id="today", memory_blocks=[block])
    assert "Lisbon" in str(await stock.aget())


async def test_who_has_no_user_is_refused(core):
    for make in (TieredChatMemory, TieredMemoryBlock):
        with pytest.raises(MissingNamespace, match="profile= needs a user"):
            make(path=":memory:", profile=300)
        for wrong in (-1, True, "300"):
            with pytest.raises(ValueError, match="profile"):
                make(path=":memory:", namespace="anna", profile=wrong)
    agent = TieredFunctionAgent(llm=ScriptedLLM("done"), tools=[], profile=100)
    with pytest.raises(MissingNamespace):
        await agent.run("Hello.", memory=TieredChatMemory(path=":memory:", session_id="monday"))
