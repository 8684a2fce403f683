"""Plain methods that need no framework: two rankings by words, the newest turns, and what could be reached at best."""

from __future__ import annotations

import math
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence

from benchmarks.recall.conversations import Conversation, Question
from benchmarks.recall.measure import Shown, tokens
from tiermem.text.analyzer import query_terms, terms

K1, B = 1.2, 0.75  # BM25 as Robertson and Zaragoza 2009 give it


class Ranked:
    """A memory that orders the lines of the conversation by the question, and shows the best that fit, in order."""

    name = ""

    def feed(self, conversation: Conversation) -> None:
        """Keep the lines and what they cost; the newline between two of them is a token."""
        self.conversation = conversation
        self.lines = conversation.lines
        self.costs = [tokens(one) + 1 for one in self.lines]
        self.build([one.text for one in conversation.messages])

    def build(self, texts: Sequence[str]) -> None:
        """Index the texts."""

    def order(self, question: Question) -> Sequence[int]:
        """Places of lines, best first. Those that are left out are never shown."""
        raise NotImplementedError

    def ask(self, question: Question, budget: int) -> Shown:
        """Best first, what does not fit is passed over."""
        chosen, left = [], budget
        for place in self.order(question):
            if self.costs[place] <= left:
                chosen.append(place)
                left -= self.costs[place]
        return Shown("\n".join(self.lines[place] for place in sorted(chosen)))

    def close(self) -> None:
        """There is nothing to let go of."""


class Newest(Ranked):
    """The newest lines that fit: what a sliding window shows."""

    name = "newest turns"

    def ask(self, question: Question, budget: int) -> Shown:
        """The end of the conversation, whatever is asked."""
        first, left = len(self.lines), budget
        while first and self.costs[first - 1] <= left:
            first -= 1
            left -= self.costs[first]
        return Shown("\n".join(self.lines[first:]), recalled="")


class FullText(Ranked):
    """SQLite's FTS5 with the porter stemmer, any word of the question."""

    name = "FTS5 porter"

    def build(self, texts: Sequence[str]) -> None:
        """One row a message."""
        self._table = sqlite3.connect(":memory:")
        self._table.execute("CREATE VIRTUAL TABLE said USING fts5(text, tokenize='porter unicode61')")
        self._table.executemany("INSERT INTO said(rowid, text) VALUES (?, ?)", enumerate(texts))

    def order(self, question: Question) -> Sequence[int]:
        """By FTS5's own BM25."""
        found = dict.fromkeys(re.findall(r"\w+", question.text.lower()))
        if not found:
            return []
        wanted = " OR ".join(f'"{word}"' for word in found)
        asked = "SELECT rowid FROM said WHERE said MATCH ? ORDER BY bm25(said), rowid"
        return [place for (place,) in self._table.execute(asked, (wanted,))]

    def close(self) -> None:
        """Close the table."""
        self._table.close()


class BestMatch(Ranked):
    """Textbook BM25 over the terms of tiermem's analyser, with the speaker's name; nothing else of tiermem."""

    name = "BM25"

    def build(self, texts: Sequence[str]) -> None:
        """Count the terms of every message."""
        names = [one.name or "" for one in self.conversation.messages]
        self._counts = [Counter(terms(f"{name} {text}")) for name, text in zip(names, texts, strict=True)]
        self._lengths = [max(1, count.total()) for count in self._counts]
        self._mean = sum(self._lengths) / max(1, len(self._lengths))
        self._in = Counter(term for count in self._counts for term in count)

    def order(self, question: Question) -> Sequence[int]:
        """By the sum over the question's terms."""
        asked = list(dict.fromkeys(query_terms(question.text)))
        scores = [
            (self._score(place, asked), place)
            for place, count in enumerate(self._counts)
            if any(term in count for term in asked)
        ]
        return [place for _, place in sorted(scores, key=lambda pair: (-pair[0], pair[1]))]

    def _score(self, place: int, asked: Sequence[str]) -> float:
        count, norm = self._counts[place], K1 * (1 - B + B * self._lengths[place] / self._mean)
        return sum(self._rarity(term) * count[term] * (K1 + 1) / (count[term] + norm) for term in asked)

    def _rarity(self, term: str) -> float:
        return math.log(1 + (len(self._counts) - self._in[term] + 0.5) / (self._in[term] + 0.5))


class Oracle(Ranked):
    """The ceiling: knows the evidence, and shows the cheapest of it first."""

    name = "oracle"

    def order(self, question: Question) -> Sequence[int]:
        """The evidence, cheapest first."""
        wanted = set(question.evidence)
        places = [place for place, one in enumerate(self.conversation.messages) if one.id in wanted]
        return sorted(places, key=lambda place: self.costs[place])


MEMORIES: dict[str, Callable[[], Ranked]] = {
    "newest": Newest,
    "fts5": FullText,
    "bm25": BestMatch,
    "oracle": Oracle,
}
