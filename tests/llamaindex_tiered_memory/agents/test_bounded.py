"""Tools with bounded outputs: the agent gets the ends and a reference, the session has the whole."""

import asyncio
import json
import re

import pytest
from llama_index.core.agent.workflow import CodeActAgent, FunctionAgent, ReActAgent, ToolCallResult
from llama_index.core.base.llms.types import ImageBlock, TextBlock
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.tools import FunctionTool, QueryEngineTool
from llama_index.core.workflow import Context

from llamaindex_tiered_memory import TieredFunctionAgent, bounded_function, bounded_tools, memory_tools
from tests.llamaindex_tiered_memory.agents.agent_fakes import WatchedLLM, many_calls, report, reports
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import check_pairs, fresh, said
from tiermem import Memory
from tiermem.errors import InvalidSettings

MOST = 200


def expander(memory) -> FunctionTool:
    return memory_tools(memory, names=["expand_memory"])[0]


def check_bounded(text: str, memory, whole: str) -> str:
    """The reference in *text*, which is at most MOST tokens and leads to the whole."""
    assert memory.tally.text(text) <= MOST
    assert text.startswith(whole[:100])
    assert text.endswith(whole[-50:])
    ref = re.search(r'expand_memory\("(m\d+)"\)', text)[1]
    assert memory.session.expand(ref).messages[0].text == whole
    return ref


@pytest.mark.parametrize("path", ["sync", "async"])
async def test_a_long_output_is_kept_whole_and_shown_by_its_ends(path):
    memory = fresh()
    (tool,) = bounded_tools([reports()], memory, MOST)
    output = tool.call(number=3) if path == "sync" else await tool.acall(number=3)
    ref = check_bounded(output.content, memory, report(3))
    assert output.tool_name == "report"
    assert f"{memory.tally.text(report(3)):,} tokens in all" in output.content
    assert "[COMPACTED: report result" in memory.session.view().messages[-1].text
    assert memory.session.search("checksum 23757")[0].ref == ref
    (tool.call(number=3) if path == "sync" else await tool.acall(number=3))
    assert memory.session.stats().messages == 1


async def test_a_short_output_and_the_tool_itself_stay_as_they_are():
    def look(place: str, often: int = 1) -> str:
        """Look somewhere."""
        return f"nothing in {place}" * often

    memory = fresh()
    plain = FunctionTool.from_defaults(look, return_direct=True)
    (tool,) = bounded_tools([plain], memory, MOST)
    assert isinstance(tool, FunctionTool)
    assert tool.metadata is plain.metadata
    assert (await tool.acall(place="the box")).content == tool("the box").content == "nothing in the box"
    assert memory.get_all() == []
    (again,) = bounded_tools([look], memory, MOST)
    assert again.metadata.get_parameters_dict() == plain.metadata.get_parameters_dict()


async def test_what_is_no_text_stays_in_the_output():
    picture = ImageBlock(url="https://example.org/a.png")
    tool = FunctionTool.from_defaults(lambda: [TextBlock(text=report(1)), picture], name="both")
    memory = fresh()
    blocks = (await bounded_tools([tool], memory, MOST)[0].acall()).blocks
    assert blocks[1:] == [picture]
    check_bounded(blocks[0].text, memory, report(1))


async def test_the_memory_s_own_tools_and_wrong_limits():
    memory = fresh()
    own = expander(memory)
    assert bounded_tools([own], memory, MOST) == [own]
    with pytest.raises(InvalidSettings, match="max_tokens"):
        bounded_tools([own], memory, 10)


async def test_tools_that_want_a_context_get_it():
    async def ask(ctx: Context, number: int) -> str:
        """Ask."""
        await ctx.store.set("asked", number)
        return report(number)

    memory = fresh()
    llm = ScriptedLLM(called("ask", "a", number=1), "done")
    agent = FunctionAgent(llm=llm, tools=bounded_tools([ask], memory, MOST))
    ctx = Context(agent)
    await agent.run("go", memory=memory, ctx=ctx)
    assert await ctx.store.get("asked") == 1
    check_bounded(llm.sent[1][-1].content, memory, report(1))


async def test_a_query_engine_tool_is_bounded():
    class Long(CustomQueryEngine):
        def custom_query(self, query_str: str) -> str:
            return report(int(query_str))

    memory = fresh()
    (tool,) = bounded_tools([QueryEngineTool.from_defaults(Long(), name="long", description="long")], memory, MOST)
    check_bounded((await tool.acall("4")).content, memory, report(4))
    check_bounded(tool("5").content, memory, report(5))


async def test_a_function_chooses_the_session_at_each_call():
    with Memory.open(":memory:") as core:
        current = ["ann"]
        (tool,) = bounded_tools([reports()], lambda: core.session(current[0]), MOST)
        await tool.acall(number=1)
        current[0] = "bob"
        await tool.acall(number=2)
        kept = {name: [one.text for one in core.session(name).messages()] for name in ("ann", "bob")}
        assert kept == {"ann": [report(1)], "bob": [report(2)]}


def step(action: str, **arguments) -> str:
    return f"Thought: I need a tool.\nAction: {action}\nAction Input: {json.dumps(arguments)}"


async def test_in_a_react_agent():
    memory = fresh(token_limit=4_000)
    tools = [*bounded_tools([reports()], memory, MOST), expander(memory)]
    script = [*(step("report", number=n) for n in range(8)), step("expand_memory", ref="m3", offset=400)]
    llm = ScriptedLLM(*script, "Thought: I can answer.\nAnswer: the odd one is 7919", function_calling=False)
    answer = await ReActAgent(llm=llm, tools=tools).run("Which checksum is odd?", memory=memory)
    assert str(answer) == "the odd one is 7919"
    assert max(memory.tally.messages(sent) for sent in llm.sent) < 8_000
    check_bounded(llm.sent[1][-1].content.split("Observation: ")[1], memory, report(0))
    assert "001-0" in llm.sent[-1][-1].content
    wholes = [one.content for one in memory.get_all() if one.role == "tool"]
    assert wholes == [report(n) for n in range(8)]
    assert said(memory.get_all())[0] == "Which checksum is odd?"
    assert said(memory.get_all())[-1].endswith("Answer: the odd one is 7919")


@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_in_a_code_act_agent(kind):
    def execute(code: str) -> str:
        return report(int(code))

    async def execute_async(code: str) -> str:
        return report(int(code))

    memory = fresh(token_limit=4_000)
    run = bounded_function(execute if kind == "sync" else execute_async, memory, MOST)
    llm = ScriptedLLM(*(f"<execute>{n}</execute>" for n in range(6)), "the odd one is 7919")
    agent = CodeActAgent(code_execute_fn=run, llm=llm, tools=[])
    assert str(await agent.run("Which checksum is odd?", memory=memory)) == "the odd one is 7919"
    assert max(memory.tally.messages(sent) for sent in llm.sent) < 8_000
    check_bounded(llm.sent[1][-1].content.split("given:\n\n")[1], memory, report(0))
    assert [one.content for one in memory.get_all() if one.role == "tool"] == [report(n) for n in range(6)]


async def test_a_function_s_short_results_are_not_turned_into_text():
    memory = fresh()
    assert bounded_function(lambda: {"a": 1}, memory)() == {"a": 1}
    text = bounded_function(lambda: [report(1)], memory, MOST)()
    assert text.startswith("['report 1:")


async def test_in_a_tiered_function_agent_the_pairs_stay_whole():
    memory = fresh(token_limit=8_000)
    llm = WatchedLLM(*many_calls(10))
    agent = TieredFunctionAgent(llm=llm, tools=bounded_tools([reports()], memory, MOST))
    handler = agent.run("Which checksum is odd?", memory=memory)
    events = [event async for event in handler.stream_events()]
    await handler
    answers = [event.tool_output.content for event in events if type(event) is ToolCallResult]
    assert len(answers) == 10
    assert all(memory.tally.text(one) <= MOST for one in answers)
    for sent in llm.sent:
        check_pairs(sent)
    texts = [one.content for one in memory.get_all() if one.role == "tool"]
    assert texts.count(report(4)) == 1
    assert len(texts) == 20


async def test_an_aborted_run_s_long_outputs_are_kept():
    def gone(messages):
        raise RuntimeError("gone")

    memory = fresh(token_limit=4_000)
    agent = ReActAgent(
        llm=ScriptedLLM(step("report", number=1), gone, function_calling=False),
        tools=bounded_tools([reports()], memory, MOST),
    )
    with pytest.raises(RuntimeError, match="gone"):
        await agent.run("Which checksum is odd?", memory=memory)
    assert memory.session.search("checksum of report 1: 7919")[0].message.text == report(1)


async def test_chinese_outputs_are_cut_within_the_limit():
    def read(number: int) -> str:
        """读取报告。"""
        return f"第{number}号报告:" + "桥梁的读数在正常范围之内。" * 300

    memory = fresh()
    (tool,) = bounded_tools([read], memory, MOST)
    results = await asyncio.gather(*(tool.acall(number=n) for n in range(4)))
    for number, one in enumerate(results):
        assert memory.tally.text(one.content) <= MOST
        assert one.content.startswith(f"第{number}号报告:桥梁")
    assert sorted(said(memory.get_all())) == [read(n) for n in range(4)]
