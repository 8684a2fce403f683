"""The demo's chat model when no real one is asked for: it quotes, from the context it was given, the lines that fit.

It is no language model and invents nothing: an answer can only be right if the memory put the right lines before it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult

NOTHING = "The context I was given says nothing about that."
MOST_QUOTES = 2
AGAIN = 0.3  # what a word counts that an earlier quotation has already
LEAST_GAIN = 0.25  # of the best line's score; a further line must add so much that is new
LONGEST_QUOTE = 220  # characters
WINDOW = "window"

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_REMOVED = re.compile(r"-(?!\d)")  # a line that a diff took away states what no longer holds
_SOURCE = re.compile(r"Quoted from the conversation \((\w+)\):")
_ROLE = re.compile(r"(?:Human|Assistant|tool|system): |> ?(?:[\w ]+, \d{4}-\d\d-\d\d \d\d:\d\d: )?")
_REPHRASE = "Follow Up Input:"
_HISTORY = "The conversation:"
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


@lru_cache(maxsize=50_000)  # the window repeats most of its lines in the next turn
def words_of(text: str) -> tuple[str, ...]:
    """Lower-case words without their endings, and numbers; stop words left out."""
    found = (word for word in _WORD.findall(text.lower()) if word not in _STOPWORDS)
    return tuple(word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word for word in found)


def lines_of(context: str) -> list[Line]:
    """What *context* states, line by line, each with where it comes from: a message of the archive, or the window.

    Left out are questions and what was itself a quotation, an answer of this reader.
    """
    lines, source = [], ""
    found: dict[str, str] = {}  # by text, what the archive found
    for raw in context.splitlines():
        if named := _SOURCE.match(raw):
            source = named.group(1)
        elif raw == _HISTORY:
            source = WINDOW
        else:
            text = _ROLE.sub("", raw, count=1).strip() if _ROLE.match(raw) else raw.strip()
            if text and not text.endswith("?") and not text.startswith('"') and not _REMOVED.match(text):
                known = found.get(text, source) if source == WINDOW else found.setdefault(text, source)
                lines.append(Line(text, known, frozenset(words_of(text))))
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
        gain = sum(weight[word] * (1 if word in open_words else AGAIN) for word in line.words & weight.keys())
        near = words_of(line.text)
        gain += 0.5 * sum(weight[b] for a, b in pairs & set(pairwise(near)) if b in open_words)
        fits = 1.25 if number_wanted and re.search(r"\d", line.text) else 1.0
        return fits * gain / (1 + len(line.text) / 400)  # a long line has many words by chance

    return _cover(lines, set(weight), score)


def _cover(lines: Sequence[Line], wanted: set[str], score: Callable[[Line, set[str]], float]) -> list[Line]:
    chosen: list[Line] = []
    least = 0.0
    while lines and wanted and len(chosen) < MOST_QUOTES:
        best = max(reversed(lines), key=lambda line: score(line, wanted))  # of equal ones the newest, which is last
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

    def answer(self, prompt: str) -> str:
        """The answer to one prompt of the chain."""
        if prompt.startswith(_REPHRASE):
            return prompt.removeprefix(_REPHRASE).partition("\n")[0].strip()
        context, _, question = prompt.rpartition("\nQuestion:")
        return "\n".join(map(str, quote(question.removesuffix("\nAnswer:"), context))) or NOTHING

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002 - LangChain's signature
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **_: Any,
    ) -> ChatResult:
        prompt = "\n".join(str(message.text) for message in messages)
        text = self.answer(prompt)
        read, wrote = self.count(prompt), self.count(text)
        usage = UsageMetadata(input_tokens=read, output_tokens=wrote, total_tokens=read + wrote)
        message = AIMessage(text, usage_metadata=usage, response_metadata={"model_name": self._llm_type})
        return ChatResult(generations=[ChatGeneration(message=message)])
