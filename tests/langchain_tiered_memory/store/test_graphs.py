"""TieredMemoryStore in graphs and agents, and the paths of its index beside LangGraph's own reading of them."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.prebuilt import InjectedStore
from langgraph.store.base import BaseStore, get_text_at_path

from langchain_tiered_memory import TieredMemoryStore, close_all
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted
from tiermem.items.texts import at
from tiermem.text.analyzer import words_of as words


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


class State(TypedDict):
    said: str


def test_a_graph_reads_and_writes_it_in_its_nodes(path: Path) -> None:
    def node(state: State, *, store: BaseStore) -> State:
        store.put(("facts",), "last", {"text": state["said"]})
        return {"said": " ".join(one.value["text"] for one in store.search(("facts",)))}

    async def anode(state: State, *, store: BaseStore) -> State:
        await store.aput(("facts",), "async", {"text": state["said"]})
        return {"said": str(len(await store.asearch(("facts",))))}

    def graph(body: Any) -> Any:
        return StateGraph(State).add_node("node", body).add_edge(START, "node").compile(store=TieredMemoryStore(path))

    assert graph(node).invoke({"said": "Anna drinks tea"}) == {"said": "Anna drinks tea"}
    close_all()
    assert asyncio.run(graph(anode).ainvoke({"said": "Bob drinks milk"})) == {"said": "2"}


@tool
def keep(fact: str, store: Annotated[Any, InjectedStore()]) -> str:
    """Keep a fact."""
    store.put(("facts",), fact[:8], {"text": fact})
    return "kept"


@tool
def look(query: str, store: Annotated[Any, InjectedStore()]) -> str:
    """Look for facts."""
    return "; ".join(one.value["text"] for one in store.search(("facts",), query=query, limit=1))


def calling(name: str, **args: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": "c1"}])


def test_an_agents_tools_keep_and_find_facts_across_a_restart(path: Path) -> None:
    def asked(call: AIMessage) -> str:
        model = Scripted(script=lambda messages, turn: call if turn == 1 else AIMessage(str(messages[-1].content)))
        agent = create_agent(model, [keep, look], store=TieredMemoryStore(path))
        return str(agent.invoke({"messages": [HumanMessage("go on")]})["messages"][-1].content)

    assert asked(calling("keep", fact="Anna drinks green tea")) == "kept"
    assert asked(calling("keep", fact="The server room is in Berlin")) == "kept"
    close_all()
    assert asked(calling("look", query="what does Anna drink")) == "Anna drinks green tea"
    assert asked(calling("look", query="where are the servers")) == "The server room is in Berlin"


VALUE = {
    "name": "test",
    "info": {"age": 25, "tags": ["a", "b"], "made": {"day": 1, "by": None}},
    "parts": [{"id": 1, "text": "first", "tags": ["x", "y"]}, {"id": 2, "text": "second", "tags": []}],
    "zeros": [0, 0.0, "0", True],
    "empty": {},
    "list": [],
    "a.b": "dotted",
    "中文": "文",
}
FIELDS = words(
    "$ name info info.age info.tags[0] info.tags[-1] info.tags[*] info.made info.made.by "
    "info.made.* info.* parts[0].text parts[-1].text parts[9].text parts[*].text "
    "parts[*].tags[*] parts[*].tags parts[*].{id,text} parts[*].* zeros zeros[*] empty list "
    "list[*] a.b 中文 {name,info.age} {name,info.made} {nothing,empty} {unclosed [unclosed "
    "parts[] parts[x].text parts[[0]] name.x name[0] parts.text * *.age .name name. .. "
)


@pytest.mark.parametrize("field", ["", *sorted(FIELDS)])
def test_fields_name_the_texts_that_langgraph_says_they_do(field: str) -> None:
    assert at(VALUE, field) == get_text_at_path(VALUE, field)
