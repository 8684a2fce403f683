"""Many tools at once, whose results are far above the limit: an agent sees each of them, and asks once."""

import asyncio
import re

import pytest
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.tools import FunctionTool

from llamaindex_tiered_memory import TieredFunctionAgent
from tests.llamaindex_tiered_memory.agents.agent_fakes import LIMIT, WatchedLLM
from tests.llamaindex_tiered_memory.helpers import check_pairs, fresh


def calls_of(messages):
    return [block for message in messages for block in message.blocks if isinstance(block, ToolCallBlock)]


def asks_again(count):
    """Calls for whatever log it sees no result of, all at once, like a model that works by what it sees."""
    made = iter(range(1_000))

    def answer(messages):
        results = {one.additional_kwargs.get("tool_call_id") for one in messages if one.role == "tool" and one.content}
        seen = {call.tool_kwargs["number"] for call in calls_of(messages) if call.tool_call_id in results}
        missing = [number for number in range(count) if number not in seen]
        if not missing or next(made) > 60:
            return ChatMessage(role="assistant", content=f"missing {missing}")
        blocks = [
            ToolCallBlock(tool_call_id=f"c{next(made)}", tool_name="big", tool_kwargs={"number": number})
            for number in missing
        ]
        return ChatMessage(role="assistant", blocks=blocks)

    return answer


@pytest.mark.sampled(3)
@pytest.mark.parametrize("lines", [600, 1_300])
@pytest.mark.parametrize("count", [1, 4, 5, 8, 9, 12])
def test_an_agent_sees_each_of_many_results_and_ends(count, lines):
    def big(number: int) -> str:
        """Read a log."""
        return f"log {number}: pool size {77 + number}\n" + "filler line of a log\n" * lines

    memory, llm = fresh(token_limit=LIMIT), WatchedLLM(asks_again(count))
    one = TieredFunctionAgent(llm=llm, tools=[FunctionTool.from_defaults(big)])

    async def run():
        return str(await one.run("Read all logs", memory=memory))

    assert asyncio.run(run()) == "missing []"
    assert len(llm.sent) == 2
    prompt = llm.sent[-1]
    check_pairs(prompt)
    shown = [message.content for message in prompt if message.role == "tool"]
    assert [re.match(r"log (\d+): pool", text)[1] for text in shown] == [str(n) for n in range(count)]
    assert llm.tokens(memory)[-1] <= LIMIT
