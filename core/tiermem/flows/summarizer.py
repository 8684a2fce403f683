"""Summaries written by a language model, for any framework: what is asked, in which order, and what is accepted.

A `SummaryWriter` knows no model. It asks by yielding a `Request` and is given an `Answer`; `run` and `arun` drive it
with a function that calls the model. Adapters hold one writer for each model::

    writer = SummaryWriter(max_input_tokens=32_000)
    structure = writer.run(messages, lambda request: Answer(text=my_model(request.turns)))

How a model is asked, and what is accepted, is told in `tiermem.models.asking` and
`tiermem.summaries.writer`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tiermem.errors import InvalidSettings, brief_repr
from tiermem.flows.driving import adrive, drive
from tiermem.messages import Message
from tiermem.models.requests import Answer, Request, Turn
from tiermem.providers.tokenizers import as_counter
from tiermem.providers.usage import Usage
from tiermem.records import StructuredSummary
from tiermem.summaries import merging
from tiermem.summaries.extractive import extract
from tiermem.summaries.structured_output import ConversationSummary
from tiermem.summaries.writer import Writing, numbered

__all__ = [
    "Answer",
    "ConversationSummary",
    "ModelSummarizer",
    "Request",
    "SummaryWriter",
    "Turn",
    "Usage",
    "as_text",
    "deterministic",
]

USUAL_WINDOW = 16_000  # tokens of input where a model declares none: what all but the smallest served models read
LARGEST_WINDOW = 100_000  # tokens of one call unless more is named; quality falls long before a large window ends
SMALLEST_WINDOW = 2_000  # tokens: instructions and schema are 1,000, earlier notes up to 500; the rest is for messages


class SummaryWriter(Writing):
    """Writes summaries with one model.

    Args:
        max_input_tokens: tokens that one call may have; by default *declared*, at most 100,000, or else 16,000.
        declared: the window that the model declares, where its framework knows it.
        max_tool_tokens: tokens shown of one tool result or of one call's arguments: its head and tail.
        structured: ask for structured output first.
        counter: counts tokens; by default o200k_base.

    Raises:
        InvalidSettings: a window below 2,000 tokens, or less than 50 tokens for a tool result.
    """

    usage: Usage

    def __init__(
        self,
        *,
        max_input_tokens: int | None = None,
        declared: int | None = None,
        max_tool_tokens: int = 2_000,
        structured: bool = True,
        counter: Callable[[str], Any] | None = None,
    ) -> None:
        window = input_window(max_input_tokens, declared)
        if type(max_tool_tokens) is not int or max_tool_tokens < 50:
            raise InvalidSettings(f"max_tool_tokens must be a whole number from 50, not {brief_repr(max_tool_tokens)}")
        super().__init__(window, max_tool_tokens, structured, as_counter(counter), Usage())

    def run(self, messages: Sequence[Message], ask: Callable[[Request], Answer]) -> StructuredSummary:
        """The summary of *messages*; *ask* calls the model.

        Raises:
            SummaryRejected: no answer could be used.
            Exception: what *ask* raised for the last way of asking.
        """
        return drive(self.write(messages), ask)

    async def arun(self, messages: Sequence[Message], ask: Callable[[Request], Awaitable[Answer]]) -> StructuredSummary:
        """`run` for async callers; counting and checking are kept off the event loop."""
        return await adrive(self.write(messages), ask, aside=True)


def input_window(named: int | None, declared: int | None) -> int:
    """The tokens that one call may have: those *named*, or else *declared* by the model.

    Raises:
        InvalidSettings: fewer than 2,000.
    """
    window = named or min(declared or USUAL_WINDOW, LARGEST_WINDOW)
    if type(window) is not int or window < SMALLEST_WINDOW:
        raise InvalidSettings(
            f"max_input_tokens must be a whole number from {SMALLEST_WINDOW}, not {brief_repr(window)}"
        )
    return window


class ModelSummarizer:
    """What the summarisers of both frameworks are beside the model that they ask: a writer, and its account."""

    _writer: SummaryWriter

    @property
    def usage(self) -> Usage:
        """Calls and tokens so far. What a model does not report is counted here."""
        return self._writer.usage

    @property
    def max_input_tokens(self) -> int:
        """Tokens that one call may have."""
        return self._writer.max_input_tokens


def deterministic(messages: Sequence[Message]) -> StructuredSummary:
    """The summary that tiermem writes without a model: sentences of *messages*, chosen by rules."""
    return extract(numbered(messages))


def as_text(summary: StructuredSummary) -> str:
    """*summary* in words, a line each, for places that want text: Goal, Decision, File, Critical, Last step."""
    bare = summary.model_copy(update={"sources": {}})
    return merging.render(bare, 0, 0, "s").partition("\n")[2]
