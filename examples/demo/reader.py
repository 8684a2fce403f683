"""The demo's chat model when no real one is asked for: it quotes, from the context it was given, the lines that fit.

It is no language model and invents nothing: an answer can only be right if the memory put the right lines before it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

NOTHING = "The context I was given says nothing about that."
MOST_QUOTES = 2
LEAST_GAIN = 0.25  # of the best line's score; a further line must add so much that is new
LONGEST_QUOTE = 220  # characters

_FOLLOW_UP = "\nFollow Up Input:"  # how LangChain's chain asks for a question that can be read without the history
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_REMOVED = re.compile(r"-(?!\d)")  # a line that a diff took away states what no longer holds
_SOURCE = re.compile(r"Quoted from the conversation \((\w+)\):")
_QUOTED = re.compile(r"> ?(?:[\w ]+, \d{4}-\d\d-\d\d \d\d:\d\d: )?")  # how a document of the archive shows a line
_STOPWORDS = frozenset(
    re.findall(
        r"\w+",
        "a about all an and are at be by came come did do does for from had has have how i in into is it its many me "
        "my no not now of on or said say says show that the their then there they this to was we were what when where "
        "which who why with you your",
    )
)


@dataclass(frozen=True)
class Line:
    """One line of the context, and the reference of the message from which the archive quotes it."""

    text: str
    source: str
    words: frozenset[str]

    def __str__(self) -> str:
        text = self.text if len(self.text) <= LONGEST_QUOTE else f"{self.text[:LONGEST_QUOTE]} …"
        return f'"{text}" [{self.source}]' if self.source else f'"{text}"'


def words_of(text: str) -> list[str]:
    """Lower-case words without their endings, and numbers; stop words left out."""
    found = (word for word in _WORD.findall(text.lower()) if word not in _STOPWORDS)
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in found]


def lines_of(context: str) -> list[Line]:
    """What *context* states, line by line, each with the message from which it is quoted. Questions state nothing."""
    lines, source = [], ""
    for raw in context.splitlines():
        if named := _SOURCE.match(raw):
            source = named.group(1)
            continue
        text = _QUOTED.sub("", raw, count=1).strip() if raw.startswith(">") else raw.strip()
        if text and not text.endswith("?") and not _REMOVED.match(text):
            lines.append(Line(text, source, frozenset(words_of(text))))
    return lines


def quote(question: str, context: str) -> list[Line]:
    """The lines that together have most of the question's words, rare words first; [] when none fits."""
    lines = lines_of(context)
    spread = Counter(word for line in lines for word in line.words)
    asked = words_of(question)
    pairs = set(pairwise(asked))
    weight = {word: math.log(1 + len(lines) / spread[word]) for word in asked if spread[word]}
    number_wanted = bool(re.search(r"how (many|large|much)|median|p95|\bsize\b", question, re.IGNORECASE))

    def score(line: Line, open_words: set[str]) -> float:
        gain = sum(weight[word] for word in line.words & open_words)
        near = words_of(line.text)
        gain += 0.5 * sum(weight[b] for a, b in pairs & set(pairwise(near)) if b in open_words)
        fits = 1.25 if number_wanted and re.search(r"\d", line.text) else 1.0
        return fits * gain / (1 + len(line.text) / 400)  # a long line has many words by chance

    return _cover(lines, set(weight), score)


def _cover(lines: Sequence[Line], wanted: set[str], score: Callable[[Line, set[str]], float]) -> list[Line]:
    chosen: list[Line] = []
    least = 0.0
    while lines and wanted and len(chosen) < MOST_QUOTES:
        best = max(lines, key=lambda line: score(line, wanted))
        if score(best, wanted) <= least:
            break
        least = least or LEAST_GAIN * score(best, wanted)
        chosen.append(best)
        wanted = wanted - best.words
    return chosen


class ExtractiveReader(BaseChatModel):
    """Answers with quotations. Asked to rephrase a follow-up question, it returns the question as it is.

    Args:
        count: the tokens of a text; what each call read and wrote is reported as `usage_metadata`.
    """

    count: Callable[[str], int]

    @property
    def _llm_type(self) -> str:
        return "extractive-reader"

    def answer(self, messages: Sequence[BaseMessage]) -> str:
        """The answer to the last of *messages*, out of all before it."""
        *before, last = (str(message.text) for message in messages)
        if _FOLLOW_UP in last:
            return last.rpartition(_FOLLOW_UP)[2].partition("\nStandalone question:")[0].strip()
        return "\n".join(map(str, quote(last, "\n".join(before)))) or NOTHING

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's signature
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **_: Any,
    ) -> ChatResult:
        text = self.answer(messages)
        read, wrote = sum(self.count(str(message.text)) for message in messages), self.count(text)
        usage = UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
        message = AIMessage(text, usage_metadata=usage, response_metadata={"model_name": self._llm_type})
        return ChatResult(generations=[ChatGeneration(message=message)])
