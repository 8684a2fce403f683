"""Facts by a language model: what is asked, and what is accepted; in which order, `models/asking.py` says.

Every prompt is bounded: of a message as much is shown as can state facts, and a batch larger than the model's input is
read in parts.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

from tiermem.extraction.batch import ExtractionBatch
from tiermem.extraction.claims import claims
from tiermem.extraction.prompts import ExtractionPrompt
from tiermem.extraction.structured_output import ConversationFacts, entries_of
from tiermem.messages import Message
from tiermem.models.asking import HALVINGS, MARGIN, Asking, Meter, too_long
from tiermem.models.requests import Answer, Request
from tiermem.summaries.transcript import Element, elements, mostly_chinese, take
from tiermem.text.clipping import clip
from tiermem.window.turns import USER_ROLES

SCHEMA_TOKENS = 300  # what the schema of the answer costs where it is sent as a tool
SMALLEST_PART = 200  # tokens of messages that a call is about at least
OWN_TOKENS = 1_500  # tokens of a user's message that are shown: who tells something of himself does it in fewer
OTHER_TOKENS = 200  # tokens of others' messages, which only say what is spoken of
KNOWN_SHARE = 0.25  # of a call's tokens that what is known may have
_LEFT_OUT = "\n[…]\n"

Procedure: TypeAlias = Generator[Request, Answer, list[Any]]


class FactReading:
    """Reads facts with one model that it does not know: it yields requests and is sent answers.

    Args:
        max_input_tokens: tokens that one call may have.
        structured: ask for structured output first.
        count: counts tokens.
        usage: what the calls cost is added to it.
    """

    def __init__(self, max_input_tokens: int, structured: bool, count: Callable[[str], int], usage: Meter) -> None:
        self.max_input_tokens = max_input_tokens
        self.usage = usage
        self._count = count
        self._asking = Asking[list[Any]](ConversationFacts, structured, count, usage)

    def read(self, messages: Sequence[Message]) -> Procedure:
        """The procedure: yields requests, is sent answers, or has the model's error thrown in; returns the entries that
        the model gave. Facts are wanted of all *messages*, of a `ExtractionBatch` from its first on."""
        batch = messages if isinstance(messages, ExtractionBatch) else ExtractionBatch(messages)
        self.usage.add(batches=1)
        chinese, found, halved = mostly_chinese(batch), list[Any](), 0
        rest = [one for one in elements(batch, self._count, OTHER_TOKENS) if one.text.strip()]
        rest = [self._clipped(one, batch) for one in rest]
        while any(one.number >= batch.first for one in rest):
            limit = int(self.max_input_tokens * MARGIN) >> halved
            known = self._known(batch.known, limit)
            room = self._room(ExtractionPrompt(chinese, batch.first, known=known), limit)
            part, left = take(rest, room, self._count)
            try:
                prompt = ExtractionPrompt(chinese, batch.first, part, known)
                found += yield from self._asking.answered(prompt, _accepted)
            except Exception as error:
                halved += 1  # the model reads less than it declares, or makes more tokens of the text than we do
                if not too_long(error) or halved > HALVINGS:
                    raise
            else:
                rest = left
        return found

    def _clipped(self, element: Element, batch: ExtractionBatch) -> Element:
        own = any(one.sequence == element.number and one.acts_as in USER_ROLES for one in batch)
        text = clip(element.text, OWN_TOKENS if own else OTHER_TOKENS, self._count, _LEFT_OUT)
        made = Element(element.number, element.attributes, text)
        return Element(element.number, element.attributes, text, tokens=self._count(made.shown))

    def _known(self, known: Sequence[str], limit: int) -> list[str]:
        """The first of *known* that fit into their share of *limit*."""
        left, kept = int(limit * KNOWN_SHARE), list[str]()
        for line in known:
            left -= self._count(line) + 1
            if left < 0:
                break
            kept.append(line)
        return kept

    def _room(self, prompt: ExtractionPrompt, limit: int) -> int:
        frame = sum(self._count(turn.text) for turn in prompt.turns(as_json=True))
        return max(SMALLEST_PART, limit - frame - SCHEMA_TOKENS)


def _accepted(answer: Answer) -> list[Any]:
    entries = entries_of(answer.value, answer.text)
    claims(entries)  # refuses what is no list of facts, so that the model may mend it
    return entries
