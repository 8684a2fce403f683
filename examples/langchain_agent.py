"""An agent reads more than the 6,000 tokens it may send; an early result is one tool call away. Offline."""

import re

from fakes import ScriptedModel, calling
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from langchain_tiered_memory import TieredMemoryMiddleware


def read_log(day: int) -> str:
    """The log of one day."""
    return f"day {day}: pump {day * 7} was changed\n" + f"day {day}: all pumps run\n" * 200


def script(messages: list[BaseMessage]) -> AIMessage:
    """Stands for a real model: reads 12 logs, and opens the reference of one that it no longer sees."""
    logs, last = [str(one.text) for one in messages if one.type == "tool"], str(messages[-1].text)
    print(end=f"[{sum(middleware.memory.counter(str(one.text)) for one in messages):,} tokens] ")
    if last == "And on day 1?":
        print(f"\n  of day 1 the model sees: {logs[0]}")
        return calling("expand_memory", ref=re.findall(r"m\d+", logs[0])[-1])
    if len(logs) < 12:
        return calling("read_log", day=len(logs) + 1)
    return AIMessage(re.findall(r"pump \d+ was changed", last)[0])


middleware = TieredMemoryMiddleware(":memory:", max_tokens=6_000)  # really: TieredMemoryMiddleware("chat.db")
agent = create_agent(ScriptedModel(script=script), [read_log], middleware=[middleware], checkpointer=InMemorySaver())
config: RunnableConfig = {"configurable": {"thread_id": "anna"}}
for question in ("What was changed on the last of 12 days?", "And on day 1?"):
    state = agent.invoke({"messages": [{"role": "user", "content": question}]}, config)
    print(f"\n{question} {state['messages'][-1].text}")
print(f"The state keeps {sum(len(one.text) for one in state['messages']):,} characters.")
