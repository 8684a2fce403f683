"""A small graph of LangGraph, which keeps what was said with any of its savers."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, MessagesState, StateGraph


class Counting(MessagesState):
    """A state with something beside its messages."""

    steps: int


def answered(state: Counting) -> dict[str, Any]:
    last = state["messages"][-1].text
    if last == "weather?":
        calls = [{"name": "weather", "args": {"town": "Oslo"}, "id": "c1"}]
        return {"messages": [AIMessage("", tool_calls=calls, id="a-call")], "steps": 1}
    if last == "forget":
        old = [RemoveMessage(str(one.id)) for one in state["messages"][:2]]
        return {"messages": [*old, SystemMessage("They said hello.", id="summary"), AIMessage("Done.", id="a-done")]}
    return {"messages": [AIMessage(f"I heard {last}", id=f"a-{last}")], "steps": state.get("steps", 0) + 1}


def looked(state: Counting) -> dict[str, Any]:
    return (
        {"messages": [ToolMessage("rain", tool_call_id="c1", id="t")]} if state["messages"][-1].id == "a-call" else {}
    )


class TalkGraph:
    """A graph of LangGraph with two nodes, and its checkpoints."""

    def __init__(self, saver: BaseCheckpointSaver[Any]) -> None:
        graph = StateGraph(Counting)
        graph.add_node("model", answered)
        graph.add_node("tool", looked)
        graph.add_edge(START, "model")
        graph.add_edge("model", "tool")
        self.app = graph.compile(checkpointer=saver)

    def said(self, thread: str, *words: str, at: Any = None) -> None:
        config: Any = at or {"configurable": {"thread_id": thread}}
        for one in words:
            self.app.invoke({"messages": [HumanMessage(one, id=f"h-{one}")]}, config)
            config = {"configurable": {"thread_id": thread}}
