"""RunnableWithMessageHistory over a file: parallel calls, one session, nothing lost."""

import tempfile
import warnings
from pathlib import Path

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.runnables import RunnableConfig, RunnableLambda
from langchain_core.runnables.history import RunnableWithMessageHistory

from langchain_tiered_memory import TieredChatMessageHistory

warnings.filterwarnings("ignore", message="RunnableWithMessageHistory is deprecated")


def model(messages: list[BaseMessage]) -> AIMessage:
    return AIMessage(f"answer to {messages[-1].text!r}, after {len(messages) - 1} earlier messages")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:

    def history(session_id: str) -> TieredChatMessageHistory:
        return TieredChatMessageHistory(session_id, path=Path(folder) / "chat.db")

    chain = RunnableWithMessageHistory(RunnableLambda(model), history)
    config: RunnableConfig = {"configurable": {"session_id": "anna"}}
    print(chain.invoke([HumanMessage("hello")], config).content)
    chain.batch([[HumanMessage(f"question {number}")] for number in range(5)], [config] * 5)
    print(history("anna"))
    print(history("anna").session.verify())
