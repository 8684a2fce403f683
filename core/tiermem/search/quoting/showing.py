"""A quoted block: the hits it shows in reading order, its text, and the tokens of the message that holds it. Pure.

Rule: where the tokens of lines add up to those of the text (`Counter.adds_up_to`), they are counted line by line, and
those of a line that was shown before are known. Any other counter is asked about the whole block.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from tiermem.messages import Message
from tiermem.records import Hit, Piece, Tier
from tiermem.search import passages
from tiermem.search.passages import QuotedLine, Row
from tiermem.search.quoting.quotes import Quote, Quotes
from tiermem.search.quoting.wording import plain
from tiermem.tokens.counting import OVERHEAD
from tiermem.tokens.lines import add_up
from tiermem.window.quotation import CLOSE, OPEN

BETWEEN = 2  # characters that a line has more than its words: the blank behind a reference, and its end


class Candidate(NamedTuple):
    """A hit with its quote, and its place among the others (`places`)."""

    hit: Hit
    quote: Quote
    place: int


@dataclass(frozen=True, slots=True)
class QuotedBlock:
    """What a block shows: its hits, best first; the messages, and the chunks, in reading order."""

    best: Sequence[Candidate]
    said: Sequence[Candidate]
    chunks: Sequence[Candidate]
    quotes: Quotes

    @classmethod
    def of(cls, candidates: Sequence[Candidate], chosen: Collection[int], quotes: Quotes) -> QuotedBlock:
        """The *candidates*, best first, whose places are *chosen*."""
        best = [candidate for candidate in candidates if candidate.place in chosen]
        said = [one for one in best if not one.hit.source]
        return cls(best, sorted(said, key=lambda one: one.place), _chunks(best, candidates), quotes)

    def measured(self, notes: Mapping[int, str]) -> tuple[int, Callable[[], str]]:
        """Tokens of the message that holds the block, with *notes* by place, and its text once that is asked for."""
        lines = [_line(one, notes.get(one.place, "")) for one in self.said]
        laid_out = passages.rows(lines)
        chunks = [_chunk_line(one) for one in self.chunks]
        text = partial(passages.render, laid_out, chunks)
        if add_up(self.quotes.count, (line.told for line in lines), _characters(laid_out, chunks)):
            return OVERHEAD + self._added_up(laid_out, chunks), text
        return OVERHEAD + self.quotes.count(text()), text

    def piece(self, tokens: int, text: Callable[[], str]) -> Piece:
        """The block, `measured`, as a piece of a context."""
        return Piece(
            message=Message(role="user", content=text(), id="recalled", origin="retrieved"),
            kind="recalled",
            tier=Tier.L3,
            tokens=tokens,
            refs=tuple(one.hit.ref for one in (*self.said, *self.chunks)),
            score=max(one.hit.score for one in self.best),
        )

    def _added_up(self, laid_out: Sequence[Row], chunks: Sequence[str]) -> int:
        count, counted = self.quotes.count, self.quotes.counted
        total = counted(f"{OPEN}\n") + counted(CLOSE)
        told = iter(self.said)
        for row in laid_out:
            ref, line = row
            if line is None:
                total += counted(f"{ref}\n")
                continue
            _, quote, _ = next(told)
            if line.note:
                total += count(f"{passages.written(row)}\n")
            elif ref:
                if quote.behind < 0:
                    quote.behind = count(f" {quote.line}\n")
                total += _of_reference(ref, line, self.quotes) + quote.behind
            else:
                if quote.alone < 0:
                    quote.alone = count(f"{quote.line}\n")
                total += quote.alone
        return total + sum(count(f"{chunk}\n") for chunk in chunks)


def _of_reference(ref: str, line: QuotedLine, quotes: Quotes) -> int:
    """What "[m12-m15]" costs: vocabularies part it behind each number. One that names a session is counted whole."""
    if line.prefix:
        return quotes.counted(ref)
    first, _, last = ref[:-1].partition("-")
    return quotes.counted(first) + (quotes.counted(f"-{last}") if last else 0) + quotes.counted("]")


def _characters(laid_out: Sequence[Row], chunks: Sequence[str]) -> int:
    told = sum(len(ref) + (len(line.told) + len(line.note) if line else 0) + BETWEEN for ref, line in laid_out)
    return len(OPEN) + len(CLOSE) + BETWEEN + told + sum(len(chunk) + BETWEEN for chunk in chunks)


def _line(one: Candidate, words: str) -> QuotedLine:
    quoted = one.quote.quoted(one.hit.message)
    prefix = "" if one.hit.home else passages.prefix(one.hit)
    return quoted._replace(note=words, prefix=prefix) if words or prefix else quoted


def _chunk_line(one: Candidate) -> str:
    if not one.quote.line:
        one.quote.line = passages.chunk_line(one.hit.message.sequence, one.hit.source, plain(one.quote.told))
    return one.quote.line


def _chunks(best: Sequence[Candidate], candidates: Sequence[Candidate]) -> list[Candidate]:
    """The chunks of *best*, source by source; which comes first is said by all *candidates*."""
    chunks = [one for one in best if one.hit.source]
    if not chunks:
        return []
    firsts: dict[str, int] = {}
    for hit in (one.hit for one in candidates if one.hit.source):
        firsts[hit.source] = min(firsts.get(hit.source, hit.message.sequence), hit.message.sequence)

    def reading_order(one: Candidate) -> tuple[int, int, int]:
        return firsts[one.hit.source], one.hit.message.state.get("chunk", 0), one.hit.message.sequence

    return sorted(chunks, key=reading_order)
