"""The memory tools in LangChain: in agents, in a `ToolNode`, and called by hand."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode

from langchain_tiered_memory import TieredChatMessageHistory, memory_tools, to_core
from tests.langchain_tiered_memory.agents.agent_fakes import Scripted, agent, tiered
from tests.langchain_tiered_memory.agents.agent_fakes import thread as in_thread
from tiermem import Memory
from tiermem.errors import Closed, InvalidSettings

FACT = "The spare key of the boat house is under the third blue stone."
ASKED = {"query": "Where is the spare key of the boat house?"}


@pytest.fixture
def memory(tmp_path: Path) -> Any:
    with Memory.open(tmp_path / "tools.db") as opened:
        opened.session("t", "anna").add([FACT, *(f"Nothing new on day {n}." for n in range(20))])
        yield opened


def by_name(tools: Any) -> dict[str, Any]:
    return {one.name: one for one in tools}


def does(name: str, **args: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"c-{name}-{len(str(args))}"}])


def results(messages: list[BaseMessage]) -> list[str]:
    return [one.text for one in messages if isinstance(one, ToolMessage)]


def looks_up(messages: list[BaseMessage], _: int) -> AIMessage | None:
    """Searches, opens the first reference it is given, and answers with what it read."""
    found = results(messages)
    if not found:
        return does("search_memory", **ASKED)
    if len(found) == 1:
        return does("expand_memory", ref=re.findall(r"\[(m\d+)\]", found[0])[0])
    return AIMessage(f"I read: {found[-1]}")


def ask(one: Any, words: str = "Where is the key?", run: Any = None, config: Any = None) -> str:
    message = {"messages": [HumanMessage(words)]}
    made = asyncio.run(one.ainvoke(message, config)) if run else one.invoke(message, config)
    return str(made["messages"][-1].text)


@pytest.mark.parametrize("run", [False, True], ids=["sync", "async"])
def test_an_agent_searches_takes_the_reference_and_reads_the_exact_text(memory: Memory, run: bool) -> None:
    one = agent(Scripted(script=looks_up), tools=memory_tools("t", memory=memory, namespace="anna"))
    assert FACT in map(str.strip, ask(one, run=run).splitlines())


@pytest.mark.parametrize("run", [False, True], ids=["sync", "async"])
def test_a_resolver_is_given_the_runtime_of_each_call(memory: Memory, run: bool) -> None:
    memory.session("u", "ben").add("The canary of Ben: the key of the boat house is in the oak.")

    def resolve(runtime: Any) -> Any:
        config = runtime.config["configurable"]
        return memory.session(config["thread_id"], config["user"])

    one = agent(Scripted(script=looks_up), tools=memory_tools(resolve=resolve))
    anna = ask(one, run=run, config={"configurable": {"thread_id": "t", "user": "anna"}})
    ben = ask(one, run=run, config={"configurable": {"thread_id": "u", "user": "ben"}})
    assert (FACT in anna, "oak" in anna, FACT in ben, "oak" in ben) == (True, False, False, True)


def test_a_resolver_may_be_async_in_async_calls(memory: Memory) -> None:
    async def resolve(runtime: Any) -> Any:
        return memory.session("t", "anna").as_async()

    assert FACT in ask(agent(Scripted(script=looks_up), tools=memory_tools(resolve=resolve)), run=True)


def test_the_model_is_shown_every_argument_with_a_description_and_no_injected_one(memory: Memory) -> None:
    bound = Scripted(script=looks_up)
    given = memory_tools("t", memory=memory, namespace="anna")
    asking = memory_tools(resolve=lambda runtime: memory.session("t", "anna"))
    ask(agent(bound, tools=asking))
    assert [one.name for one in bound.bound] == [one.name for one in asking]
    for one, other in zip(given, asking, strict=True):
        shown = convert_to_openai_tool(one)["function"]
        assert shown == convert_to_openai_tool(other)["function"]
        arguments = shown["parameters"]["properties"]
        assert "runtime" not in json.dumps(shown)
        assert set(arguments) == set(one.args)
        assert all(argument["description"] and argument["type"] for argument in arguments.values())
        assert len(shown["description"]) > 60
        assert len(shown["parameters"]["required"]) == 1


def test_a_note_of_one_thread_is_found_in_another_of_the_same_user_only(memory: Memory) -> None:
    def resolve(runtime: Any) -> Any:
        config = runtime.config["configurable"]
        return memory.session(config["thread_id"], config["user"])

    def script(messages: list[BaseMessage], _: int) -> AIMessage | None:
        if found := results(messages):
            return AIMessage(found[-1])
        if "remember" in messages[-1].text:
            return does("remember", note="Canary: Anna is allergic to walnuts.")
        return does("search_memory", query="What is Anna allergic to?")

    one = agent(Scripted(script=script), tools=memory_tools(resolve=resolve))

    def say(words: str, name: str, user: str) -> str:
        return ask(one, words, config={"configurable": {"thread_id": name, "user": user}})

    assert say("Please remember my allergy.", "t1", "anna").startswith("Noted as d1")
    assert "Canary" in say("What am I allergic to?", "t2", "anna")
    assert "Canary" not in say("What is Anna allergic to?", "t1", "ben")
    assert "Canary" not in say("What is Anna allergic to?", "t2", "ben")


def test_what_an_agent_forgets_is_gone_until_it_is_undone(memory: Memory) -> None:
    session = memory.session("t", "anna")

    def script(messages: list[BaseMessage], _: int) -> AIMessage | None:
        found = results(messages)
        if not found:
            return does("search_memory", **ASKED)
        if len(found) == 1:
            return does("forget_memory", ref=re.findall(r"\[(m\d+)\]", found[0])[0])
        return does("search_memory", **ASKED, role="user") if len(found) == 2 else AIMessage(found[-1])

    assert FACT not in ask(agent(Scripted(script=script), tools=memory_tools(session)))
    search = by_name(memory_tools(session))["search_memory"]
    assert FACT not in search.invoke(ASKED)
    session.undo(session.journal()[-1].number)
    assert FACT in search.invoke(ASKED)


def test_what_an_agent_was_told_by_its_tools_is_never_found_again(memory: Memory) -> None:
    history = TieredChatMessageHistory("t", memory=memory, namespace="anna")
    made = agent(Scripted(script=looks_up), tools=memory_tools(history=history)).invoke(
        {"messages": [HumanMessage("Where is the key?")]}
    )
    kept = history.session.add([to_core(one) for one in made["messages"][:-1]])
    hits = {hit.ref for hit in history.session.search(ASKED["query"], 50)}
    echoes = [one for one in kept if one.role in {"tool", "assistant"}]
    assert len(echoes) == 4
    assert not hits & {f"m{one.sequence}" for one in echoes}
    again = by_name(memory_tools(history=history))["search_memory"].invoke(ASKED)
    assert again.count(FACT) == 1
    assert all(history.session.expand(f"m{one.sequence}").messages == (one,) for one in kept)


def test_a_tool_node_answers_bad_arguments_with_words_and_lets_storage_errors_through(memory: Memory) -> None:
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode(memory_tools("t", memory=memory, namespace="anna"), handle_tool_errors=False))
    graph.add_edge(START, "tools")
    run = graph.compile()
    calls = [
        does("search_memory", query="key", role="queen"),
        does("search_memory", query=7, since=["x"]),
        does("search_memory"),
        does("expand_memory", ref="m999"),
        does("expand_memory", ref=None, offset="far"),
        does("remember", note=""),
        does("forget_memory", ref={"a": 1}, runtime="mine", self=3),
    ]
    for call in calls:
        (answer,) = results(run.invoke({"messages": [call]})["messages"])
        assert 10 < len(answer) < 200
    memory.close()
    with pytest.raises(Closed):
        run.invoke({"messages": [does("search_memory", query="key")]})


def test_tools_are_called_by_hand_with_a_text_an_object_or_a_call(tmp_path: Path) -> None:
    path = tmp_path / "hand.db"
    TieredChatMessageHistory("t", path=path).session.add(FACT)
    tools = by_name(memory_tools("t", path=path, max_tokens=200))
    assert FACT in tools["search_memory"].invoke("boat house key")
    assert FACT in tools["expand_memory"].invoke({"ref": "m1"})
    assert "missing: query" in tools["search_memory"].invoke({})
    made = tools["expand_memory"].invoke(
        {"name": "expand_memory", "args": {"ref": "m1"}, "id": "1", "type": "tool_call"}
    )
    assert isinstance(made, ToolMessage)
    assert FACT in made.text

    async def body() -> None:
        assert FACT in await tools["search_memory"].ainvoke({"query": "boat house key"})
        assert (await tools["remember"].ainvoke("Walnuts are bad.")).startswith("Noted as d1")

    asyncio.run(body())


def test_answers_are_bounded_by_the_counter_of_the_memory(tmp_path: Path) -> None:
    history = TieredChatMessageHistory("t", path=tmp_path / "words.db", counter=lambda text: len(text.split()))
    history.session.add([f"The key number {n} is blue. " * 400 for n in range(12)])
    tools = by_name(memory_tools(history=history, max_tokens=150))
    for answer in (tools["search_memory"].invoke("blue key"), tools["expand_memory"].invoke("m7")):
        assert 60 < len(answer.split()) <= 150


def test_the_middleware_gives_its_agent_tools_of_the_thread_it_runs_in(tmp_path: Path) -> None:
    middleware = tiered(tmp_path, tools=["search_memory", "expand_memory"])
    model = Scripted(script=lambda messages, turn: looks_up(messages, turn) if "key" in str(messages) else None)
    one = agent(model, middleware, tools=(), checkpointer=InMemorySaver())
    config: RunnableConfig = in_thread("boats")
    middleware.memory.session("boats").add(FACT)
    assert FACT in ask(one, config=config)
    assert [tool.name for tool in model.bound] == ["search_memory", "expand_memory"]


def test_one_session_is_named_and_no_more(memory: Memory, tmp_path: Path) -> None:
    history = TieredChatMessageHistory("t", memory=memory)
    wrong: list[dict[str, Any]] = [
        {},
        {"session_id": "t", "history": history},
        {"session_id": "t", "resolve": lambda runtime: None},
        {"history": history, "path": tmp_path / "other.db"},
        {"resolve": lambda runtime: None, "pre_rot_threshold": 5_000},
        {"session_id": memory.session("t"), "memory": memory},
        {"session_id": "t", "memory": memory, "path": tmp_path / "other.db"},
        {"session_id": "t", "memory": memory, "names": ["recall"]},
        {"session_id": "t", "memory": memory, "max_tokens": 3},
        {"session_id": "t", "nonsense": 3},
    ]
    for arguments in wrong:
        with pytest.raises(InvalidSettings):
            memory_tools(**arguments)
    assert [one.name for one in memory_tools("t", memory=memory, names=["remember"])] == ["remember"]
    assert memory_tools("t", memory=memory, names=[]) == []


def test_an_agent_opens_of_something_long_what_matters_for_its_question(tmp_path: Path) -> None:
    long = "\n".join([f"Step {n}: valve {n * 7} of the boiler was looked at." for n in range(150)] + [FACT] * 2)

    def opens(messages: list[BaseMessage], turn: int) -> AIMessage | None:
        return does("expand_memory", ref="m1", query=ASKED["query"], detail="passages") if turn == 1 else None

    with Memory.open(tmp_path / "tools.db") as memory:
        memory.session("t", "anna").add(long)
        model = Scripted(script=opens)
        one = agent(model, tools=memory_tools(memory.session("t", "anna"), max_tokens=300))
        (answered,) = results(one.invoke({"messages": [HumanMessage(ASKED["query"])]})["messages"])
    assert FACT in answered
    assert 'ref="m1" detail="passages"' in answered
    assert len(answered) < 600
