"""One set after the other: its own questions by two ways at every budget, and those of other conversations.

A question with a time of its own is asked of a fork of the conversation that ends before it, as it was asked then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Final

from benchmarks.recall import conversations, wrong_pages
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.kept import Kept
from benchmarks.recall.measure import Shown, clipped, share, tokens
from tiermem import Session
from tiermem.evaluation.asking import TimelyMemory, text_of

RECALL, CONTEXT, OTHERS = "recall", "context", "others"
SILENCE = 1_024  # tokens that a question may recall which the conversation was not asked
# What a block says itself: its ends, days, and references. Lines that are quoted cannot look like one of these.
_OWN: Final = re.compile(
    r"^</?[a-z-]+(?: [^<>\n]*)?>(?:\n|\Z)"
    r"|^(?:(?:\d{4}-)?\d\d-\d\d(?: UTC)?:|\(no date\))\n"
    r"|^\[[^\[\]\n]*[md]\d+(?:-m?\d+)?\] ",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Answer:
    """What one question came to: the share of its evidence (0 to 1), tokens of all and of the block's own words, the
    chance that it was given, and milliseconds of CPU."""

    data: str
    conversation: str
    question: str
    way: str
    budget: int
    recall: float
    tokens: int
    own: int
    likely: float
    milliseconds: float


class InTime(Kept, TimelyMemory):
    """tiermem, asked by either way; what was said after a question is not there yet."""

    name = "tiermem"

    def conversation(self, question: Question) -> Session:
        """The conversation up to *question*."""
        self.ask(question, 1)  # sets the clock
        return self.session

    def shown(self, question: str, budget: int) -> Shown:
        """Nothing: `ask` is used for the clock."""
        return Shown("")


def own_words(text: str) -> int:
    """The tokens of what a quoted block says itself."""
    return tokens(text) - tokens(_OWN.sub("", text)) if text else 0


def answers(
    name: str,
    asked: Sequence[Conversation],
    others: Sequence[Conversation],
    memory: InTime,
    budgets: Sequence[int],
    strangers: int,
) -> Iterator[Answer]:
    """The answers to the questions of all conversations *asked* of the set *name*, and about *strangers* a conversation
    of what *others* were asked."""
    for conversation in asked:
        memory.feed(conversation)
        for question in conversation.questions:
            if question.evidence:
                yield from _both_ways(name, memory, conversation, question, budgets)
        for question in wrong_pages.strangers(conversation, others, strangers) if strangers else []:
            yield _stranger(name, memory, conversation, question)


def _both_ways(
    name: str, memory: InTime, conversation: Conversation, question: Question, budgets: Sequence[int]
) -> Iterator[Answer]:
    session = memory.conversation(question)
    for budget in budgets:
        began = process_time()
        recalled = session.recall(question.text, budget, as_of=memory.as_of)
        spent = process_time() - began
        yield _answer(name, conversation, question, RECALL, budget, recalled.text, recalled.likely, spent)
        began = process_time()
        context = session.context(question.text, budget)
        spent = process_time() - began
        likely = context.likely.together if context.likely else 0.0
        yield _answer(name, conversation, question, CONTEXT, budget, text_of(context), likely, spent)


def _answer(
    name: str,
    conversation: Conversation,
    question: Question,
    way: str,
    budget: int,
    text: str,
    likely: float,
    spent: float,
) -> Answer:
    shown, used = clipped(text, budget)
    own = own_words(shown) if way == RECALL else 0
    found = share(conversation, question, shown)
    return Answer(name, conversation.id, question.id, way, budget, found, used, own, likely, 1_000 * spent)


def _stranger(name: str, memory: InTime, conversation: Conversation, question: Question) -> Answer:
    later = Question(question.id, question.text, question.category, question.evidence)
    memory.ask(later, 1)
    began = process_time()
    recalled = memory.session.recall(question.text, SILENCE)
    spent = 1_000 * (process_time() - began)
    used = tokens(recalled.text)
    return Answer(name, conversation.id, question.id, OTHERS, SILENCE, 0.0, used, 0, recalled.likely, spent)


def others_of(name: str, data: dict[str, list[Conversation]]) -> list[Conversation]:
    """Whose questions a set is asked besides: its own other conversations, or of a single one all in its language."""
    own = data[name]
    if len(own) > 1:
        return own
    return [one for other in data.values() if other is not own for one in other if _chinese(one) == _chinese(own[0])]


def _chinese(conversation: Conversation) -> bool:
    return any("一" <= character <= "鿿" for character in conversation.messages[0].text)


def some(asked: Sequence[Conversation], most: int | None, sample: int | None) -> list[Conversation]:
    """At most *most* of the conversations, with about *sample* questions in all, spread evenly."""
    chosen = asked[:most]
    return conversations.sampled(chosen, sample and -(-sample // len(chosen)))
