"""A workflow of two agents waits for a human, is saved, and goes on from what was saved. Offline.

python examples/llamaindex_workflow_context.py
"""

import asyncio
import json
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent

from llamaindex_tiered_memory import TieredChatMemory, TieredFunctionAgent


async def approve(ctx: Context, order: str) -> str:
    """Ask a human to approve an order."""
    asked = InputRequiredEvent(prefix=f"Order {order}?")
    answer = await ctx.wait_for_event(HumanResponseEvent, waiter_id=order, waiter_event=asked)
    return f"the human said {answer.response}"


def scripted(messages: list[ChatMessage], **_: Any) -> ChatMessage:
    """Stands for a real model: hands over, asks the human, tells the answer."""
    done = [m.content for m in messages if m.role == "tool"]
    if len(done) == 2:
        return ChatMessage(role="assistant", content=f"I have {len(messages)} messages, and {done[1]}.")
    name, arguments = [("handoff", {"to_agent": "buyer", "reason": "buy"}), ("approve", {"order": "pump"})][len(done)]
    call = ToolCallBlock(tool_call_id=f"call-{len(done)}", tool_name=name, tool_kwargs=arguments)
    return ChatMessage(role="assistant", blocks=[call])


def new_workflow() -> AgentWorkflow:
    llm = MockFunctionCallingLLM(response_generator=scripted)
    clerk = TieredFunctionAgent(name="clerk", description="takes orders", llm=llm)
    buyer = TieredFunctionAgent(name="buyer", description="buys", llm=llm, tools=[approve])
    return AgentWorkflow(agents=[clerk, buyer], root_agent="clerk")


async def main() -> None:
    memory = TieredChatMemory(session_id="orders", path=":memory:")
    handler = new_workflow().run("We need a pump.", memory=memory)
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            print(event.prefix)
            break
    saved = json.dumps(handler.ctx.to_dict())
    await handler.cancel_run()

    workflow = new_workflow()
    handler = workflow.run(ctx=Context.from_dict(workflow, json.loads(saved)))
    handler.ctx.send_event(HumanResponseEvent(response="yes"))
    print(await handler)
    print([message.role.value for message in memory.get_all()])


if __name__ == "__main__":
    asyncio.run(main())
