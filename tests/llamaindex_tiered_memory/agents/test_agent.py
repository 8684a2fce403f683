"""TieredFunctionAgent: one long run within its limit, whole in the archive, whatever ends it."""

import asyncio
import itertools
import json
import re

import pytest
from llama_index.core.agent.workflow import AgentInput, AgentWorkflow, FunctionAgent
from llama_index.core.memory import ChatMemoryBuffer, Memory, StaticMemoryBlock
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.tools import FunctionTool
from workflows import Context
from workflows.context.serializers import JsonSerializer

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, memory_tools
from tests.llamaindex_tiered_memory.agents.agent_fakes import (
    LIMIT,
    TASK,
    WatchedLLM,
    agent_of,
    many_calls,
    originals,
    report,
    several,
    stubs,
)
from tests.llamaindex_tiered_memory.fakes import called
from tests.llamaindex_tiered_memory.helpers import assistant, check_pairs, fresh, said, user
from tiermem import Memory as CoreMemory
from tiermem.errors import BudgetTooSmall


@pytest.fixture(scope="module")
def long_run():
    """40 calls with results of 3,000 tokens, in one run."""
    memory = TieredChatMemory(path=":memory:", token_limit=LIMIT, session_id="long")
    llm = WatchedLLM(*many_calls(40))
    agent = agent_of(llm, initial_state={"colour": "blue"})
    answer = asyncio.run(_run(agent, memory))
    return memory, llm, answer


async def _run(agent, memory):
    return str(await agent.run(TASK, memory=memory, max_iterations=60))


def test_every_call_of_a_long_run_stays_within_the_limit(long_run):
    memory, llm, answer = long_run
    assert answer == "all read"
    assert memory.tally.text(report(7)) >= 3_000
    sizes = llm.tokens(memory)
    assert len(sizes) == 41
    assert max(sizes) <= LIMIT
    assert sum(len(report(n)) for n in range(40)) > 10 * max(len(str(sent)) for sent in llm.sent)


def test_every_call_of_a_long_run_has_whole_pairs_the_prompt_the_question_and_the_state(long_run):
    _, llm, _ = long_run
    for number, sent in enumerate(llm.sent):
        check_pairs(sent)
        assert sent[0].content.startswith("You read reports.")
        assert [one.role.value for one in sent].count("system") == 1
        assert sent[1].role == "user"
        assert TASK in sent[1].content
        assert "'colour': 'blue'" in sent[1].content
        if number:
            assert sent[-1].role == "tool"
            assert sent[-1].content == report(number - 1)


def test_stubs_name_the_originals_and_nothing_is_lost_or_doubled(long_run):
    memory, llm, _ = long_run
    assert originals(memory) == [report(n) for n in range(40)]
    assert len(memory.get_all()) == 82
    assert memory.get_all()[0].content == TASK
    shown = stubs(llm.sent[-1])
    assert len(shown) > 20
    for one in shown:
        ref = re.search(r"m\d+(?=\]$)", one.content)[0]
        number = int(one.additional_kwargs["tool_call_id"][1:])
        assert memory.session.expand(ref).messages[0].text == report(number)
    assert memory.session.verify().ok


async def test_the_model_reads_an_original_behind_a_stub_with_the_memory_s_tools():
    def look_back(messages):
        ref = re.search(r"m\d+(?=\]$)", stubs(messages)[1].content)[0]
        return called("expand_memory", "look", ref=ref)

    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(*many_calls(8)[:8], look_back, "the second checksum is 7919")
    await agent_of(llm, *memory_tools(memory)).run(TASK, memory=memory)
    assert "report 1: its checksum is 7919" in llm.sent[-1][-1].content
    assert "report 1: its checksum is 7919" not in "".join(map(str, said(llm.sent[-2])))
    assert max(llm.tokens(memory)) <= LIMIT


async def test_a_prompt_begins_with_the_one_before_until_something_is_decided():
    def reading(number: int) -> str:
        """Read the meter."""
        return report(number)[:600]

    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(*(called("reading", f"c{n}", number=n) for n in range(40)), "done")
    await agent_of(llm, FunctionTool.from_defaults(reading)).run(TASK, memory=memory, max_iterations=60)
    grown = [right[: len(left)] == left for left, right in itertools.pairwise(llm.sent)]
    assert stubs(llm.sent[-1])
    assert 0 < grown.count(False) <= 6
    assert max(llm.tokens(memory)) <= LIMIT


@pytest.mark.parametrize("streaming", [True, False])
async def test_streaming_or_not_the_model_is_sent_the_same_view_and_the_events_show_it(streaming):
    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(*many_calls(6))
    handler = agent_of(llm, streaming=streaming).run(TASK, memory=memory)
    inputs = [event.input async for event in handler.stream_events() if type(event) is AgentInput and event.input]
    assert str(await handler) == "all read"
    assert max(llm.tokens(memory)) <= LIMIT
    assert stubs(llm.sent[-1])
    assert any(said(one) == said(llm.sent[-1]) for one in inputs)
    assert originals(memory) == [report(n) for n in range(6)]


async def test_parallel_calls_are_kept_once_each_and_in_pairs():
    memory = fresh(token_limit=LIMIT)
    script = [several(*((f"c{r}-{n}", 3 * r + n) for n in range(3))) for r in range(5)]
    llm = WatchedLLM(*script, "all read")
    await agent_of(llm).run(TASK, memory=memory)
    for sent in llm.sent:
        check_pairs(sent)
    assert max(llm.tokens(memory)) <= LIMIT
    assert sorted(originals(memory)) == sorted(report(n) for n in range(15))
    assert len(memory.get_all()) == 1 + 5 * 4 + 1


async def test_parallel_calls_with_equal_ids_and_results_are_all_kept():
    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(several(("", 1), ("", 1)), several(("", 1), ("", 1)), "done")
    await agent_of(llm).run(TASK, memory=memory)
    assert originals(memory) == [report(1)] * 4


async def test_a_result_longer_than_the_limit_is_shown_by_its_ends_with_its_reference():
    memory = fresh(token_limit=2_000)
    llm = WatchedLLM(*many_calls(2))
    await agent_of(llm).run(TASK, memory=memory)
    assert max(llm.tokens(memory)) <= 2_000
    shown = llm.sent[1][-1].content
    assert shown.startswith("report 0: its checksum is 0")
    assert shown.rstrip().endswith("within the usual bounds")
    assert "m3" in shown
    assert memory.session.expand("m3").messages[0].text == report(0)


async def test_return_direct_ends_the_run_with_the_result_and_its_pair():
    memory = fresh(token_limit=LIMIT)
    tool = FunctionTool.from_defaults(report, name="report", return_direct=True)
    llm = WatchedLLM(*many_calls(1))
    answer = await TieredFunctionAgent(llm=llm, tools=[tool]).run(TASK, memory=memory)
    assert str(answer) == report(0)
    assert [one.role.value for one in memory.get_all()] == ["user", "assistant", "tool", "assistant"]
    assert len(llm.sent) == 1


# -- memories, agents, limits -----------------------------------------------------------------------------------


async def test_the_earlier_conversation_is_recalled_once_a_run_and_stays_where_it_stands():
    memory = fresh(token_limit=LIMIT)
    fact = "The harbour office is the one whose checksum was odd. "
    memory.put_messages([user(f"Subject zero. {'filler ' * 60}{fact}{'filler ' * 60}"), assistant("Noted.")])
    for number in range(150):
        memory.put_messages([user(f"Subject {number}. {'filler ' * 60}"), assistant(f"Fine, {number}.")])
    llm = WatchedLLM(*many_calls(5))
    await agent_of(llm).run("Which office has the odd checksum?", memory=memory)
    asked = [next(one for one in reversed(sent) if one.role == "user") for sent in llm.sent]
    assert "harbour office" in asked[0].content
    assert {one.content for one in asked} == {asked[0].content}
    assert max(llm.tokens(memory)) <= LIMIT
    assert "harbour" not in memory.get_all()[-12].content


@pytest.mark.parametrize("kind", ["none", "buffer", "memory"])
async def test_with_another_memory_a_run_stays_within_the_limit_too(kind):
    stock = {
        "none": lambda: None,
        "buffer": lambda: ChatMemoryBuffer.from_defaults(token_limit=100_000),
        "memory": lambda: Memory.from_defaults(token_limit=100_000),
    }[kind]()
    llm = WatchedLLM(*many_calls(8), "and again")
    agent = agent_of(llm, max_tokens=LIMIT)
    ctx = Context(agent)
    await agent.run(TASK, memory=stock, ctx=ctx)
    await agent.run("Once more.", memory=stock, ctx=ctx)
    assert max(llm.tokens(fresh())) <= LIMIT
    for sent in llm.sent:
        check_pairs(sent)
    if kind != "memory":  # which does not survive a second run on one Context
        assert TASK in "".join(map(str, said(llm.sent[-1])))
    if stock is not None:
        held = [one.content for one in await stock.aget_all() if one.role == "tool"]
        assert held == [report(n) for n in range(8)]


async def test_without_a_memory_two_runs_on_one_context_remember_and_restore():
    agent = agent_of(WatchedLLM("hello Ann", "Ann", "still Ann"))
    ctx = Context(agent)
    await agent.run("I am Ann.", ctx=ctx)
    await agent.run("Who am I?", ctx=ctx)
    again = Context.from_dict(agent, json.loads(json.dumps(ctx.to_dict(serializer=JsonSerializer()))))
    await agent.run("And now?", ctx=again)
    memory = await again.store.get("memory")
    assert said(memory.get_all()) == ["I am Ann.", "hello Ann", "Who am I?", "Ann", "And now?", "still Ann"]


@pytest.mark.parametrize("given", ["ours", "stock", "none"])
async def test_as_one_of_several_agents_with_handoffs(given):
    made = {
        "ours": lambda: fresh(token_limit=LIMIT),
        "stock": lambda: ChatMemoryBuffer.from_defaults(token_limit=100_000),
        "none": lambda: None,  # LlamaIndex's default, which has lost the question when the second agent begins
    }
    memory = made[given]()
    reader_llm = WatchedLLM(*many_calls(5)[:5], called("handoff", "h1", to_agent="writer", reason="all read"))
    writer_llm = WatchedLLM(called("report", "w0", number=30), called("handoff", "h2", to_agent="plain", reason="last"))
    plain_llm = WatchedLLM("the summary")
    reader = agent_of(reader_llm, name="reader", description="reads", max_tokens=LIMIT)
    writer = agent_of(writer_llm, name="writer", description="writes", system_prompt="You write.", max_tokens=LIMIT)
    plain = FunctionAgent(llm=plain_llm, name="plain", description="plain", tools=[])
    flow = AgentWorkflow(agents=[reader, writer, plain], root_agent="reader", initial_state={"colour": "blue"})
    assert str(await flow.run(TASK, memory=memory)) == "the summary"
    tally = fresh()
    for llm in (reader_llm, writer_llm):
        assert max(llm.tokens(tally)) <= LIMIT
        for sent in llm.sent:
            check_pairs(sent)
            assert given == "none" or TASK in "".join(map(str, said(sent)))
    assert "'colour': 'blue'" in str(reader_llm.sent[-1][1].content)
    if given == "ours":
        assert [text for text in originals(memory) if text.startswith("report ")] == [
            report(n) for n in [0, 1, 2, 3, 4, 30]
        ]
        check_pairs(memory.get_all())
        roles = [one.role.value for one in memory.get_all()]
        assert roles.count("user") == 1
        assert roles.count("tool") == 8
        assert len(roles) == 1 + 12 + 4 + 1


async def test_the_limit_counts_schemas_and_prompt_and_says_when_they_alone_are_too_long():
    memory = fresh(token_limit=300)
    with pytest.raises(BudgetTooSmall, match="schemas"):
        await agent_of(WatchedLLM("x"), system_prompt="word " * 300).run(TASK, memory=memory)
    llm = WatchedLLM(*many_calls(3))
    agent = agent_of(llm, max_tokens=1_500)
    await agent.run(TASK, memory=fresh(token_limit=50_000))
    assert max(llm.tokens(memory)) <= 1_500


async def test_the_window_that_the_llm_names_holds_where_the_memory_s_limit_is_wider():
    memory = fresh(token_limit=50_000)
    llm = WatchedLLM(*many_calls(12))
    await agent_of(llm).run(TASK, memory=memory)
    assert 4_000 < max(llm.tokens(memory)) <= llm.metadata.context_window - llm.metadata.num_output


async def test_chinese_runs_stay_within_the_limit_and_are_found():
    def read(number: int) -> str:
        """读取报告。"""
        return f"第{number}号报告的校验和是{number * 7919}。" + "河流、桥梁、发动机和花园的读数都在正常范围之内。" * 150

    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(*(called("read", f"c{n}", number=n) for n in range(12)), "都读完了")
    agent = agent_of(llm, FunctionTool.from_defaults(read), system_prompt="你负责阅读报告。")
    assert str(await agent.run("请阅读所有报告,并说出哪个校验和有问题。", memory=memory)) == "都读完了"
    assert memory.tally.text(read(3)) > 2_000
    assert max(llm.tokens(memory)) <= LIMIT
    for sent in llm.sent:
        check_pairs(sent)
    assert originals(memory) == [read(n) for n in range(12)]
    assert "结果" in stubs(llm.sent[-1])[0].content


async def test_memory_blocks_and_a_chat_store_of_one_s_own_go_along():
    store = SimpleChatStore()
    block = StaticMemoryBlock(name="house", static_content="The house rule is to whisper.")
    memory = fresh(token_limit=LIMIT, memory_blocks=[block], chat_store=store, chat_store_key="mine")
    llm = WatchedLLM(*many_calls(8))
    await agent_of(llm).run(TASK, memory=memory)
    assert all("".join(map(str, said(sent))).count("The house rule is to whisper.") == 1 for sent in llm.sent)
    assert max(llm.tokens(memory)) <= LIMIT
    assert said(store.get_messages("mine")) == said(memory.get_all())
    assert len(store.get_messages("mine")) == 1 + 16 + 1


async def test_parallel_results_are_once_in_a_chat_store_of_one_s_own():
    store = SimpleChatStore()
    memory = fresh(token_limit=LIMIT, chat_store=store, chat_store_key="mine")
    await agent_of(WatchedLLM(several(("a", 1), ("b", 2), ("c", 3)), "done")).run(TASK, memory=memory)
    assert sorted(map(str, said(store.get_messages("mine")))) == sorted(map(str, said(memory.get_all())))


async def test_a_session_of_an_open_memory_with_wider_thresholds_is_compacted_at_the_agent_s_limit():
    with CoreMemory.open(":memory:") as core:
        memory = TieredChatMemory(memory=core, session_id="s", token_limit=LIMIT)
        llm = WatchedLLM(*many_calls(10))
        await agent_of(llm).run(TASK, memory=memory)
        assert core.settings.pre_rot_threshold > 10 * LIMIT
        assert max(llm.tokens(memory)) <= LIMIT
        assert stubs(llm.sent[-1])


async def test_another_counter_than_the_memory_s_is_the_one_that_counts():
    with CoreMemory.open(":memory:") as core:
        memory = TieredChatMemory(memory=core, session_id="s", token_limit=20_000, tokenizer_fn=list)
        llm = WatchedLLM(*many_calls(6))
        await agent_of(llm, system_prompt="short").run(TASK, memory=memory)
        assert max(llm.tokens(memory)) <= 20_000
        assert originals(memory) == [report(n) for n in range(6)]


async def test_tools_that_a_run_calls_are_named_in_stubs_and_an_empty_result_is_kept():
    def nothing() -> str:
        """Say nothing."""
        return ""

    memory = fresh(token_limit=LIMIT)
    llm = WatchedLLM(called("nothing", "n"), *many_calls(6))
    await agent_of(llm, FunctionTool.from_defaults(nothing)).run(TASK, memory=memory)
    assert stubs(llm.sent[-1])[0].content.startswith("[COMPACTED: report result, 221 lines")
    assert len(originals(memory)) == 7
    for sent in llm.sent:
        check_pairs(sent)
