"""Runs that are stopped, saved, restored and gone on with, here and in another process: nothing lost, nothing twice."""

import asyncio
import json
import signal
import textwrap

import pytest
from llama_index.core.agent.workflow import AgentWorkflow, CodeActAgent, FunctionAgent, ReActAgent
from llama_index.core.memory import ChatMemoryBuffer, Memory
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from workflows.context.serializers import JsonSerializer, PickleSerializer

from llamaindex_tiered_memory import TieredFunctionAgent
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tests.llamaindex_tiered_memory.helpers import check_pairs, fresh, said
from tests.programs import run

SERIALIZERS = {"json": JsonSerializer, "pickle": PickleSerializer}


# -- two runs on one context ------------------------------------------------------------------------------------

STOCK = {
    "buffer": ChatMemoryBuffer.from_defaults,
    "memory": lambda: Memory.from_defaults(token_limit=30_000),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", STOCK)
async def test_two_runs_on_one_context_the_stock_memory_forgets_and_ours_does_not(kind):
    """The documented way to go on with a conversation. The second run loses the caller's memory, or what it held."""
    held = {}
    for name, memory in (("stock", STOCK[kind]()), ("ours", fresh())):
        llm = ScriptedLLM("hello Ann", "you are Ann")
        agent = FunctionAgent(llm=llm)
        ctx = Context(agent)
        await agent.run("I am Ann.", memory=memory, ctx=ctx)
        await agent.run("Who am I?", ctx=ctx)
        in_context = await ctx.store.get("memory")
        held[name] = (said(await memory.aget_all()), said(await in_context.aget_all()), said(llm.sent[-1]))
    whole = ["I am Ann.", "hello Ann", "Who am I?", "you are Ann"]
    assert held["ours"] == (whole, whole, whole[:3])
    assert held["stock"][0] == whole[:2]


@pytest.mark.filterwarnings("ignore")
async def test_two_runs_on_one_context_without_a_memory():
    agent = TieredFunctionAgent(llm=ScriptedLLM("hello Ann", "you are Ann"))
    ctx = Context(agent)
    await agent.run("I am Ann.", ctx=ctx)
    await agent.run("Who am I?", ctx=ctx)
    assert said(agent.llm.sent[-1]) == ["I am Ann.", "hello Ann", "Who am I?"]


# -- a human in the loop ----------------------------------------------------------------------------------------


async def ask_human(ctx: Context, what: str) -> str:
    """Ask the human."""
    answer = await ctx.wait_for_event(
        HumanResponseEvent, waiter_id=what, waiter_event=InputRequiredEvent(prefix=f"{what}?")
    )
    return f"the human says {answer.response}"


def react(what: str) -> str:
    return f'Thought: I must ask.\nAction: ask_human\nAction Input: {{"what": "{what}"}}'


def one(kind, llm, **options):
    return kind(llm=llm, tools=[FunctionTool.from_defaults(async_fn=ask_human)], **options)


def flow(llm):
    first = one(FunctionAgent, ScriptedLLM(called("handoff", "h", to_agent="b", reason="r")), name="a", description="a")
    second = one(TieredFunctionAgent, llm, name="b", description="b")
    return AgentWorkflow(agents=[first, second], root_agent="a")


CALLS = [called("ask_human", "c1", what="go"), "done: yes", "you said yes"]
ASKING = {
    "function": (lambda llm: one(FunctionAgent, llm), CALLS, ["user", "assistant", "tool", "assistant"]),
    "tiered": (lambda llm: one(TieredFunctionAgent, llm), CALLS, ["user", "assistant", "tool", "assistant"]),
    "react": (
        lambda llm: one(ReActAgent, llm),
        [react("go"), "Thought: ok.\nAnswer: done: yes", "Thought: ok.\nAnswer: you said yes"],
        ["user", "assistant"],
    ),
    "workflow": (flow, CALLS, ["user", "assistant", "tool", "assistant", "tool", "assistant"]),
}


async def until_asked(agent, **options):
    """The run up to its question to the human, and what it is then."""
    handler = agent.run(**options)
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            return handler
    raise AssertionError("nobody was asked")


@pytest.mark.parametrize("restored", ["no", "json", "pickle"])
@pytest.mark.parametrize("kind", ASKING)
async def test_a_run_that_waits_for_a_human_goes_on_and_is_remembered(kind, restored, tmp_path):
    build, script, roles = ASKING[kind]
    llm = ScriptedLLM(*script, function_calling=kind != "react")
    agent = build(llm)
    memory = fresh(path=tmp_path / "m.db")
    handler = await until_asked(agent, user_msg="May I?", memory=memory)
    if restored == "no":
        handler.ctx.send_event(HumanResponseEvent(response="yes"))
    else:
        serializer = SERIALIZERS[restored]()
        dump = json.loads(json.dumps(handler.ctx.to_dict(serializer=serializer)))
        await handler.cancel_run()
        ctx = Context.from_dict(agent, dump, serializer=serializer)
        handler = agent.run(ctx=ctx)
        handler.ctx.send_event(HumanResponseEvent(response="yes"))
    assert str(await handler) == "done: yes"
    assert [message.role.value for message in memory.get_all()] == roles
    if "tool" in roles:
        assert memory.get_all()[-2].content == "the human says yes"
    await agent.run(user_msg="What did I say?", ctx=handler.ctx)
    check_pairs(llm.sent[-1])
    assert "May I?" in "".join(map(str, said(llm.sent[-1])))
    assert len(memory.get_all()) == len(roles) + 2


# -- another process --------------------------------------------------------------------------------------------

PRELUDE = """
import asyncio, json, os, signal, sys
from pathlib import Path
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from workflows.context.serializers import JsonSerializer, PickleSerializer
from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent
from tests.llamaindex_tiered_memory.agents.agent_fakes import WatchedLLM, many_calls, report, reports
from tests.llamaindex_tiered_memory.fakes import called
from tests.llamaindex_tiered_memory.helpers import check_pairs
from tests.llamaindex_tiered_memory.memory.test_restored import ask_human, one, until_asked
folder, serializer = Path(sys.argv[1]), {"json": JsonSerializer, "pickle": PickleSerializer}[sys.argv[2]]()
def die(messages):
    os.kill(os.getpid(), signal.SIGKILL)
"""
ASKS_AND_DIES = """
async def main():
    agent = one(TieredFunctionAgent, WatchedLLM(called("ask_human", "c1", what="go")))
    memory = TieredChatMemory(path=folder / "m.db", session_id="s")
    handler = await until_asked(agent, user_msg="May I?", memory=memory)
    (folder / "ctx.json").write_text(json.dumps(handler.ctx.to_dict(serializer=serializer)))
    die(None)
asyncio.run(main())
"""
GOES_ON = """
async def main():
    agent = one(TieredFunctionAgent, WatchedLLM("done: yes"))
    ctx = Context.from_dict(agent, json.loads((folder / "ctx.json").read_text()), serializer=serializer)
    handler = agent.run(ctx=ctx)
    handler.ctx.send_event(HumanResponseEvent(response="yes"))
    answer = str(await handler)
    memory = await handler.ctx.store.get("memory")
    print(json.dumps([answer, [[m.role.value, m.content] for m in memory.get_all()], memory.session.stats().messages]))
asyncio.run(main())
"""
RUNS_AND_DIES = """
async def main():
    agent = TieredFunctionAgent(llm=WatchedLLM(*many_calls(9)[:5], die), tools=[reports()])
    memory = TieredChatMemory(path=folder / "m.db", session_id="s", token_limit=8000)
    handler = agent.run(user_msg="Read them all.", memory=memory)
    results = 0
    async for event in handler.stream_events():
        results += type(event).__name__ == "ToolCallResult"
        if results == 3 and not (folder / "ctx.json").exists():
            (folder / "ctx.json").write_text(json.dumps(handler.ctx.to_dict(serializer=serializer)))
asyncio.run(main())
"""
ASKED_AFTER = """
async def main():
    llm = WatchedLLM("five reports")
    memory = TieredChatMemory(path=folder / "m.db", session_id="s", token_limit=8000)
    await TieredFunctionAgent(llm=llm, tools=[reports()]).run("How far did we come?", memory=memory)
    check_pairs(llm.sent[0])
    results = [m.content for m in memory.get_all() if m.role == "tool"]
    print(json.dumps([results == [report(n) for n in range(5)], max(llm.tokens(memory)), len(memory.get_all())]))
asyncio.run(main())
"""
RUNS_ON = """
async def main():
    class Replayed(WatchedLLM):
        def _answer(self, messages):
            done = sum(m.role == "tool" for m in messages)
            self._answers = [many_calls(9)[done]]
            return super()._answer(messages)
    agent = TieredFunctionAgent(llm=Replayed(), tools=[reports()])
    ctx = Context.from_dict(agent, json.loads((folder / "ctx.json").read_text()), serializer=serializer)
    handler = agent.run(ctx=ctx)
    answer = str(await handler)
    memory = await handler.ctx.store.get("memory")
    results = [m.content for m in memory.get_all() if m.role == "tool"]
    print(json.dumps([answer, [results.count(report(n)) for n in range(9)], [m.role.value for m in memory.get_all()]]))
asyncio.run(main())
"""


def process(code, folder, serializer="json", *, killed=False):
    program = folder / "program.py"
    program.write_text(textwrap.dedent(PRELUDE + code))
    done = run(program, folder, serializer)
    assert done.returncode == (-signal.SIGKILL if killed else 0), done.stderr
    return None if killed else json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("serializer", ["json", "pickle"])
def test_a_run_that_waits_for_a_human_goes_on_in_another_process(serializer, tmp_path):
    process(ASKS_AND_DIES, tmp_path, serializer, killed=True)
    answer, log, count = process(GOES_ON, tmp_path, serializer)
    assert answer == "done: yes"
    assert log == [["user", "May I?"], ["assistant", None], ["tool", "the human says yes"], ["assistant", "done: yes"]]
    assert count == 4


def test_a_process_killed_in_the_middle_of_a_run_is_remembered_by_the_next(tmp_path):
    process(RUNS_AND_DIES, tmp_path, killed=True)
    complete, most, count = process(ASKED_AFTER, tmp_path)
    assert complete
    assert most <= 8_000
    assert count == 1 + 5 * 2 + 2


def test_a_run_killed_after_its_context_was_saved_goes_on_and_doubles_nothing(tmp_path):
    """The saved Context knows three results, the database five. Those that are made again are kept once."""
    process(RUNS_AND_DIES, tmp_path, killed=True)
    answer, counts, roles = process(RUNS_ON, tmp_path)
    assert answer == "all read"
    assert counts == [1] * 9
    assert roles == ["user", *["assistant", "tool"] * 9, "assistant"]


def test_in_code_act_a_saved_context_remembers(tmp_path):
    async def main():
        agent = CodeActAgent(
            llm=ScriptedLLM("<execute>1</execute>", "one", "as I said"), code_execute_fn=lambda code: code
        )
        memory = fresh(path=tmp_path / "m.db")
        ctx = Context(agent)
        await agent.run("Compute.", memory=memory, ctx=ctx)
        serializer = SERIALIZERS["json"]()
        again = Context.from_dict(agent, json.loads(json.dumps(ctx.to_dict(serializer=serializer))), serializer)
        await agent.run("Again?", ctx=again)
        return memory, agent.llm

    memory, llm = asyncio.run(main())
    assert [one.role.value for one in memory.get_all()] == ["user", "assistant"] * 3
    assert any("Result of executing" in text for text in map(str, said(llm.sent[-1])))
