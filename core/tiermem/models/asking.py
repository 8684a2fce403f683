"""How one answer is had of a model: in which order it is asked, what is counted, and when it is given up.

Order: structured output (the provider's own, or a tool call) → a prompt for JSON → that answer sent back once with what
is wrong with it → `AnswerRejected`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from tiermem.errors import AnswerRejected
from tiermem.models.requests import Answer, Prompt, Request

T = TypeVar("T")
MARGIN = 0.8  # of the window that our own count may fill: other tokenizers need up to a quarter more tokens
HALVINGS = 3  # of the window, when a model says that a prompt is too long
MISSES = 2  # structured answers in a row that only the JSON prompt could make good, until it is asked for at once
_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|window|limit|overflow)|(?:prompt|input|request).{0,30}too (?:long|large)"
    r"|too many (?:input )?tokens|exceeds?.{0,40}(?:number of|max\w*|allowed).{0,20}tokens",
    re.IGNORECASE,
)


class Meter(Protocol):
    """Adds up what calls cost."""

    def add(self, **numbers: int) -> None:
        """Add to the numbers named."""


class Asking(Generic[T]):
    """Asks one model that it does not know for answers of one kind: it yields requests and is sent answers.

    Args:
        schema: what structured output is asked for.
        accept: what an answer comes to; raises AnswerRejected where it cannot be used.
        structured: ask for structured output first.
        count: counts tokens.
        usage: what the calls cost is added to it.
    """

    def __init__(self, schema: type[BaseModel], structured: bool, count: Callable[[str], int], usage: Meter) -> None:
        self.schema = schema
        self.structured = structured
        self.usage = usage
        self._count = count
        self._misses = 0

    def answered(self, prompt: Prompt, accept: Callable[[Answer], T]) -> Generator[Request, Answer, T]:
        """One answer, asked for in every way there is, as *accept* reads it.

        Raises:
            AnswerRejected: no answer could be used.
            Exception: what the model raised for the last way of asking.
        """
        missed = False
        if self.structured and self._misses < MISSES:
            try:
                answer = yield from self._asked(Request(prompt.turns(as_json=False), True, self.schema))
                accepted = self._accepted(answer, accept)
            except NotImplementedError:
                self._misses = MISSES
            except Exception as error:
                if too_long(error):
                    raise
                missed = True  # a provider may refuse a schema in many ways; the plain prompt tells an outage apart
            else:
                self._misses = 0
                return accepted
        accepted = yield from self._plainly(prompt, accept)
        self._misses += missed
        return accepted

    def _plainly(self, prompt: Prompt, accept: Callable[[Answer], T]) -> Generator[Request, Answer, T]:
        answer = yield from self._asked(Request(prompt.turns(as_json=True), False, self.schema))
        try:
            return self._accepted(answer, accept)
        except AnswerRejected as reason:
            mending = prompt.mending(answer.text, str(reason))
        self.usage.add(repairs=1)
        answer = yield from self._asked(Request(mending, False, self.schema))
        return self._accepted(answer, accept)

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

    def _accepted(self, answer: Answer, accept: Callable[[Answer], T]) -> T:
        try:
            return accept(answer)
        except AnswerRejected:
            self.usage.add(rejected=1)
            raise


def too_long(error: Exception) -> bool:
    """Whether a model refused a prompt for its length: frameworks have a class for it, most providers only words."""
    if isinstance(error, AnswerRejected):
        return False
    return type(error).__name__ == "ContextOverflowError" or bool(_TOO_LONG.search(str(error)[:2_000]))
