"""A LangGraph graph whose long-term store lasts, searches by words, and keeps users apart. Offline."""

import tempfile
from pathlib import Path

from langgraph.graph import START, MessagesState, StateGraph
from langgraph.runtime import Runtime

from langchain_tiered_memory import TieredMemoryStore


def answer(state: MessagesState, runtime: Runtime[str]) -> dict[str, list[tuple[str, str]]]:
    """Stands for a real model: notes what begins with "Note", and answers questions from the notes of this user."""
    assert runtime.store is not None
    said, notes = str(state["messages"][-1].text), (runtime.context, "notes")
    if said.startswith("Note: "):
        runtime.store.put(notes, f"note-{len(runtime.store.search(notes)) + 1}", {"text": said.removeprefix("Note: ")})
        return {"messages": [("ai", "I will remember.")]}
    found = [item.value["text"] for item in runtime.store.search(notes, query=said, limit=1) if item.score]
    return {"messages": [("ai", found[0] if found else "I know nothing of that.")]}


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    path = Path(folder) / "chat.db"
    graph = StateGraph(MessagesState, context_schema=str).add_node(answer).add_edge(START, "answer")
    for user, text in [
        ("anna", "Note: I am allergic to peanuts."),
        ("anna", "Note: My boat is called Kestrel."),
        ("anna", "What is my boat called?"),
        ("ben", "What is my boat called?"),
    ]:
        app = graph.compile(store=TieredMemoryStore(path))  # a new one each time, as after a restart
        state = app.invoke({"messages": [{"role": "user", "content": text}]}, context=user)
        print(f"{user}: {text}\n  -> {state['messages'][-1].text}")
