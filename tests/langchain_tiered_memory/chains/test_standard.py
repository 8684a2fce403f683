"""LangChain's own standard tests for retrievers (package langchain-tests), unchanged, on each of our retrievers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from langchain_tiered_memory import TieredArchiveRetriever, TieredChatMessageHistory, TieredKnowledgeRetriever
from tiermem import Memory

CITIES = ["Lisbon", "Oslo", "Cairo", "Quito", "Hanoi"]


def fill(memory: Memory) -> None:
    """Five turns, far enough apart that no passage holds two of the answers, and five documents."""
    history = TieredChatMessageHistory("s", memory=memory, namespace="anna")
    for city in CITIES:
        history.add_messages([HumanMessage(f"How high is the bridge of {city}?"), AIMessage("I do not know.")])
        history.add_messages([HumanMessage("Thanks."), AIMessage("You are welcome.")])
    documents = [Document(f"The bridge of {city} is high.", metadata={"source": f"{city}.md"}) for city in CITIES]
    TieredKnowledgeRetriever(memory=memory, namespace="anna").add_documents(documents)


class Standard(RetrieversIntegrationTests):
    """The archive of one user in a file, in RAM and on a PostgreSQL server."""

    @pytest.fixture(autouse=True, params=["file", "memory", "postgres"])
    def archive(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
        places = {"file": str(tmp_path / "chat.db"), "memory": ":memory:"}
        where = places.get(request.param) or request.getfixturevalue("postgres_url")
        with Memory.open(where) as self.memory:
            fill(self.memory)
            yield

    @property
    def retriever_query_example(self) -> str:
        return "How high is the bridge?"

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"memory": self.memory, "namespace": "anna"}


class TestArchiveRetriever(Standard):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return TieredArchiveRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return super().retriever_constructor_params | {"session_id": "s"}


class TestArchiveRetrieverOfEverything(TestArchiveRetriever):
    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return super().retriever_constructor_params | {"within": "everything"}


class TestKnowledgeRetriever(Standard):
    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return TieredKnowledgeRetriever


class TestKnowledgeRetrieverOfEverything(TestKnowledgeRetriever):
    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return super().retriever_constructor_params | {"session_id": "s", "within": "everything"}


del Standard, RetrieversIntegrationTests  # abstract: pytest would collect them
