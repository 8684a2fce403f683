"""Random runs of TieredFunctionAgent on one memory: every prompt within the limit, in pairs, and every result kept."""

import random

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock
from llama_index.core.tools import FunctionTool
from workflows.errors import WorkflowRuntimeError

from llamaindex_tiered_memory import TieredFunctionAgent
from tests.llamaindex_tiered_memory.agents.agent_fakes import WatchedLLM, originals
from tests.llamaindex_tiered_memory.helpers import check_pairs, fresh

WORDS = ["alpha", "beta", "gamma", "delta", "桥梁", "发动机", "x=1;", "\n", "{y}", "the", "of"]


class Chance:
    """What a model and its tools do next."""

    def __init__(self, seed: int) -> None:
        self.pick = random.Random(seed)
        self.made: list[str] = []
        self.calls = 0

    def tool(self, size: int) -> str:
        """Work."""
        if size % 7 == 3:
            raise ValueError(f"no {size}")
        text = f"{len(self.made)}: " + " ".join(self.pick.choices(WORDS, k=size))
        self.made.append(text)
        return text

    def answer(self, messages: list[ChatMessage]) -> ChatMessage:
        kind = self.pick.random()
        if kind < 0.04:
            raise RuntimeError("the model is gone")
        blocks: list[object] = [TextBlock(text="I look.")] if self.pick.random() < 0.3 else []
        if kind < 0.15:
            return ChatMessage(role="assistant", blocks=[*blocks, TextBlock(text="done")])
        for _ in range(self.pick.choice([1, 1, 1, 2, 3])):
            self.calls += 1
            name = "unknown" if self.pick.random() < 0.05 else "tool"
            size = self.pick.choice([0, 1, 3, 40, 300, 900, 2_000])
            call_id = self.pick.choice([f"id{self.calls}", f"id{self.calls}", "again"])
            blocks.append(
                ToolCallBlock(tool_call_id=f"{call_id}-{self.calls}", tool_name=name, tool_kwargs={"size": size})
            )
        return ChatMessage(role="assistant", blocks=blocks)


@pytest.mark.sampled(4)
@pytest.mark.parametrize("seed", range(10))
async def test_random_runs_stay_within_the_limit_in_pairs_and_lose_nothing(seed):
    chance = Chance(seed)
    limit = chance.pick.choice([1_500, 4_000, 12_000])
    memory = fresh(token_limit=limit, keep_recent_count=chance.pick.choice([0, 2, 10]))
    llm = WatchedLLM(chance.answer)
    tool = FunctionTool.from_defaults(chance.tool, name="tool")
    agent = TieredFunctionAgent(llm=llm, tools=[tool], system_prompt="Be brief.", max_tokens=limit)
    ends = []
    for number in range(4):
        try:
            await agent.run(f"Task {number}: {'word ' * chance.pick.randrange(60)}", memory=memory, max_iterations=15)
            ends.append("answered")
        except (RuntimeError, WorkflowRuntimeError) as error:
            ends.append(type(error).__name__)
    for sent in llm.sent:
        check_pairs(sent)
        assert sent[1].role == "user"
    assert max(llm.tokens(memory)) <= limit
    kept = originals(memory)
    assert [text for text in chance.made if text not in kept] == []
    assert all(kept.count(text) == chance.made.count(text) for text in chance.made if text in kept)
    assert memory.session.verify().ok
    assert len(ends) == 4
