"""A model that listens, a retriever of one page, and the memory under test."""

from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import LLM
from langchain_core.messages import BaseMessage
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from langchain_tiered_memory import ConversationTieredMemory


class Listening(LLM):
    """A model that keeps the prompts it was given."""

    prompts: list[str] = Field(default_factory=list)
    says: str = "answer"

    @property
    def _llm_type(self) -> str:
        return "listening"

    def _call(self, prompt: str, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
        self.prompts.append(prompt)
        return f"{self.says} {len(self.prompts)}"


class Pages(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return [Document(f"a page about {query}")]


def memory(tmp_path: Path, session_id: str = "s", **values: Any) -> ConversationTieredMemory:
    return ConversationTieredMemory(session_id, path=tmp_path / "chat.db", **values)


def shown(one: ConversationTieredMemory, **inputs: Any) -> list[BaseMessage]:
    return list(one.load_memory_variables(inputs)[one.memory_key])
