"""What a block shows of each message, and what that costs: read once a message and kept, for all questions to come.

Rule 1: what is kept says the same for every question: a text that is too long for a block is cut for each by itself.
Rule 2: costs are those of one counter; another one has `Quotes` of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from tiermem.messages import Message
from tiermem.records import Hit
from tiermem.search import passages
from tiermem.search.passages import QuotedLine, Told
from tiermem.search.quoting.wording import plain, spoken
from tiermem.text.clipping import Count
from tiermem.times.stamps import day
from tiermem.tokens.beside import thoughts

MOST = 10_000  # quotes that are kept, of about a kilobyte each
LONG = sys.maxsize  # characters of what no block shows as it is
Owner: TypeAlias = tuple[str, str, str]
_Key: TypeAlias = tuple[str, str, str, int]
Question: TypeAlias = Callable[[], list[str]]


@dataclass(slots=True)
class Quote:
    """What is shown of one message or chunk. `cost` is about what it costs, by which passages are chosen.

    The others are asked for when it is shown first: its `line` of a block, and the tokens of the line behind a
    reference and of the line alone, with the line end; -1 is not counted yet. `length` is that of what is told, in
    characters; `LONG` where tools speak beside somebody, for each of them is cut to what the question asks.
    """

    told: Told
    cost: int
    length: int
    line: str = ""
    behind: int = -1
    alone: int = -1
    dated: tuple[datetime | None, QuotedLine] | None = None

    def quoted(self, message: Message) -> QuotedLine:
        """*message* in the session that was asked, with nothing behind it. Its day is that of the clock of whoever
        asks."""
        when, dated = message.when, self.dated
        if dated is None or when is not dated[0]:
            if not self.line:
                self.line = passages.told_line(message, self.told)
            self.dated = dated = when, QuotedLine(message.sequence, day(when), self.line)
        return dated[1]


class Quotes:
    """The quotes of hits by one counter, the newest `MOST` of them kept.

    Args:
        count: what a text costs.
    """

    def __init__(self, count: Count) -> None:
        self.count = count
        self._kept: dict[_Key, Quote] = {}
        self._counted: dict[str, int] = {}

    def of(self, hits: Sequence[Hit], owner: Owner, limit: int, question: Question) -> list[Quote]:
        """The quote of each of *hits*, which *owner* (tenant, user and session) found, in at most about *limit*
        characters: of a longer one what the terms of the *question* are about."""
        tenant, user, asked = owner
        known, quotes = self._kept.get, list[Quote]()
        for hit in hits:
            session = "" if hit.source else asked if hit.home else hit.session  # no session has an empty name
            quote = known((tenant, user, session, hit.message.sequence))
            if quote is None or quote.length > limit or quote.cost < 0:
                quote = self._read((tenant, user, session, hit.message.sequence), hit, limit, question)
            quotes.append(quote)
        return quotes

    def _read(self, key: _Key, hit: Hit, limit: int, question: Question) -> Quote:
        quote = self._kept.get(key)
        if quote is None:
            told = spoken(hit.message)
            quote = Quote(told, -1, len(told) if isinstance(told, str) else LONG)
            self._keep(key, quote)
        if quote.length > limit:
            told = _excerpt(quote.told, question(), limit)
            return Quote(told, _cost(hit, told, self.count), 0)
        quote.cost = _cost(hit, quote.told, self.count)
        return quote

    def in_part(self, hit: Hit, limit: int, question: Question) -> Quote | None:
        """What of *hit* the *question* is about, in about *limit* characters; None where all of it is no longer."""
        told = spoken(hit.message)
        if (len(told) if isinstance(told, str) else sum(len(text) for _, text in told)) <= limit:
            return None
        part = _excerpt(told, question(), limit)
        return Quote(part, _cost(hit, part, self.count), 0)

    def clear(self) -> None:
        """Drop all that is kept."""
        self._kept.clear()
        self._counted.clear()

    def counted(self, text: str) -> int:
        """What a short *text* costs, like a date or a part of a reference, which come again and again."""
        tokens = self._counted.get(text)
        if tokens is None:
            _make_room(self._counted)
            tokens = self._counted[text] = self.count(text)
        return tokens

    def _keep(self, key: _Key, quote: Quote) -> None:
        _make_room(self._kept)
        self._kept[key] = quote


def _make_room(kept: dict[Any, Any]) -> None:
    """Drop a quarter of what is *kept*, the oldest, where there is too much. Another thread may be at it, too."""
    if len(kept) >= MOST:
        for old in [*kept][: MOST // 4]:
            kept.pop(old, None)


def _excerpt(told: Told, question: list[str], limit: int) -> Told:
    if isinstance(told, str):
        return passages.excerpt(told, question, limit)
    return passages.excerpts(told, question, limit)


def _cost(hit: Hit, text: Told, count: Count) -> int:
    """What a message of text alone cost when it was stored is near enough here: the block as a whole is counted.

    Media, calls and thoughts cost much, and a quote shows none of them.
    """
    if hit.source:
        return count(f"{hit.source}: {plain(text).strip()}")
    if text is hit.message.content and not hit.message.calls and not any(thoughts(hit.message.raw)):
        return hit.message.tokens - passages.SPARED
    return count(passages.told_line(hit.message, text))
