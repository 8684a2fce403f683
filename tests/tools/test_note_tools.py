"""Tools by which a model keeps notes of a kind: whatever it writes is kept or answered in words, in both frameworks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.tools import FunctionTool

from benchmarks.agents.repeated import TASKS, Worker, run, steps_in
from langchain_tiered_memory import memory_tools as langchain_tools
from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent
from llamaindex_tiered_memory import memory_tools as llamaindex_tools
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM
from tiermem import Memory
from tiermem.notes import Concept, Episode, Procedure
from tiermem.tools import memory_tools
from tiermem.tools.noted import VERBS, lines

Open = Callable[..., Memory]


def tools_of(memory: Memory) -> dict[str, Any]:
    return {name: tool.call for name, tool in memory_tools(memory.session("s", "anna"), names=VERBS).items()}


def test_what_a_model_keeps_is_a_note_of_its_kind(store: Open) -> None:
    memory = store()
    calls, notes = tools_of(memory), memory.notes("anna")
    assert (
        calls["learn_procedure"](name="deploy", steps="1. run the tests\n2) push the tag") == "Learned as d1, 2 steps."
    )
    assert calls["learn_procedure"](name="上线", steps=["运行测试", "推送"], preconditions=["构建成功"]).startswith(
        "Learned"
    )
    assert "worked 1 of 1" in calls["report_outcome"](name="Deploy", worked="yes", step="ignored")
    assert "worked 1 of 2" in calls["report_outcome"](name="deploy", worked=False, step="push the tag")
    assert calls["remember_event"](event="Maja moved to Bergen", feeling="sad", when="2026-03-01") == "Noted as d5."
    assert (
        calls["define_concept"](name="Kestrel", definition="the billing rewrite", related=["Atlas"]) == "Noted as d6."
    )
    assert notes.get("procedure", "deploy") == Procedure("deploy", ["run the tests", "push the tag"])
    event = notes.get("episode", "Maja moved to Bergen")
    assert isinstance(event, Episode)
    assert event.when is not None
    assert (event.feeling, event.when.date().isoformat()) == ("sad", "2026-03-01")
    assert notes.get("concept", "kestrel") == Concept("Kestrel", "the billing rewrite", related=["Atlas"])


@pytest.mark.parametrize(
    ("tool", "arguments", "answer"),
    [
        ("learn_procedure", {}, "name must be text"),
        ("learn_procedure", {"name": "x", "steps": 7}, "Learned"),
        ("learn_procedure", {"name": "x", "steps": {"a": 1}}, "Learned"),
        ("learn_procedure", {"name": "x" * 300, "steps": ["a"]}, "name must be text of 1 to 200"),
        ("learn_procedure", {"name": "x", "steps": ["a"] * 99}, "1 to 40 texts"),
        ("report_outcome", {"name": "x"}, "true or false"),
        ("report_outcome", {"name": "never learned", "worked": True}, "no procedure of this user"),
        ("report_outcome", {"name": "x\0y", "worked": True}, "cannot be counted"),
        ("remember_event", {"event": "x", "when": "the day of the heron"}, "when must be a date"),
        ("define_concept", {"name": "Kestrel"}, "definition must be text"),
    ],
)
def test_arguments_of_no_use_are_answered_in_words(tool: str, arguments: dict[str, Any], answer: str) -> None:
    with Memory.open(":memory:") as memory:
        assert answer in tools_of(memory)[tool](**arguments)


def test_steps_are_read_as_models_write_them() -> None:
    assert lines("1. run\n\n 2) push\n- look\n看一下") == ("run", "push", "look", "看一下")
    assert lines(["3.5 mm drill", "10.0.0.1 ping", "- -v flag", 2, None]) == (
        "3.5 mm drill",
        "10.0.0.1 ping",
        "- -v flag",
        "2",
    )
    assert lines("3.5 mm drill\n1、运行\n12) done\n2024. Jahr") == ("3.5 mm drill", "运行", "done", "2024. Jahr")
    assert lines({"1": "run", "2": "push"}) == ("run", "push")
    assert lines(None) == ()


def test_tools_for_kinds_are_made_where_they_are_named(store: Open) -> None:
    memory = store()
    session = memory.session("s", "anna")
    assert "learn_procedure" not in memory_tools(session)
    assert [one.name for one in langchain_tools(session, names=["learn_procedure"])] == ["learn_procedure"]
    (tool,) = llamaindex_tools(
        TieredChatMemory(session_id="s", memory=memory, namespace="anna"), names=["learn_procedure"]
    )
    assert isinstance(tool, FunctionTool)
    assert "Learned" in str(tool.call(name="deploy", steps=["run the tests"]))
    assert memory.notes("anna").get("procedure", "deploy") is not None


def test_an_agent_of_langchain_repeats_its_tasks_by_what_it_learned() -> None:
    english, *_, chinese = TASKS
    with Memory.open(":memory:") as memory:
        first, second = run(memory, [english, chinese], 2, learns=True)
        assert second == [6, 6], "four steps, the outcome, the answer"
        assert min(first) > 10
        done = memory.notes("anna").get("procedure", english)
        assert isinstance(done, Procedure)
        assert done.outcomes.worked == 1


def test_an_agent_of_llamaindex_repeats_its_tasks_by_what_it_learned() -> None:
    worker = Worker()

    def operate(operation: str) -> str:
        """Do one operation."""
        return worker.operate(operation)

    def play(messages: list[Any]) -> Any:
        last = messages[-1]
        answered = str(last.content) if last.role == "tool" else ""
        answered = answered if answered == "done" or answered.startswith("not yet") else ""
        wanted = worker.next("\n".join(str(one.content) for one in messages), answered, learns=True)
        if wanted is None:
            return "All done."
        block = ToolCallBlock(tool_call_id=f"c{worker.turns}", tool_name=wanted[0], tool_kwargs=wanted[1])
        return ChatMessage(role="assistant", blocks=[block])

    async def main(memory: Memory) -> list[int]:
        turns = []
        for thread in ("monday", "tuesday"):
            chat = TieredChatMemory(session_id=thread, memory=memory, namespace="anna")
            own = llamaindex_tools(chat, names=["learn_procedure", "report_outcome"])
            tools = [FunctionTool.from_defaults(operate), *own]
            agent = TieredFunctionAgent(llm=ScriptedLLM(play), tools=tools, timeout=None)
            task = next(iter(TASKS))
            worker.begin(task)
            await agent.run(f"Please {task}.", memory=chat, max_iterations=80)
            turns.append(worker.turns)
        return turns

    with Memory.open(":memory:") as memory:
        first, second = asyncio.run(main(memory))
    assert (first > 10, second) == (True, 6)


def test_steps_are_found_in_a_prompt_for_their_own_task_alone() -> None:
    shown = (
        "[d1] procedure: How to: a\n Needs first: x\n 1. one\n 2. two\n Works.\n[d2] procedure: 做法：b\n 1. 三\n</x>"
    )
    assert (steps_in(shown, "a"), steps_in(shown, "b"), steps_in(shown, "c")) == (("one", "two"), ("三",), ())
