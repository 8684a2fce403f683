"""An agent waits for a human; its Context is saved as JSON and restored, and its memory with it. Offline."""

import asyncio
import json
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM as Mock
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent


async def approve(ctx: Context, order: str) -> str:
    """Ask a human to approve an order."""
    asked = InputRequiredEvent(prefix=f"Approve a {order}?")  # type: ignore[call-arg]  # it takes any
    return str((await ctx.wait_for_event(HumanResponseEvent, waiter_id=order, waiter_event=asked)).response)


def scripted(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: asks the human, then tells what it sees."""
    if messages[-1].role == "tool":
        return ChatMessage(role="assistant", content=f"{messages[0].content} The human says {messages[-1].content}.")
    call = ToolCallBlock(tool_call_id="call-1", tool_name="approve", tool_kwargs={"order": "pump"})
    return ChatMessage(role="assistant", blocks=[call])


async def main() -> None:
    first, second = (TieredFunctionAgent(llm=Mock(response_generator=scripted), tools=[approve]) for _ in "12")
    run = first.run("We need a pump.", memory=TieredChatMemory(session_id="orders", path=":memory:"))
    print(await anext(one.prefix async for one in run.stream_events() if isinstance(one, InputRequiredEvent)))
    saved = json.dumps(run.ctx.to_dict())
    await run.cancel_run()
    run = second.run(ctx=Context.from_dict(second, json.loads(saved)))  # really: path="chat.db", and days later
    run.ctx.send_event(HumanResponseEvent(response="yes"))  # type: ignore[call-arg]
    print(await run)
    print([message.role.value for message in (await run.ctx.store.get("memory")).get_all()])


asyncio.run(main())
