"""Weights: what each part of a score counts when messages are ranked for a question."""

from __future__ import annotations

from dataclasses import dataclass, fields

from tiermem.errors import InvalidSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What each part of a score counts. The first five sum to 1 (SPEC E's w1…w5); the others are bounded hints.

    Args:
        semantic: cosine of the embedder's vectors, less its mean over the conversation.
        keyword: the question's words, in the message and around it.
        graph: names that the question and the message share, and words that the best messages lead to.
        recency: e^(−λ·age), λ = 0.03 per day, age counted from the newest message.
        importance: 1 for pinned messages, 0 for others.
        lexical: share of `semantic` when the embedder is the built-in lexical one, which repeats what words say.
        related: what a related word counts of the word itself, times how near it is.
        reach: share of the best score within 4 messages.
        named, speaker: for messages of a speaker whom the question names; a share of the score, and a constant.
        side: for the side that a question with an assistant asks about; a third of it when it asks about neither.
        date: for messages of, or about, the time that the question names.
        fresh: share of the score for a message all of whose words are new.
        standing: share of the best score for what a user wants from now on, when the question is a request; less where
            many messages say such things.

    Raises:
        InvalidSettings: a weight is no number or below 0, or the first five do not sum to 1.
    """

    semantic: float = 0.38
    keyword: float = 0.53
    graph: float = 0.09
    recency: float = 0.0
    importance: float = 0.0
    lexical: float = 0.25
    related: float = 1.0
    reach: float = 0.4
    named: float = 0.2
    speaker: float = 0.02
    side: float = 0.19
    date: float = 0.19
    fresh: float = 0.6
    standing: float = 0.5

    def __post_init__(self) -> None:
        for name in (one.name for one in fields(self)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
                raise InvalidSettings(f"the weight {name} must be a number of at least 0, not {value!r}")
        total = self.semantic + self.keyword + self.graph + self.recency + self.importance
        if abs(total - 1) > 1e-6:
            raise InvalidSettings(f"semantic, keyword, graph, recency and importance must sum to 1, not {total:g}")
