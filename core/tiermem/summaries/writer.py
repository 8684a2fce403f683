"""A summary by a language model: what is asked, in which order, and what is accepted.

Order: structured output (the provider's own, or a tool call) → a prompt for JSON → that answer sent back once with what
is wrong with it → `SummaryRejected`. A span larger than the model's input is read in parts, each with the notes on the
parts before it, so every message is read by some call.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Protocol, TypeAlias

from tiermem.errors import SummaryRejected
from tiermem.messages import Message
from tiermem.records import StructuredSummary
from tiermem.summaries import merging
from tiermem.summaries.extractive import extract
from tiermem.summaries.grounding import grounded
from tiermem.summaries.lines import lines_of, provenance_in, structured
from tiermem.summaries.prompts import SummaryPrompt, Turn
from tiermem.summaries.structured_output import ConversationSummary, fields_of
from tiermem.summaries.transcript import elements, mostly_chinese, take

MARGIN = 0.8  # of the window that our own count may fill: other tokenizers need up to a quarter more tokens
SCHEMA_TOKENS = 600  # what the schema of the answer costs where it is sent as a tool: 641 in OpenAI's form, less the
# form that the JSON prompt says instead (106)
EARLIER_SHARE = 1 / 3  # of a part's tokens that the notes on earlier parts may have
SMALLEST_PART = 200  # tokens of messages that a call is about at least
MISSES = 2  # structured answers in a row that only the JSON prompt could make good, until it is asked for at once
HALVINGS = 3  # of the window, when a model says that a prompt is too long
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|limit|overflow)|(?:prompt|input|request).{0,30}too (?:long|large)"
    r"|too many (?:input )?tokens|exceeds?.{0,40}(?:number of|max\w*|allowed).{0,20}tokens",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a model: the turns to send, and whether structured output is wanted.

    `schema` is what to ask for then; without structured output the last turn says the form of the answer.
    """

    turns: tuple[Turn, ...]
    structured: bool
    schema: type[ConversationSummary] = ConversationSummary


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model gave: a structured value, or text, or both, and the tokens that it counted, where it says so."""

    value: Any = None
    text: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None


Procedure: TypeAlias = Generator[Request, Answer, StructuredSummary]


class Meter(Protocol):
    """Adds up what calls cost."""

    def add(self, **numbers: int) -> None:
        """Add to the numbers named."""


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
        self.structured = structured
        self.usage = usage
        self._count = count
        self._misses = 0

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
                summary = yield from self._answered(SummaryPrompt(chinese, part, prompt.earlier), seen)
            except Exception as error:
                halved += 1  # the model reads less than it declares, or makes more tokens of the text than we do
                if not _too_long(error) or halved > HALVINGS:
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

    def _answered(self, prompt: SummaryPrompt, seen: Sequence[Message]) -> Procedure:
        """One summary, asked for in every way there is."""
        missed = False
        if self.structured and self._misses < MISSES:
            try:
                answer = yield from self._asked(Request(prompt.turns(as_json=False), structured=True))
                summary = self._accepted(answer, seen)
            except NotImplementedError:
                self._misses = MISSES
            except Exception as error:
                if _too_long(error):
                    raise
                missed = True  # a provider may refuse a schema in many ways; the plain prompt tells an outage apart
            else:
                self._misses = 0
                return summary
        summary = yield from self._plainly(prompt, seen)
        self._misses += missed
        return summary

    def _plainly(self, prompt: SummaryPrompt, seen: Sequence[Message]) -> Procedure:
        answer = yield from self._asked(Request(prompt.turns(as_json=True), structured=False))
        try:
            return self._accepted(answer, seen)
        except SummaryRejected as reason:
            mending = prompt.mending(answer.text, str(reason))
        self.usage.add(repairs=1)
        answer = yield from self._asked(Request(mending, structured=False))
        return self._accepted(answer, seen)

    def _asked(self, request: Request) -> Generator[Request, Answer, Answer]:
        self.usage.add(calls=1)
        try:
            answer = yield request
        except NotImplementedError:
            self.usage.add(calls=-1)  # the adapter could not even ask
            raise
        except Exception:
            self.usage.add(failed=1)
            raise
        self._charge(request, answer)
        return answer

    def _charge(self, request: Request, answer: Answer) -> None:
        if answer.input_tokens is not None and answer.output_tokens is not None:
            self.usage.add(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens)
            return
        answered = answer.text or ("" if answer.value is None else str(answer.value))
        sent = sum(self._count(turn.text) for turn in request.turns)
        self.usage.add(input_tokens=sent, output_tokens=self._count(answered), estimated_calls=1)

    def _accepted(self, answer: Answer, seen: Sequence[Message]) -> StructuredSummary:
        try:
            summary = grounded(merging.accept(fields_of(answer.value, answer.text), seen), seen)
        except SummaryRejected:
            self.usage.add(rejected=1)
            raise
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


def _too_long(error: Exception) -> bool:
    """Whether a model refused a prompt for its length: frameworks have a class for it, most providers only words."""
    if isinstance(error, SummaryRejected):
        return False
    return type(error).__name__ == "ContextOverflowError" or bool(_TOO_LONG.search(str(error)[:2_000]))
