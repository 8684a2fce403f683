"""Questions of a set beside what was found for them: a conversation's own, and as many that another one was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.recall import conversations, wrong_pages
from benchmarks.recall.contestants.tiered import Recall
from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import Shown, share, tokens
from tiermem.flows.effects import Flow
from tiermem.flows.reading import opening, search
from tiermem.flows.reading.request import SearchRequest, SearchResult
from tiermem.records import Until
from tiermem.search import quoting
from tiermem.search.ranking.sufficiency import Pool, ShownTogether, features

BUDGET = 2_048  # tokens of a recalled block
PREFIXES = (1, 2, 3, 5, 8, 13, 21, 34)  # so many of what was found, best first, are a case each; and all of it
UNTIL: tuple[Until, ...] = ("budget", "sufficient")


@dataclass(frozen=True)
class Case:
    """Some of the best hits of a question: what tells how likely they answer, and the share of its evidence in them."""

    features: tuple[float, ...]
    answered: float


@dataclass(frozen=True)
class Block:
    """One recalled block: its tokens, the chance that it was given, and the share of the evidence in it."""

    tokens: int
    likely: float
    answered: float


@dataclass(frozen=True)
class Sample:
    """One question: whether the conversation was asked it, its cases, and its blocks in the order of `UNTIL`."""

    own: bool
    cases: tuple[Case, ...]
    blocks: tuple[Block, ...]


class Sufficing(Recall):
    """tiermem, with the hits that a block is made of."""

    until: Until = "budget"
    likely = 0.0

    def shown(self, question: str, budget: int) -> Shown:
        """The block, and how likely it answers."""
        recalled = self.session.recall(question, budget, as_of=self.as_of, until=self.until)
        self.likely = recalled.likely
        return Shown(recalled.text)

    def found(self, question: Question) -> SearchResult:
        """What the last block was chosen from."""
        core, scope = self.session.core, self.session.scope
        request = SearchRequest(question.text, limit=search.candidates(core, BUDGET), as_of=self.as_of)

        def flow() -> Flow[SearchResult]:
            return (yield from search.find(core, scope, (yield from opening.load(core, scope)), request))

        result: SearchResult = self.memory.drive(flow())
        return result


def samples(data: Sequence[Conversation], others: Sequence[Conversation], count: int) -> Iterator[Sample]:
    """About *count* questions a conversation of *data*, and as many that one of *others* was asked."""
    memory = Sufficing()
    try:
        for conversation in data:
            memory.feed(conversation)
            for question in conversations.sampled([conversation], count)[0].questions:
                yield _sample(memory, conversation, question, own=True)
            for question in wrong_pages.strangers(conversation, others, count):
                yield _sample(memory, conversation, question, own=False)
    finally:
        memory.close()


def _sample(memory: Sufficing, conversation: Conversation, question: Question, *, own: bool) -> Sample:
    blocks = []
    if not own:  # it is asked when all has been said
        question = Question(question.id, question.text, question.category, question.evidence)
    for memory.until in UNTIL:
        text = memory.ask(question, BUDGET).text
        answered = share(conversation, question, text) if own else 0.0
        blocks.append(Block(tokens(text.strip()), memory.likely, answered))
    return Sample(own, tuple(_cases(memory.found(question), question if own else None)), tuple(blocks))


def _cases(result: SearchResult, question: Question | None) -> Iterator[Case]:
    hits = sorted((hit for hit in result.hits if quoting.quotable(hit.message)), key=lambda hit: -hit.score)
    seen, evidence = result.matched.seen(hits), set(question.evidence) if question else set()
    pool, showing, there = Pool.of(seen), ShownTogether(), 0
    wanted = {min(size, len(hits)) for size in (*PREFIXES, len(hits))}
    for size, (hit, one) in enumerate(zip(hits, seen, strict=True), start=1):
        showing, there = showing.and_(one), there + (hit.message.id in evidence)
        if size in wanted and showing.mass:
            yield Case(features(result.matched.asked, showing, pool), there / max(1, len(evidence)))
