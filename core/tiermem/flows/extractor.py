"""Facts read by a language model, for any framework: the face of `tiermem.extraction` for adapters.

A `FactExtraction` knows no model. It asks by yielding a `Request` and is given an `Answer`; `run` and `arun` drive it
with a function that calls the model. Adapters hold one for each model.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tiermem.extraction.batch import ExtractionBatch
from tiermem.extraction.prompts import VERSION
from tiermem.extraction.structured_output import ConversationFacts
from tiermem.extraction.writer import FactReading
from tiermem.flows.driving import adrive, drive
from tiermem.flows.summarizer import input_window
from tiermem.messages import Message
from tiermem.models.requests import Answer, Request, Turn
from tiermem.providers.tokenizers import as_counter
from tiermem.providers.usage import Usage
from tiermem.summaries.writer import numbered

__all__ = [
    "Answer",
    "ConversationFacts",
    "ExtractionBatch",
    "FactExtraction",
    "ModelExtractor",
    "Request",
    "Turn",
    "Usage",
    "identity",
    "numbered",
]


class FactExtraction(FactReading):
    """Reads facts with one model.

    Args:
        max_input_tokens: tokens that one call may have; by default *declared*, at most 100,000, or else 16,000.
        declared: the window that the model declares, where its framework knows it.
        structured: ask for structured output first.
        counter: counts tokens; by default o200k_base.

    Raises:
        InvalidSettings: a window below 2,000 tokens.
    """

    usage: Usage

    def __init__(
        self,
        *,
        max_input_tokens: int | None = None,
        declared: int | None = None,
        structured: bool = True,
        counter: Callable[[str], Any] | None = None,
    ) -> None:
        super().__init__(input_window(max_input_tokens, declared), structured, as_counter(counter), Usage())

    def run(self, messages: Sequence[Message], ask: Callable[[Request], Answer]) -> list[Any]:
        """The facts of *messages* as the model gave them; *ask* calls it.

        Raises:
            FactsRejected: no answer could be used.
            Exception: what *ask* raised for the last way of asking.
        """
        return drive(self.read(messages), ask)

    async def arun(self, messages: Sequence[Message], ask: Callable[[Request], Awaitable[Answer]]) -> list[Any]:
        """`run` for async callers; counting and checking are kept off the event loop."""
        return await adrive(self.read(messages), ask, aside=True)


class ModelExtractor:
    """What the extractors of both frameworks are beside the model that they ask: a procedure, and its account."""

    identity: str
    _extraction: FactExtraction

    @property
    def usage(self) -> Usage:
        """Calls and tokens so far. What a model does not report is counted here."""
        return self._extraction.usage

    @property
    def max_input_tokens(self) -> int:
        """Tokens that one call may have."""
        return self._extraction.max_input_tokens


def identity(model: str) -> str:
    """By what facts say which extractor read them: the *model*, and the version of our words."""
    return f"{model}/facts-{VERSION}"
