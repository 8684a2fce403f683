"""What of the hits a recalled block shows within its tokens, and what is said of each, for contexts and tools. Pure.

Rule 1: messages come first, in order, those of other conversations of the user before those of this one, with the name
of their session before the reference; then the chunks of documents, source by source, in order.
Rule 2: that a statement is out of date is said behind its text, and only where there is room for it: it takes nothing
out of the block, and no text of a message is changed by it.
Rule 3: what one says in several conversations word for word is quoted once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from tiermem.window.quotation import before_reference
from tiermem.window.voices import own_text, voices

FITTING, SMALLER = 12, 0.9  # tries to make a rendered block fit, and how much of it each leaves
# The best hits are compared, not all: the rest is there for what stands around, and reading a long statement takes
# 2 ms the first time. In BEAM-100K the best 12 hold each pair of an old and a new value that is found at all for its
# 20 questions about updates; the best 32 hold one more pair, about something else.
COMPARED = 12
_REFERENCE = re.compile(r"(?:\[(?:[^\[\]\n]*/)?m\d+(?:-m\d+)?\] )?")
_NOTE = re.compile(r"(?: \((?:superseded by|conflicts with) (?:[^\[\]\n]*/)?m\d+\))?$", re.MULTILINE)
APART = 1 << 40  # places of a conversation: more than it has messages


def block(
    hits: Sequence[Hit], query: str, budget: int, count: Callable[[str], int], reading: FactReaders = UNKEPT
) -> tuple[list[Piece], list[Hit]]:
    """What of *hits* fits into *budget* tokens, as one quoted block, and the hits that it shows, marked."""
    hits = once(hits)
    quote = _quote(hits, query, budget, count)
    allowed = budget - passages.BLOCK_TOKENS
    for _ in range(FITTING):
        chosen = set(packing.by_value(quote.scores, quote.costs, allowed, passages.HEADER_TOKENS, quote.longer))
        if not chosen:
            break
        shown = [hit for hit in hits if quote.places[hit.ref] in chosen]
        piece = quote.piece(shown, {}, count)
        if piece.tokens <= budget:
            noted = marked(shown, query, reading, quote)
            return [_noted(quote, noted, piece, budget, count)], noted
        allowed = int(allowed * SMALLER)
    return [], []


def once(hits: Sequence[Hit], shown: Iterable[Message] = ()) -> list[Hit]:
    """*hits*, best first, without those of another conversation that say word for word what a better hit says, or a
    message *shown* anyway."""
    if all(hit.home for hit in hits):
        return [*hits]
    said: dict[tuple[str, str], str | None] = {_saying(message): None for message in shown}
    kept: list[Hit] = []
    for hit in hits:
        where = None if hit.home else hit.session
        if hit.source or said.setdefault(_saying(hit.message), where) == where:
            kept.append(hit)
    return kept


def _saying(message: Message) -> tuple[str, str]:
    return speaker(message), " ".join(quotable(message).split())


def prefix(hit: Hit) -> str:
    """What stands before the reference of a *hit*: "" for this conversation and documents, else which it is from."""
    return "" if hit.home or hit.source else before_reference(hit.session)


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


def places(hits: Sequence[Hit]) -> dict[str, int]:
    """A number for each of *hits* by its reference, in reading order: only what stands beside each other in one
    conversation has consecutive numbers."""
    began: dict[str, float] = {}
    for hit in hits:
        if not hit.home:
            said = wall_clock(hit.message.when)
            began[hit.session] = min(began.get(hit.session, math.inf), said if math.isfinite(said) else -math.inf)
    order = sorted(began, key=lambda session: (began[session], session))
    offsets = {session: (number - len(order)) * APART for number, session in enumerate(order)}  # this one's begin at 0
    return {
        hit.ref: APART + 2 * hit.message.sequence  # no two chunks share a header
        if hit.source
        else hit.message.sequence + (0 if hit.home else offsets[hit.session])
        for hit in hits
    }


@dataclass(frozen=True, slots=True)
class _Quote:
    """Hits by place: scores, costs in tokens, and the texts to show."""

    places: Mapping[str, int]
    scores: Mapping[int, float]
    costs: Mapping[int, int]
    texts: Mapping[int, passages.Told]
    firsts: Mapping[str, int] = field(default_factory=dict)  # the first chunk of each source, for their order
    longer: Mapping[int, int] = field(default_factory=dict)  # tokens of what stands before the reference

    def text(self, hit: Hit) -> str:
        """What is shown of *hit*, whoever says it."""
        return plain(self.texts[self.places[hit.ref]])

    def piece(self, shown: Sequence[Hit], notes: Mapping[int, str], count: Callable[[str], int]) -> Piece:
        """The block that shows these hits."""
        said = {self.places[hit.ref]: hit for hit in shown if not hit.source}
        order = sorted(said)
        chunks = sorted((hit for hit in shown if hit.source), key=self._reading_order)
        text = passages.render(
            order,
            {place: hit.message for place, hit in said.items()},
            self.texts,
            notes,
            [passages.chunk_line(hit.message.sequence, hit.source, self.text(hit)) for hit in chunks],
            {place: before for place, hit in said.items() if (before := prefix(hit))},
        )
        message = Message(role="user", content=text, id="recalled", origin="retrieved")
        return Piece(
            message=message,
            kind="recalled",
            tier=Tier.L3,
            tokens=message_tokens(message, count),
            refs=tuple(hit.ref for hit in [*(said[place] for place in order), *chunks]),
            score=max(hit.score for hit in shown),
        )

    def _reading_order(self, hit: Hit) -> tuple[int, int, int]:
        return self.firsts[hit.source], hit.message.state.get("chunk", 0), hit.message.sequence


def _quote(hits: Sequence[Hit], query: str, budget: int, count: Callable[[str], int]) -> _Quote:
    question = query_terms(query) if hits else []
    longest = passages.longest(budget)
    at = places(hits)
    numbered = [(at[hit.ref], hit) for hit in hits]
    texts = {place: _excerpt(hit.message, question, longest) for place, hit in numbered}
    firsts: dict[str, int] = {}
    for hit in hits:
        if hit.source:
            firsts[hit.source] = min(firsts.get(hit.source, hit.message.sequence), hit.message.sequence)
    costs = {place: _cost(hit, texts[place], count) for place, hit in numbered}
    others = [(place, hit.session) for place, hit in numbered if not (hit.home or hit.source)]
    before = {session: count(before_reference(session)) for session in {session for _, session in others}}
    longer = {place: before[session] for place, session in others}
    return _Quote(at, {place: hit.score for place, hit in numbered}, costs, texts, firsts, longer)


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


def marked(hits: Sequence[Hit], query: str, reading: FactReaders = UNKEPT, quote: _Quote | None = None) -> list[Hit]:
    """*hits*, best first, with what newer ones among the best `COMPARED` say of older ones. Documents are not compared.

    Of long ones only what a *quote* shows is compared.
    """
    at = places(hits) if quote is None else quote.places
    said = [hit for hit in hits if not hit.source][:COMPARED]
    statements = [
        Statement(
            at[hit.ref],
            speaker(hit.message),
            quote.text(hit) if quote else own_text(hit.message),
            wall_clock(hit.message.when),
        )
        for hit in said
    ]
    marks_of = marks(statements, query_terms(query), reading) if len(statements) > 1 else {}
    if not marks_of:
        return [*hits]
    refs = {at[hit.ref]: hit.ref for hit in said}
    return [hit if hit.source else _with(hit, marks_of.get(at[hit.ref]), refs) for hit in hits]


def _with(hit: Hit, mark: UpdateMark | None, refs: Mapping[int, str]) -> Hit:
    if mark is None:
        return hit
    if mark.superseded_by is None:
        return replace(hit, current=mark.current)
    newer = refs[mark.superseded_by]
    return replace(hit, conflicts_with=newer) if mark.conflict else replace(hit, superseded_by=newer)


def note(hit: Hit) -> str:
    """What is said behind the text of *hit*; nothing behind the newest, to which the others point."""
    if hit.conflicts_with:
        return f" (conflicts with {_readable(hit.conflicts_with)})"
    return f" (superseded by {_readable(hit.superseded_by)})" if hit.superseded_by else ""


def _readable(ref: str) -> str:
    session, there, own = ref.rpartition("/")
    return f"{before_reference(session)}{own}" if there else own


def _noted(quote: _Quote, hits: Sequence[Hit], plain: Piece, budget: int, count: Callable[[str], int]) -> Piece:
    """The block with as many notes as it has room for, of the best hits first."""
    notes = [(quote.places[hit.ref], words) for hit in hits if (words := note(hit))]
    while notes:
        piece = quote.piece(hits, dict(notes), count)
        if piece.tokens <= budget:
            return piece
        notes = notes[: len(notes) // 2]
    return plain
