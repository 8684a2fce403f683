"""Summaries written by a language model, for any framework: what is asked, in which order, and what is accepted.

A `SummaryWriter` knows no model. It asks by yielding a `Request` and is given an `Answer`; `run` and `arun` drive it with
a function that calls the model. Adapters hold one writer for each model::

    writer = SummaryWriter(max_input_tokens=32_000)
    structure = writer.run(messages, lambda request: Answer(text=my_model(request.turns)))

Order: structured output (the provider's own, or a tool call) → a prompt for JSON → that answer sent back once with what
is wrong with it → `SummaryRejected`, upon which tiermem writes its deterministic summary. A span larger than the
model's input is read in parts, each with the notes on the parts before it, so every message is read by some call.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, TypeAlias

from tiermem.errors import InvalidSettings, SummaryRejected
from tiermem.messages import Message
from tiermem.providers.tokenizers import as_counter
from tiermem.records import StructuredSummary
from tiermem.window import summaries
from tiermem.window.answers import ConversationSummary, fields_of
from tiermem.window.extraction import extract
from tiermem.window.grounding import Ground
from tiermem.window.lines import lines_of, structured
from tiermem.window.prompts import Prompt, Turn
from tiermem.window.transcript import Piece, mostly_chinese, pieces, take

__all__ = [
    "Answer",
    "ConversationSummary",
    "Request",
    "SummaryWriter",
    "Turn",
    "Usage",
    "as_text",
    "deterministic",
]

USUAL_WINDOW = 16_000  # tokens of input where a model declares none: what all but the smallest served models read
LARGEST_WINDOW = (
    100_000  # tokens asked about at once unless more is named; quality falls long before a large window ends
)
SMALLEST_WINDOW = 1_500  # tokens; below, the instructions alone (about 600) leave no room
MARGIN = 0.8  # of the window that our own count may fill: other tokenizers need up to a quarter more tokens
SCHEMA_TOKENS = 700  # about what the schema of the answer costs where it is sent as a tool
EARLIER_SHARE = 1 / 3  # of a part's tokens that the notes on earlier parts may have
SMALLEST_PART = 200  # tokens of messages that a call is about at least
MISSES = 2  # structured answers in a row that only the JSON prompt could make good, until it is asked for at once
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|limit|overflow)|(?:prompt|input|request).{0,30}too (?:long|large|many)"
    r"|too many (?:input )?tokens|(?:maximum|max).{0,30}tokens",
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


@dataclass
class Usage:
    """What a writer's summaries cost so far.

    Args:
        summaries: summaries asked for.
        calls: calls of the model.
        repairs: calls among them that sent an unusable answer back.
        failed: calls that raised.
        rejected: answers that could not be used.
        fallbacks: summaries that were written without the model in the end, where the adapter did so itself.
        dropped_lines: lines left out because they name figures or files that nobody named.
        input_tokens, output_tokens: as the model reported them, or else as we count them.
        estimated_calls: calls whose tokens were counted by us.
    """

    summaries: int = 0
    calls: int = 0
    repairs: int = 0
    failed: int = 0
    rejected: int = 0
    fallbacks: int = 0
    dropped_lines: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated_calls: int = 0
    _lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, **numbers: int) -> None:
        """Add to the fields named; safe from several threads."""
        with self._lock:
            for name, number in numbers.items():
                setattr(self, name, getattr(self, name) + number)

    def as_dict(self) -> dict[str, int]:
        """The numbers, by name."""
        with self._lock:
            return {one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")}


class SummaryWriter:
    """Writes summaries with one model.

    Args:
        max_input_tokens: tokens that one call may have; by default *declared*, at most 100,000, or else 16,000.
        declared: the window that the model declares, where its framework knows it.
        max_tool_tokens: tokens shown of one tool result or of one call's arguments: its head and tail.
        structured: ask for structured output first.
        counter: counts tokens; by default o200k_base.

    Raises:
        InvalidSettings: a window below 1,500 tokens, or less than 50 tokens for a tool result.
    """

    def __init__(
        self,
        *,
        max_input_tokens: int | None = None,
        declared: int | None = None,
        max_tool_tokens: int = 2_000,
        structured: bool = True,
        counter: Callable[[str], Any] | None = None,
    ) -> None:
        window = max_input_tokens or min(declared or USUAL_WINDOW, LARGEST_WINDOW)
        if type(window) is not int or window < SMALLEST_WINDOW:
            raise InvalidSettings(f"max_input_tokens must be a whole number from {SMALLEST_WINDOW}, not {window!r}")
        if type(max_tool_tokens) is not int or max_tool_tokens < 50:
            raise InvalidSettings(f"max_tool_tokens must be a whole number from 50, not {max_tool_tokens!r}")
        self.max_input_tokens = window
        self.max_tool_tokens = max_tool_tokens
        self.structured = structured
        self.usage = Usage()
        self._count = as_counter(counter)
        self._misses = 0

    def run(self, messages: Sequence[Message], ask: Callable[[Request], Answer]) -> StructuredSummary:
        """The summary of *messages*; *ask* calls the model.

        Raises:
            SummaryRejected: no answer could be used.
            Exception: what *ask* raised for the last way of asking.
        """
        procedure = self.write(messages)
        request, result = _step(procedure, None, None)
        while request is not None:
            try:
                answer, error = ask(request), None
            except Exception as raised:  # noqa: BLE001  # user code; the procedure decides what it means
                answer, error = None, raised
            request, result = _step(procedure, answer, error)
        return result

    async def arun(self, messages: Sequence[Message], ask: Callable[[Request], Awaitable[Answer]]) -> StructuredSummary:
        """`run` with one await; counting and checking are kept off the event loop."""
        procedure = self.write(messages)
        request, result = await asyncio.to_thread(_step, procedure, None, None)
        while request is not None:
            try:
                answer, error = await ask(request), None
            except Exception as raised:  # noqa: BLE001  # user code; the procedure decides what it means
                answer, error = None, raised
            request, result = await asyncio.to_thread(_step, procedure, answer, error)
        return result

    def write(self, messages: Sequence[Message]) -> Procedure:
        """The procedure: yields requests, is sent answers, or has the model's error thrown in; returns the summary."""
        if not messages:
            raise SummaryRejected("there are no messages to summarise")
        self.usage.add(summaries=1)
        chinese = mostly_chinese(messages)
        rest: list[Piece] = pieces(messages, self._count, self.max_tool_tokens)
        limit, summary = int(self.max_input_tokens * MARGIN), None
        while rest:
            prompt = Prompt(chinese, earlier=self._earlier(summary, messages, limit))
            part, left = take(rest, self._room(prompt, limit), self._count)
            try:
                seen = [one for one in messages if not left or one.sequence <= part[-1].number]
                summary = yield from self._answered(Prompt(chinese, part, prompt.earlier), seen)
            except Exception as error:
                if not _too_long(error) or limit < 2 * SMALLEST_PART:
                    raise
                limit //= 2  # the model reads less than it declares, or its tokenizer makes more of the text
                continue
            rest = left
        assert summary is not None  # noqa: S101  # there was at least one piece
        return _completed(summary, messages)

    def _earlier(self, summary: StructuredSummary | None, messages: Sequence[Message], limit: int) -> str:
        if summary is None:
            return ""
        budget = int(limit * EARLIER_SHARE)
        text = summaries.fit(summary, messages[0].sequence, messages[-1].sequence, "s", budget, self._count)
        return text.partition("\n")[2]  # the first line counts messages

    def _room(self, prompt: Prompt, limit: int) -> int:
        frame = sum(self._count(turn.text) for turn in prompt.turns(as_json=True))
        return max(SMALLEST_PART, limit - frame - SCHEMA_TOKENS)

    def _answered(self, prompt: Prompt, seen: Sequence[Message]) -> Procedure:
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

    def _plainly(self, prompt: Prompt, seen: Sequence[Message]) -> Procedure:
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
        given = answer.text or ("" if answer.value is None else str(answer.value))
        sent = sum(self._count(turn.text) for turn in request.turns)
        self.usage.add(input_tokens=sent, output_tokens=self._count(given), estimated_calls=1)

    def _accepted(self, answer: Answer, seen: Sequence[Message]) -> StructuredSummary:
        try:
            summary = summaries.accept(fields_of(answer.value, answer.text), seen)
            return self._grounded(summary, seen)
        except SummaryRejected:
            self.usage.add(rejected=1)
            raise

    def _grounded(self, summary: StructuredSummary, seen: Sequence[Message]) -> StructuredSummary:
        """*summary* without lines that name what nobody named."""
        ground, lines = Ground(seen), lines_of(summary)
        kept = [line for line in lines if ground.bears(f"{line.label} {line.text}")]
        dropped = len(lines) - len(kept)
        if dropped * 2 > len(lines):
            raise SummaryRejected(f"{dropped} of {len(lines)} lines name figures or files that no message names")
        self.usage.add(dropped_lines=dropped)
        return structured(kept, count=summary.count, time_range=summary.time_range, timestamp=None)


def deterministic(messages: Sequence[Message]) -> StructuredSummary:
    """The summary that tiermem writes without a model: sentences of *messages*, chosen by rules."""
    return extract(messages)


def as_text(summary: StructuredSummary) -> str:
    """*summary* in words, a line each, for places that want text: Goal, Decision, File, Critical, Last step."""
    bare = summary.model_copy(update={"sources": {}})
    return summaries.render(bare, 0, 0, "s").partition("\n")[2]


def _completed(summary: StructuredSummary, messages: Sequence[Message]) -> StructuredSummary:
    """*summary* with a goal and a last step, which the rules find where the model gave none that holds."""
    missing = {name for name in ("user_goal", "last_step") if not getattr(summary, name)}
    if not missing:
        return summary
    found = [line for line in lines_of(extract(messages)) if line.kind in missing]
    lines = [*lines_of(summary), *found]
    return structured(lines, count=summary.count, time_range=summary.time_range, timestamp=None)


def _too_long(error: Exception) -> bool:
    """Whether a model refused a prompt for its length: frameworks have a class for it, most providers only words."""
    if isinstance(error, SummaryRejected):
        return False
    return type(error).__name__ == "ContextOverflowError" or bool(_TOO_LONG.search(str(error)[:2_000]))


def _step(procedure: Procedure, answer: Answer | None, error: Exception | None) -> tuple[Request | None, Any]:
    """The next request of *procedure*, or None and its result."""
    advance = partial(procedure.throw, error) if error else partial(procedure.send, answer)  # type: ignore[arg-type]
    try:
        return advance(), None
    except StopIteration as stop:
        return None, stop.value
