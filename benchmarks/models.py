"""Stand-ins for models, the same for every memory: they record what they are sent, and answer without a network.

The chat models answer "Noted."; asked to rephrase a question, they return it as it is, which is the best that a
rephrasing can do here. The embedding is tiermem's `HashEmbedder` in each framework's words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from tiermem.providers.tokenizers import Counter, encoding_counter
from tiermem.testing import HashEmbedder

ANSWER = "Noted."
_ASKED_AGAIN = re.compile(r"Follow Up (?:Input|question): (.*?)\s*Standalone question:\s*$", re.DOTALL | re.IGNORECASE)


@cache
def _counter() -> Counter:
    return encoding_counter("o200k_base")


@lru_cache(maxsize=200_000)
def tokens(text: str) -> int:
    """o200k tokens of *text*; remembered, so that a peer that counts the same message again does so for free."""
    return _counter()(text)


def reply(prompt: str) -> str:
    """What the stand-in answers to *prompt*."""
    asked = _ASKED_AGAIN.search(prompt)
    return asked[1] if asked else ANSWER


class CountingModel(BaseChatModel):
    """Counts with o200k and nothing added for roles: the smallest count that is true, so peers keep the most."""

    @property
    def _llm_type(self) -> str:
        return "recording"

    def get_num_tokens(self, text: str) -> int:
        """Tokens of *text*."""
        return tokens(text)

    def get_num_tokens_from_messages(self, messages: Sequence[BaseMessage], tools: Any = None) -> int:
        """Tokens of the contents of *messages*."""
        return sum(tokens(str(message.content)) for message in messages)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self._answer("\n".join(str(message.content) for message in messages))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answer))])

    def _answer(self, prompt: str) -> str:
        return reply(prompt)


class RecordingModel(CountingModel):
    """Keeps every prompt in `prompts`."""

    prompts: list[str] = Field(default_factory=list)

    def _answer(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return reply(prompt)


class ExtractiveModel(CountingModel):
    """LangChain's summariser without a model: keeps the lines with the most numbers and names a token, in order.

    It reads the summary so far and the new lines out of LangChain's own prompt and returns at most `limit` tokens.
    """

    limit: int

    def _answer(self, prompt: str) -> str:
        _, _, asked = prompt.rpartition("Current summary:\n")
        summary, _, rest = asked.partition("\n\nNew lines of conversation:\n")
        lines = [*summary.splitlines(), *rest.removesuffix("\n\nNew summary:").splitlines()]
        kept, left = set[int](), self.limit
        for place in sorted(range(len(lines)), key=lambda one: (-telling(lines[one]), one)):
            left -= tokens(lines[place]) + 1
            if left < 0:
                break
            kept.add(place)
        return "\n".join(lines[place] for place in sorted(kept))


@lru_cache(maxsize=50_000)
def telling(line: str) -> float:
    """Different numbers and names of *line* for each of its tokens; 20 tokens are added, or one word would win."""
    return len(set(re.findall(r"\b(?:\d[\d,.:]*|[A-Z][A-Za-z]{2,})", line))) / (tokens(line) + 20)


class HashEmbeddings(Embeddings):
    """`HashEmbedder` as LangChain's embedding."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """One vector a text."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector of *text*."""
        return embedded(text)


def embedded(text: str) -> list[float]:
    """The vector of *text* as a list."""
    vector: list[float] = HashEmbedder().embed_query(text).tolist()
    return vector


class NoDocuments(BaseRetriever):
    """For memories that bring no retriever: the chain finds nothing, as with an empty collection."""

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return []
