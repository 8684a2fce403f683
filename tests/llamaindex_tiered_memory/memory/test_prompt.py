"""What any memory must do, part two (c12 to c18, c23 to c25): what the model is sent, and within which limit."""

import random

import pytest
from llama_index.core.agent.workflow import FunctionAgent, ReActAgent
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.tools import FunctionTool

from llamaindex_tiered_memory import InitialTokensError
from llamaindex_tiered_memory.counting import Tally
from tests.llamaindex_tiered_memory.fakes import BRACES, ScriptedLLM, called, words
from tests.llamaindex_tiered_memory.helpers import (
    ENGINES,
    QUESTION,
    assistant,
    check_pairs,
    filled,
    fresh,
    heavy,
    said,
    turn,
    user,
)
from tiermem.errors import BudgetTooSmall


@pytest.mark.parametrize("shape", ["block", "kwargs"])
def test_c12_tool_calls_count(shape):
    memory = fresh(token_limit=1000, tokenizer_fn=words)
    for index in range(20):
        memory.put_messages(heavy(index, shape))
    shown = memory.get()
    assert Tally(words).messages(shown) <= 1000
    assert shown[-1].content == "answer 19"


def test_c13_thinking_counts():
    memory = fresh(token_limit=1000, tokenizer_fn=words)
    for index in range(20):
        memory.put_messages(heavy(index, "thinking"))
    assert Tally(words).messages(memory.get()) <= 1000


@pytest.mark.parametrize("seed", range(8))
def test_c14_tool_pairs_are_never_split(seed):
    pick = random.Random(seed)
    memory = fresh(token_limit=pick.choice([150, 400, 900]), tokenizer_fn=words)
    for number in range(12):
        memory.put_messages(turn(pick, number))
        check_pairs(memory.get())
        check_pairs(memory.get("q1", initial_token_count=pick.randrange(40)))


@pytest.mark.parametrize("seed", range(8))
def test_c15_the_first_message_that_is_not_a_system_message_is_the_user_s(seed):
    pick = random.Random(100 + seed)
    memory = fresh(token_limit=pick.choice([200, 400, 900]), tokenizer_fn=words)
    if seed % 2:
        memory.put(ChatMessage(role="system", content="be brief"))
    for number in range(12):
        memory.put_messages(turn(pick, number))
        first = next(message for message in memory.get() if message.role != "system")
        assert first.role == "user"


@pytest.mark.parametrize("seed", range(12))
def test_c16_the_budget_holds_with_initial_tokens(seed):
    pick = random.Random(200 + seed)
    limit = pick.choice([150, 400, 900, 3000])
    memory = fresh(token_limit=limit, tokenizer_fn=words)
    for number in range(15):
        memory.put_messages(turn(pick, number))
        initial = pick.randrange(limit // 2)
        shown = memory.get(pick.choice([None, "q1 u", "coming question " * 5]), initial_token_count=initial)
        assert Tally(words).messages(shown) + initial <= limit


def test_c16b_initial_tokens_above_the_limit_are_a_typed_error_with_both_numbers():
    memory = fresh(token_limit=50, tokenizer_fn=words)
    memory.put(user("a"))
    for ask in (lambda: memory.get(initial_token_count=51), lambda: memory.get(51)):
        with pytest.raises(InitialTokensError) as raised:
            ask()
        assert isinstance(raised.value, ValueError)
        assert isinstance(raised.value, BudgetTooSmall)
        assert (raised.value.needed, raised.value.budget) == (51, 50)


def test_c17_the_system_message_stays():
    memory = fresh(token_limit=300, tokenizer_fn=words)
    memory.put(ChatMessage(role="system", content="always answer in rhymes"))
    for index in range(80):
        memory.put_messages([user(f"question {index} " + "w " * 20), assistant("answer " * 10)])
    shown = memory.get()
    assert shown[0].role == "system"
    assert shown[0].content == "always answer in rhymes"
    assert [m.role for m in shown].count("system") == 1


def test_c18_a_long_history_that_is_set_is_trimmed_in_the_view_only():
    history = [one for i in range(200) for one in (user(f"q{i} " + "w " * 20), assistant("a " * 20))]
    for memory in (fresh(token_limit=500, tokenizer_fn=words), fresh(token_limit=500, tokenizer_fn=words)):
        memory.set(history)
        assert Tally(words).messages(memory.get()) <= 500
        assert memory.get_all() == history
    made = fresh(token_limit=500, tokenizer_fn=words, chat_history=history)
    assert Tally(words).messages(made.get()) <= 500


@pytest.mark.parametrize("engine", ["simple", "context", "condense_plus"])
def test_c23_a_fact_said_120_messages_ago_is_in_the_prompt(engine):
    llm = ScriptedLLM("answer")
    memory = filled()
    ENGINES[engine](llm, memory).chat(QUESTION)
    assert any("17 days" in prompt for prompt in llm.seen)
    assert said(memory.get_all())[-2:] == [QUESTION, "answer"]


async def test_c23b_and_in_a_function_agent_also_after_a_tool_call():
    llm = ScriptedLLM(called("look"), "every 17 days")
    tool = FunctionTool.from_defaults(lambda: "nothing", name="look")
    await FunctionAgent(llm=llm, tools=[tool], system_prompt="help").run(QUESTION, memory=filled())
    assert len(llm.seen) == 2
    assert all("17 days on host" in prompt for prompt in llm.seen)


async def test_c24_and_in_a_react_agent_without_a_system_prompt():
    llm = ScriptedLLM("Thought: I know.\nAnswer: every 17 days", function_calling=False)
    tool = FunctionTool.from_defaults(lambda: "nothing", name="look")
    memory = filled()
    await ReActAgent(llm=llm, tools=[tool]).run(QUESTION, memory=memory)
    assert "17 days on host" in llm.seen[0]
    assert memory.get_all()[-2].content == QUESTION


@BRACES
@pytest.mark.parametrize("engine", ["context", "condense_plus"])
def test_c25_braces_in_history_and_recall_are_text(engine):
    llm = ScriptedLLM("use {context_str} then {query_str}")
    memory = fresh(token_limit=1500)
    memory.put_messages([user("falcon-9 config: {context_str} = {query_str} {x}"), assistant("ok {y}")])
    for index in range(60):
        memory.put_messages([user(f"topic {index} " + "filler " * 20), assistant("fine")])
    talk = ENGINES[engine](llm, memory)
    talk.chat("what was the falcon-9 config?")
    assert "falcon-9 config: {context_str} = {query_str} {x}" in llm.seen[-1]
    talk.chat("and then?")
    assert "use {context_str} then {query_str}" in llm.seen[-1]


def test_images_count_in_the_budget():
    memory = fresh(token_limit=2000, tokenizer_fn=words)
    for index in range(10):
        picture = ImageBlock(url="https://example.org/a.png")
        memory.put_messages([ChatMessage(role="user", blocks=[TextBlock(text=f"q{index}"), picture]), assistant("ok")])
    assert Tally(words).messages(memory.get()) <= 2000
