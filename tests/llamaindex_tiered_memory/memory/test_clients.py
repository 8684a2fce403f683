"""Clients that hand over what they show with each run (`chat_history=`): everything is stored once, and shown once."""

import pytest
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ToolCallBlock
from llama_index.core.tools import FunctionTool

from llamaindex_tiered_memory import TieredFunctionAgent
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import fresh

TURNS = 4
ROLES = ["user", "assistant", "tool", "assistant"]


def look(city: str) -> str:
    """Look up the weather of a city."""
    return f"{city} is sunny."


def weather() -> FunctionTool:
    return FunctionTool.from_defaults(look, name="look")


def visible(talk):
    shown = [one for one in talk if one.role == "user" or (one.role == "assistant" and one.content)]
    return [ChatMessage(role=one.role, content=one.content) for one in shown]


def trimmed(talk):
    return [ChatMessage(role=one.role, content=f" {one.content}\n") for one in visible(talk)]


def parts(talk):
    return [
        ChatMessage(role=one.role, blocks=[TextBlock(text=part) for part in one.content.split(" ", 1)])
        for one in visible(talk)
    ]


def everything(talk):
    return list(talk)


@pytest.mark.parametrize("kind", [FunctionAgent, TieredFunctionAgent])
@pytest.mark.parametrize("form", [visible, trimmed, parts, everything])
async def test_what_a_client_hands_over_again_is_stored_and_shown_once(form, kind):
    memory = fresh()
    for turn in range(TURNS):
        llm = ScriptedLLM(called("look", f"c{turn}", city=f"Town {turn}"), f"sunny in {turn}")
        agent = kind(llm=llm, tools=[weather()], streaming=False)
        history = form(memory.get_all())
        await agent.run(f"How is Town {turn}?", memory=memory, **({"chat_history": history} if history else {}))
    assert [one.role.value for one in memory.get_all()] == ROLES * TURNS
    assert memory.session.stats().hidden == 0
    asked = [one.content for one in llm.sent[-1] if one.role == "user"]
    assert asked == [f"How is Town {turn}?" for turn in range(TURNS)]
    assert [one.role.value for one in llm.sent[-1]] == (ROLES * TURNS)[:-1]


def test_a_history_that_takes_a_turn_back_hides_that_turn_alone():
    memory = fresh()
    talk = [ChatMessage(role=role, content=f"{role} {turn}") for turn in range(3) for role in ("user", "assistant")]
    memory.set(talk)
    memory.set([*talk[:4], ChatMessage(role="user", content="something else")])
    assert [one.content for one in memory.get_all()] == [*(one.content for one in talk[:4]), "something else"]
    assert memory.session.stats().hidden == 2
    assert {made.reason for made in memory.session.journal()} == {"replaced by another history"}


def test_a_history_without_an_answer_or_with_other_words_hides_what_differs():
    memory = fresh()
    talk = [ChatMessage(role=role, content=f"{role} {turn}") for turn in range(2) for role in ("user", "assistant")]
    memory.set(talk)
    memory.set([talk[0], talk[2]])
    assert [one.content for one in memory.get_all()] == ["user 0", "user 1"]


@pytest.mark.parametrize("kind", [FunctionAgent, TieredFunctionAgent])
@pytest.mark.parametrize("identity", ["", None])
@pytest.mark.parametrize("cities", [["Oslo"], ["Oslo", "Rome"]])
async def test_calls_without_an_id_have_their_results(kind, identity, cities):
    memory = fresh()
    for turn in range(TURNS):
        made = [ToolCallBlock(tool_call_id=identity, tool_name="look", tool_kwargs={"city": city}) for city in cities]
        llm = ScriptedLLM(ChatMessage(role="assistant", blocks=made), "sunny")
        await kind(llm=llm, tools=[weather()], streaming=False).run(f"How is it on day {turn}?", memory=memory)
    assert len(llm.sent) == 2
    roles = ["user", "assistant", *["tool"] * len(cities), "assistant"]
    assert [one.role.value for one in llm.sent[-1]] == (roles * TURNS)[:-1]
    told = {one.content for one in llm.sent[-1][-len(cities) :]}  # calls of one tool end in any order
    assert told == {f"{city} is sunny." for city in cities}
