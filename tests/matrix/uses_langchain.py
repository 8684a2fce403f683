"""One use of every public name of langchain_tiered_memory. LangChain is imported inside, part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EXTRA = "langchain"
CORE, CLASSIC = ("langchain_core",), ("langchain_core", "langchain_classic")
GRAPH = ("langchain_core", "langgraph")
# What each name needs of LangChain.
NEEDS = {
    "ArchiveVectors": CORE,
    "ChatModelExtractor": CORE,
    "ChatModelSummarizer": CORE,
    "ConversationTieredMemory": CLASSIC,
    "TieredArchiveRetriever": CORE,
    "TieredChatMessageHistory": CORE,
    "TieredKnowledgeRetriever": CORE,
    "TieredMemoryMiddleware": ("langchain", *GRAPH),
    "TieredMemoryStore": GRAPH,
    "TieredRoutingMiddleware": ("langchain", *GRAPH),
    "close_all": (),
    "memory_tools": GRAPH,
    "to_core": CORE,
    "to_langchain": CORE,
}
FERRY = "The ferry to Oslo leaves at nine."
QUESTION = "When does the ferry to Oslo leave?"
NOTES = '{"user_goal": "Take the ferry to Oslo", "critical_context": [], "key_decisions": [], "last_step": ""}'


def _said(folder: Path) -> Any:
    from langchain_core.messages import AIMessage, HumanMessage

    from langchain_tiered_memory import TieredChatMessageHistory

    history = TieredChatMessageHistory("s", path=folder / "chat.db")
    history.add_messages([HumanMessage(FERRY), AIMessage("Noted.")])
    return history


def use_TieredChatMessageHistory(made: Any, folder: Path) -> None:
    from langchain_core.runnables import RunnableLambda
    from langchain_core.runnables.history import RunnableWithMessageHistory

    _said(folder)
    seen: list[Any] = []
    echo = RunnableLambda(lambda given: seen.append(list(given)) or "At nine.")
    chain = RunnableWithMessageHistory(echo, lambda session_id: made(session_id, path=folder / "chat.db"))
    chain.invoke(QUESTION, {"configurable": {"session_id": "s"}})
    assert [m.content for m in seen[-1]] == [FERRY, "Noted.", QUESTION]
    assert [m.content for m in made("s", path=folder / "chat.db").messages][-2:] == [QUESTION, "At nine."]


def use_ChatModelExtractor(made: Any, folder: Path) -> None:
    from langchain_core.language_models import FakeListChatModel

    from tiermem import Message

    said = [Message(role="user", content=FERRY, sequence=1)]
    assert made(FakeListChatModel(responses=['{"facts": []}']))(said) == []


def use_ChatModelSummarizer(made: Any, folder: Path) -> None:
    from langchain_core.language_models import FakeListChatModel

    from tiermem import Message

    said = [Message(role="user", content=FERRY, sequence=1)]
    assert made(FakeListChatModel(responses=[NOTES]))(said).user_goal == "Take the ferry to Oslo"


def use_ConversationTieredMemory(made: Any, folder: Path) -> None:
    from langchain_classic.chains import ConversationChain
    from langchain_core.language_models import FakeListLLM

    memory = made(path=folder / "chat.db", memory_key="history")
    chain = ConversationChain(llm=FakeListLLM(responses=["Noted.", "At nine."]), memory=memory)
    chain.invoke(FERRY)
    chain.invoke(QUESTION)
    assert FERRY in memory.buffer_as_str


def use_TieredArchiveRetriever(made: Any, folder: Path) -> None:
    history = _said(folder)
    assert FERRY in made(history=history).invoke(QUESTION)[0].page_content


def use_TieredKnowledgeRetriever(made: Any, folder: Path) -> None:
    from langchain_core.documents import Document

    knowledge = made(path=folder / "chat.db", namespace="anna")
    knowledge.add_documents([Document(FERRY, metadata={"source": "ferries.md"})])
    assert knowledge.invoke(QUESTION)[0].metadata["source"] == "ferries.md"


def use_close_all(made: Any, folder: Path) -> None:
    made()
    made()


def use_to_core(made: Any, folder: Path) -> None:
    from langchain_core.messages import HumanMessage

    assert (made(HumanMessage(FERRY)).role, made(HumanMessage(FERRY)).text) == ("user", FERRY)


def use_to_langchain(made: Any, folder: Path) -> None:
    from langchain_core.messages import ToolMessage

    from langchain_tiered_memory import to_core

    message = ToolMessage(FERRY, tool_call_id="c", artifact={"page": 3}, status="error")
    assert made(to_core(message)) == message


def use_TieredMemoryMiddleware(made: Any, folder: Path) -> None:
    from langchain.agents import create_agent
    from langchain_core.language_models import FakeListChatModel
    from langgraph.checkpoint.memory import InMemorySaver

    class Listening(FakeListChatModel):
        def _call(self, messages: Any, *arguments: Any, **options: Any) -> str:
            prompts.append([str(message.content) for message in messages])
            return super()._call(messages, *arguments, **options)

        def bind_tools(self, tools: Any, **options: Any) -> Any:
            return self

    prompts: list[list[str]] = []
    model = Listening(responses=["Noted.", "At nine."])
    agent = create_agent(model, [], middleware=[made(folder / "chat.db")], checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "s"}}
    agent.invoke({"messages": [("user", FERRY)]}, thread)
    state = agent.invoke({"messages": [("user", QUESTION)]}, thread)
    assert [message.content for message in state["messages"]] == [FERRY, "Noted.", QUESTION, "At nine."]
    assert FERRY in "".join(prompts[-1])


def use_TieredRoutingMiddleware(made: Any, folder: Path) -> None:
    from langchain.agents import create_agent
    from langchain_core.language_models import FakeListChatModel

    from tiermem.routing import Router

    small, large = FakeListChatModel(responses=["At nine."]), FakeListChatModel(responses=["At ten."])
    agent = create_agent(large, [], middleware=[made(Router({"easy": small, "hard": large}))])
    assert agent.invoke({"messages": [("user", QUESTION)]})["messages"][-1].content == "At nine."


def use_TieredMemoryStore(made: Any, folder: Path) -> None:
    made(folder / "chat.db").put(("anna", "trips"), "oslo", {"text": FERRY})
    again = made(folder / "chat.db")
    assert again.get(("anna", "trips"), "oslo").value == {"text": FERRY}
    assert [found.key for found in again.search(("anna",), query=QUESTION)] == ["oslo"]


def use_memory_tools(made: Any, folder: Path) -> None:
    tools = {tool.name: tool for tool in made(history=_said(folder))}
    assert sorted(tools) == ["expand_memory", "forget_memory", "remember", "search_memory"]
    assert FERRY in tools["search_memory"].invoke({"query": QUESTION})


def use_ArchiveVectors(made: Any, folder: Path) -> None:
    def embed(texts: list[str]) -> list[list[float]]:
        return [[1.0, float(text.count("ferry")), float(text.count("o"))] for text in texts]

    from langchain_core.vectorstores import InMemoryVectorStore

    store = made(InMemoryVectorStore, 3)
    from tiermem import Memory as Archive

    with Archive.open(folder / "vectors.db", embedder=embed, vector_store=store) as memory:
        session = memory.session("s")
        session.add([FERRY, "Something else."])
        session.index()
        assert session.search(QUESTION)[0].message.text == FERRY
        assert len(store.store.store) == 2
