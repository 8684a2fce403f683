"""A LangGraph graph whose long-term store lasts, searches by words, and keeps its users apart. Offline."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from langchain_core.messages import HumanMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime

from langchain_tiered_memory import TieredMemoryStore


@dataclass
class Caller:
    user: str


def answer(state: MessagesState, runtime: Runtime[Caller]) -> dict[str, list[tuple[str, str]]]:
    """Stands for a real model: keeps what begins with "Note:", and answers questions from this user's notes."""
    assert runtime.store is not None
    said, notes = str(state["messages"][-1].text), (runtime.context.user, "notes")
    if said.startswith("Note: "):
        runtime.store.put(notes, said, {"text": said.removeprefix("Note: ")})
        return {"messages": [("ai", "I will remember.")]}
    found = [item.value["text"] for item in runtime.store.search(notes, query=said, limit=1) if item.score]
    return {"messages": [("ai", found[0] if found else "I know nothing of that.")]}


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    graph = StateGraph(MessagesState, context_schema=Caller).add_node(answer).add_edge(START, "answer")
    asked = "What is my boat called?"
    turns = [("anna", "Note: I am allergic to peanuts."), ("anna", "Note: My boat is called Kestrel.")]
    for user, text in [*turns, ("anna", asked), ("ben", asked)]:
        app = graph.compile(
            store=TieredMemoryStore(Path(folder) / "chat.db")
        )  # a new one each time, as after a restart
        state = app.invoke({"messages": [HumanMessage(text)]}, context=Caller(user))
        print(f"{user}: {text}\n  {state['messages'][-1].text}")
