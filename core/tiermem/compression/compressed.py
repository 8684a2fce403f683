"""What a compression gives: the text, what it holds of the original, and its sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tiermem.compression.measuring import Kept
from tiermem.compression.reading.clauses import Material


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences of one message that stand in the text, or one that a model wrote."""

    ref: str
    """What opens the original ("m12"); "" of a plain text."""
    speaker: str
    layer: str
    """Of the first of them: "factual", "procedural", "contextual" or "ancillary"."""
    text: str
    written: bool = False
    """Whether a model wrote it; then *ref* opens the message that is nearest to it."""


@dataclass(frozen=True, slots=True)
class Compressed:
    """A shorter text for messages or a text, with what it keeps of them, measured."""

    text: str
    tokens: int
    """Of the text."""
    tokens_before: int
    """Of the original as a transcript, by the same counter."""
    kept: Kept
    least: float
    """What was asked to be kept at least."""
    sections: tuple[Section, ...]
    left_out: Mapping[str, int]
    """Sentences of each layer that do not stand in the text."""
    tried: int
    """How many splits and ratios were tried."""
    original: Material = field(repr=False)
    refused: int = 0
    """Sentences of the model that the original does not bear out."""
    degraded: str = ""
    """Why nothing is in the model's words, though one was asked; "" where something is, or none was asked."""

    @property
    def ratio(self) -> float:
        """Tokens of the text divided by those of the original; 1 where there is nothing."""
        return self.tokens / self.tokens_before if self.tokens_before else 1.0

    @property
    def met(self) -> bool:
        """Whether `kept.total` is at least what was asked for."""
        return self.kept.total >= self.least

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Compressed {self.tokens} of {self.tokens_before} tokens, kept {self.kept.total:.2f}>"
