"""Whatever a message holds, however large it is: the run goes on, the turn is kept, the model is sent the message."""

from __future__ import annotations

import base64
import logging
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory
from langchain_core.tools import tool
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, TextBlock
from llama_index.core.tools import FunctionTool

from langchain_tiered_memory import ConversationTieredMemory, TieredChatMessageHistory, TieredMemoryMiddleware
from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent, TieredMemoryBlock
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, ask, thread
from tests.llamaindex_tiered_memory.fakes import ScriptedLLM, called
from tiermem import Memory
from tiermem.errors import InvalidMessage
from tiermem.events import Event, collecting

Open = Callable[..., Memory]


class Thing:
    pass


class Whole(int):
    pass


VALUES: list[Any] = [
    np.float64(1.5),
    Whole(3),
    2**63,
    -(2**200),
    math.inf,
    b"raw",
    (1, (2, 3)),
    {4, 5},
]
ODD = [*VALUES, math.nan, Thing(), np.arange(3), np.int64(2)]
LIMIT = 20_000
PDF = bytes(range(256)) * 100
QUESTION = "What does the report say of the harbour?"


@tool(response_format="content_and_artifact")
def look() -> tuple[str, Any]:
    """Look."""
    return "found", {"values": ODD}


def once(messages: list[Any], turn: int) -> Any:
    call = {"name": "look", "args": {"n": 2**64} if turn == 1 else {}, "id": f"c{turn}"}
    return AIMessage("", tool_calls=[call]) if turn == 1 else AIMessage("done", response_metadata={"logprobs": ODD})


@tool
def look_at(n: Any) -> str:
    """Look."""
    return "found"


def incomplete(told: list[Event]) -> list[str]:
    return [event.fields["reason"] for event in told if event.fields.get("mode") == "incomplete message"]


# --- values


def test_an_agents_run_goes_on_whatever_its_tools_return(store: Open) -> None:
    memory, model = store(), Scripted(script=once)
    with collecting() as told:
        state = ask(create_agent(model, [look], middleware=[TieredMemoryMiddleware(memory=memory, tools=False)]))
    assert state["messages"][-1].text == "done"
    kept = TieredChatMessageHistory("t", memory=memory).originals()
    assert [message.text for message in kept] == ["Read the guide book.", "", "found", "done"]
    assert kept[2].artifact["values"][:8] == VALUES  # type: ignore[attr-defined]
    assert kept[1].tool_calls[0]["args"] == {"n": 2**64}  # type: ignore[attr-defined]
    assert [reason.split(":")[0] for reason in incomplete(told)] == ["m3", "m4"]
    assert memory.session("t").verify().ok


def test_a_model_is_sent_what_it_would_be_sent_without_a_memory(store: Open) -> None:
    content = [{"image": {"format": "png", "source": {"bytes": b"\x89PNG"}}}, {"type": "x", "n": (1, math.inf, 2**70)}]
    said = HumanMessage(content, id="1", additional_kwargs={"at": (1,), "thing": Thing()})
    model = Scripted()
    one = create_agent(model, [], middleware=[TieredMemoryMiddleware(memory=store(), tools=False)])
    one.invoke({"messages": [said]}, thread())
    (sent,) = model.prompts[0]
    assert sent.content == content
    assert sent.additional_kwargs["at"] == (1,)
    assert sent.additional_kwargs["thing"] is said.additional_kwargs["thing"]


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_a_chain_keeps_the_turn(store: Open, value: Any) -> None:
    answer = AIMessage("yes", response_metadata={"value": value})
    history = TieredChatMessageHistory("s", memory=store())
    chain: Any = RunnableWithMessageHistory(RunnableLambda(lambda _: answer), lambda session_id: history)
    chain.invoke([HumanMessage("Is it so?")], {"configurable": {"session_id": "s"}})
    classic = ConversationTieredMemory("m", memory=history.memory)
    classic.save_context({"input": "Is it so?"}, {"output": answer})
    assert [message.text for message in history.messages] == ["Is it so?", "yes"]
    assert [message.text for message in classic.buffer] == ["Is it so?", "yes"]  # type: ignore[union-attr]
    assert history.undelivered() == classic.chat_memory.undelivered() == []


async def test_llamaindexs_agent_and_memory_keep_them_too(store: Open) -> None:
    memory = TieredChatMemory(memory=store(), session_id="s", token_limit=8_000)
    await memory.aput(ChatMessage(role="user", content="Look.", additional_kwargs={"values": ODD}))
    llm = ScriptedLLM(called("look_at", n=list(VALUES)), "done")
    agent = TieredFunctionAgent(llm=llm, tools=[FunctionTool.from_defaults(lambda n: "found", name="look_at")])
    with collecting() as told:
        await agent.run("Again.", memory=memory)
    first, *_, call, _, last = memory.get_all()
    assert first.additional_kwargs["values"][:8] == VALUES
    assert call.blocks[0].tool_kwargs == {"n": VALUES}  # type: ignore[union-attr]
    assert last.content == "done"
    assert incomplete(told) == []
    assert [type(one) for one in llm.sent[0][0].additional_kwargs["values"]] == [type(one) for one in ODD]
    assert memory.session.verify().ok


# --- sizes


def file(mime_type: str = "application/pdf") -> dict[str, Any]:
    return {"type": "file", "base64": base64.b64encode(PDF).decode(), "mime_type": mime_type}


def test_an_agents_model_is_sent_what_is_above_the_limit_and_the_archive_says_what_it_was(store: Open) -> None:
    memory, model = store(max_message_bytes=LIMIT), Scripted()
    middleware = TieredMemoryMiddleware(memory=memory, tools=False, session_id="t")
    content = [{"type": "text", "text": QUESTION}, file()]
    with collecting() as told:
        state = create_agent(model, [], middleware=[middleware]).invoke({"messages": [HumanMessage(content, id="1")]})
        again = [*state["messages"], HumanMessage("And now?", id="3")]
        create_agent(model, [], middleware=[middleware]).invoke({"messages": again})
    assert model.prompts[0][0].content == model.prompts[1][0].content == content
    session = memory.session("t")
    assert [message.role for message in session.messages()] == ["user", "assistant", "user", "assistant"]
    assert session.messages()[0].text.startswith(f"{QUESTION}\n[left out: application/pdf, {len(PDF)} bytes, sha256 ")
    assert incomplete(told) == ["m1: parts above max_message_bytes are left out"]
    assert session.search("harbour report")
    assert memory.session("t").verify().ok


def test_text_above_the_limit_of_the_prompt_is_sent_as_far_as_it_is_kept(store: Open) -> None:
    model = Scripted()
    middleware = TieredMemoryMiddleware(memory=store(max_message_bytes=LIMIT), tools=False, max_tokens=3_000)
    ask(create_agent(model, [], middleware=[middleware]), "word " * LIMIT)
    assert "[left out: text, 100000 bytes" in model.prompts[0][0].text or "…" in model.prompts[0][0].text
    assert len(model.prompts[0][0].text) < LIMIT


def test_histories_and_classic_memories_keep_the_turn(store: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "tiermem")
    history = TieredChatMessageHistory("s", memory=store(max_message_bytes=LIMIT))
    chain: Any = RunnableWithMessageHistory(RunnableLambda(lambda _: AIMessage("hello")), lambda session_id: history)
    chain.invoke([HumanMessage([file()])], {"configurable": {"session_id": "s"}})
    classic = ConversationTieredMemory("m", memory=history.memory)
    classic.save_context({"input": "word " * LIMIT}, {"output": "hello"})
    for shown in (history.messages, classic.chat_memory.messages):
        assert [message.type for message in shown] == ["human", "ai"]
        assert "[left out: " in shown[0].text
    assert caplog.text.count("parts above max_message_bytes are left out") == 2


async def test_llamaindexs_agent_reads_what_is_above_the_limit(store: Open) -> None:
    core = store(max_message_bytes=LIMIT)
    memory = TieredChatMemory(memory=core, session_id="s", token_limit=8_000)
    said = ChatMessage(
        role="user", blocks=[TextBlock(text=QUESTION), DocumentBlock(data=PDF, document_mimetype="application/pdf")]
    )
    llm = ScriptedLLM("It says hello.")
    await TieredFunctionAgent(llm=llm, tools=[]).run(said, memory=memory)
    assert llm.sent[0][-1].blocks == said.blocks
    assert memory.get()[0].blocks == said.blocks
    assert f"application/pdf, {len(PDF)} bytes" in str(memory.get_all()[0].content)
    later = TieredChatMemory(memory=core, session_id="s", token_limit=8_000, chat_history=[said, *memory.get_all()[1:]])
    assert "[left out: " in str(later.get()[0].content)
    assert len(core.session("s").messages()) == 2
    memory.set([said])
    assert [one.content for one in memory.get_all()] == [memory.get_all()[0].content]


async def test_a_memory_block_keeps_it_once(store: Open) -> None:
    core = store(max_message_bytes=LIMIT)
    block = TieredMemoryBlock(memory=core)
    said = ChatMessage(role="user", content="word " * LIMIT)
    await block.aput([said])
    await block.aput([said])
    assert ["[left out: " in one.text for one in core.session("default").messages()] == [True]


def test_whoever_adds_to_the_core_is_told_by_a_typed_error(store: Open) -> None:
    session = store(max_message_bytes=LIMIT).session("s")
    with pytest.raises(InvalidMessage, match="max_message_bytes is 20000"):
        session.add("word " * LIMIT)
    assert session.messages() == []


def test_a_result_that_is_shown_whole_is_the_states_own_object(store: Open) -> None:
    seen: list[Any] = []

    def script(messages: list[Any], turn: int) -> Any:
        seen.extend(message for message in messages if isinstance(message, ToolMessage))
        return once(messages, turn) if turn == 1 else None

    one = create_agent(
        Scripted(script=script), [look], middleware=[TieredMemoryMiddleware(memory=store(), tools=False)]
    )
    state = ask(one)
    assert seen[0].artifact is state["messages"][2].artifact
