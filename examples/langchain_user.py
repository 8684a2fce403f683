"""An agent that knows its user: three threads, in English and in Chinese; a fact changes, a rule is kept. Offline."""

from fakes import ScriptedModel
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage
from langgraph.checkpoint.memory import InMemorySaver
from users import TALKS, answered

from langchain_tiered_memory import TieredMemoryMiddleware
from tiermem import Memory


def script(messages: list[BaseMessage]) -> AIMessage:
    """Stands for a real model."""
    return AIMessage(answered("\n".join(str(one.text) for one in messages)))


memory = Memory.open(":memory:")  # really: Memory.open("chat.db")
for user, threads in TALKS.items():
    known = TieredMemoryMiddleware(memory=memory, namespace=("app", user), profile=200)
    agent = create_agent(ScriptedModel(script=script), middleware=[known], checkpointer=InMemorySaver())
    for number, talk in enumerate(threads, start=1):
        print(f"\nLangChain, {user}, thread {number}")
        for said in talk:
            print(f"  {user}: {said}")
            state = agent.invoke(
                {"messages": [{"role": "user", "content": said}]}, {"configurable": {"thread_id": f"{user}-{number}"}}
            )
            print(f"  agent: {state['messages'][-1].text}")
