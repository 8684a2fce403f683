"""A summary by a language model: what is asked, and what is accepted; in which order, `models/asking.py` says.

A span larger than the model's input is read in parts, each with the notes on the parts before it, so every message is
read by some call.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TypeAlias

from tiermem.errors import SummaryRejected
from tiermem.messages import Message
from tiermem.models.asking import HALVINGS, MARGIN, Asking, Meter, too_long
from tiermem.models.requests import Answer, Request
from tiermem.records import StructuredSummary
from tiermem.summaries import merging
from tiermem.summaries.extractive import extract
from tiermem.summaries.grounding import grounded
from tiermem.summaries.lines import lines_of, provenance_in, structured
from tiermem.summaries.prompts import SummaryPrompt
from tiermem.summaries.structured_output import ConversationSummary, fields_of
from tiermem.summaries.transcript import elements, mostly_chinese, take

SCHEMA_TOKENS = 600  # what the schema of the answer costs where it is sent as a tool: 641 in OpenAI's form, less the
# form that the JSON prompt says instead (106)
EARLIER_SHARE = 1 / 3  # of a part's tokens that the notes on earlier parts may have
SMALLEST_PART = 200  # tokens of messages that a call is about at least

Procedure: TypeAlias = Generator[Request, Answer, StructuredSummary]


class Writing:
    """Writes summaries with one model that it does not know: it yields requests and is sent answers.

    Args:
        max_input_tokens: tokens that one call may have.
        max_tool_tokens: tokens shown of one tool result or of one call's arguments.
        structured: ask for structured output first.
        count: counts tokens.
        usage: what the calls cost is added to it.
    """

    def __init__(
        self, max_input_tokens: int, max_tool_tokens: int, structured: bool, count: Callable[[str], int], usage: Meter
    ) -> None:
        self.max_input_tokens = max_input_tokens
        self.max_tool_tokens = max_tool_tokens
        self.usage = usage
        self._count = count
        self._asking = Asking[StructuredSummary](ConversationSummary, structured, count, usage)

    def write(self, messages: Sequence[Message]) -> Procedure:
        """The procedure: yields requests, is sent answers, or has the model's error thrown in; returns the summary."""
        if not messages:
            raise SummaryRejected("there are no messages to summarise")
        self.usage.add(summaries=1)
        messages = numbered(messages)
        chinese, summary, halved = mostly_chinese(messages), None, 0
        rest = elements(messages, self._count, self.max_tool_tokens)
        while rest:
            limit = int(self.max_input_tokens * MARGIN) >> halved
            prompt = SummaryPrompt(chinese, earlier=self._earlier(summary, messages, limit))
            part, left = take(rest, self._room(prompt, limit), self._count)
            seen = [message for message in messages if not left or message.sequence <= part[-1].number]
            try:
                summary = yield from self._asking.answered(
                    SummaryPrompt(chinese, part, prompt.earlier), partial(self._accepted, seen=seen)
                )
            except Exception as error:
                halved += 1  # the model reads less than it declares, or makes more tokens of the text than we do
                if not too_long(error) or halved > HALVINGS:
                    raise
            else:
                rest = left
        return _completed(summary, messages)

    def _earlier(self, summary: StructuredSummary | None, messages: Sequence[Message], limit: int) -> str:
        if summary is None:
            return ""
        budget = int(limit * EARLIER_SHARE)
        text = merging.fit(summary, messages[0].sequence, messages[-1].sequence, "s", budget, self._count)
        return text.partition("\n")[2]  # the first line counts messages

    def _room(self, prompt: SummaryPrompt, limit: int) -> int:
        frame = sum(self._count(turn.text) for turn in prompt.turns(as_json=True))
        return max(SMALLEST_PART, limit - frame - SCHEMA_TOKENS)

    def _accepted(self, answer: Answer, seen: Sequence[Message]) -> StructuredSummary:
        summary = grounded(merging.accept(fields_of(answer.value, answer.text), seen), seen)
        self.usage.add(dropped_lines=summary.refused)
        return summary


def numbered(messages: Sequence[Message]) -> Sequence[Message]:
    """*messages* as they are where their numbers rise, as those of a session do; else copies numbered from 1."""
    numbers = [0, *(message.sequence for message in messages)]
    if all(earlier < later for earlier, later in pairwise(numbers)):
        return messages
    return [replace(message, sequence=number) for number, message in enumerate(messages, start=1)]


def _completed(summary: StructuredSummary | None, messages: Sequence[Message]) -> StructuredSummary:
    """*summary* with a goal and a last step, which the rules find where the model gave none that holds."""
    assert summary is not None  # noqa: S101  # there was at least one message
    missing = {name for name in ("user_goal", "last_step") if not getattr(summary, name)}
    if not missing:
        return summary
    ruled = [line for line in lines_of(extract(messages)) if line.kind in missing]
    lines = [*lines_of(summary), *ruled]
    return structured(lines, provenance_in(summary), None)
