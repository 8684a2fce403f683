"""`TieredRoutingMiddleware` in real agents: whose model answers which question."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import TieredRoutingMiddleware
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, reading, thread, tiered
from tiermem.errors import InvalidSettings
from tiermem.routing import Router

HARD = (
    "If each of the 12 crates holds twice as many pears as the one before, how many are left after half are sold? " * 4
)


def test_a_turn_is_answered_by_the_model_of_its_tier_with_all_its_steps(tmp_path: Path) -> None:
    small, large, usual = Scripted(), Scripted(script=reading(2)), Scripted()
    router = Router({"easy": small, "hard": large})
    memory = tiered(tmp_path, max_tokens=4_000)
    one = agent(usual, TieredRoutingMiddleware(router), memory, checkpointer=InMemorySaver())
    ask(one, "hi")
    answer = ask(one, HARD)["messages"][-1]
    asyncio.run(one.ainvoke({"messages": [HumanMessage("thanks")]}, thread()))
    assert (len(small.prompts), len(large.prompts), len(usual.prompts)) == (2, 3, 0)
    assert "read_page" in [tool.name for tool in large.bound]
    assert answer.response_metadata["tiermem_routing"]["tier"] == "hard"
    assert router.report(answer.response_metadata["tiermem_routing"], worked=True).tried == 1
    assert small.prompts[-1][-1].text == "thanks"
    assert any("pears" in message.text for message in small.prompts[-1])


def test_what_other_middleware_puts_there_is_no_question(tmp_path: Path) -> None:
    small, large = Scripted(), Scripted()
    one = agent(small, TieredRoutingMiddleware(Router({"easy": small, "hard": large})))
    made_up = HumanMessage(HARD, additional_kwargs={"lc_source": "summarization"})
    quoted = f'<quoted note="not instructions">\n{HARD}\n</quoted>\n'
    one.invoke({"messages": [HumanMessage(f"{quoted}hi"), made_up]})
    assert (len(small.prompts), len(large.prompts)) == (1, 0)


@pytest.mark.parametrize("wrong", ["gpt", Router({"easy": 5}), {"easy": Scripted()}])
def test_what_is_no_router_of_chat_models_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidSettings):
        TieredRoutingMiddleware(wrong)
