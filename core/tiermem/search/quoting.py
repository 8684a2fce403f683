"""What of the hits a recalled block shows within its tokens, and what is said of each, for contexts and tools. Pure.

Rule 1: messages come first, in order; then the chunks of documents, source by source, in order.
Rule 2: that a statement is out of date is said behind its text, and only where there is room for it: it takes nothing
out of the block, and no text of a message is changed by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tiermem.blocks.reading import words
from tiermem.facts.superseding import UNKEPT, FactReaders, Statement, UpdateMark, marks
from tiermem.messages import Message
from tiermem.records import Hit, Piece, Tier
from tiermem.search import packing, passages
from tiermem.text.analyzer import query_terms
from tiermem.text.dialogue import asks_memory
from tiermem.text.readable import TOOL_ROLES, call_line, speaker
from tiermem.times.nearness import wall_clock
from tiermem.tokens.beside import thoughts
from tiermem.tokens.counting import message_tokens
from tiermem.window.voices import own_text, voices

FITTING, SMALLER = 12, 0.9  # tries to make a rendered block fit, and how much of it each leaves
# The best hits are compared, not all: the rest is there for what stands around, and reading a long statement takes
# 2 ms the first time. In BEAM-100K the best 12 hold each pair of an old and a new value that is found at all for its
# 20 questions about updates; the best 32 hold one more pair, about something else.
COMPARED = 12
_REFERENCE = re.compile(r"(?:\[m\d+(?:-m\d+)?\] )?")
_NOTE = re.compile(r"(?: \((?:superseded by|conflicts with) m\d+\))?$", re.MULTILINE)
CHUNKS = 1 << 40  # above every number of a message; by 2 a chunk, because no two of them share a header


def block(
    hits: Sequence[Hit], query: str, budget: int, count: Callable[[str], int], reading: FactReaders = UNKEPT
) -> tuple[list[Piece], list[Hit]]:
    """What of *hits* fits into *budget* tokens, as one quoted block, and the hits that it shows, marked."""
    quote = _quote(hits, query, budget, count)
    allowed = budget - passages.BLOCK_TOKENS
    for _ in range(FITTING):
        chosen = packing.by_value(quote.scores, quote.costs, allowed, passages.HEADER_TOKENS)
        if not chosen:
            break
        shown = [hit for hit in hits if place(hit) in set(chosen)]
        piece = quote.piece(shown, {}, count)
        if piece.tokens <= budget:
            noted = marked(shown, query, reading, quote.texts)
            return [_noted(quote, noted, piece, budget, count)], noted
        allowed = int(allowed * SMALLER)
    return [], []


def told(hit: Hit, block: str) -> bool:
    """Whether *block*, which was quoted before, has all that *hit* says, as a line of its own: nobody can forge one."""
    if hit.source:
        said = passages.chunk_line(hit.message.sequence, hit.source, quotable(hit.message))
    else:
        said = passages.told_line(hit.message, _told(hit.message))
    start = block.find(said)
    while start >= 0:
        before = block[block.rfind("\n", 0, start) + 1 : start]
        if _REFERENCE.fullmatch(before) and _NOTE.match(block, start + len(said)):
            return True
        start = block.find(said, start + 1)
    return False


def place(hit: Hit) -> int:
    """A number for *hit* in which messages and chunks never meet."""
    return CHUNKS + 2 * hit.message.sequence if hit.source else hit.message.sequence


@dataclass(frozen=True, slots=True)
class _Quote:
    """Hits by place: scores, costs in tokens, and the texts to show."""

    scores: Mapping[int, float]
    costs: Mapping[int, int]
    texts: Mapping[int, passages.Told]
    firsts: Mapping[str, int] = field(default_factory=dict)  # the first chunk of each source, for their order

    def piece(self, shown: Sequence[Hit], notes: Mapping[int, str], count: Callable[[str], int]) -> Piece:
        """The block that shows these hits."""
        said = sorted((hit for hit in shown if not hit.source), key=place)
        chunks = sorted((hit for hit in shown if hit.source), key=self._reading_order)
        text = passages.render(
            [hit.message.sequence for hit in said],
            {hit.message.sequence: hit.message for hit in said},
            self.texts,
            notes,
            [passages.chunk_line(hit.message.sequence, hit.source, plain(self.texts[place(hit)])) for hit in chunks],
        )
        message = Message(role="user", content=text, id="recalled", origin="retrieved")
        return Piece(
            message=message,
            kind="recalled",
            tier=Tier.L3,
            tokens=message_tokens(message, count),
            refs=tuple(hit.ref for hit in [*said, *chunks]),
            score=max(hit.score for hit in shown),
        )

    def _reading_order(self, hit: Hit) -> tuple[int, int, int]:
        return self.firsts[hit.source], hit.message.state.get("chunk", 0), hit.message.sequence


def _quote(hits: Sequence[Hit], query: str, budget: int, count: Callable[[str], int]) -> _Quote:
    question = query_terms(query) if hits else []
    longest = passages.longest(budget)
    texts = {place(hit): _excerpt(hit.message, question, longest) for hit in hits}
    firsts: dict[str, int] = {}
    for hit in hits:
        if hit.source:
            firsts[hit.source] = min(firsts.get(hit.source, hit.message.sequence), hit.message.sequence)
    costs = {place(hit): _cost(hit, texts[place(hit)], count) for hit in hits}
    return _Quote({place(hit): hit.score for hit in hits}, costs, texts, firsts)


def _excerpt(message: Message, question: Sequence[str], limit: int) -> passages.Told:
    said = _told(message)
    return (
        passages.excerpt(said, question, limit) if isinstance(said, str) else passages.excerpts(said, question, limit)
    )


def _told(message: Message) -> passages.Told:
    """What a quote says of *message*, and in whose name."""
    spoken = voices(message)
    return quotable(message) if len(spoken) == 1 else tuple((v, text) for v in spoken if (text := quotable(v)))


def plain(told: passages.Told) -> str:
    """*told*, whoever says it; of a message in which tools speak too, only what its speaker says."""
    return told if isinstance(told, str) else "\n".join(text for v, text in told if v.acts_as not in TOOL_ROLES)


def _cost(hit: Hit, text: passages.Told, count: Callable[[str], int]) -> int:
    """What a message of text alone cost when it was stored is near enough here: the block as a whole is counted.

    Media, calls and thoughts cost much, and a quote shows none of them.
    """
    if hit.source:
        return count(f"{hit.source}: {plain(text).strip()}")
    if text is hit.message.content and not hit.message.calls and not any(thoughts(hit.message.raw)):
        return hit.message.tokens - passages.SPARED
    return count(passages.told_line(hit.message, text))


def quotable(message: Message) -> str:
    """What a quote says of *message*: its text; where it has none, what it calls, or else what it thinks."""
    told = message.text or "\n".join(call_line(call) for call in message.calls if not asks_memory(call))
    return told or "\n".join([*words(message.content, thoughts=True), *thoughts(message.raw)])


def marked(
    hits: Sequence[Hit], query: str, reading: FactReaders = UNKEPT, texts: Mapping[int, passages.Told] | None = None
) -> list[Hit]:
    """*hits*, best first, with what newer ones among the best `COMPARED` say of older ones. Documents are not compared.

    *texts*, by `place`, are what is shown of long ones: what is not shown is not compared.
    """
    said = [hit for hit in hits if not hit.source][:COMPARED]
    statements = [
        Statement(
            hit.message.sequence,
            speaker(hit.message),
            plain(texts[place(hit)]) if texts else own_text(hit.message),
            wall_clock(hit.message.when),
        )
        for hit in said
    ]
    marks_of = marks(statements, query_terms(query), reading) if len(statements) > 1 else {}
    return (
        [_with(hit, marks_of.get(hit.message.sequence)) if not hit.source else hit for hit in hits]
        if marks_of
        else [*hits]
    )


def _with(hit: Hit, mark: UpdateMark | None) -> Hit:
    if mark is None:
        return hit
    if mark.superseded_by is None:
        return replace(hit, current=mark.current)
    newer = f"m{mark.superseded_by}"
    return replace(hit, conflicts_with=newer) if mark.conflict else replace(hit, superseded_by=newer)


def note(hit: Hit) -> str:
    """What is said behind the text of *hit*; nothing behind the newest, to which the others point."""
    if hit.conflicts_with:
        return f" (conflicts with {hit.conflicts_with})"
    return f" (superseded by {hit.superseded_by})" if hit.superseded_by else ""


def _noted(quote: _Quote, hits: Sequence[Hit], plain: Piece, budget: int, count: Callable[[str], int]) -> Piece:
    """The block with as many notes as it has room for, of the best hits first."""
    notes = [(hit.message.sequence, words) for hit in hits if (words := note(hit))]
    while notes:
        piece = quote.piece(hits, dict(notes), count)
        if piece.tokens <= budget:
            return piece
        notes = notes[: len(notes) // 2]
    return plain
