"""Many tools at once, whose results are far above the limit: an agent sees each of them, and asks once."""

import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, ask, assert_valid, tiered, tokens

LIMIT = 8_000


def logs(lines: int) -> Any:
    @tool
    def big(number: int) -> str:
        """Read a log."""
        return f"log {number}: pool size {77 + number}\n" + "filler line of a log\n" * lines

    return big


def asks_again(count: int) -> Any:
    """Calls for whatever log it sees no result of, all at once, like a model that works by what it sees."""
    made = iter(range(1_000))

    def answer(messages: list[BaseMessage], turn: int) -> AIMessage:
        calls = [call for one in messages for call in getattr(one, "tool_calls", ())]
        results = {one.tool_call_id for one in messages if isinstance(one, ToolMessage) and one.text}
        seen = {call["args"]["number"] for call in calls if call["id"] in results}
        missing = [number for number in range(count) if number not in seen]
        if not missing or turn > 4:
            return AIMessage(f"missing {missing}")
        return AIMessage(
            "", tool_calls=[{"name": "big", "args": {"number": n}, "id": f"c{next(made)}"} for n in missing]
        )

    return answer


@pytest.mark.parametrize("lines", [600, 1_300])
@pytest.mark.parametrize("count", [1, 4, 5, 8, 9, 12])
def test_an_agent_sees_each_of_many_results_and_ends(tmp_path: Path, count: int, lines: int) -> None:
    model = Scripted(script=asks_again(count))
    middleware = tiered(tmp_path, max_tokens=LIMIT)
    state = ask(agent(model, middleware, tools=[logs(lines)], checkpointer=InMemorySaver()), "Read all logs")
    assert state["messages"][-1].text == "missing []"
    assert len(model.prompts) == 2
    prompt = model.prompts[-1]
    assert_valid(prompt)
    shown = [one.text for one in prompt if isinstance(one, ToolMessage)]
    assert [re.match(r"log (\d+): pool", text)[1] for text in shown] == [str(n) for n in range(count)]  # type: ignore[index]
    assert tokens(prompt, middleware.memory.counter) <= LIMIT
