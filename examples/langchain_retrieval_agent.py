"""An agent with two retrievers as tools: over the user's documents, and over all that was ever said to it. Offline."""

from fakes import ScriptedModel, calling
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tools import create_retriever_tool

from langchain_tiered_memory import TieredArchiveRetriever, TieredKnowledgeRetriever, TieredMemoryMiddleware
from tiermem import Memory

memory = Memory.open(":memory:")  # really: Memory.open("chat.db", embedder=…)
documents = TieredKnowledgeRetriever(memory=memory, k=1)
documents.add_documents([Document("Kestrel runs on port 8080.", metadata={"source": "runbook.md"})])
archive = TieredArchiveRetriever("anna", memory=memory, k=1, neighbours=0)
tools = [
    create_retriever_tool(documents, "search_documents", "Search the user's documents."),
    create_retriever_tool(archive, "search_conversation", "Search everything said in this conversation."),
]


def script(messages: list[BaseMessage]) -> AIMessage:
    """Stands for a real model: picks a tool for a question, and answers with what the tool found."""
    text = str(messages[-1].text)
    if messages[-1].type == "tool":
        return AIMessage(f"I found: {text}")
    if text.endswith("?"):
        return calling("search_documents" if "port" in text else "search_conversation", query=text)
    return AIMessage("I see.")


middleware = TieredMemoryMiddleware(memory=memory, session_id="anna", recall=False, tools=False)
agent = create_agent(ScriptedModel(script=script), tools, middleware=[middleware])
for said in ("We launch Kestrel on 3 May.", "On which port does Kestrel run?", "When do we launch Kestrel?"):
    state = agent.invoke({"messages": [{"role": "user", "content": said}]})
    print(f"{said}\n  {state['messages'][-1].text}")
